# The owner's own git commands, while reeve appends and ticks: nothing that was
# told of is lost, and nothing of theirs is touched. OWNER_ROUNDS makes it long.
. "$REEVE_TOP/tests/e2e/lib.sh"

rounds=${OWNER_ROUNDS:-8}

# beside NAME: the words of the owner's loop, run until the file `over` is there.
beside() {
	local at=0
	while [ ! -e ../over ]; do
		at=$((at + 1))
		"owner_$1" "$at" >>../owner.log 2>&1 || echo "failed: $at" >>../owner.log
	done
}

owner_gc() { git gc --quiet; }
owner_prune() { git gc --quiet --prune=now; }
owner_pack() { git pack-refs --all; }
owner_repack() { git repack -adq; }
owner_switch() { git switch -q -c "side-$1" && git switch -q main; }
owner_stash() {
	echo "line $1" >>notes.txt
	git stash -q && git stash pop -q && git checkout -q notes.txt
}
owner_rebase() { git rebase -q main; }
owner_index() {
	: >.git/index.lock
	git status --porcelain >/dev/null
	rm -f .git/index.lock
}

# appends_beside NAME [MAY_FAIL]: events are told of while that goes on; those
# that were told are there afterwards, once each.
appends_beside() {
	local i owner told=0
	at begun
	echo one >notes.txt
	commit "Notes"
	rm -f ../over
	beside "$1" &
	owner=$!
	for ((i = 1; i <= rounds; i++)); do
		if reeve emit -q "round.r$i" n="$i" 2>>../err; then
			echo "round.r$i" >>../told
			told=$((told + 1))
		fi
		[ $((i % 4)) -ne 0 ] || reeve tick -q 2>>../err || true
	done
	touch ../over
	wait "$owner"
	[ "$told" -eq "$rounds" ] || [ -n "${2:-}" ] ||
		{ cat ../err; fail "$told of $rounds were told of"; }
	[ "$told" -gt 0 ] || fail "nothing was told of"
	reeve tick -q
	while read -r name; do
		is 1 "$(git log --format=%B reeve/journal |
			grep -c "\"type\":\"$name\"")"
	done <../told
	is "" "$(git status --porcelain)"
	is refs/heads/main "$(git symbolic-ref HEAD)"
	sound
}

it "appends beside gc" appends_beside gc
it "appends beside pack-refs --all" appends_beside pack
it "appends beside repack -ad" appends_beside repack
it "appends beside switches of branches" appends_beside switch
it "appends beside stashes" appends_beside stash
it "appends beside rebases" appends_beside rebase
it "appends beside a held index.lock" appends_beside index
# What is pruned under an append makes that fail, and nothing else.
it "appends beside gc --prune=now" appends_beside prune may-fail
plan
