# What a terminal shows while programs run, and what a pipe does not get. The
# programs wait at fifos of theirs, so that it is known what runs when.
. "$REEVE_TOP/tests/e2e/lib.sh"

escape=$(printf '\033')

# Two side by side; `review` waits for both of them.
stage_two() {
	reeve init -q
	put reeve.yaml <<-'END'
		version: 1
		company: { name: Lovelace Analytics }
		approvers: ["ada@example.com"]
		jobs: 2
	END
	put jobs/two.yaml <<-'END'
		version: 1
		name: two
		on: { manual: true }
		inputs: { ends: { type: string, default: "true" } }
		steps:
		  - id: north
		    run: { argv: [sh, -c, 'mkfifo "$REEVE_OUT/north" && read -r x <"$REEVE_OUT/north" && {{inputs.ends}}'] }
		  - id: south
		    run: { argv: [sh, -c, 'mkfifo "$REEVE_OUT/south" && read -r x <"$REEVE_OUT/south"'] }
		  - id: review
		    gate: { title: Review }
	END
	commit "Begin"
}

# on_terminal COMMAND: what it shows can be read line by line with `shows`.
on_terminal() {
	: >../screen
	exec 7< <(exec env TERM=xterm script -qec "$1" /dev/null </dev/null)
	started=$!
}

# shows TEXT: it comes to a line with it. All that came is in ../screen.
shows() {
	local line
	while IFS= read -r line <&7; do
		printf '%s\n' "$line" >>../screen
		case $line in *"$1"*) return ;; esac
	done
	cat -v ../screen
	fail "never shows \"$1\""
}

# ends STATUS: the command has, and all it showed is in ../screen.
ends() {
	local status=0
	cat <&7 >>../screen
	wait "$started" || status=$?
	is "$1" "$status"
}

# go NAME: what the program of that step waits for.
go() {
	local fifo
	while ! fifo=$(ls .reeve/checkout/*.out/"$1" 2>/dev/null); do
		kill -0 "$started"
	done
	echo go >"$fifo"
}

live_lines() {
	at two
	on_terminal "reeve run two"
	shows "1 running, next: south"
	shows "  north  "
	shows "  south  "
	shows "0 done, 2 running, next: review"
	go south
	shows "south  done"
	shows "  north  "
	shows "1 done, 1 running, next: review"
	go north
	ends 0
	has ../screen "$escape[3A"
	has ../screen "waits for you:"
	# After the last program nothing is taken away any more.
	tail -n 1 ../screen | grep -q "$escape\[J" && fail "lines are left"
	is 0 "$(sed "1,/north  *done/d" ../screen | grep -c running || true)"
}

no_colours() {
	at two
	export NO_COLOR=1
	on_terminal "reeve run two"
	shows "2 running"
	go north
	go south
	ends 0
	has ../screen "$escape["
	! grep -q "$escape\[[0-9;]*m" ../screen || fail "a colour"
}

colours() {
	at two
	unset NO_COLOR
	on_terminal "reeve run two"
	shows "2 running"
	go north
	go south
	ends 0
	has ../screen "$escape[2m  north"
}

# on_pipe COMMAND...: its output is in ../out.
on_pipe() {
	unset NO_COLOR
	TERM=xterm "$@" > >(cat >../out) 2>../err &
	started=$!
	go north
	go south
	wait "$started"
}

in_a_pipe() {
	at two
	on_pipe reeve run two
	lacks ../out "$escape"
	lacks ../out running
	is 1 "$(grep -c "north  done" ../out)"
	is 1 "$(grep -c "south  done" ../out)"
}

as_json() {
	at two
	on_pipe reeve run --json two
	lacks ../out "$escape"
	lacks ../out began
	lacks ../out ended
}

quiet() {
	at two
	on_terminal "reeve run -q two"
	go north
	go south
	ends 0
	is "" "$(cat ../screen)"
}

dumb() {
	at two
	exec 7< <(exec script -qec "reeve run two" /dev/null </dev/null)
	started=$!
	: >../screen
	go north
	go south
	ends 0
	lacks ../screen "$escape"
	has ../screen "north  done"
}

# The lines are gone before the error is told.
interrupted() {
	local pid
	at two
	on_terminal 'echo $$ >../pid; exec reeve run two'
	shows "2 running"
	read -r pid <../pid
	kill -INT "$pid"
	ends 2
	has ../screen "$escape[3A$escape[Jreeve: error: stopped by SIGINT"
}

# Of a narrow one no line is wider than it is.
narrow() {
	at two
	on_terminal "stty rows 10 cols 30; reeve run two"
	shows "0 done, 2 running, next: r…"
	go north
	go south
	ends 0
}

# on_one NAME FUNCTION: as `it`, where a terminal can be had.
on_one() {
	if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
		it "$@"
	else
		tests=$((tests + 1))
		echo "ok $tests - $1 # skip no terminal can be made here"
	fi
}

on_one "a terminal shows each program at work, and what is next" live_lines
on_one "in colours only as the rest" colours
on_one "and in none of them when so told" no_colours
it "a pipe gets one line a step and no escapes" in_a_pipe
it "as JSON only what stays is listed" as_json
on_one "told to be quiet, nothing is shown" quiet
on_one "a dumb terminal is as a pipe" dumb
on_one "an interrupt takes the lines away" interrupted
on_one "lines are cut to the width" narrow
plan
