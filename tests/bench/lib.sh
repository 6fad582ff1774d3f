# shellcheck shell=bash
# Words for the benches; each of them reads this first.
#
#	contend NAME FOLDER COMMAND...     who takes part, and how
#	before NAME COMMAND...             what is made ready before each turn
#	race ROUNDS NAME...                each once a round
#	compare WHAT NAME PEER 1.5         the ratio of their medians
#
# They run in turn and not each all its rounds, so that a minute in which the
# machine is slow is slow for all; and with nothing left to be written to disk
# that another one made.

places=2 # programs at a time, of everybody
declare -A folder command ready

contend() {
	folder[$1]=$2
	command[$1]=${*:3}
	ready[$1]=
}

before() {
	ready[$1]=${*:2}
}

# ran NAME: the file of what its runs took.
ran() {
	echo "$work/times/$1"
}

# forget NAME...: what was measured under these names.
forget() {
	for name in "$@"; do
		rm -f "$(ran "$name")"
	done
}

turn() { # NAME
	# shellcheck disable=SC2086 # words
	${ready[$1]}
	sync
	# shellcheck disable=SC2086 # words
	(cd "${folder[$1]}" && "$bin/clock" "$(ran "$1")" ${command[$1]}) || {
		echo "bench: ${command[$1]} in ${folder[$1]} failed" >&2
		exit 1
	}
}

race() { # ROUNDS NAME...
	local rounds=$1 round name
	shift
	forget "$@"
	for ((round = 0; round < rounds; round++)); do
		for name in "$@"; do
			turn "$name"
		done
	done
}

# median NAME, in microseconds; peak NAME, in kilobytes, the most of all runs.
median() {
	sort -n "$(ran "$1")" | awk '{ us[NR] = $1 }
		END { print us[int((NR + 1) / 2)] }'
}

peak() {
	awk '$2 > most { most = $2 } END { print most }' "$(ran "$1")"
}

# ---- Saying what came out

section() {
	printf '\n%s\n' "$1"
}

# against WHAT OURS THEIRS UNIT PEER [TARGET]; an empty WHAT is as above.
against() {
	subject=${1:-$subject}
	awk -v what="$1" -v subject="$subject" -v ours="$2" -v theirs="$3" -v unit="$4" \
		-v peer="$5" -v target="${6:-}" -v missed="$work/missed" '
	BEGIN {
		ratio = theirs > 0 ? ours / theirs : 0
		printf "  %-30s %9.1f %s  %-22s %9.1f %s  %6.2f", what, ours,
			unit, peer, theirs, unit, ratio
		if (target != "") {
			printf "  <= %-5s %s", target,
				ratio <= target ? "yes" : "NO"
			if (ratio > target)
				print subject ", " peer >>missed
		}
		printf "\n"
	}'
}

ms() {
	awk -v us="$(median "$1")" 'BEGIN { print us / 1000 }'
}

# compare WHAT NAME PEER [TARGET]: medians.
compare() {
	against "$1" "$(ms "$2")" "$(ms "$3")" ms "$3" "${4:-}"
}

# alone WHAT NAME: nobody to compare it with.
alone() {
	awk -v what="$1" -v ms="$(ms "$2")" -v kb="$(peak "$2")" 'BEGIN {
		printf "  %-30s %9.1f ms  %.0f MB\n", what, ms, kb / 1024 }'
}

# memory WHAT NAME MEGABYTES
memory() {
	against "$1" "$(awk -v kb="$(peak "$2")" 'BEGIN { print kb / 1024 }')" \
		"$3" MB "at most" 1.0
}

# each WHAT NAME COUNT: what one of COUNT cost.
each() {
	awk -v what="$1" -v us="$(median "$2")" -v kb="$(peak "$2")" -v n="$3" '
	BEGIN {
		printf "  %-30s %9.1f ms  %6.0f MB  %8.2f us each  %7.2f kB" \
			" each\n", what, us / 1000, kb / 1024, us / n, kb / n
	}'
}

# ---- Workspaces

# workspace: make the folder we are in one.
workspace() {
	git init -q -b main
	git config user.name Ada
	git config user.email ada@example.com
	mkdir -p jobs
	printf 'version: 1\njobs: %s\n' "$places" >reeve.yaml
}

# committed: what is in it, with a journal.
committed() {
	"$reeve" init -q
	git add -A
	git commit -q -m "the workspace"
}
