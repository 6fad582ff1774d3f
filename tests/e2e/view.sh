# A view that is not what was written is never a wrong answer: what is lost, cut
# off, changed, of another journal or of another reeve is folded anew.
. "$REEVE_TOP/tests/e2e/lib.sh"
flips=${REEVE_FLIPS:-40} # make check-view asks for more

stage_told() {
	cp -R "$examples/consultant/." .
	git init -q
	reeve init -q --template consultant
	commit "Begin"
	brief
	reeve tick
	answer >"$stages/told.answer"
	cp .reeve/view.db "$stages/told.db"
}

# answer: what the view says, by several ways.
answer() {
	reeve status --json
	reeve log --json
}

# told: the same answer as ever, whatever was done to the view; what was done
# is noticed when there is a WORD.
told() { # [WORD]
	answer >../answer 2>../err || { cat ../err; fail "status $?"; }
	cmp ../answer "$stages/told.answer" || fail "another answer: $*"
	[ -z "${1:-}" ] || has ../err "$1"
	rm -rf .reeve/view.db.broken*
}

# One byte, in a place that is as good as any, becomes another.
flipped() {
	at told
	python3 - "$flips" "$stages/told.db" >../places <<-'END'
		import os, random, sys
		random.seed(1)
		size = os.path.getsize(sys.argv[2])
		for place in sorted(random.sample(range(size), int(sys.argv[1]))):
		    print(place, random.randrange(8))
	END
	while read -r place bit; do
		python3 - "$stages/told.db" "$place" "$bit" <<-'END'
			import sys
			view = bytearray(open(sys.argv[1], "rb").read())
			view[int(sys.argv[2])] ^= 1 << int(sys.argv[3])
			open(".reeve/view.db", "wb").write(view)
		END
		told "was damaged" || fail "bit $bit of byte $place"
	done <../places
	[ -s ../places ] || fail "nothing was flipped"
}

cut_off() {
	at told
	size=$(stat -c %s "$stages/told.db")
	for page in $(seq 1 $(($(stat -c %s "$stages/told.db") / 4096 - 1))); do
		head -c $((page * 4096)) "$stages/told.db" >.reeve/view.db
		told "was damaged"
	done
	head -c $((size - 1)) "$stages/told.db" >.reeve/view.db
	told "was damaged"
	: >.reeve/view.db
	told
}

gone() {
	at told
	rm .reeve/view.db
	told
	rm -rf .reeve
	told
}

# Something else has its name.
no_view() {
	at told
	rm .reeve/view.db
	mkdir .reeve/view.db
	echo x >.reeve/view.db/file
	told "was damaged"
	head -c 20000 /dev/urandom >.reeve/view.db
	told "was damaged"
	rm .reeve/view.db
	python3 -c '
import sqlite3
other = sqlite3.connect(".reeve/view.db")
other.execute("create table run (id text)")
other.commit()'
	told "was damaged"
}

of_another() {
	at told
	(mkdir ../other && cd ../other && git init -q && reeve init -q &&
		commit "Begin" && reeve emit a.b >/dev/null)
	cp ../other/.reeve/view.db .reeve/view.db
	told "was damaged"
	# Its journal is here, too; but it is not this one.
	git fetch -q ../other reeve/journal
	cp ../other/.reeve/view.db .reeve/view.db
	told
}

it "a view of which a byte is another is made anew" flipped
it "a view that is cut off is made anew" cut_off
it "a view that is gone is made anew" gone
it "what is no view is moved aside" no_view
it "a view of another journal is made anew" of_another
plan
