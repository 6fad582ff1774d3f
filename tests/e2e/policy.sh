# What the policy decides at the moment of sending, and what `may` counts.
. "$REEVE_TOP/tests/e2e/lib.sh"

# now INSTANT: the clock of every command that follows.
now() {
	export REEVE_TEST_CLOCK=$1
	export GIT_COMMITTER_DATE=$1 GIT_AUTHOR_DATE=$1
}

# 2026-11-23 is a Monday.
stage_office() {
	now 2026-11-23T10:00:00Z
	git init -q
	policy <<-'END'
		  - { effect: email.send, then: auto }
	END
	commit "Begin"
	reeve init -q
	[ -z "$(git status --porcelain)" ] || commit "Be a workspace"
}

# policy: its lines are standard input.
policy() {
	{
		cat <<-'END'
			version: 1
			connectors: { email: { transport: file, from: ada@example.com } }
			policy:
		END
		cat
	} | put reeve.yaml
}

# mail_to_all ADDRESS...: a job that sends a mail to each.
mail_to_all() {
	{
		cat <<-'END'
			version: 1
			name: letter
			on: { manual: true }
			may: { email.send: 3 }
			steps:
			  - id: people
			    read: { path: people.csv }
			  - id: send
			    for_each: { person: "{{people}}" }
			    key: "{{person.email | slug}}"
			    call: email.send
			    with: { to: "{{person.email}}", subject: News, text: Hello. }
			    once: "news {{person.email}}"
		END
	} | put jobs/letter.yaml
	printf '%s\n' email "$@" | put people.csv
}

# A job with one mail.
mail_to_ann() {
	put jobs/letter.yaml <<-'END'
		version: 1
		name: letter
		on: { manual: true }
		may: { email.send: 1 }
		steps:
		  - id: send
		    call: email.send
		    with: { to: ann@acme.example, subject: News, text: Hello. }
	END
}

# ---- Lists

who_left_is_left_out() {
	at office
	policy <<-'END'
		  - { effect: email.send, to: newsletter/left.csv, then: never }
		  - { effect: email.send, then: auto }
	END
	printf 'email,since\nBob@b.example,2026-01-01\n' |
		put newsletter/left.csv
	mail_to_all ann@acme.example bob@b.example eve@e.example
	commit "A letter"
	exits 0 reeve run letter
	says "reeve.yaml:4:5: the policy forbids email.send to bob@b.example"
	is 2 "$(mails)"
	is done "$(state_of letter)"
	is 1 "$(events step.skipped)"
	sound
}

# The list is that of the moment of sending, not of the run's beginning.
the_list_is_asked_late() {
	at office
	policy <<-'END'
		  - { effect: email.send, to: left.txt, then: never }
		  - { effect: email.send, then: auto, delay: 1h }
	END
	put left.txt </dev/null
	mail_to_all ann@acme.example bob@b.example
	commit "A letter"
	exits 0 reeve run letter
	is 0 "$(mails)"
	echo bob@b.example >left.txt
	commit "Bob left"
	now 2026-11-23T12:00:00Z
	exits 0 reeve tick
	now 2026-11-23T14:00:00Z
	exits 0 reeve tick
	is 1 "$(mails)"
	is done "$(state_of letter)"
}

one_mail_is_refused() {
	at office
	policy <<-'END'
		  - { effect: email.send, to: left.txt, then: never }
		  - { effect: email.send, then: auto }
	END
	echo ann@acme.example >left.txt
	mail_to_ann
	commit "A letter"
	exits 1 reeve run letter
	says "reeve.yaml:4:5: the policy forbids email.send to ann@acme.example"
	is failed "$(state_of letter)"
	is 0 "$(mails)"
	is 0 "$(events effect.intended)"
}

# A list that is not there says nothing about who left.
a_list_is_missing() {
	at office
	policy <<-'END'
		  - { effect: email.send, to: left.txt, then: never }
		  - { effect: email.send, then: auto }
	END
	mail_to_ann
	commit "A letter"
	exits 1 reeve run letter
	says 'the policy asks "left.txt", which is not there'
	is 0 "$(mails)"
}

# ---- Times

held_back() {
	at office
	policy <<-'END'
		  - { effect: email.send, then: auto, delay: 10m, hours: "mon-fri 08:00-18:00" }
	END
	mail_to_ann
	commit "A letter"
	now 2026-11-27T17:55:00Z
	exits 0 reeve run letter
	says "the policy holds it until 2026-11-30T08:00:00Z"
	is sleeping "$(state_of letter send)"
	is 0 "$(events effect.intended)"
	now 2026-11-30T07:59:00Z
	exits 0 reeve tick
	is sleeping "$(state_of letter send)"
	now 2026-11-30T08:00:00Z
	exits 0 reeve tick
	is done "$(state_of letter)"
	is 1 "$(mails)"
	is "nothing to do" "$(reeve tick)"
	sound
}

# Its time has come, but the clock was not looked at before it was over.
held_back_again() {
	at office
	policy <<-'END'
		  - { effect: email.send, then: auto, hours: "mon-fri 08:00-18:00" }
	END
	mail_to_ann
	commit "A letter"
	now 2026-11-27T20:00:00Z
	exits 0 reeve run letter
	now 2026-11-30T19:00:00Z
	exits 0 reeve tick
	says "the policy holds it until 2026-12-01T08:00:00Z"
	is 0 "$(mails)"
	now 2026-12-01T09:00:00Z
	exits 0 reeve tick
	is 1 "$(mails)"
}

