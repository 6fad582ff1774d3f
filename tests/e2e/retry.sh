# Going on with a run: what failed is tried again and nothing else; or with
# today's text of the job, and then an open gate is drafted anew.
. "$REEVE_TOP/tests/e2e/lib.sh"

stage_company() {
	git init -q
	put reeve.yaml <<-'END'
		version: 1
		company: { name: Ada }
		connectors: { email: { transport: file, folder: outbox, from: ada@example.com } }
		policy:
		  - { effect: email.send, to: ann@acme.example, then: auto }
	END
	put clients.csv <<-'END'
		slug,email
		acme,ann@acme.example
		globex,tom@globex.example
		initech,bill@initech.example
	END
	commit "Begin"
	reeve init -q
}

# job [KEY...]: the job "j" with these keys and the steps of standard input.
job() {
	{
		printf '%s\n' "version: 1" "name: j" "on: { manual: true }" "$@" \
			"steps:"
		cat
	} | put jobs/j.yaml
	commit "The job"
}

# results STEP: how often a result of the step was computed.
results() {
	git log --format=%B reeve/journal -- |
		grep '"type":"dev.reeve.step.finished"' |
		grep -c "\"step\":\"$1\"" || true
}

# ---- As it was pinned

# While a file of the machine is missing, the programs of two items fail.
items_that_failed() {
	at company
	local flag=$top/$tests/flag
	job <<-END
		  - id: clients
		    read: { path: clients.csv, columns: { slug: slug, email: email } }
		  - id: letters
		    for_each: { client: "{{clients}}" }
		    key: "{{client.slug}}"
		    steps:
		      - id: letter
		        env: { WHO: "{{client.slug}}" }
		        run: { script: 'test "\$WHO" = acme || test -e $flag && printf %s "\$WHO"' }
		        artifact: "letters/{{client.slug}}.txt"
		      - id: size
		        let: { length: length(letter) }
		  - id: note
		    let: { sizes: letters }
	END
	exits 1 reeve run j
	says "2 of 3 items failed (globex, initech)"
	is 1 "$(results letter)"
	is failed "$(state_of j)"
	exits 1 reeve retry "$(run_of j)"
	is 1 "$(results letter)"
	: >"$flag"
	exits 0 reeve retry "$(run_of j)"
	is 3 "$(results letter)"
	is 1 "$(results clients)"
	is done "$(state_of j letters)"
	is done "$(state_of j note)"
	git show "$(draft_of j):letters/acme.txt" >../acme
	has ../acme acme
	git show "$(draft_of j):letters/initech.txt" >../initech
	has ../initech initech
	exits 2 reeve retry "$(run_of j)"
	sound
}

programs_that_failed() {
	at company
	local flag=$top/$tests/flag
	job "may: { email.send: 1 }" <<-END
		  - id: send
		    call: email.send
		    with: { to: ann@acme.example, subject: Hello, text: Well? }
		  - id: fetch
		    needs: [send]
		    run: { script: "test -e $flag && echo well" }
		  - id: after
		    let: { text: fetch }
	END
	exits 1 reeve run j
	is failed "$(state_of j fetch)"
	is skipped "$(state_of j after)"
	: >"$flag"
	exits 0 reeve retry "$(run_of j)"
	is done "$(state_of j after)"
	is 1 "$(mails)"
	sound
}

# ---- With today's text

