# The job language, a few lines of each of its features. What waits, what gates
# decide item by item and what policies say is tested beside this file.
. "$REEVE_TOP/tests/e2e/lib.sh"

stage_company() {
	git init -q
	put reeve.yaml <<-'END'
		version: 1
		company: { name: Ada }
		connectors: { email: { transport: file, from: ada@example.com } }
		policy:
		  - { effect: email.send, then: auto }
	END
	put clients.csv <<-'END'
		name,status,minutes
		acme,active,90
		globex,active,30
		initech,gone,15
	END
	put people/ann.yaml <<<"name: Ann"
	put people/bob.yaml <<<"name: Bob"
	commit "Begin"
	reeve init -q
	[ -z "$(git status --porcelain)" ] || commit "Be a workspace"
}

# job [KEY...]: the job "j" with these keys at its top and the steps that are
# standard input; it merges what it makes. The first step reads the clients.
job() {
	{
		printf '%s\n' "version: 1" "name: j" "on: { manual: true }" \
			"publish: merge" "$@"
		cat <<-'END'
			steps:
			  - id: clients
			    read: { path: clients.csv, columns: { name: slug, status: string, minutes: integer } }
		END
		cat
	} | put jobs/j.yaml
	commit "The job"
}

# holds FILE TEXT: what the run has merged is that text.
holds() {
	is "$2" "$(git show "main:$1")"
}

# ---- Values

values() {
	at company
	job <<-'END'
		  - id: people
		    read: { path: "people/*.yaml", expect: { name: string } }
		  - id: active
		    query: select name, minutes from clients where status = 'active' order by minutes
		  - id: longest
		    query: { sql: select max(minutes) as minutes from clients, one: true }
		  - id: facts
		    let:
		      half: longest.minutes - 45
		      twice: half * 2
		  - id: note
		    run: { argv: [printf, "%s", "{{#people}}{{name}} {{/people}}{{#active}}{{name}}:{{minutes}} {{/active}}{{facts.twice}} {{active | count}}"] }
		    artifact: note.txt
	END
	exits 0 reeve run j
	holds note.txt "Ann Bob globex:30 acme:90 90 2"
}

conditions() {
	at company
	job <<-'END'
		  - id: never
		    if: 1 = 2
		    let: { a: "1" }
		  - id: names_it
		    let: { b: never.a }
		  - id: asks_it
		    let: { state: steps.never.state }
		  - id: note
		    run: { argv: [printf, "{{asks_it.state}}"] }
		    artifact: note.txt
		  - id: after
		    needs: [never]
		    let: { c: "1" }
	END
	exits 0 reeve run j
	is skipped "$(state_of j never)"
	is skipped "$(state_of j names_it)"
	is skipped "$(state_of j after)"
	holds note.txt skipped
}

checks() {
	at company
	job <<-'END'
		  - id: sum
		    query: { sql: select sum(minutes) as minutes from clients, one: true }
		    checks: { "there is too much": sum.minutes < 100 }
	END
	exits 1 reeve run j
	says "there is too much"
	says "jobs/j.yaml:10:"
}

reviewed() {
	local hash
	at company
	job "may: { email.send: 5 }" <<-'END'
		  - id: sum
		    query: { sql: select sum(minutes) as minutes from clients, one: true }
		    checks: { "there is too much": sum.minutes < 1000 }
		  - id: note
		    run: { argv: [printf, note] }
		    artifact: note.txt
		    publish: review
		  - id: look
		    gate: { title: "For all" }
		  - id: greet
		    for_each: { c: "{{clients}}" }
		    key: "{{c.name}}"
		    steps:
		      - id: send
		        call: email.send
		        with: { to: "{{c.name}}@a.example", subject: "Hello {{c.name}}", text: Hello }
		      - id: told
		        emit: client.greeted
		        with: { name: "{{c.name}}" }
	END
	put jobs/follow.yaml <<-'END'
		version: 1
		name: follow
		on: { event: { type: client.greeted } }
		steps:
		  - id: who
		    run: { argv: [printf, followed] }
	END
	commit "Who follows"
	hash=$(git rev-parse main)
	exits 0 reeve run j
	exits 0 reeve review -q "$(run_of j)"
	says "Merging will: send 3 mails (acme@a.example, globex@a.example, initech@a.example), start follow x3"
	says "To leave one out: delete its files or its entry in actions/j-"
	says "Files 1, cost 0.00 USD, checks: sum ok. Drafted from clients.csv at ${hash:0:7}"
}

