# Commands that change the world: programs that are effects.
. "$REEVE_TOP/tests/e2e/lib.sh"

# What they do is done here, outside of any workspace: a line for each time.
world() {
	echo "$top/$tests/world"
}

# done_times: how often something was done.
done_times() {
	[ -e "$(world)" ] || { echo 0; return; }
	wc -l <"$(world)"
}

now() {
	export REEVE_TEST_CLOCK=$1
	export GIT_COMMITTER_DATE=$1 GIT_AUTHOR_DATE=$1
}

# job <STEPS: a workspace with the one job "act", whose steps stand behind a
# gate unless the policy lets them pass.
workspace() {
	mkdir company && cd company
	now 2026-11-23T10:00:00Z
	git init -q
	reeve init -q
	cat >reeve.yaml <<-END
		version: 1
		policy: [$1]
	END
	put data/a.csv <<<"one;1"
	put jobs/act.yaml
	commit "Begin"
	reeve check
}

auto='{ effect: local.run, then: auto }, { effect: net.run, then: auto }'

# Without a gate, and with the line of the world in its environment.
simple() {
	workspace "$auto" <<-END
		version: 1
		name: act
		on: { manual: true }
		may: [local.run]
		steps:
		  - id: act
		    ${2:-}
		    env: { WORLD: $(world) }
		    run:
		      reads: []
		      effect: true
		      script: |
		$(sed 's/^/        /' <<<"$1")
		  - id: after
		    let: { said: act }
	END
}

# output_of STEP
output_of() {
	reeve explain --json "$(run_of act)" "$1"
}

# ---- It is done

# With the key, in the owner's home, and what it says is its output.
does() {
	export HOME=$PWD/home
	mkdir home
	simple 'echo "$REEVE_EFFECT_KEY" >>"$WORLD"; echo "$HOME"; touch "$HOME/here"'
	reeve run act
	is done "$(state_of act)"
	is 1 "$(done_times)"
	[ -e ../home/here ]
	output_of after | grep -q "\"said\": \"$HOME\""
	git log --format=%B reeve/journal | grep effect.intended |
		grep -q "\"effect_key\":\"$(cat "$(world)")\""
	is 1 "$(events effect.done)"
	# The journal has it once; nothing is done again.
	reeve tick
	is 1 "$(done_times)"
	sound
}

# What the slip shows is what is done, with the owner's changes.
gated() {
	workspace "" <<-END
		version: 1
		name: act
		on: { manual: true }
		may: { local.run: 1 }
		inputs: { who: { type: string, default: "Ann; echo no" } }
		steps:
		  - id: csv
		    read: { path: data/a.csv }
		  - id: review
		    gate: { title: "Do it?" }
		  - id: act
		    run:
		      argv: [sh, -c, 'printf "%s,%s,%s\\n" "\$1" "\$RATE" "\$(cat)" >>$(world)', sh, "{{inputs.who}}"]
		      env: { RATE: "{{run.year}}" }
		      stdin: "from {{inputs.who}}"
		      effect: true
	END
	reeve run act >../out
	is 0 "$(done_times)"
	local draft
	draft=$(draft_of act)
	git checkout -q "$draft"
	has "$(slip_of "$draft")" "effect: local.run"
	has "$(slip_of "$draft")" "Ann; echo no"
	has "$(slip_of "$draft")" "RATE:"
	reeve review "$(run_of act)" >../review
	has ../review "run sh -c printf"
	sed -i 's/from Ann; echo no/from Bob/' "$(slip_of "$draft")"
	commit "For Bob"
	git checkout -q main 2>/dev/null || git checkout -q master
	git merge -q --no-ff --no-edit "$draft"
	reeve tick
	is "Ann; echo no,2026,from Bob" "$(cat "$(world)")"
	is done "$(state_of act)"
	sound
}

# A job that does not say so has no such effect, nor one below no gate.
refused() {
	workspace "$auto" <<-END
		version: 1
		name: act
		on: { manual: true }
		steps:
		  - id: csv
		    read: { path: data/a.csv }
	END
	put jobs/wild.yaml <<-'END'
		version: 1
		name: wild
		on: { manual: true }
		steps:
		  - id: act
		    run: { argv: ["true"], effect: true }
	END
	exits 2 reeve check
	says "local.run is not among the effects that the job may have"
	sed -i 's/^on:.*/&\nmay: [local.run]/' jobs/wild.yaml
	exits 0 reeve check
	sed -i 's/^policy.*//' reeve.yaml
	exits 2 reeve check
	says "local.run has no gate above it"
}

# ---- How it ends

