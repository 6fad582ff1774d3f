# Going back to a step of a run: what is before it is kept, and what was done in
# the world is done again only when it is named.
. "$REEVE_TOP/tests/e2e/lib.sh"

stage_letter() {
	git init -q
	put reeve.yaml <<-'END'
		version: 1
		timezone: Europe/Berlin
		connectors:
		  email: { transport: file, folder: outbox, from: "Ada <ada@example.com>" }
		policy:
		  - { effect: email.send, then: auto }
	END
	put templates/letter.txt <<<"Dear {{with.name}}"
	put who.yaml <<<"name: Ann"
	put jobs/letter.yaml <<-'END'
		version: 1
		name: letter
		on: { manual: true }
		may: { email.send: 3 }
		steps:
		  - id: who
		    read: { path: who.yaml, expect: { name: string } }
		  - id: aside
		    run: { argv: [sh, -c, "echo aside"], reads: [] }
		  - id: letter
		    render: letter.txt
		    with: { name: "{{who.name}}" }
		    artifact: letters/letter.txt
		  - id: review
		    gate: { title: "A letter to {{who.name}}" }
		  - id: send
		    call: email.send
		    with: { to: ann@acme.example, subject: A letter, text: "{{letter}}" }
		  - id: told
		    emit: letter.sent
		    with: { to: "{{who.name}}" }
		  - id: sum
		    let: { text: "letter || ' ' || send.message_id" }
	END
	put jobs/round.yaml <<-'END'
		version: 1
		name: round
		on: { manual: true }
		may: { email.send: 10 }
		steps:
		  - id: who
		    let: { names: "json_array('ann', 'tom')" }
		  - id: mails
		    for_each: { name: [ann, tom] }
		    key: "{{name}}"
		    call: email.send
		    with: { to: "{{name}}@acme.example", subject: Round, text: "Dear {{name}}" }
		  - id: last
		    needs: [mails]
		    run: { argv: [sh, -c, "echo last"], reads: [] }
	END
	sed -i '/id: who/,/names:/d' jobs/round.yaml
	reeve init -q
	printf 'outbox/\n' >>.gitignore
	commit "Begin"
}

stage_sent() {
	cp -a "$stages/letter/." . 2>/dev/null || stage_letter
	reeve run -q letter
	reeve approve -q "$(run_of letter)"
	is done "$(state_of letter)"
	is 1 "$(mails)"
}

begin_sent() {
	[ -d "$stages/letter" ] || make_stage letter
	at sent
}

# The text is another one, the mail stays the one that was sent.
goes_back_with_todays_text() {
	local run
	begin_sent
	run=$(run_of letter)
	put templates/letter.txt <<<"Dearest {{with.name}}"
	commit "Be warmer"
	reeve rewind "$run" --to letter --with main >../out
	has ../out "stays done: email.send by send"
	has ../out "stays done: emit by told"
	lacks ../out "done again"
	is waiting "$(state_of letter)"
	is "in review" "$(state_of letter review)"
	is done "$(state_of letter send)"
	has letters/letter.txt "Dear Ann"
	reeve approve -q "$run"
	is done "$(state_of letter)"
	has letters/letter.txt "Dearest Ann"
	is 1 "$(mails)"
	is 1 "$(events event.emitted)"
	reeve explain "$run" sum >../out
	has ../out Dearest
	# Folded anew it is the same.
	reeve status "$run" >../before
	rm -rf .reeve
	reeve status "$run" >../after
	cmp ../before ../after
	reeve log "$run" >../out
	has ../out "went back to letter"
	sound
}

does_again_what_is_named() {
	local run
	begin_sent
	run=$(run_of letter)
	reeve rewind "$run" --to letter --again send >../out
	has ../out "done again: email.send by send"
	has ../out "stays done: emit by told"
	# Not before it is approved, as the first time.
	is 1 "$(mails)"
	git show "$(draft_of letter):$(slip_of "$(draft_of letter)")" >../slip
	has ../slip "effect: email.send"
	reeve approve -q "$run"
	is done "$(state_of letter)"
	is 2 "$(mails)"
	is 2 "$(cat outbox/*.eml | grep -ci '^message-id:')"
	reeve rewind -q "$run" --to send --again send,told
	is done "$(state_of letter)"
	is 3 "$(mails)"
	is 2 "$(events event.emitted)"
	rm -rf .reeve
	reeve tick -q
	is 3 "$(mails)"
	sound
}

