# Journals of other releases: those of old ones are read for ever, those of
# newer ones are refused by name, and nothing is written.
. "$REEVE_TOP/tests/e2e/lib.sh"
golden=$REEVE_TOP/tests/golden

# golden NAME: a clone of that journal, as the folder company, and into it.
golden() {
	git init -q company
	cd company
	git fetch -q --update-head-ok "$golden/$1.bundle" "refs/*:refs/*"
	git reset -q --hard
}

dump() {
	python3 "$golden/dump.py" .reeve/view.db
}

# What the view says may only change with its tables: then the dump is made
# anew, and the difference read.
replayed() { # NAME
	golden "$1"
	exits 0 reeve rebuild
	dump >../dump
	[ -z "${UPDATE:-}" ] || cp ../dump "$golden/$1.dump"
	diff -u "$golden/$1.dump" ../dump
	python3 "$REEVE_TOP/tests/e2e/journal.py" reeve/journal
}

# It is a journal to go on with, from the first tick to the last gate.
gone_on_with() { # NAME
	golden "$1"
	exits 0 reeve tick
	exits 1 reeve run check
	exits 0 reeve reject "$(run_of billing)"
	dump >../dump
	reeve rebuild -q
	dump | diff -u ../dump -
	python3 "$REEVE_TOP/tests/e2e/journal.py" reeve/journal
}

# Every type that this reeve writes, in its version of today.
all_types() {
	golden 1
	git log --format=%B reeve/journal -- |
		sed -n 's/.*"type":"dev\.reeve\.\([a-z.]*\)".*[{,]"v":\([0-9]*\)[,}].*/\1 \2/p' |
		sort -u >../there
	sed -n 's/.*EVENT([A-Z_]*, "\([a-z.]*\)", \([0-9]*\)).*/\1 \2/p' \
		"$REEVE_TOP/store/event.h" | sort >../known
	[ "$(wc -l <../known)" -gt 20 ] || fail "no types were found"
	diff -u ../known ../there
}

# A commit with one more event, as a newer reeve might write it.
newer() { # TYPE VERSION
	local event now
	event='{"specversion":"1.0","id":"00000000000000000000000099"'
	event+=',"source":"/reeve/later","type":"dev.reeve.'$1'"'
	event+=',"time":"2027-01-01T00:00:00Z","data":{"v":'$2'}}'
	now=$(printf 'later\n\n%s\n' "$event" |
		git commit-tree -p reeve/journal -F - "$(git mktree </dev/null)")
	git update-ref refs/heads/reeve/journal "$now"
}

# everything: refs, what reeve keeps beside them and what it derived.
everything() {
	git for-each-ref
	find .git/reeve .reeve -type f ! -name '*.db-shm' -print0 |
		LC_ALL=C sort -z | xargs -0 sha256sum
}

refused() { # TYPE VERSION
	at drafted
	newer "$1" "$2"
	everything >../before.all
	for command in status tick rebuild "run proposal" \
		"approve $(git rev-parse --short main)" log "emit a.b"; do
		# shellcheck disable=SC2086 # words
		exits 2 reeve $command
		says "\"$1\" version $2"
		says "$(git rev-parse reeve/journal)"
		says "Install the reeve that wrote it"
		everything | diff -u ../before.all -
	done
	# Without it all goes on.
	git update-ref refs/heads/reeve/journal reeve/journal~1
	exits 0 reeve status
}

for bundle in "$golden"/*.bundle; do
	name=$(basename "$bundle" .bundle)
	it "the golden journal $name is folded as ever" replayed "$name"
	it "the golden journal $name is gone on with" gone_on_with "$name"
done
it "the golden journal holds every type of event" all_types
it "a newer type of event is refused" refused step.dreamed 1
it "a newer version of an event is refused" refused step.finished 2
plan