# An exit status is an answer.
fails() {
	simple 'echo once >>"$WORLD"; echo "no paper" >&2; exit 3'
	exits 1 reeve run act
	is failed "$(state_of act)"
	is 1 "$(events effect.failed)"
	reeve status "$(run_of act)" >../out
	has ../out 'exited with status 3: no paper'
	is 1 "$(done_times)"
	reeve tick
	is 1 "$(done_times)"
}

# So is that there is no such program.
not_there() {
	workspace "$auto" <<-END
		version: 1
		name: act
		on: { manual: true }
		may: [local.run]
		steps:
		  - id: act
		    run: { argv: [no-such-program], effect: true, reads: [] }
	END
	exits 1 reeve run act
	is failed "$(state_of act)"
	reeve status "$(run_of act)" >../out
	has ../out 'could not start "no-such-program"'
}

# It is tried again only where the job says so, and with the same key.
tried_again() {
	simple 'echo "$REEVE_EFFECT_KEY" >>"$WORLD"; [ "$(wc -l <"$WORLD")" -ge 2 ]' \
		'retry: { max: 2, delay: 1m }'
	reeve run act
	now 2026-11-23T10:05:00Z
	reeve tick
	is 1 "$(events effect.tried)"
	is done "$(state_of act)"
	is 2 "$(done_times)"
	is 1 "$(sort -u "$(world)" | wc -l)"
	sound
}

# One that was cut short may have done it: the owner is asked, and answers.
doubtful() {
	simple 'echo once >>"$WORLD"; kill -9 $$'
	exits 0 reeve run act
	is started "$(state_of act act)"
	reeve >../out
	has ../out "In doubt"
	has ../out "local.run of act"
	reeve tick
	is 1 "$(done_times)"
	reeve resolve "$(run_of act)" act "$1" || is failed "$2"
	is "$2" "$(state_of act)"
	is 1 "$(done_times)"
}

again_in_doubt() {
	simple '[ -e "$WORLD" ] || { echo once >>"$WORLD"; kill -9 $$; }; echo twice >>"$WORLD"'
	exits 0 reeve run act
	reeve resolve "$(run_of act)" act --retry
	reeve tick
	is done "$(state_of act)"
	is "once twice" "$(tr '\n' ' ' <"$(world)" | sed 's/ $//')"
}

# Or it has left its mark, whose text is its output.
marked() {
	simple 'echo once >>"$WORLD"; echo "receipt 7" >"$REEVE_MARKER"; kill -9 $$'
	reeve run act
	is done "$(state_of act)"
	is 1 "$(done_times)"
	output_of after | grep -q '"said": "receipt 7"'
}

# A deadline, and output that is not what it was to be, say nothing either.
late() {
	simple 'echo once >>"$WORLD"; sleep 100' 'timeout: 1s'
	exits 0 reeve run act
	is started "$(state_of act act)"
	reeve status "$(run_of act)" >../out
	has ../out '"sh" did not end within 1 s'
	is 1 "$(done_times)"
}

not_json() {
	workspace "$auto" <<-END
		version: 1
		name: act
		on: { manual: true }
		may: [local.run]
		steps:
		  - id: act
		    run: { script: 'echo once >>$(world); echo no', format: json, effect: true, reads: [] }
	END
	exits 0 reeve run act
	is started "$(state_of act act)"
	is 1 "$(done_times)"
}

# ---- The engine dies

# killed SCRIPT: the engine dies where the script says "die".
killed() {
	local engine
	mkfifo "$(world).now"
	simple "${1//die/echo now >\"\$WORLD.now\"}; sleep 5"
	reeve run act >../killed 2>&1 &
	engine=$!
	read -r <"$(world).now"
	kill -9 $engine
	! wait $engine
}

killed_after() {
	killed 'echo once >>"$WORLD"; die'
	reeve tick 2>../err || true
	is started "$(state_of act act)"
	is 1 "$(done_times)"
	reeve >../out
	has ../out "In doubt"
	reeve resolve "$(run_of act)" act --done
	reeve tick
	is done "$(state_of act)"
	is 1 "$(done_times)"
	sound
}

killed_marked() {
	killed 'echo once >>"$WORLD"; echo "receipt 7" >"$REEVE_MARKER"; die'
	reeve tick
	is done "$(state_of act)"
	is 1 "$(done_times)"
	output_of after | grep -q '"said": "receipt 7"'
	sound
}