# The owner's edits of a file above the step stay what it says.
keeps_what_was_merged_above() {
	local run
	at letter
	reeve run -q letter
	run=$(run_of letter)
	git checkout -q "$(draft_of letter)"
	put letters/letter.txt <<<"Dear Ann, from me"
	commit "By hand"
	git checkout -q main
	reeve approve -q "$run"
	reeve rewind "$run" --to review >../out
	is "in review" "$(state_of letter review)"
	is "" "$(git diff --name-only main "$(draft_of letter)" -- letters)"
	reeve approve -q "$run"
	is done "$(state_of letter)"
	has letters/letter.txt "from me"
	reeve explain "$run" sum >../out
	has ../out "from me"
}

# The draft that waits is withdrawn and kept.
goes_back_from_a_gate() {
	local run
	at letter
	reeve run -q letter
	run=$(run_of letter)
	reeve rewind -q "$run" --to who
	is "in review" "$(state_of letter review)"
	is 1 "$(git for-each-ref refs/reeve/rejected | wc -l)"
	reeve approve -q "$run"
	is done "$(state_of letter)"
	is 1 "$(mails)"
	sound
}

# A run that is over is open again.
goes_back_from_an_end() {
	local run
	at letter
	reeve run -q letter
	run=$(run_of letter)
	reeve cancel -q "$run"
	reeve rewind -q "$run" --to review
	is "in review" "$(state_of letter review)"
	reeve reject -q "$run"
	is rejected "$(state_of letter)"
	reeve rewind -q "$run" --to letter
	reeve approve -q "$run"
	is done "$(state_of letter)"
	is 1 "$(mails)"
}

# What stands beside the step and does not wait for it keeps its result.
computes_no_more_than_needed() {
	local run
	begin_sent
	run=$(run_of letter)
	reeve rewind -q "$run" --to sum
	is done "$(state_of letter)"
	is 1 "$(git log --format=%B reeve/journal | grep -c '"step":"aside"')"
	is 1 "$(mails)"
}

keeps_the_items_of_a_loop() {
	local run
	at letter
	reeve run -q round
	run=$(run_of round)
	is 2 "$(mails)"
	reeve rewind "$run" --to mails >../out
	has ../out "stays done: email.send by mails of ann"
	is done "$(state_of round)"
	is 2 "$(mails)"
	reeve rewind "$run" --to mails --again mails >../out
	has ../out "done again: email.send by mails of tom"
	is done "$(state_of round)"
	is 4 "$(mails)"
	sound
}

refuses_what_cannot_be() {
	local run
	begin_sent
	run=$(run_of letter)
	exits 2 reeve rewind "$run" --to nothing
	says 'has no step "nothing"'
	exits 2 reeve rewind "$run"
	says "needs the step"
	exits 2 reeve rewind "$run" --to send --again letter
	says "has no effect to be done again"
	exits 2 reeve rewind "$run" --to told --again send
	says "does not come after"
	exits 2 reeve rewind "$run" --to send --with other
	says "is not the owner's branch"
	# The text above a gate that stays approved is what was approved.
	sed -i 's,name: "{{who.name}}" }$,name: Bob },' jobs/letter.yaml
	commit "To Bob"
	exits 2 reeve rewind "$run" --to told --with main
	says "that was approved"
	is done "$(state_of letter)"
}

it "a run goes back with today's text" goes_back_with_todays_text
it "an effect is done again when it is named" does_again_what_is_named
it "what was merged above the step stays" keeps_what_was_merged_above
it "an open draft is withdrawn" goes_back_from_a_gate
it "a run that is over is open again" goes_back_from_an_end
it "what does not come after the step is kept" computes_no_more_than_needed
it "a loop that did something keeps its items" keeps_the_items_of_a_loop
it "what cannot be is refused with the reason" refuses_what_cannot_be
plan
