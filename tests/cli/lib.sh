# Words for the CLI tests; tests/run.sh reads this before each of them.
#
#	company
#	brief acme
#	ask review "$(run_of proposal)"
#
# Time is theirs: each `ask` and each commit happens a minute after what was
# before it, and chance is a function of that time. So every id in a golden
# file is the same in every run of the test, on every machine.

# later [SECONDS]: what follows happens a minute later, or that much.
later() {
	local instant
	now=$((now + ${1:-60}))
	printf -v instant '%(%FT%TZ)T' "$now"
	export REEVE_TEST_CLOCK=$instant REEVE_TEST_SEED=$now
	export GIT_AUTHOR_DATE=$instant GIT_COMMITTER_DATE=$instant
}

now=$(date -d "$REEVE_TEST_CLOCK" +%s)

# ask WORD...: reeve, with the command before what it prints and says.
ask() {
	later
	echo "\$ reeve${*:+ $*}"
	echo "\$ reeve${*:+ $*}" >&2
	reeve "$@"
	echo "-> $?"
}

# repository: an empty one here, with its branch main.
repository() {
	git init -q .
}

# company: the consultant's, before its first brief. One program at a time:
# which of two ends first is nothing that a golden file can say.
company() {
	cp -R "$REEVE_TOP/examples/consultant/." .
	repository
	reeve init -q --template consultant
	echo "jobs: 1" >>reeve.yaml
	commit "Begin"
}

# put FILE: standard input becomes the file, with the folders it needs.
put() {
	mkdir -p "$(dirname "$1")" && cat >"$1"
}

# commit SUBJECT: everything in the working tree.
commit() {
	later
	git add -A && git commit -q -m "$1"
}

# brief CLIENT: one is committed.
brief() {
	sed "s/acme/$1/g" "$REEVE_TOP/examples/briefs/acme.yaml" \
		>"inbox/intake/$1.yaml"
	commit "Brief from $1"
}

# tick: everything that is due, silently.
tick() {
	later
	reeve tick -q
}

# run_of JOB: the name of its latest run.
run_of() {
	reeve status | awk -v job="$1" '$2 == job { run = $1 } END { print run }'
}

# draft_of JOB: the branch that waits for the owner.
draft_of() {
	git branch --list "reeve/draft/$1-*" --format '%(refname:short)'
}

# edit FILE SCRIPT: the owner changes a line of it.
edit() {
	sed -i "$2" "$1"
}

# on BRANCH COMMAND...: there, and back.
on() {
	git switch -q "$1"
	shift
	"$@"
	git switch -q main
}

# merge BRANCH: as the owner would.
merge() {
	later
	git merge -q --no-ff --no-edit "$1"
}