several_artifacts() {
	at company
	job <<-'END'
		  - id: made
		    run: { script: "echo '{\"a\":{\"x\":1},\"b\":\"text\"}'", format: json }
		    artifacts: { a: out/a.yaml, b: out/b.txt }
	END
	exits 0 reeve run j
	holds out/a.yaml "x: 1"
	holds out/b.txt text
}

reviewed_and_merged() {
	at company
	job <<-'END'
		  - id: at_once
		    run: { argv: [printf, one] }
		    artifact: one.txt
		  - id: later
		    run: { argv: [printf, two] }
		    artifact: two.txt
		    publish: review
	END
	exits 0 reeve run j
	holds one.txt one
	exits 128 git show main:two.txt
	git show "$(draft_of j):two.txt"
}

environment() {
	at company
	job <<-'END'
		  - id: made
		    env: { WHO: "{{clients | count}} clients" }
		    timeout: 30s
		    run: { script: 'printf %s "$WHO"' }
		    artifact: made.txt
	END
	exits 0 reeve run j
	holds made.txt "3 clients"
}

# ---- What is done again

caches() {
	local made
	at company
	export REEVE_TEST_CLOCK=2026-11-23T10:00:00Z
	job <<-'END'
		  - id: known
		    run: { script: echo >>"$LOG" }
		  - id: each_time
		    cache: false
		    run: { argv: [printf, a] }
		  - id: half_a_day
		    cache: 12h
		    run: { argv: [printf, b] }
	END
	sed -i 's/echo >>"$LOG"/echo once/' jobs/j.yaml
	commit "Once"
	exits 0 reeve run j
	for made in "01:reused done reused" "23:reused done done"; do
		[ "${made%%:*}" = 01 ] ||
			export REEVE_TEST_CLOCK=2026-11-23T23:00:00Z
		exits 0 reeve run j
		is "${made#*:}" "$(state_of j known) $(state_of j each_time
			) $(state_of j half_a_day)"
	done
}

# ---- Loops

# An item that was left out is in the list, without a result.
single_step() {
	at company
	job <<-'END'
		  - id: files
		    for_each: { client: "{{clients}}" }
		    key: "{{client.name}}"
		    if: client.status = 'active'
		    run: { argv: [printf, "{{client.minutes}}"] }
		    artifact: "out/{{client.name}}.txt"
		  - id: sum
		    query: { sql: select count(*) as n from files, one: true }
		  - id: note
		    run: { argv: [printf, "{{sum.n}}{{#files}} {{client.name}}={{client.minutes}}{{/files}}"] }
		    artifact: note.txt
	END
	exits 0 reeve run j
	holds out/acme.txt 90
	holds out/globex.txt 30
	exits 128 git show main:out/initech.txt
	holds note.txt "3 acme=90 globex=30 initech=15"
}

blocks() {
	at company
	job <<-'END'
		  - id: each
		    for_each: { client: "{{clients}}" }
		    key: "{{client.name}}"
		    max_parallel: 1
		    steps:
		      - id: double
		        let: { minutes: client.minutes * 2 }
		      - id: parts
		        for_each: { part: "{{client.parts}}" }
		        key: "{{part.n}}"
		        let: { it: "client.name || part.n || double.minutes" }
		  - id: note
		    run: { argv: [printf, "{{#each}}{{#parts}}{{parts.it}} {{/parts}}{{/each}}"] }
		    artifact: note.txt
	END
	sed -i -e '/^  - id: clients/,/^    read/d' -e 's/^steps:/&\n  - id: clients\n    read: { path: clients.yaml }/' jobs/j.yaml
	put clients.yaml <<-'END'
		- { name: acme, minutes: 1, parts: [{ n: a }, { n: b }] }
		- { name: globex, minutes: 2, parts: [{ n: a }] }
		- { name: initech, minutes: 3, parts: [] }
	END
	commit "Clients with parts"
	exits 0 reeve run j
	holds note.txt "acmea2 acmeb2 globexa4 "
}

# broken KEY...: a loop in which one of three items fails.
broken() {
	job <<-END
		  - id: each
		    for_each: { client: "{{clients}}" }
		    key: "{{client.name}}"
		    max_parallel: 1
		    run: { argv: [test, "{{client.name}}", "!=", acme] }
		$(printf '    %s\n' "$@")
		  - id: behind
		    needs: [each]
		    let: { a: "1" }
	END
}

some_items_fail() {
	at company
	broken
	exits 1 reeve run j
	says "1 of 3 items failed (acme), first each of acme:"
	is failed "$(state_of j each)"
	is skipped "$(state_of j behind)"
	is 3 "$(events step.finished)" # two items and the step before
}

