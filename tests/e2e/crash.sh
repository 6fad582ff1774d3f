# A tick that is killed in the middle of a system call: the next one finishes
# the work, and nothing leaves twice.
#
# strace counts calls by their name, so a point is a name and a number: a run
# that is only watched says how often each is called, a sample is taken of
# these, and a point that was not reached is a failure.

# What is killed is a process, not a machine: no disk has to be waited for.
if [ -w /dev/shm ]; then
	top=$(mktemp -d /dev/shm/reeve.XXXXXX)
	trap 'rm -rf "$top"' EXIT
fi
. "$REEVE_TOP/tests/e2e/lib.sh"

# Name and how many points of it, from the first call to where nine of ten have
# been: how many there are differs a little from run to run.
calls="openat:3 write:4 pwrite64:2 fsync:5 fdatasync:1 link:2 unlink:2
	rename:3 mkdir:1 ftruncate:1 clone3:1"
fewer="write:4 fsync:4 rename:2"

# A leak cannot be looked for under strace.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0

watched() {
	strace -qq -o ../trace -e "trace=$(echo $calls |
		sed 's/:[0-9]*//g; s/ /,/g')" "$@"
}

# points TRACE CALL:QUOTA...: "NAME NUMBER" for each point of the sample.
points() {
	local trace=$1 call name quota count i
	shift
	for call; do
		name=${call%:*} quota=${call#*:}
		count=$(grep -c "^$name(" "$trace" || true)
		[ "$count" -ge "$quota" ] || quota=$count
		for ((i = 1; i <= quota; i++)); do
			if [ "$i" -eq 1 ]; then
				echo "$name 1"
			else
				echo "$name $((1 + (i - 1) * (count - 1) * 9 /
					(10 * (quota - 1))))"
			fi
		done
	done | sort -u
}

# killed_at NAME NUMBER: a tick that is, there.
killed_at() {
	local status=0
	strace -qq -o ../trace -e "trace=$1" \
		-e "inject=$1:signal=KILL:when=$2" \
		reeve tick >../killed 2>&1 || status=$?
	[ $status -eq 137 ] || {
		cat ../killed
		fail "call $2 of $1 was not reached: $status"
	}
}

# settled STAGE: what the journal, the branch and the world must be like once
# there is nothing to do.
settled() {
	is "nothing to do" "$(reeve tick)"
	is "" "$(git status --porcelain)"
	is "$(git rev-parse main)" "$(git rev-parse HEAD)"
	"settled_$1"
	sound
}

# The next tick. A process that the killed one was about to start holds its
# lock until it is there and closes it: that long, the workspace is busy.
next_tick() {
	local status=75
	while [ $status -eq 75 ]; do
		status=0
		reeve tick || status=$?
	done
	return $status
}

# at_point STAGE NAME NUMBER
at_point() {
	at "$1"
	killed_at "$2" "$3"
	exits 0 next_tick
	settled "$1"
}

# ---- A brief becomes a draft

stage_briefed() {
	mkdir -p "$stages"
	stage_begun
	brief
}

settled_briefed() {
	is "in review" "$(state_of proposal review)"
	is 1 "$(events run.started)"
	is 1 "$(events gate.opened)"
	is "$(slip_of "$(draft_of proposal)") projects/acme/proposal.md" "$(
		git diff --name-only main "$(draft_of proposal)" | xargs)"
	is 0 "$(mails)"
}

# ---- A merge sends a mail, and starts two jobs

stage_merged() {
	stage_briefed
	reeve tick
	git merge -q --no-ff --no-edit "$(draft_of proposal)"
}

settled_merged() {
	local draft
	is 1 "$(mails)"
	is 1 "$(git log --format=%B reeve/journal |
		grep 'reeve.effect.intended' | grep -c email.send)"
	is done "$(state_of proposal)"
	is done "$(state_of delivery)"
	is "in review" "$(state_of billing review)"
	is 3 "$(events run.started)"
	is 1 "$(events number.taken)"
	draft=$(draft_of billing)
	is 3 "$(git diff --name-only "main...$draft" | wc -l)"
	git cat-file -e "$draft:ledger/entries/$(date +%Y)-0001.journal"
	is 1 "$(git ls-files memory/projects/acme | grep -c -E -- '-[0-9a-z]{8}\.md$')"
	git cat-file -e main:projects/acme/plan.md
}

# ---- A file that is made before an effect, and shown after it

stage_numbered() {
	reeve init -q
	cp "$examples/consultant/reeve.yaml" .
	put templates/note.txt <<<"A note"
	put jobs/note.yaml <<-'END'
		version: 1
		name: note
		on: { commit: { paths: ["notes/*"] } }
		may: { sequence.next: 1 }
		steps:
		  - id: note
		    render: note.txt
		    artifact: "kept/note.txt"
		  - id: number
		    needs: [note]
		    call: sequence.next
		    with: { name: note, format: "N%02d" }
		  - id: second
		    render: note.txt
		    artifact: "kept/{{number.text}}.txt"
		  - id: review
		    gate: { title: "Keep {{number.text}}?" }
	END
	put notes/1 <<<"one"
	commit "Begin"
}

settled_numbered() {
	is "in review" "$(state_of note review)"
	is "$(slip_of "$(draft_of note)") kept/N01.txt kept/note.txt" "$(
		git diff --name-only main "$(draft_of note)" | xargs)"
	is 1 "$(events number.taken)"
}

# ---- All of it

# sample STAGE CALL:QUOTA...: watch a whole tick, for its points.
sample() {
	local stage=$1
	shift
	at "$stage"
	watched reeve tick
	settled "$stage"
	points ../trace "$@" >"$top/points.$stage"
}

# sweep STAGE CALL:QUOTA...
sweep() {
	local name number
	it "a tick of \"$1\" under strace" sample "$@"
	while read -r name number; do
		it "\"$1\", killed at call $number of $name" \
			at_point "$1" "$name" "$number"
	done <"$top/points.$1"
}

if ! strace -o /dev/null true; then
	echo "1..0 # skip strace may not trace here"
	exit 0
fi
# shellcheck disable=SC2086 # calls are words
sweep briefed $calls
# shellcheck disable=SC2086
sweep merged $calls
# shellcheck disable=SC2086
sweep numbered $fewer
plan