# What was held back is asked about again.
forbidden_meanwhile() {
	at office
	policy <<-'END'
		  - { effect: email.send, then: auto, delay: 10m }
	END
	mail_to_ann
	commit "A letter"
	exits 0 reeve run letter
	policy <<-'END'
		  - { effect: email.send, then: never }
	END
	commit "Not any more"
	now 2026-11-23T11:00:00Z
	exits 1 reeve tick
	says "the policy forbids email.send"
	is 0 "$(mails)"
}

# ---- Senders, words and numbers

# support: what an event asks is answered with what the owner wrote.
support() {
	policy <<-'END'
		  - { effect: email.send, job: support, to: sender, text: owner, max: 2/d, then: auto }
	END
	{
		cat <<-'END'
			version: 1
			name: support
			on:
			  event:
			    type: question.asked
			    with: { from: "{{trigger.event.from}}", about: "{{trigger.event.about}}" }
			inputs:
			  from: { type: email, required: true }
			  about: { type: slug, required: true }
			may: { email.send: 1 }
			steps:
			  - id: answer
			    read: { path: "answers/{{inputs.about}}.md" }
			  - id: send
			    call: email.send
		END
		cat
	} | put jobs/support.yaml
	printf -- '---\ntitle: Prices\n---\nSee our prices.\n' |
		put answers/prices.md
	commit "Support"
}

# ask NAME: an event from there.
ask() {
	reeve emit question.asked from="$1@acme.example" about=prices
}

the_sender_is_answered() {
	at office
	support <<-'END'
		    with: { to: "{{inputs.from}}", subject: "{{answer.title}}", text: "{{answer.text}}" }
	END
	exits 0 ask ann
	is 1 "$(mails)"
	exits 0 ask bob
	is 2 "$(mails)"
	# The third of the day is not for the engine to send.
	exits 1 ask eve
	says "email.send to eve@acme.example was released by no merge"
	is 2 "$(mails)"
	now 2026-11-24T11:00:00Z
	exits 0 ask tom
	is 3 "$(mails)"
}

# Words of the event are not the owner's, wherever they go through.
others_words_wait() {
	at office
	support <<-'END'
		    with: { to: "{{inputs.from}}", subject: "About {{inputs.about}}", text: "{{answer.text}}" }
	END
	exits 1 ask ann
	says "was released by no merge"
	is 0 "$(mails)"
}

others_receivers_wait() {
	at office
	support <<-'END'
		    with: { to: bob@b.example, subject: "{{answer.title}}", text: "{{answer.text}}" }
	END
	exits 1 ask ann
	is 0 "$(mails)"
}

# ---- may

no_more_than_it_may() {
	at office
	mail_to_all ann@acme.example bob@b.example eve@e.example tom@t.example
	commit "A letter"
	exits 1 reeve run letter
	says "1 of 4 items failed"
	says "jobs/letter.yaml:4:8: the run has done 3 email.send, and may no more"
	is 3 "$(mails)"
	is 3 "$(events effect.intended)"
}

# What a job of the steps may is asked of its steps, of each item anew.
both_may() {
	at office
	mail_to_all ann@acme.example bob@b.example
	printf 'n\none\ntwo\n' >twice.csv
	put jobs/one.yaml <<-'END'
		version: 1
		name: one
		on: { manual: true }
		inputs: { to: { type: email, required: true } }
		may: { email.send: 1 }
		steps:
		  - id: twice
		    read: { path: twice.csv }
		  - id: send
		    for_each: { row: "{{twice}}" }
		    key: "{{row.n}}"
		    call: email.send
		    with: { to: "{{inputs.to}}", subject: News, text: Hello. }
		    once: "{{inputs.to}} {{row.n}}"
	END
	put jobs/all.yaml <<-'END'
		version: 1
		name: all
		on: { manual: true }
		may: { email.send: 10 }
		steps:
		  - id: people
		    read: { path: people.csv }
		  - id: each
		    for_each: { person: "{{people}}" }
		    key: "{{person.email | slug}}"
		    steps:
		      - id: one
		        job: one
		        with: { to: "{{person.email}}" }
	END
	commit "All"
	exits 1 reeve run all
	says "jobs/one.yaml:5:8: the run has done 1 email.send"
	is 2 "$(mails)"
}

it "who has left is left out" who_left_is_left_out
it "the list is asked at the moment of sending" the_list_is_asked_late
it "one mail that is forbidden fails its step" one_mail_is_refused
it "a list that is missing refuses" a_list_is_missing
it "a mail waits for its hours" held_back
it "a mail whose hours are over again waits for the next" held_back_again
it "what was held back is asked about again" forbidden_meanwhile
it "the sender of an event gets the owner's words" the_sender_is_answered
it "words of others wait for the owner" others_words_wait
it "others than the sender do, too" others_receivers_wait
it "no more than the job may" no_more_than_it_may
it "no more than a job among its steps may" both_may
plan
