# Runs that wait: for a time, for an event, for another try; what ends them,
# and what is done only once.
. "$REEVE_TOP/tests/e2e/lib.sh"

# clock INSTANT: what follows happens then; a second passes at each look.
clock() {
	export REEVE_TEST_CLOCK=$1
	export REEVE_TEST_SEED=$((${REEVE_TEST_SEED:-0} + 1))
}

# A company with a job for each case; mail goes out without being asked.
stage_waiting() {
	git init -q
	put reeve.yaml <<-'END'
		version: 1
		company: { name: Lovelace Analytics }
		timezone: Europe/Berlin
		holidays: ["2026-11-25"]
		connectors:
		  email: { transport: file, folder: outbox, from: "Ada <ada@example.com>" }
		policy:
		  - { effect: email.send, then: auto }
	END
	put jobs/pause.yaml <<-'END'
		version: 1
		name: pause
		on: { manual: true }
		steps:
		  - { id: pause, wait: { for: 5d } }
		  - id: after
		    let: { came: pause.came, time: pause.time, since: pause.since }
	END
	put jobs/workdays.yaml <<-'END'
		version: 1
		name: workdays
		on: { manual: true }
		steps:
		  - { id: pause, wait: { for: 3 workdays } }
	END
	put jobs/until.yaml <<-'END'
		version: 1
		name: until
		on: { manual: true }
		inputs: { day: { type: string, required: true } }
		steps:
		  - { id: pause, wait: { until: "{{inputs.day}}" } }
	END
	put jobs/reply.yaml <<-'END'
		version: 1
		name: reply
		on: { manual: true }
		inputs: { to: { type: string, default: ann@acme.example } }
		may: { email.send: 1 }
		steps:
		  - id: send
		    call: email.send
		    with: { to: "{{inputs.to}}", subject: Hello, text: Well? }
		  - id: answer
		    wait: { for: 5 workdays, event: email.received, answers: send }
		  - id: after
		    let: { came: answer.came }
	END
	put jobs/deal.yaml <<-'END'
		version: 1
		name: deal
		on: { manual: true }
		inputs: { client: { type: string, required: true } }
		steps:
		  - id: won
		    wait: { event: deal.won, where: event.client = inputs.client, for: 30d }
		  - id: after
		    let: { came: won.came, amount: "coalesce(won.event.amount, '0')" }
	END
	put jobs/items.yaml <<-'END'
		version: 1
		name: items
		on: { manual: true }
		steps:
		  - id: each
		    for_each: { n: [one, two] }
		    key: "{{n}}"
		    steps:
		      - { id: heard, wait: { event: went, where: event.n = n } }
		      - { id: after, let: { came: heard.came } }
		  - id: last
		    needs: [each]
		    let: { count: "1" }
	END
	put jobs/tries.yaml <<-'END'
		version: 1
		name: tries
		on: { manual: true }
		inputs: { script: { type: string, default: "exit 1" } }
		steps:
		  - id: short
		    run: { argv: [sh, -c, "{{inputs.script}}"] }
		    retry: { max: 3, delay: 8s, max_delay: 20s }
		    continue_on_error: true
		  - id: state
		    let: { became: steps.short.state }
	END
	put jobs/slow.yaml <<-'END'
		version: 1
		name: slow
		on: { manual: true }
		steps:
		  - id: long
		    run: { argv: [sh, -c, "exit 1"] }
		    retry: { max: 1, delay: 20m, max_delay: 20m }
	END
	put jobs/hang.yaml <<-'END'
		version: 1
		name: hang
		on: { manual: true }
		steps:
		  - { id: hang, run: { argv: [sleep, "100"] }, timeout: 1s }
	END
	put jobs/chase.yaml <<-'END'
		version: 1
		name: chase
		on: { manual: true }
		inputs: { client: { type: string, required: true } }
		end_on:
		  - { event: deal.lost, where: event.client = inputs.client }
		  - { event: email.received, answers: hello }
		may: { email.send: 2 }
		steps:
		  - id: hello
		    call: email.send
		    with: { to: ann@acme.example, subject: Hello, text: Well? }
		  - { id: review, gate: { title: "Once more to {{inputs.client}}" } }
		  - id: again
		    call: email.send
		    with: { to: ann@acme.example, subject: Hello again, text: Well? }
		  - { id: pause, wait: { for: 5d } }
	END
	put jobs/letters.yaml <<-'END'
		version: 1
		name: letters
		on: { manual: true }
		inputs: { month: { type: string, default: "10" } }
		may: { email.send: 10 }
		steps:
		  - { id: go, wait: { event: go } }
		  - id: send
		    for_each: { r: [ann@acme.example, bob@bolt.example] }
		    key: "{{r}}"
		    call: email.send
		    with: { to: "{{r}}", subject: "Letter", text: "From run {{run.id}}" }
		    once: "letter {{r}} {{inputs.month}}"
		  - id: told
		    emit: letters.sent
		    with: { first: "{{run.month}}" }
		    once: "letters {{inputs.month}}"
		  - id: after
		    needs: [send]
		    let: { became: steps.send.state }
	END
	put jobs/double.yaml <<-'END'
		version: 1
		name: double
		on: { manual: true }
		may: { email.send: 2 }
		steps:
		  - id: one
		    call: email.send
		    with: { to: ann@acme.example, subject: One, text: One }
		    once: the letter
		  - id: two
		    call: email.send
		    with: { to: ann@acme.example, subject: Two, text: Two }
		    once: the letter
		  - id: same
		    let: { first: one.message_id, second: two.message_id }
	END
	put jobs/ends.yaml <<-'END'
		version: 1
		name: ends
		on: { manual: true }
		inputs:
		  work: { type: string, default: "exit 0" }
		  last: { type: string, default: "exit 0" }
		may: { email.send: 1 }
		steps:
		  - { id: work, run: { argv: [sh, -c, "{{inputs.work}}"] } }
		  - { id: sum, let: { total: "1 + 2" } }
		on_failure:
		  - id: alarm
		    call: email.send
		    with: { to: ada@example.com, subject: Failed, text: "{{steps.work.error}}" }
		finally:
		  - { id: last, run: { argv: [sh, -c, "{{inputs.last}}"] } }
		outputs: { total: "{{sum.total}}" }
	END
	commit "Begin"
	reeve init -q
	[ -z "$(git status --porcelain)" ] || commit "Be a workspace"
}

