# Undoing a run: the draft that puts its files back and lists what takes its
# effects back.
. "$REEVE_TOP/tests/e2e/lib.sh"

# A company whose job merges two files, one of them new, and then takes a
# number, sends a mail and tells of it.
stage_welcomed() {
	git init -q
	put reeve.yaml <<-'END'
		version: 1
		company: { name: Lovelace Analytics }
		timezone: Europe/Berlin
		connectors:
		  email: { transport: file, folder: outbox, from: "Ada <ada@example.com>" }
	END
	put clients/list.txt <<<"names: none"
	put templates/list.txt <<<"names: {{with.to}}"
	put templates/card.txt <<<"of: {{with.to}}"
	put jobs/welcome.yaml <<-'END'
		version: 1
		name: welcome
		title: Welcome {{inputs.to}}
		on: { manual: true }
		inputs:
		  to: { type: string, default: ann@acme.example }
		  words: { type: string, default: Pardon }
		may: { email.send: 2, sequence.next: 1 }
		steps:
		  - id: list
		    render: list.txt
		    with: { to: "{{inputs.to}}" }
		    artifact: clients/list.txt
		  - id: card
		    render: card.txt
		    with: { to: "{{inputs.to}}" }
		    artifact: clients/card.txt
		  - id: review
		    gate: { title: "Welcome {{inputs.to}}" }
		  - id: number
		    call: sequence.next
		    with: { name: clients }
		  - id: first
		    call: email.send
		    with: { to: "{{inputs.to}}", subject: Welcome, text: Dear }
		    undo:
		      call: email.send
		      with:
		        to: "{{inputs.to}}"
		        subject: Sorry
		        text: "That was a mistake, {{inputs.to}}. {{inputs.words}}"
		        answers: "{{first.message_id}}"
		  - id: second
		    call: email.send
		    with: { to: bob@acme.example, subject: "See {{inputs.to}}", text: Dear }
		    undo:
		      call: email.send
		      with: { to: bob@acme.example, subject: Forget it, text: "{{inputs.to}}" }
		  - id: told
		    emit: client.welcomed
		    with: { client: "{{inputs.to}}" }
	END
	reeve init -q
	printf 'outbox/\n' >>.gitignore
	commit "Begin"
	reeve run -q welcome
	reeve approve -q "$(run_of welcome)"
	is done "$(state_of welcome)"
	is 2 "$(mails)"
}

takes_all_back() {
	local draft slip
	at welcomed
	reeve undo "$(run_of welcome)" >../out
	has ../out "stays: sequence.next by number"
	has ../out "stays: emit by told"
	lacks ../out "left"
	draft=$(draft_of undo)
	slip=$(slip_of "$draft")
	# Nothing has happened yet.
	is 2 "$(mails)"
	has clients/list.txt ann@acme.example
	git show "$draft:$slip" >../slip
	has ../slip "title: Undo Welcome ann@acme.example"
	has ../slip "- emit by told"
	# What was done last is undone first.
	is "to: bob@acme.example to: ann@acme.example" \
		"$(awk '$1 == "to:" { print $1, $2 }' ../slip | xargs)"
	reeve review "$(run_of undo)" >../review
	has ../review "sequence.next by number"
	has ../review "-names: ann@acme.example"
	has ../review "+names: none"
	reeve approve -q "$(run_of undo)"
	is done "$(state_of undo)"
	is "names: none" "$(cat clients/list.txt)"
	[ ! -e clients/card.txt ] || fail "the card is still there"
	is 4 "$(mails)"
	is 1 "$(grep -l "That was a mistake, ann@acme.example" outbox/*.eml | wc -l)"
	is 1 "$(grep -l "Forget it" outbox/*.eml | wc -l)"
	# The job that was made is on no branch.
	[ ! -e jobs/undo.yaml ] || fail "jobs/undo.yaml is there"
	reeve tick -q
	is 4 "$(mails)"
	sound
}

leaves_what_was_edited() {
	local draft
	at welcomed
	echo "names: ann and bob" >clients/list.txt
	commit "Edit"
	reeve undo "$(run_of welcome)" >../out
	has ../out "left, edited since: clients/list.txt"
	draft=$(draft_of undo)
	git show "$draft:$(slip_of "$draft")" >../slip
	has ../slip "left:"
	has ../slip "- clients/list.txt"
	reeve review "$(run_of undo)" >../review
	has ../review "clients/list.txt, edited since"
	git merge -q --no-ff --no-edit "$draft"
	reeve tick -q
	is done "$(state_of undo)"
	is "names: ann and bob" "$(cat clients/list.txt)"
	[ ! -e clients/card.txt ] || fail "the card is still there"
}

# A fast-forward makes the draft's own commits the owner's.
goes_back_behind_a_fast_forward() {
	at welcomed
	reeve run -q welcome to=carl@acme.example
	git merge -q --ff-only "$(draft_of welcome)"
	reeve tick -q
	has clients/list.txt carl@acme.example
	reeve undo -q "$(run_of welcome)"
	reeve approve -q "$(run_of undo)"
	has clients/list.txt ann@acme.example
	has clients/card.txt ann@acme.example
}

# A text that looks like a tag is a text.
keeps_texts_as_they_are() {
	at welcomed
	reeve run -q welcome 'words={{inputs.to}} {{{{x}} {{=<% %>=}} }}'
	reeve approve -q "$(run_of welcome)"
	reeve undo -q "$(run_of welcome)"
	reeve approve -q "$(run_of undo)"
	is done "$(state_of undo)"
	grep -qF 'ann@acme.example. {{inputs.to}} {{{{x}} {{=<% %>=}} }}' outbox/*.eml ||
		{ cat outbox/*.eml; fail "the words are not there"; }
}

is_asked_once() {
	local run
	at welcomed
	run=$(run_of welcome)
	reeve undo -q "$run"
	exits 2 reeve undo "$run"
	says "its draft is there: undo-"
	exits 2 reeve undo "$(run_of undo)"
	says "is not over"
	# One that was refused leaves room for another.
	reeve reject -q "$(run_of undo)" -m "Not now"
	exits 2 reeve undo "$(run_of undo)"
	says "is an undo itself"
	reeve undo -q "$run"
	reeve approve -q "$(run_of undo)"
	is 4 "$(mails)"
	exits 2 reeve undo "$run"
	says "it was undone by undo-"
	exits 2 reeve undo nothing
	says "there is no run"
}

refuses_what_did_nothing() {
	at welcomed
	reeve run -q welcome
	exits 2 reeve undo "$(run_of welcome)"
	says "is not over"
	says "reeve cancel"
	reeve cancel -q "$(run_of welcome)"
	exits 2 reeve undo "$(run_of welcome)"
	says "nothing of welcome-"
}

it "a merge puts the files back and sends what takes the mails back" takes_all_back
it "a file that was edited since is left and named" leaves_what_was_edited
it "it goes back behind a fast-forward" goes_back_behind_a_fast_forward
it "a text that looks like a tag stays one" keeps_texts_as_they_are
it "asking again says what there is" is_asked_once
it "a run that did nothing, or is not over, is refused" refuses_what_did_nothing
plan
