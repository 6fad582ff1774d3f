# Effects that are ready together share their flushes; those that follow one
# another have each result with the next intent.
. "$REEVE_TOP/tests/e2e/lib.sh"

# workspace: mails need no gate; the job `letters` is standard input.
workspace() {
	git init -q
	put reeve.yaml <<-'END'
		version: 1
		connectors: { email: { transport: file, from: ada@example.com } }
		policy: [{ effect: email.send, then: auto }]
	END
	put jobs/letters.yaml
	commit "Begin"
	reeve init -q
	[ -z "$(git status --porcelain)" ] || commit "Be a workspace"
	printf 'outbox/\n' >>.git/info/exclude
}

# commits_with TYPE: how many of the journal's have an event of it.
commits_with() {
	git log --format=%H --grep "\"type\":\"dev.reeve.$1\"" reeve/journal |
		wc -l
}

side_by_side() {
	workspace <<-'END'
		version: 1
		name: letters
		on: { manual: true }
		may: { email.send: 150 }
		steps:
		  - id: people
		    query: with recursive n(i) as (select 1 union all select i + 1 from n where i < 150) select 'a' || i as name from n order by i
		  - id: send
		    for_each: { p: "{{people}}" }
		    key: "{{p.name}}"
		    call: email.send
		    with: { to: "{{p.name}}@acme.example", subject: Hello, text: Hi. }
		    once: "hello {{p.name}}"
	END
	reeve run -q letters
	is 150 "$(mails)"
	is 150 "$(events effect.done)"
	# A round is of a hundred at most.
	is 2 "$(commits_with effect.intended)"
	[ "$(commits_with effect.done)" -lt 20 ]
	sound
}

within_what_it_may() {
	workspace <<-'END'
		version: 1
		name: letters
		on: { manual: true }
		may: { email.send: 2 }
		steps:
		  - id: send
		    for_each: { name: [a, b, c] }
		    key: "{{name}}"
		    call: email.send
		    with: { to: "{{name}}@acme.example", subject: Hello, text: Hi. }
		    once: "hello {{name}}"
	END
	exits 1 reeve run -q letters
	is 2 "$(mails)"
	is 2 "$(events effect.intended)"
	sound
}

one_occasion() {
	workspace <<-'END'
		version: 1
		name: letters
		on: { manual: true }
		may: { email.send: 3 }
		steps:
		  - id: send
		    for_each: { name: [a, b, c] }
		    key: "{{name}}"
		    call: email.send
		    with: { to: "{{name}}@acme.example", subject: Hello, text: Hi. }
		    once: "hello all"
	END
	reeve run -q letters
	is 1 "$(mails)"
	is 1 "$(events effect.intended)"
	is done "$(state_of letters)"
	sound
}

one_after_the_other() {
	workspace <<-'END'
		version: 1
		name: letters
		on: { manual: true }
		may: { email.send: 3 }
		steps:
		  - id: one
		    call: email.send
		    with: { to: a@acme.example, subject: One, text: Hi. }
		  - id: two
		    call: email.send
		    with: { to: b@acme.example, subject: Two, text: Hi. }
		  - id: three
		    call: email.send
		    with: { to: c@acme.example, subject: Three, text: Hi. }
	END
	reeve run -q letters
	is 3 "$(mails)"
	is 3 "$(commits_with effect.intended)"
	# The result of the first is with the intent of the second.
	is 2 "$(git log --format=%H --all-match \
		--grep '"type":"dev.reeve.effect.intended"' \
		--grep '"type":"dev.reeve.effect.done"' reeve/journal | wc -l)"
	sound
}

it "effects of a loop share the flush of their intents" side_by_side
it "and are no more than the job may have" within_what_it_may
it "nor more than one of an occasion" one_occasion
it "a result shares its flush with the next intent" one_after_the_other
plan