# output RUN STEP: of the step, as explain shows it.
output() {
	reeve explain --json "$1" "$2"
}

# rests: a tick has nothing to do, and says so without opening anything.
rests() {
	reeve tick >../out
	is "nothing to do" "$(cat ../out)"
}

journal() {
	git rev-parse reeve/journal
}

# ---- A time

five_days() {
	at waiting
	# A Friday, before the clocks change on Sunday.
	clock 2026-10-23T08:00:00Z
	reeve run pause
	is sleeping "$(state_of pause pause)"
	local tip
	tip=$(journal)
	clock 2026-10-28T08:59:00Z
	rests
	is "$tip" "$(journal)"
	# Ten in Berlin is an hour later in UTC now.
	clock 2026-10-28T09:00:20Z
	reeve tick
	is done "$(state_of pause)"
	output "$(run_of pause)" pause >../out
	has ../out '"came": "time"'
	has ../out '"time": "2026-10-28T09:00'
	sound
}

workdays() {
	at waiting
	# Monday; Wednesday is a holiday, so the third workday is Friday.
	clock 2026-11-23T08:00:00Z
	reeve run workdays
	clock 2026-11-27T07:59:00Z
	reeve tick
	is sleeping "$(state_of workdays pause)"
	clock 2026-11-27T08:00:30Z
	reeve tick
	is done "$(state_of workdays)"
}

until_a_day() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run until day=2026-12-01
	reeve status "$(run_of until)" >../out
	has ../out "until 2026-12-01 00:00"
	clock 2026-11-30T22:59:00Z
	rests
	clock 2026-11-30T23:00:30Z
	reeve tick
	is done "$(state_of until)"
	# One that is over already is not waited for.
	clock 2026-12-02T23:00:30Z
	reeve run until day=2026-12-01T09:00:00Z
	is done "$(state_of until)"
	clock 2026-12-03T23:00:30Z
	exits 1 reeve run until day=soon
	says '"soon" is no time to wait until'
}