mended_text() {
	at company
	job "may: { email.send: 1 }" <<-'END'
		  - id: fine
		    run: { argv: [printf, fine], reads: [] }
		  - id: other
		    run: { argv: [printf, other] }
		  - id: send
		    call: email.send
		    with: { to: ann@acme.example, subject: Hello, text: Well? }
		  - id: broken
		    needs: [send]
		    run: { argv: ["false"] }
	END
	exits 1 reeve run j
	local run
	run=$(run_of j)
	job "inputs: { tone: { type: string, default: warm } }" \
		"may: { email.send: 1 }" <<-'END'
		  - id: fine
		    run: { argv: [printf, fine], reads: [] }
		  - id: other
		    run: { argv: [printf, another] }
		  - id: send
		    call: email.send
		    with: { to: ann@acme.example, subject: Hello, text: Well? }
		  - id: broken
		    needs: [send]
		    run: { argv: [printf, "{{inputs.tone}} {{fine}} {{other}}"] }
		    artifact: out.txt
		    publish: merge
	END
	exits 1 reeve retry "$run"
	is failed "$(state_of j)"
	exits 0 reeve status
	says "on older text"
	exits 0 reeve status "$run"
	says "reeve retry $run --with main"
	exits 2 reeve retry "$run" --with other
	says "Write --with main."
	exits 0 reeve retry "$run" --with main
	is done "$(state_of j)"
	exits 0 reeve status
	lacks ../out "older text"
	is "warm fine another" "$(cat out.txt)"
	is reused "$(state_of j fine)"
	is 2 "$(results other)"
	is 1 "$(mails)"
	sound
	exits 2 reeve retry "$run" --with main
	says "is over: it is done"
}

# The files are today's, too.
missing_file() {
	at company
	job <<-'END'
		  - id: note
		    read: { path: note.md }
		  - id: said
		    let: { text: note.text }
	END
	exits 1 reeve run j
	put note.md <<<"Hello"
	commit "The note"
	exits 1 reeve retry "$(run_of j)"
	exits 0 reeve retry "$(run_of j)" --with main
	is done "$(state_of j said)"
}

letters_job() {
	job "may: { email.send: 3 }" <<-END
		  - id: clients
		    read: { path: clients.csv, columns: { slug: slug, email: email } }
		  - id: letters
		    for_each: { client: "{{clients}}" }
		    key: "{{client.slug}}"
		    steps:
		      - id: letter
		        run: { argv: [printf, "$1 {{client.slug}}"] }
		        artifact: "letters/{{client.slug}}.txt"
		  - id: review
		    gate: { title: Letters, items: letters }
		  - id: send
		    for_each: { l: "{{letters}}" }
		    key: "{{l.client.slug}}"
		    call: email.send
		    with: { to: "{{l.client.email}}", subject: Hello, text: "{{l.letter}}" }
		    once: "letter {{l.client.slug}}"
	END
}

drafted_anew() {
	at company
	letters_job Dear
	exits 0 reeve run j
	local first second
	first=$(draft_of j)
	letters_job Hello
	sed -i /initech/d clients.csv
	commit "One is gone"
	exits 0 reeve retry "$(run_of j)" --with main
	second=$(draft_of j)
	[ "$first" != "$second" ] || fail "the same draft"
	git rev-parse -q --verify "refs/reeve/rejected/${first#reeve/draft/}"
	is "Hello acme" "$(git show "$second:letters/acme.txt")"
	exits 128 git show "$second:letters/initech.txt"
	reeve status --json "$(run_of j)" >../json
	has ../json '"state": "withdrawn"'
	is 2 "$(grep -c '"id": "letter",' ../json)"
	exits 0 reeve approve "$(run_of j)"
	is done "$(state_of j)"
	is 2 "$(mails)"
	grep -rq "Hello globex" outbox
	sound
}

# What was approved was approved of that text.
other_text_above_a_gate() {
	at company
	letters_job Cher
	exits 0 reeve run j
	rm -rf outbox
	: >outbox
	exits 1 reeve approve "$(run_of j)"
	letters_job Dear
	exits 2 reeve retry "$(run_of j)" --with main
	says 'this is not the text above the gate "review" that was approved'
	says "jobs/j.yaml:12:9:"
	rm outbox
	letters_job Cher
	exits 0 reeve retry "$(run_of j)" --with main
	is done "$(state_of j)"
}

it "of a loop the items that failed are done, the others keep their results" \
	items_that_failed
it "a program that failed is tried again, an effect above it is not" \
	programs_that_failed
it "a run goes on with today's text" mended_text
it "and with today's files" missing_file
it "an open gate is drafted anew" drafted_anew
it "not with another text above an approved gate" other_text_above_a_gate
plan
