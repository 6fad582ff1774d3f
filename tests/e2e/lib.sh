# shellcheck shell=bash
# Words for the end-to-end tests; each of them reads this first.
#
#	it "a squash counts as approval" squash
#	...
#	plan
#
# it runs a function in a shell and a folder of its own, where any command
# that fails fails the test. What it printed is shown then.
#
# A workspace that many tests begin with is made once, as a stage, and copied.

tests=0
top=${top:-$PWD}
stages=$top/stages
examples=$REEVE_TOP/examples

# it NAME FUNCTION [ARGUMENT...]
it() {
	local name=$1 status log
	tests=$((tests + 1))
	log=$top/log.$tests
	shift
	set +e
	(set -eu; mkdir "$top/$tests"; cd "$top/$tests"; "$@") >"$log" 2>&1
	status=$?
	set -e
	if [ $status -eq 0 ]; then
		echo "ok $tests - $name"
	elif [ $status -eq 77 ]; then
		echo "ok $tests - $name # skip $(sed -n '$s/^skipped: //p' "$log")"
	else
		echo "not ok $tests - $name"
		sed 's/^/# /' "$log"
	fi
}

plan() {
	echo "1..$tests"
}

# skip WORD...: what this test needs is not there.
skip() {
	echo "skipped: $*"
	exit 77
}

# ---- Saying what must hold

# fail WORD...: with what was asked of git last, for whoever reads the log.
fail() {
	echo "failed: $*"
	exit 1
}

# is WANTED GOT: the same text.
is() {
	[ "$1" = "$2" ] || fail "wanted \"$1\", got \"$2\""
}

# has FILE TEXT, lacks FILE TEXT: a line that holds the text; or none.
has() {
	grep -qF -e "$2" "$1" || { cat "$1"; fail "no \"$2\" in $1"; }
}

lacks() {
	! grep -F -e "$2" "$1" || fail "\"$2\" is in $1"
}

# exits STATUS COMMAND...: with that status; its output is in the files out
# and err beside the workspace.
exits() {
	local wanted=$1 status=0
	shift
	"$@" >../out 2>../err || status=$?
	[ "$status" -eq "$wanted" ] || {
		cat ../out ../err
		fail "$* exits $status, not $wanted"
	}
}

# says TEXT: the last of `exits` said that, on either channel.
says() {
	cat ../out ../err >../said
	has ../said "$1"
}

# ---- Workspaces

# at STAGE: a copy of a stage here, as the folder company, and into it.
at() {
	if [ ! -d "$stages/$1" ]; then
		make_stage "$1"
	fi
	cp -a "$stages/$1" company
	cd company
}

make_stage() (
	mkdir -p "$stages/new.$1"
	cd "$stages/new.$1"
	"stage_$1"
	cd "$stages"
	mv "new.$1" "$1"
)

# The consultant's company, before its first brief.
stage_begun() {
	cp -R "$examples/consultant/." .
	git init -q
	reeve init -q --template consultant
	commit "Begin"
}

# A brief came and its proposal waits at its gate.
stage_drafted() {
	cp -R "$stages/begun/." . 2>/dev/null || stage_begun
	brief
	reeve tick
}

# put FILE: standard input becomes the file, with the folders it needs.
put() {
	mkdir -p "$(dirname "$1")" && cat >"$1"
}

# commit SUBJECT: everything in the working tree.
commit() {
	git add -A && git commit -q -m "$1"
}

# brief [CLIENT]: a brief is committed.
brief() {
	local client=${1:-acme}
	sed "s/acme/$client/g" "$examples/briefs/acme.yaml" \
		>"inbox/intake/$client.yaml"
	commit "Brief from $client"
}

# ---- What there is

# draft_of JOB: the draft branch that waits, "reeve/draft/JOB-RUN.N".
draft_of() {
	git branch --list "reeve/draft/$1-*" --format '%(refname:short)' |
		grep . || fail "no draft of $1 waits"
}

# run_of JOB: the short id of its latest run.
run_of() {
	reeve status | awk -v job="$1" '$2 == job { run = $1 }
		END { print run; exit !run }' || fail "no run of $1"
}

# slip_of DRAFT: the path of its slip.
slip_of() {
	echo "actions/${1#reeve/draft/}.yaml"
}

# state_of JOB [STEP]: of its latest run, or of a step of that.
state_of() {
	local run
	run=$(run_of "$1")
	reeve status --json "$run" | awk -v step="${2:-}" -v run="$run" '
		/"id":/ { id = $2; gsub(/[",]/, "", id) }
		/"state":/ {
			state = $0
			sub(/.*"state": "/, "", state)
			sub(/".*/, "", state)
			if (step != "" ? id == step : index(id, run) == 1) {
				print state
				exit
			}
		}'
}

# events TYPE: how many of the type the journal has.
events() {
	git log --format=%B reeve/journal -- |
		grep -c "\"type\":\"dev.reeve.$1\"" || true
}

# mails: how many have gone out.
mails() {
	find outbox -name '*.eml' 2>/dev/null | wc -l
}

# ---- What may not change

# footprint: every ref but the journal, HEAD, the index and the files. What is
# under .reeve/ may be derived anew at any time.
footprint() {
	git for-each-ref --format '%(refname) %(objectname)' |
		grep -v '^refs/heads/reeve/journal '
	git symbolic-ref -q HEAD || git rev-parse HEAD
	git ls-files --stage
	git status --porcelain
	find . \( -path ./.git -o -path ./.reeve \) -prune -o -type f -print |
		LC_ALL=C sort | xargs -d '\n' sha256sum
}

# kept_by COMMAND...: it leaves the footprint and the journal as they were.
# Its status is the command's.
kept_by() {
	local status=0
	footprint >../before
	git rev-parse -q --verify reeve/journal >>../before || true
	"$@" || status=$?
	footprint >../after
	git rev-parse -q --verify reeve/journal >>../after || true
	diff -u ../before ../after >&2 || fail "$* changed something" >&2
	return $status
}

# sound: the repository is, and the view is what the journal says.
sound() {
	git fsck --strict --no-dangling >../fsck 2>&1 || {
		cat ../fsck
		fail "git fsck"
	}
	reeve status --json >../view.json
	rm -rf .reeve
	reeve rebuild -q
	reeve status --json | diff -u ../view.json - ||
		fail "the view differs from its rebuild"
}