# ---- An event

an_answer() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run reply
	is 1 "$(mails)"
	local id
	id=$(output "$(run_of reply)" send | sed -n 's/.*"message_id": "\(.*\)".*/\1/p' | head -1)
	[ -n "$id" ]
	clock 2026-11-24T08:00:00Z
	reeve emit email.received answers=other text=No
	is sleeping "$(state_of reply answer)"
	rests
	clock 2026-11-25T08:00:00Z
	reeve emit email.received answers="$id" text=Yes
	is done "$(state_of reply)"
	output "$(run_of reply)" answer >../out
	has ../out '"came": "event"'
	has ../out '"text": "Yes"'
	sound
}

no_answer() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run reply
	clock 2026-12-20T08:00:00Z
	reeve tick
	is done "$(state_of reply)"
	output "$(run_of reply)" answer >../out
	has ../out '"came": "time"'
	has ../out '"event": null'
}

where_it_fits() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve emit deal.won client=acme amount=1
	reeve run deal client=acme
	clock 2026-11-23T09:00:00Z
	reeve run deal client=globex
	# What came before was not for this wait, and what lacks a field says
	# so and is not.
	is sleeping "$(state_of deal won)"
	clock 2026-11-24T08:00:00Z
	exits 0 reeve emit deal.won amount=2
	says "client"
	clock 2026-11-25T08:00:00Z
	reeve emit deal.won client=globex amount=3
	is done "$(state_of deal)"
	is 1 "$(reeve status | grep -c 'open')"
	output "$(run_of deal)" after >../out
	has ../out '"amount": "3"'
	sound
}

too_late() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run deal client=acme
	clock 2026-12-24T08:00:00Z
	reeve emit deal.won client=acme amount=9
	output "$(run_of deal)" after >../out
	has ../out '"came": "time"'
}

item_by_item() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run items
	clock 2026-11-24T08:00:00Z
	reeve emit went n=two
	is open "$(state_of items)"
	reeve status --all "$(run_of items)" >../out
	is 1 "$(grep -c ' heard of .*sleeping' ../out)"
	is 1 "$(grep -c ' after of .*done' ../out)"
	rests
	clock 2026-11-25T08:00:00Z
	reeve emit went n=one
	is done "$(state_of items)"
	sound
}

# ---- Another try

# slept: of each event that laid a step to sleep, after how many failures and
# for how many seconds.
slept() {
	git log --reverse --format=%B reeve/journal | python3 -c '
import datetime, json, sys
for line in sys.stdin:
    if "dev.reeve.step.slept" not in line:
        continue
    event = json.loads(line)
    at = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    wakes = event["data"]["wake_at"] / 1000 - at.timestamp()
    print(event["data"]["attempt"], round(wakes))
'
}

short_pauses() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run tries
	# The run is done: its failure was allowed, and others see it.
	is done "$(state_of tries)"
	is failed "$(state_of tries short)"
	output "$(run_of tries)" state >../out
	has ../out '"became": "failed"'
	# Between half and all of 8, 16 and 20 seconds, less two looks at the
	# clock.
	slept >../out
	awk '{ least = $1 == 1 ? 4 : $1 == 2 ? 8 : 10
	       most = $1 == 1 ? 8 : $1 == 2 ? 16 : 20
	       if ($1 != NR || $2 < least - 2 || $2 > most) exit 1 }
	     END { exit NR != 3 }' ../out || { cat ../out; fail "pauses"; }
	sound
}

long_pauses() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run slow
	is sleeping "$(state_of slow long)"
	reeve status "$(run_of slow)" >../out
	has ../out "tried again at 2026-11-23 09:"
	clock 2026-11-23T08:09:00Z
	rests
	# Another machine, or a view made anew, knows it too.
	rm -rf .reeve
	clock 2026-11-23T08:09:00Z
	reeve tick
	is sleeping "$(state_of slow long)"
	is 1 "$(events step.slept)"
	clock 2026-11-23T08:21:00Z
	exits 1 reeve tick
	is failed "$(state_of slow)"
	is 1 "$(events step.slept)"
	sound
}

