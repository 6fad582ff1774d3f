# A run done again from its record, which changes nothing.
. "$REEVE_TOP/tests/e2e/lib.sh"

# untouched COMMAND...: it leaves references, objects, files and journal alone.
untouched() {
	local status=0
	find .git/objects .git/reeve outbox -type f 2>/dev/null |
		LC_ALL=C sort >../things
	kept_by "$@" || status=$?
	find .git/objects .git/reeve outbox -type f 2>/dev/null |
		LC_ALL=C sort | diff ../things - || fail "$* left something"
	return $status
}

# replays STATUS JOB: the latest run of the job, with that status.
replays() {
	exits "$1" untouched reeve replay "$(run_of "$2")"
	cat ../out
}

# Sent, as it was merged: the owner's edit is what counts below the gate.
stage_sent() {
	stage_drafted
	local draft slip
	draft=$(draft_of proposal)
	slip=$(slip_of "$draft")
	git checkout -q "$draft"
	sed -i '$a And a word of mine.' "$(git diff --name-only main "$draft" | grep '\.md$')"
	sed -i 's/subject: .*/subject: Another subject/' "$slip"
	commit "With a word of mine"
	git checkout -q main
	git merge -q --no-ff --no-edit "$draft"
	reeve tick
}

a_whole_run() {
	at sent
	is 1 "$(mails)"
	replays 0 proposal
	has ../out "same     brief"
	has ../out "record   proposal (what an agent answered)"
	has ../out "record   review (what was merged)"
	has ../out "record   send (what the world answered)"
	has ../out "0 different"
	is 1 "$(mails)"
	replays 0 delivery
	replays 0 billing
	reeve replay --json "$(run_of proposal)" >../json
	has ../json '"differs": 0'
}

# One that is not over is as good as it is.
an_open_run() {
	at drafted
	replays 0 proposal
	has ../out "record   review (in review)"
}

job() {
	mkdir company && cd company
	git init -q
	reeve init -q
	echo 'policy: [{ effect: local.run, then: auto }]' >>reeve.yaml
	put jobs/act.yaml
	put data/a.csv <<<"name,cents
one,1
two,2"
	commit "Begin"
	reeve check
}

# A program that is no function of what it sees; what comes after it is done
# with what it gave then.
by_chance() {
	job <<-'END'
		version: 1
		name: act
		on: { manual: true }
		steps:
		  - id: steady
		    run: { argv: [sort, data/a.csv], reads: [data/a.csv] }
		  - id: chance
		    run: { script: "head -c 16 /dev/urandom | od -An -tx1", reads: [] }
		  - id: after
		    let: { said: chance }
	END
	reeve run act
	replays 1 act
	has ../out "same     steady"
	has ../out "differs  chance"
	has ../out "output, line 1"
	has ../out "same     after"
	exits 1 reeve replay -q "$(run_of act)"
	lacks ../out steady
}

loops='
		version: 1
		name: act
		on: { manual: true }
		steps:
		  - id: people
		    read: { path: data/a.csv, columns: { name: slug, cents: integer } }
		  - id: letters
		    for_each: { who: "{{people}}" }
		    key: "{{who.name}}"
		    steps:
		      - id: sum
		        let: { twice: who.cents * 2 }
		      - id: text
		        run: { script: "echo $N", env: { N: "{{sum.twice}}" }, reads: [] }
		        artifact: "letters/{{who.name}}.txt"
		  - id: total
		    query: select sum(cents) as cents from people
		  - id: review
		    gate: { title: "Fine?", items: letters }
		  - id: seen
		    for_each: { l: "{{letters}}" }
		    key: "{{l.who.name}}"
		    let: { said: l.text }'

# Items, of which one was declined and another one edited.
loops() {
	local draft
	job <<<"${loops//		/}"
	reeve run act
	replays 0 act
	draft=$(draft_of act)
	git checkout -q "$draft"
	git rm -q letters/one.txt
	echo mine >letters/two.txt
	commit "Mine"
	git checkout -q main
	git merge -q --no-ff --no-edit "$draft"
	reeve tick
	is done "$(state_of act)"
	replays 0 act
	has ../out "same     text of one"
	has ../out "same     text of two"
	has ../out "same     seen of two"
}

# The job as the run began with it counts, and its files.
older() {
	job <<<"${loops//		/}"
	reeve run act
	sed -i 's/\* 2/* 3/' jobs/act.yaml
	echo "three,3" >>data/a.csv
	commit "Another text"
	replays 0 act
}

gone_back() {
	job <<<"${loops//		/}"
	reeve run act
	reeve rewind "$(run_of act)" --to total
	reeve tick
	replays 0 act
	sed -i 's/\* 2/* 3/' jobs/act.yaml
	commit "Another text"
	reeve retry "$(run_of act)" --with main
	replays 0 act
}

# Failed and skipped ones are said to be so, and the rest is done again.
failed() {
	job <<-'END'
		version: 1
		name: act
		on: { manual: true }
		steps:
		  - id: fine
		    let: { a: 1 + 1 }
		  - id: broken
		    run: { script: "exit 1", reads: [] }
		  - id: after
		    let: { b: broken }
	END
	exits 1 reeve run act
	replays 0 act
	has ../out "same     fine"
	has ../out "record   broken (failed)"
	has ../out "record   after (skipped)"
}

# A command that is an effect is not done; its payload is made again.
commands() {
	job <<-END
		version: 1
		name: act
		on: { manual: true }
		may: [local.run]
		steps:
		  - id: a
		    let: { word: "'a'" }
		  - id: act
		    run: { script: 'echo "\$WORD" >>$top/$tests/world', env: { WORD: "{{a.word}}" }, effect: true }
	END
	reeve run act
	replays 0 act
	is 1 "$(wc -l <../world)"
	exits 2 reeve replay nothing
}

it "a run with a gate, an edit, an agent and a mail" a_whole_run
it "a run that is not over" an_open_run
it "a program that goes by chance" by_chance
it "loops, with an item declined and another edited" loops
it "a run of an older text" older
it "runs that were rewound and retried" gone_back
it "a run that failed" failed
it "a command that is an effect" commands
plan
