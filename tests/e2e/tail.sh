# What git has lost of the journal's last objects is put back bit by bit.
# shellcheck shell=bash
. "$REEVE_TOP/tests/e2e/lib.sh"

begin() {
	git init -q -b main
	git config gc.auto 0
	reeve init -q
	git add -A
	git commit -q -m workspace
	for n in 1 2 3 4 5; do
		reeve emit deal.won n=$n \
			text="$(printf "$n%.0s" {1..1500})" >/dev/null
	done
	reeve status --json >before
}

# The files of the journal's objects behind the root.
files() {
	git rev-list --objects reeve/journal ^main |
		awk '{ print ".git/objects/" substr($1, 1, 2) "/" substr($1, 3) }'
}

remove() { rm -f "$1"; }
empty() { chmod u+w "$1"; : >"$1"; }
zero() { chmod u+w "$1"; head -c "$(stat -c %s "$1")" /dev/zero >zeros; cp zeros "$1"; }
cut() { chmod u+w "$1"; truncate -s -5 "$1"; }
flip() {
	chmod u+w "$1"
	printf '\377' | dd of="$1" bs=1 seek=9 conv=notrunc status=none
}

is_whole() {
	git fsck --strict --no-dangling >fsck 2>&1 || { cat fsck; fail "fsck"; }
	rm -rf .reeve
	reeve status --json | cmp before -
}

# One after the other, each found by a rebuild.
healed() { # DAMAGE
	local file
	begin
	for file in $(files); do
		[ -e "$file" ] || continue
		cp "$file" kept
		$1 "$file"
		reeve rebuild -q
		[ -e "$file" ] || { reeve emit healed >/dev/null; }
		if ! cmp -s kept "$file"; then
			# Nobody has read it yet.
			reeve doctor --fix >/dev/null || true
			git cat-file -t "$(echo "$file" |
				sed 's|.git/objects/||; s|/||')" >/dev/null
		fi
	done
	reeve status --json >before
	is_whole
}

# The tip alone, of which an up-to-date view has no need.
tip() {
	begin
	tip=$(git rev-parse reeve/journal)
	rm -f ".git/objects/${tip:0:2}/${tip:2}"
	reeve emit deal.won n=6 >/dev/null
	is "$tip" "$(git rev-parse reeve/journal~1)"
	reeve status --json >before
	is_whole
}

# git gc --prune=now beside appends: what is told stays; what cannot be done in
# the middle of it is refused.
pruned() {
	local n
	begin
	(for n in $(seq 12); do git gc -q --prune=now; done) 2>/dev/null &
	for n in $(seq 6 30); do
		! reeve emit deal.won n="n$n." >/dev/null || echo "n$n." >>../told
	done
	wait
	reeve emit deal.won n=n31. >/dev/null
	echo n31. >>../told
	git log --format=%B reeve/journal >../log
	while read -r n; do
		has ../log "$n"
	done <../told
	reeve status --json >before
	is_whole
}

for damage in remove empty zero cut flip; do
	it "each of the last objects is put back: $damage" healed $damage
done
it "the tip is put back before something is put on it" tip
it "git gc --prune=now takes nothing" pruned
plan
