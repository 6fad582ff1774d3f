#!/bin/bash
# What reeve costs, beside those who do something like it, in one run: medians
# of at least five, as ratios.
#
#	tests/bench/run.sh build/release [WORKLOAD...]
#
# BENCH=long also takes the sizes that need minutes, KEEP=1 leaves the
# workspaces. The exit status is 1 when a ratio is above what it may be.
set -eu
build=$(realpath "$1")
top=$(cd "$(dirname "$0")/../.." && pwd -P)
reeve=$build/reeve
bin=$build/tests/bench
long=${BENCH:-short}
long=${long#short}
shift

work=$(mktemp -d)
mkdir "$work/times"
leave() {
	durable_clear
	if [ -n "${KEEP:-}" ]; then
		echo "kept: $work"
	else
		rm -rf "$work"
	fi
}
trap leave EXIT
# What reeve starts has this language whatever ours is; so have the others.
export LANG=C.UTF-8
unset LC_ALL
export HOME=$work GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
. "$top/tests/bench/lib.sh"
. "$top/tests/bench/durable.sh"
ninja="ninja -j$places"
make="make -j$places"
xargs="xargs -P$places"
parallel="parallel -j$places"

# ---- One graph of N programs, for everybody

graph() { # N PEER
	awk -v n="$1" -v peer="$2" -f "$top/tests/bench/graph.awk"
}

sources() { # N
	mkdir -p in
	for file in $(graph "$1" inputs); do
		printf '%s' "$(basename "$file" .txt)" >"$file"
	done
}

# Out of the way. Not removed: for half a minute ext4 looks at each inode that
# was just freed before it gives a new file one.
away() { # FILE...
	local place
	place=$(mktemp -d "$work/away.XXXXXX")
	for file in "$@"; do
		[ ! -e "$file" ] || mv "$file" "$place/"
	done
}

# Empty folders for the results, of which nobody knows anything.
no_results() { # N
	cd "$work/$1/peers"
	away out .ninja_log .ninja_deps
	seq -f out/c%.0f 0 $((($1 - 1) / 10)) | xargs mkdir -p
	cd "$top"
}

peers() { # N
	mkdir -p "$work/$1/peers"
	cd "$work/$1/peers"
	sources "$1"
	graph "$1" ninja >build.ninja
	graph "$1" make >Makefile
	graph "$1" lines >lines
	cd "$top"
	no_results "$1"
}

company() { # N
	mkdir -p "$work/$1/new"
	cd "$work/$1/new"
	workspace
	sources "$1"
	graph "$1" reeve >jobs/graph.yaml
	committed
	cd "$top"
}

new_company() { # N
	away "$work/$1/company"
	cp -a "$work/$1/new" "$work/$1/company"
}

stage() { # N
	local place=$work/$1/peers
	[ -d "$place" ] || { peers "$1"; company "$1"; new_company "$1"; }
	contend "$ninja" "$place" ninja -j "$places"
	contend "$make" "$place" make -s -j "$places"
	contend "$xargs" "$place" \
		xargs -a lines -d '\n' -n 1 -P "$places" sh -c
	contend "$parallel" "$place" parallel -j "$places" -a lines
	contend "posix_spawn loop" "$place" "$bin/spawn" "$places" "$1"
	contend "reeve run" "$work/$1/company" "$reeve" run -q graph
	contend "reeve plan" "$work/$1/company" "$reeve" run -q --plan graph
	contend "reeve tick" "$work/$1/company" "$reeve" tick -q
	contend "git status" "$work/$1/company" git status
}

# Everything is there afterwards, for whoever builds that graph.
built() { # N
	stage "$1"
	for peer in "$make" "$ninja" "reeve run"; do
		[ -n "${is_built[$1 $peer]:-}" ] || turn "$peer"
		is_built[$1 $peer]=1
	done
	forget "$ninja" "$make" "reeve run"
}
declare -A is_built

# ---- Workloads

cold_of() { # N PEER...
	local n=$1 peer
	shift
	stage "$n"
	for peer in "$@"; do
		before "$peer" no_results "$n"
	done
	before "reeve run" new_company "$n"
	section "Cold: $n programs, each with a small file, $places at a time"
	race 5 "reeve run" "$@"
	compare "reeve run" "reeve run" "$ninja" 0.9
	compare "" "reeve run" "$make" 1.0
	compare "" "reeve run" "posix_spawn loop" 1.5
	for peer in "${@:4}"; do
		compare "" "reeve run" "$peer"
	done
}

workload_cold() {
	cold_of 1000 "$ninja" "$make" "posix_spawn loop" "$xargs" "$parallel"
	[ -z "$long" ] ||
		cold_of 10000 "$ninja" "$make" "posix_spawn loop" "$xargs"
}

workload_idle() {
	built 10000
	section "Nothing due: 10000 results, merged and in the working tree"
	race 21 "reeve tick" "git status"
	compare "reeve tick" "reeve tick" "git status" 1.5
}

decided_of() { # N TARGET
	built "$1"
	section "Decided anew: $1 programs, of which none is to be run"
	race 7 "reeve plan" "$ninja" "$make" "reeve run"
	compare "reeve run --plan" "reeve plan" "$ninja" "$2"
	compare "" "reeve plan" "$make"
	compare "reeve run, journalled" "reeve run" "$ninja"
	memory "memory of --plan" "reeve plan" 100
	memory "memory of run" "reeve run" 100
	cp "$(ran "reeve plan")" "$(ran "plan of $1")"
}

workload_decided() {
	decided_of 10000 1.0
	[ -n "$long" ] || return 0
	decided_of 50000 0.8
	compare "reeve run --plan, 50000" "plan of 50000" "plan of 10000" 5.5
}

workload_start() {
	mkdir -p "$work/small"
	cd "$work/small"
	workspace
	cp -r "$top/examples/consultant/." .
	committed
	cd "$top"
	contend "reeve --version" "$work/small" "$reeve" --version
	contend "reeve status" "$work/small" "$reeve" status
	contend "small tick" "$work/small" "$reeve" tick -q
	contend "small git status" "$work/small" git status
	contend "doing nothing" "$work/small" "$bin/nothing"
	turn "small tick"
	section "Starting up, in a small workspace"
	race 51 "reeve --version" "reeve status" "small tick" \
		"doing nothing" "small git status"
	compare "reeve --version" "reeve --version" "doing nothing" 1.5
	compare "reeve status" "reeve status" "doing nothing" 1.5
	compare "reeve tick, nothing due" "small tick" "doing nothing"
	compare "" "small tick" "small git status"
}

# ---- Growing

items() { # N: a job with a block for each of so many items
	awk -v n="$1" 'BEGIN { print "n"; for (i = 1; i <= n; i++) print i }' \
		>items.csv
	cat >jobs/grow.yaml <<-'EOF'
		version: 1
		name: grow
		on: { manual: true }
		steps:
		  - { id: rows, read: { path: items.csv, columns: { n: integer } } }
		  - id: each
		    for_each: { row: "{{rows}}" }
		    key: "{{row.n}}"
		    let: { twice: row.n * 2 }
	EOF
}

chain() { # N: each step names the one above
	awk -v n="$1" 'BEGIN {
		print "version: 1\nname: grow\non: { manual: true }\nsteps:"
		print "  - { id: s0, let: { n: \"1\" } }"
		for (i = 1; i < n; i++)
			printf "  - { id: s%d, let: { n: s%d.n + 1 } }\n",
				i, i - 1
	}' >jobs/grow.yaml
}