a_deadline() {
	at waiting
	exits 1 reeve run hang
	says "1 s"
	is failed "$(state_of hang)"
}

# ---- Events that end a run

# message RUN STEP: the id of the mail that the step has sent.
message() {
	output "$1" "$2" | sed -n 's/.*"message_id": "\(.*\)".*/\1/p' | head -1
}

# withdrawn: no draft waits, and one is kept.
withdrawn() {
	is "" "$(git branch --list 'reeve/draft/*')"
	is 1 "$(git for-each-ref refs/reeve/rejected | wc -l)"
}

ended_in_review() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run chase client=acme
	is waiting "$(state_of chase)"
	clock 2026-11-24T08:00:00Z
	reeve emit deal.lost client=globex
	is waiting "$(state_of chase)"
	rests
	clock 2026-11-25T08:00:00Z
	reeve emit deal.lost client=acme >../out
	has ../out "cancelled: deal.lost came"
	is cancelled "$(state_of chase)"
	is void "$(state_of chase again)"
	withdrawn
	is 1 "$(mails)"
	sound
}

ended_by_an_answer() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run chase client=acme
	clock 2026-11-24T08:00:00Z
	reeve emit email.received answers="$(message "$(run_of chase)" hello)"
	is cancelled "$(state_of chase)"
	withdrawn
	sound
}

ended_before_an_effect() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run chase client=acme
	# Merged and lost before anybody looked: it is not sent.
	reeve approve --no-tick "$(run_of chase)"
	clock 2026-11-24T08:00:00Z
	reeve emit deal.lost client=acme
	is cancelled "$(state_of chase)"
	is 1 "$(mails)"
	sound
}

ended_asleep() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run chase client=acme
	reeve approve "$(run_of chase)"
	is sleeping "$(state_of chase pause)"
	is 2 "$(mails)"
	clock 2026-11-24T08:00:00Z
	reeve emit deal.lost client=acme
	is cancelled "$(state_of chase)"
	is void "$(state_of chase pause)"
	clock 2026-12-24T08:00:00Z
	rests
	sound
}

by_hand() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run chase client=acme
	exits 0 reeve cancel "$(run_of chase)" -m "they called"
	withdrawn
	reeve status "$(run_of chase)" >../out
	has ../out "they called"
	exits 2 reeve cancel "$(run_of chase)"
	says "is over: it is cancelled"
	sound
}

# ---- Once

# letters MONTH CLOCK: a run of it waits for its start.
letters() {
	clock "$2"
	reeve run letters "month=$1"
}

never_twice() {
	at waiting
	letters 10 2026-11-23T08:00:00Z
	letters 10 2026-11-23T09:00:00Z
	# Both begin in this tick.
	clock 2026-11-24T08:00:00Z
	reeve emit go
	is 2 "$(mails)"
	is 1 "$(reeve log | grep -c 'told of letters.sent')"
	is done "$(state_of letters)"
	reeve status --all "$(run_of letters)" >../out
	is 3 "$(grep -c "done before by letters" ../out)"
	# Another month is another occasion.
	letters 11 2026-11-25T08:00:00Z
	clock 2026-11-26T08:00:00Z
	reeve emit go
	is 4 "$(mails)"
	sound
}

twice_in_a_run() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run double
	is 1 "$(mails)"
	is "$(message "$(run_of double)" one)" "$(message "$(run_of double)" two)"
	is done "$(state_of double same)"
	sound
}

# ---- Going on

# forbid ADDRESS: no mail goes there from now on.
forbid() {
	sed -i "s/^policy:/policy:\n  - { effect: email.send, to: $1, then: never }/" \
		reeve.yaml
	commit "Nothing to $1"
}

# ---- Sections at the end

# ran STEP STATE: what became of it in the latest run of ends.
ran() {
	is "$2" "$(state_of ends "$1")"
}

well_and_finally() {
	at waiting
	clock 2026-11-23T08:00:00Z
	reeve run ends
	ran work done
	ran alarm void
	ran last done
	is 0 "$(mails)"
	git log --format=%B reeve/journal | grep run.finished >../out
	has ../out '"outputs":{"total":3}'
	sound
}