an_item_stops_the_loop() {
	at company
	broken "on_item_failure: stop"
	exits 1 reeve run j
	says "another item of \"each\" failed"
	says "1 of 3 items failed (acme)"
}

failures_may_be() {
	at company
	broken "continue_on_error: true"
	exits 0 reeve run j
	is "done" "$(state_of j behind)"
}

so_many_a_run() {
	at company
	job <<-'END'
		  - id: each
		    for_each: { client: "{{clients}}" }
		    key: "{{client.name}}"
		    limit: 2
		    run: { argv: [printf, "{{client.name}}"], reads: [] }
		    artifact: "out/{{client.name}}.txt"
	END
	exits 0 reeve run j
	says "as many items as a run may do are done"
	is 2 "$(git ls-tree --name-only main out/ | wc -l)"
	exits 0 reeve run j
	is 3 "$(git ls-tree --name-only main out/ | wc -l)"
}

# ---- Jobs among steps

job_as_a_step() {
	at company
	put jobs/inner.yaml <<-'END'
		version: 1
		name: inner
		on: { manual: true }
		publish: merge
		inputs: { who: { type: string, required: true } }
		outputs: { greeting: "{{greet}}!" }
		steps:
		  - id: greet
		    run: { argv: [printf, "Hello {{inputs.who}}"] }
		    artifact: "out/{{inputs.who}}.txt"
	END
	job <<-'END'
		  - id: hello
		    job: inner
		    with: { who: Ann }
		  - id: note
		    run: { argv: [printf, "{{hello.greeting}}"] }
		    artifact: note.txt
	END
	exits 0 reeve run j
	holds out/Ann.txt "Hello Ann"
	holds note.txt "Hello Ann!"
}

# ---- The end

last_sections() {
	at company
	job "on_failure:" "  - id: sorry" "    run: { argv: [printf, sorry] }" \
		"    artifact: sorry.txt" \
		"finally:" "  - id: always" "    run: { argv: [printf, always] }" \
		"    artifact: always.txt" <<-'END'
		  - id: fails
		    run: { argv: ["false"] }
	END
	exits 1 reeve run j
	is failed "$(state_of j)"
	is "done" "$(state_of j sorry)"
	is "done" "$(state_of j always)"
	sed -i 's/"false"/"true"/' jobs/j.yaml
	commit "Mend"
	exits 0 reeve run j
	is void "$(state_of j sorry)"
	is 1 "$(git ls-tree --name-only main always.txt | wc -l)"
}

# ---- Order

effects_in_order() {
	at company
	job "may: { email.send: 3 }" <<-'END'
		  - id: first
		    call: email.send
		    with: { to: a@a.example, subject: One, text: "{{clients | count}} clients" }
		  - id: second
		    if: 1 = 2
		    call: email.send
		    with: { to: b@b.example, subject: Two, text: Two }
		  - id: third
		    call: email.send
		    with: { to: c@c.example, subject: Three, text: Three }
	END
	exits 0 reeve run j
	is "first third" "$(git log --reverse --format=%s reeve/journal |
		sed -n 's/.*: \(.*\) intends email.send/\1/p' | paste -sd ' ')"
}

# An effect that failed keeps those below it from beginning; the rest goes on.
effects_behind_a_failure() {
	at company
	job "may: { email.send: 2 }" <<-'END'
		  - id: first
		    call: email.send
		    with: { to: "{{run.job}}", subject: One, text: One }
		  - id: second
		    call: email.send
		    with: { to: b@b.example, subject: Two, text: Two }
		  - id: beside
		    let: { a: "1" }
	END
	exits 1 reeve run j
	is skipped "$(state_of j second)"
	is "done" "$(state_of j beside)"
	is 0 "$(mails)"
}

it "values: read, query, let, tags" values
it "a step whose condition is false is skipped, and who names it" conditions
it "checks" checks
it "what a review sums up" reviewed
it "several artifacts of one step" several_artifacts
it "a step says whether it is reviewed" reviewed_and_merged
it "variables of a program" environment
it "what is done again: cache" caches
it "a loop over one step" single_step
it "a loop over a block, and one in it" blocks
it "some items fail" some_items_fail
it "an item stops the loop" an_item_stops_the_loop
it "failures that may be" failures_may_be
it "so many items a run" so_many_a_run
it "a job among the steps" job_as_a_step
it "on_failure and finally" last_sections
it "effects come in their order" effects_in_order
it "and end with the first that fails" effects_behind_a_failure
plan