fan() { # N: each step names the first
	awk -v n="$1" 'BEGIN {
		print "version: 1\nname: grow\non: { manual: true }\nsteps:"
		print "  - { id: s0, let: { n: \"1\" } }"
		for (i = 1; i < n; i++)
			printf "  - { id: s%d, let: { n: s0.n + %d } }\n", i, i
	}' >jobs/grow.yaml
}

jobs() { # N: as many, each waiting for files of its own
	local i
	for ((i = 0; i < $1; i++)); do
		cat >"jobs/job$i.yaml" <<-EOF
			version: 1
			name: job$i
			on: { commit: { paths: ["in/$i/*.txt"], change: added,
			    with: { file: "{{trigger.path}}" } } }
			inputs: { file: { type: path, required: true } }
			steps:
			  - { id: text, read: { path: "{{inputs.file}}" } }
			  - { id: up, let: { loud: upper(text) } }
		EOF
	done
}

grown() { # SHAPE N
	local place=$work/$1/$2
	mkdir -p "$place"
	cd "$place"
	workspace
	"$1" "$2"
	committed
	cd "$top"
	contend "check" "$place" "$reeve" check -q
	contend "run" "$place" "$reeve" run -q grow
	contend "again" "$place" "$reeve" run -q grow
	contend "tick" "$place" "$reeve" tick -q
	contend "anew" "$place" "$reeve" tick -q
	before "anew" touch_in "$place"
}

# A commit that every job has to look at.
touch_in() { # FOLDER
	(cd "$1" && echo "$RANDOM" >note.txt && git add note.txt &&
		git commit -q -m "a note")
}

growing() { # SHAPE SIZE...
	local size
	for size in "${@:2}"; do
		grown "$1" "$size"
		race 1 check run again tick
		each "$1, $size: check" check "$size"
		each "run" run "$size"
		each "run again" again "$size"
		rm -rf "${work:?}/$1/$size"
	done
}

workload_scale() {
	section "Growing: one run, and what each of its steps costs"
	growing items 1000 10000 ${long:+100000}
	growing chain 1000 10000
	growing fan 1000 10000
	section "Growing: a workspace with so many jobs"
	for size in 100 1000; do
		grown jobs "$size"
		race 5 check anew tick
		each "jobs, $size: check" check "$size"
		each "a commit" anew "$size"
		each "nothing due" tick "$size"
	done
}

for workload in "${@:-start cold idle decided durable scale}"; do
	for name in $workload; do
		"workload_$name"
	done
done
if [ -e "$work/missed" ]; then
	section "Above what it may be:"
	sed 's/^/  /' "$work/missed"
	exit 1
fi