on_failure() {
	at waiting
	clock 2026-11-23T08:00:00Z
	exits 1 reeve run ends "work=echo broken >&2; exit 1"
	ran work failed
	ran alarm done
	ran last done
	is 1 "$(mails)"
	grep -q broken outbox/*.eml
	git log --format=%B reeve/journal | grep run.finished >../out
	lacks ../out outputs
	# The alarm is one, however often the run fails.
	clock 2026-11-23T09:00:00Z
	exits 1 reeve retry "$(run_of ends)"
	ran work failed
	is 1 "$(mails)"
	sound
}

failing_last() {
	at waiting
	clock 2026-11-23T08:00:00Z
	exits 1 reeve run ends "last=echo untidy >&2; exit 1"
	says untidy
	is failed "$(state_of ends)"
	ran work done
	ran last failed
	sound
}

# The same sections in a job that is a block of another.
as_a_block() {
	at waiting
	put jobs/outer.yaml <<-'END'
		version: 1
		name: outer
		on: { manual: true }
		inputs:
		  work: { type: string, default: "exit 0" }
		may: { email.send: 1 }
		steps:
		  - { id: part, job: ends, with: { work: "{{inputs.work}}" } }
		  - { id: next, let: { total: "part.total + 1" } }
	END
	commit "A job in a job"
	clock 2026-11-23T08:00:00Z
}

block_well() {
	as_a_block
	reeve run outer >../out
	is done "$(state_of outer)"
	is done "$(state_of outer part/last)"
	is done "$(state_of outer next)"
	is void "$(state_of outer part/alarm)"
	is 0 "$(mails)"
	sound
}

block_fails() {
	as_a_block
	exits 1 reeve run outer "work=echo broken >&2; exit 1"
	is failed "$(state_of outer part)"
	is done "$(state_of outer part/alarm)"
	is done "$(state_of outer part/last)"
	is skipped "$(state_of outer next)"
	is 1 "$(mails)"
	grep -q broken outbox/*.eml
	# What it said once it does not say again.
	exits 1 reeve retry "$(run_of outer)"
	is failed "$(state_of outer part)"
	is 1 "$(mails)"
	sound
}

# It waits in the block's last section, over the end of a process.
block_sleeps() {
	as_a_block
	sed -i 's/- { id: last, .*/- { id: last, wait: { for: 1h } }/' jobs/ends.yaml
	commit "A pause at the end"
	reeve run outer >../out
	is sleeping "$(state_of outer part/last)"
	is waiting "$(state_of outer next)"
	clock 2026-11-23T10:00:00Z
	reeve tick >../out
	is done "$(state_of outer)"
	is done "$(state_of outer part/last)"
	is done "$(state_of outer next)"
}

# An effect that failed holds up those below it, but not what is said of that.
on_refusal() {
	at waiting
	put jobs/refused.yaml <<-'END'
		version: 1
		name: refused
		on: { manual: true }
		may: { email.send: 2 }
		steps:
		  - id: send
		    call: email.send
		    with: { to: ann@acme.example, subject: "One\nTwo", text: One }
		  - { id: sent, emit: letter.sent, with: { to: ann } }
		on_failure:
		  - { id: told, emit: letter.failed, with: { to: ann } }
		finally:
		  - { id: ended, emit: letter.over, with: { to: ann } }
	END
	commit "A letter"
	clock 2026-11-23T08:00:00Z
	exits 1 reeve run refused
	is failed "$(state_of refused send)"
	is skipped "$(state_of refused sent)"
	is done "$(state_of refused told)"
	is done "$(state_of refused ended)"
}

unasked_alarm() {
	at waiting
	sed -i '/^policy:/,$d' reeve.yaml
	clock 2026-11-23T08:00:00Z
	exits 2 reeve check
	says "jobs/ends.yaml"
}

# ---- What is seen behind a wait

# note TEXT: the owner's note says that now.
note() {
	put note.txt <<<"$1"
	put memory/org/prices.md <<<"A day costs $1 euros."
	commit "Note: $1"
}

