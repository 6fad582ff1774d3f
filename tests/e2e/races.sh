# Two engines are started on one workspace at once: one of them runs, the other
# says who, and whoever only reads is never kept waiting. RACES makes it long.
. "$REEVE_TOP/tests/e2e/lib.sh"

races=${RACES:-100}
faulty=$(dirname "$(command -v reeve)")/fault/reeve

is_stopped() {
	[ "$(sed 's/.*) //' "/proc/$1/stat" | cut -c1)" = T ]
}

# go_on PID: as often as it stops, until it ends; it ends well.
go_on() {
	while kill -CONT "$1" 2>/dev/null; do
		sleep 0.01
	done
	wait "$1"
}

# engine POINT FILE COMMAND...: in the background, and it stops at the point.
engine() {
	local point=$1 file=$2
	shift 2
	REEVE_TEST_FAULT=$point:stop "$faulty" "$@" >"../$file" 2>&1 &
}

# One race. Whoever gets the lock stops with it, at the end of its tick.
race() {
	local one two first status=0 winner
	rm -f .reeve/idle
	engine idle.mark "$1.one" tick
	one=$!
	engine idle.mark "$1.two" tick
	two=$!
	wait -n -p first $one $two || status=$?
	is 75 $status
	winner=$((one + two - first))
	until is_stopped $winner; do
		sleep 0.01
	done
	grep -q "locked by process $winner on" ../"$1".* ||
		fail "$(cat ../"$1".*)"
	[ $((1${1#race} % 20)) -ne 1 ] || reads
	go_on $winner
}

# Commands that only read, beside a holder that stands still.
reads() {
	local words
	for words in "" status log check doctor "log --json" \
		"status --json"; do
		# shellcheck disable=SC2086 # words
		timeout 60 reeve $words >/dev/null || [ "$words" = doctor ] ||
			fail "reeve $words"
	done
	exits 75 timeout 60 reeve tick
	exits 75 timeout 60 reeve rebuild
}

start_races() {
	local i
	at drafted
	for ((i = 1; i <= races; i++)); do
		race "race$i"
	done
	sound
}

# A holder that was stopped before it sends: nobody sends in its place, and
# when it goes on it does.
stopped_holder() {
	local holder i
	at drafted
	git merge -q --no-ff --no-edit "$(draft_of proposal)"
	engine effect.intended holder tick
	holder=$!
	until is_stopped $holder; do
		sleep 0.01
	done
	for i in 1 2 3; do
		exits 75 timeout 60 reeve tick
		says "locked by process $holder on"
	done
	is 0 "$(mails)"
	reads
	go_on $holder
	is 1 "$(mails)"
	is 1 "$(events effect.done)"
	exits 0 reeve tick
	sound
}

it "of two that start at once one runs, $races times" start_races
it "a holder that stands still still holds" stopped_holder
plan