# Between intent and beginning it was certainly not done; so says the mark.
never_begun() {
	local key
	killed '[ -e "$WORLD.now" ] || { echo once >>"$WORLD"; exit; }; die'
	key=$(basename .git/reeve/effects/*.state .state)
	is begun "$(cat ".git/reeve/effects/$key.state")"
	echo intended >".git/reeve/effects/$key.state"
	rm "$(world).now"
	reeve tick
	is done "$(state_of act)"
	is 1 "$(done_times)"
}

# A machine that has no mark of it cannot know.
no_marks() {
	killed 'die'
	rm -r .git/reeve/effects
	reeve tick 2>../err || true
	is started "$(state_of act act)"
}

# Marks of what is settled are forgotten.
forgotten() {
	simple 'echo once >>"$WORLD"'
	reeve run act
	reeve run act
	is 1 "$(ls .git/reeve/effects/*.state | wc -l)"
}

# ---- What it may touch

# An effect that only uses the network sees no file of the owner's, and writes
# nothing but its folder and its mark.
net_only() {
	workspace "$auto" <<-END
		version: 1
		name: act
		on: { manual: true }
		may: [net.run]
		steps:
		  - id: act
		    run:
		      script: |
		        cat data/a.csv
		        cat $PWD/company/reeve.yaml >/dev/null 2>&1 && echo it sees
		        echo x 2>/dev/null >>$(world) && echo it writes
		        echo sent >"\$REEVE_MARKER" && echo it marks
		        echo x >"\$REEVE_OUT/file" && echo it gives
		      network: true
	END
	reeve run act
	reeve explain "$(run_of act)" act | sed '1,/^result/d' >../out
	has ../out "one;1"
	has ../out "it marks"
	has ../out "it gives"
	lacks ../out "it sees"
	lacks ../out "it writes"
}

# The server counts who comes.
served() {
	local port
	python3 -c '
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    server.accept()[0].close()' >../port &
	echo $! >../server
	while ! [ -s ../port ]; do
		kill -0 "$(cat ../server)"
	done
	read -r port <../port
	exits "$2" reeve run act "port=$port"
	kill "$(cat ../server)"
}

network() {
	workspace "$auto" <<-END
		version: 1
		name: act
		on: { manual: true }
		may: [local.run, net.run]
		inputs: { port: { type: integer, required: true } }
		steps:
		  - id: act
		    run: { argv: [bash, -c, ": </dev/tcp/127.0.0.1/{{inputs.port}}"], reads: [], $1 }
	END
	served "$1" "$2"
}

# ---- Around it

tried() {
	simple 'echo once >>"$WORLD"; echo said'
	reeve try act >../out
	is 0 "$(done_times)"
	has .reeve/try/act/outbox/command-act.yaml "script:"
	reeve tick --plan >../plan
	is 0 "$(done_times)"
}

undone() {
	workspace "$auto" <<-END
		version: 1
		name: act
		on: { manual: true }
		may: [local.run]
		steps:
		  - id: act
		    run: { script: "echo done >>\$WORLD; echo '{''{x}}'", effect: true, reads: [] }
		    env: { WORLD: $(world) }
		    undo: { call: local.run, with: { script: "echo undone \"\$WHAT\" >>\$WORLD", reads: [], env: { WORLD: $(world), WHAT: "{{act}}" } } }
	END
	reeve run act
	reeve undo "$(run_of act)"
	git merge -q --no-ff --no-edit "$(draft_of undo)"
	reeve tick
	is "done undone {{x}}" "$(tr '\n' ' ' <"$(world)" | sed 's/ *$//')"
}

occasion() {
	simple 'echo once >>"$WORLD"' 'once: "that one time"'
	reeve run act
	reeve run act
	is 1 "$(done_times)"
}

it "a command is done once, with its key" does
it "what was merged is what is done" gated
it "it needs its word in may, and a gate" refused
it "a status is an answer" fails
it "so is a program that is not there" not_there
it "it is tried again where the job says so, with the same key" tried_again
it "one that was killed is in doubt: done" doubtful --done "done"
it "one that was killed is in doubt: failed" doubtful --failed failed
it "one that was killed is in doubt: again" again_in_doubt
it "unless it has left its mark" marked
it "so is one that took too long" late
it "so is one whose output cannot be read" not_json
it "the engine dies while it runs" killed_after
it "the engine dies, and there is its mark" killed_marked
it "what was not begun is begun again" never_begun
it "without marks nobody knows" no_marks
it "marks of settled effects are forgotten" forgotten
it "the network alone" net_only
it "with network there is one" network "network: true" 0
it "with effect alone there is none" network "effect: true" 1
it "with both there is one" network "effect: true, network: true" 0
it "to try is not to do" tried
it "it is undone by another" undone
it "an occasion is taken once" occasion
plan