behind_a_wait() {
	at waiting
	local flag=$top/$tests/flag
	put jobs/seen.yaml <<-END
		version: 1
		name: seen
		on: { manual: true }
		publish: merge
		steps:
		  - { id: before, read: { path: note.txt } }
		  - { id: pause, wait: { for: 2d } }
		  - { id: read_it, read: { path: note.txt } }
		  - { id: recalled, recall: { query: what a day costs } }
		  - id: ran
		    needs: [read_it, recalled]
		    run: { script: "test -e $flag && cat note.txt" }
		  - { id: again, wait: { event: went } }
		  - { id: final, read: { path: note.txt } }
		  - id: told
		    run:
		      argv: [printf, "%s ", "{{before}}", "{{read_it}}", "{{ran}}", "{{final}}", "{{#recalled}}{{text}}{{/recalled}}"]
		    artifact: seen.txt
	END
	note 100
	clock 2026-11-23T08:00:00Z
	exits 0 reeve run seen
	note 200
	clock 2026-11-25T09:00:00Z
	exits 1 reeve tick
	is failed "$(state_of seen ran)"

	# What it saw is kept, even when the owner has taken it back.
	git reset -q --hard HEAD~1
	note 300
	git reflog expire --expire=now --all
	git gc -q --prune=now
	: >"$flag"
	exits 0 reeve retry "$(run_of seen)"
	is sleeping "$(state_of seen again)"
	rm -rf .reeve
	clock 2026-11-26T08:00:00Z
	exits 0 reeve emit went
	is done "$(state_of seen)"
	is "100  200  200 300  A day costs 200 euros.  " "$(tr '\n' ' ' <seen.txt)"
	sound
}

# Of items each sees what was there when its own wait was over.
items_behind_waits() {
	at waiting
	put jobs/seen.yaml <<-'END'
		version: 1
		name: seen
		on: { manual: true }
		publish: merge
		steps:
		  - id: each
		    for_each: { n: [one, two] }
		    key: "{{n}}"
		    steps:
		      - { id: heard, wait: { event: went, where: event.n = n } }
		      - { id: note, read: { path: note.txt } }
		  - id: told
		    run: { argv: [printf, "%s", "{{#each}}{{n}}: {{note}} {{/each}}"] }
		    artifact: seen.txt
	END
	note 100
	clock 2026-11-23T08:00:00Z
	exits 0 reeve run seen
	note 200
	clock 2026-11-24T08:00:00Z
	exits 0 reeve emit went n=two
	note 300
	clock 2026-11-25T08:00:00Z
	exits 0 reeve emit went n=one
	is done "$(state_of seen)"
	is "one: 300  two: 200   " "$(tr '\n' ' ' <seen.txt)"
	sound
}

it "at the end comes what is for the end" well_and_finally
it "on failure comes what is for that" on_failure
it "a failure at the end is one" failing_last
it "a job as a block comes to its own end" block_well
it "a job as a block follows its own failure" block_fails
it "a job as a block waits in its last section" block_sleeps
it "an effect that was refused does not hold up what is for that" on_refusal
it "an alarm needs a policy that lets it pass" unasked_alarm
it "an event ends a run in review" ended_in_review
it "so does an answer to its mail" ended_by_an_answer
it "and nothing leaves behind it" ended_before_an_effect
it "one that sleeps is ended, too" ended_asleep
it "by hand it is ended with a reason" by_hand
it "nobody gets a letter twice" never_twice
it "two steps of one occasion are one effect" twice_in_a_run
it "a failure is tried again after growing pauses" short_pauses
it "over a minute a later tick goes on" long_pauses
it "a program that hangs is ended" a_deadline
it "five days are five days, whatever the clocks do" five_days
it "workdays leave out weekends and holidays" workdays
it "a day begins at its midnight" until_a_day
it "an answer ends the wait for it" an_answer
it "without one the time does" no_answer
it "only events that fit end a wait" where_it_fits
it "an event behind the time came too late" too_late
it "items wait each for itself" item_by_item
it "behind a wait the owner's files of then are seen" behind_a_wait
it "and by items those of their own wait" items_behind_waits

plan
