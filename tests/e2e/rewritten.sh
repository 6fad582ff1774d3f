# A journal that was reset, amended, replaced or restored is refused, with both
# ends and the way out; the end that it had is kept; adopting it is an event.
# shellcheck shell=bash
. "$REEVE_TOP/tests/e2e/lib.sh"

begin() {
	git init -q -b main
	git config gc.auto 0
	reeve init -q
	git add -A
	git commit -q -m workspace
	for n in 1 2 3 4 5 6; do
		reeve emit deal.won n=$n >/dev/null
	done
	had=$(git rev-parse reeve/journal)
}

# Commits with the messages of these, one on top of the other.
again() { # PARENT COMMIT...
	local tip=$1 commit
	shift
	for commit in "$@"; do
		tip=$(git cat-file commit "$commit" | sed '1,/^$/d' |
			git commit-tree -p "$tip" -F - "$commit^{tree}")
	done
	echo "$tip"
}

reset_1() { git rev-parse reeve/journal~1; }
reset_5() { git rev-parse reeve/journal~5; }
reset_all() { git rev-list --max-parents=0 reeve/journal; }
amended() { again reeve/journal~1 reeve/journal~3; }
swapped() { again reeve/journal~2 reeve/journal reeve/journal~1; }
replaced() {
	(mkdir other && cd other && git init -q -b main && reeve init -q)
	git fetch -q other reeve/journal
	git rev-parse FETCH_HEAD
}
restored() { # Not by git: an older copy of the reference's file.
	git rev-parse reeve/journal~3
}

refused_and_adopted() { # REWRITE
	begin
	now=$($1)
	git update-ref refs/heads/reeve/journal "$now"
	for command in status tick rebuild "emit deal.won n=9"; do
		! reeve $command >out 2>err || fail "$command went through"
		has err "had $had, now it ends at $now"
		has err "git update-ref refs/heads/reeve/journal $had"
		has err "reeve adopt"
	done
	is "$now" "$(git rev-parse reeve/journal)"
	is "$had" "$(git rev-parse "refs/reeve/rescue/$had")"

	reeve adopt >out
	has out "refs/reeve/rescue/$had"
	is "$now" "$(git rev-parse reeve/journal~1)"
	git log -1 --format=%B reeve/journal >event
	has event '"type":"dev.reeve.journal.adopted"'
	has event "\"had\":\"$had\""
	git fsck --strict --no-dangling 2>&1 | grep -v ^notice && fail "fsck"
	reeve emit deal.won n=10 >/dev/null
	reeve adopt | grep -q "nothing to adopt" || fail "adopted twice"
	reeve status --json >before
	rm -rf .reeve
	reeve status --json | cmp before -
}

# The way out that is not adopting.
put_back() {
	begin
	git update-ref refs/heads/reeve/journal reeve/journal~2
	! reeve status 2>err || fail "went through"
	git update-ref refs/heads/reeve/journal "$had"
	reeve emit deal.won n=7 >/dev/null
	is "$had" "$(git rev-parse reeve/journal~1)"
}

# What is adopted is looked at first.
not_a_journal() {
	begin
	now=$(git commit-tree -m "not a journal" "$(git rev-parse main^{tree})")
	git update-ref refs/heads/reeve/journal "$now"
	! reeve adopt 2>err || fail "went through"
	has err "could not adopt the journal"
	is "$now" "$(git rev-parse reeve/journal)"
}

# The view alone is of another line: that is no reason to stop.
other_view() {
	begin
	cp -r .reeve view.old
	git update-ref refs/heads/reeve/journal reeve/journal~2
	! reeve status 2>/dev/null || fail "went through"
	reeve adopt >/dev/null
	reeve emit deal.won n=8 >/dev/null
	reeve status --json >before
	rm -rf .reeve
	mv view.old .reeve
	reeve status --json | cmp before -
	python3 - >count <<-'END'
		import sqlite3
		view = sqlite3.connect(".reeve/view.db")
		print(view.execute("select count(*) from emitted").fetchone()[0])
	END
	is 5 "$(cat count)"
}

for rewrite in reset_1 reset_5 reset_all amended swapped replaced restored; do
	it "a journal is refused and adopted: $rewrite" \
		refused_and_adopted $rewrite
done
it "a journal is put back" put_back
it "what is no journal is not adopted" not_a_journal
it "a view of another line is folded anew" other_view
plan
