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
	has ../out "stays: sequence.next by number, since it may stand in what was sent"
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

# What is refused holds up what was done before it, until it is tried again.
goes_on_half_way() {
	at welcomed
	reeve undo -q "$(run_of welcome)"
	reeve approve -q --no-tick "$(run_of undo)"
	mv outbox ../away
	: >outbox
	exits 1 reeve tick
	says "undo_2_first  skipped"
	rm outbox
	mv ../away outbox
	is 2 "$(mails)"
	reeve retry -q "$(run_of undo)"
	is done "$(state_of undo)"
	is 4 "$(mails)"
	is 1 "$(grep -l "That was a mistake" outbox/*.eml | wc -l)"
	is 1 "$(grep -l "Forget it" outbox/*.eml | wc -l)"
	reeve tick -q
	is 4 "$(mails)"
	sound
}

# The connector knows what takes it back, where the step says nothing.
gives_a_number_back() {
	at welcomed
	put jobs/draw.yaml <<-'END'
		version: 1
		name: draw
		on: { manual: true }
		may: { sequence.next: 1 }
		steps:
		  - { id: number, call: sequence.next, with: { name: draws, format: "D-%02d" } }
		  - { id: rest, wait: { for: 5d } }
	END
	commit "Draws"
	reeve run -q draw
	reeve cancel "$(run_of draw)" --undo >../out
	lacks ../out stays
	git show "$(draft_of undo):$(slip_of "$(draft_of undo)")" >../slip
	has ../slip "effect: sequence.release"
	reeve run -q draw
	reeve explain "$(run_of draw)" number >../out
	has ../out D-02
	reeve approve -q "$(run_of undo)"
	is done "$(state_of undo)"
	reeve log "$(run_of undo)" >../out
	has ../out "gave number 1 of draws back"
	rm -rf .reeve
	reeve run -q draw
	reeve explain "$(run_of draw)" number >../out
	has ../out D-01
	sound
}

# A course that has begun: a file was merged, a mail sent, and it waits.
stage_course() {
	cp -a "$stages/welcomed/." . 2>/dev/null || stage_welcomed
	put jobs/course.yaml <<-'END'
		version: 1
		name: course
		on: { manual: true }
		end_on:
		  - { event: course.lost }
		  - { event: course.left, where: event.client = inputs.to, undo: true }
		inputs:
		  to: { type: string, default: dan@acme.example }
		may: { email.send: 2 }
		steps:
		  - id: card
		    render: card.txt
		    with: { to: "{{inputs.to}}" }
		    artifact: clients/course.txt
		  - id: review
		    gate: { title: "Course of {{inputs.to}}" }
		  - id: invite
		    call: email.send
		    with: { to: "{{inputs.to}}", subject: Course, text: It begins. }
		    undo:
		      call: email.send
		      with: { to: "{{inputs.to}}", subject: Course, text: It is off. }
		  - id: day
		    wait: { for: 5d }
		  - id: done
		    emit: course.done
		    with: { client: "{{inputs.to}}" }
	END
	commit "Courses"
	reeve run -q course
}

begin_course() {
	at course
	reeve approve -q "$(run_of course)"
	is sleeping "$(state_of course day)"
	is 3 "$(mails)"
}

# What takes it back was approved and is done.
is_taken_back() {
	reeve approve -q "$(run_of undo)"
	is done "$(state_of undo)"
	is 4 "$(mails)"
	is 1 "$(grep -l "It is off" outbox/*.eml | wc -l)"
	[ ! -e clients/course.txt ] || fail "the card is still there"
	reeve tick -q
	is 4 "$(mails)"
	sound
}

ends_with_an_undo() {
	local draft
	begin_course
	reeve emit -q course.left client=eve@acme.example
	reeve tick -q
	is sleeping "$(state_of course day)"
	reeve emit course.left client=dan@acme.example >../out
	is cancelled "$(state_of course)"
	has ../out "course.left came"
	has ../out "in review"
	draft=$(draft_of undo)
	is 3 "$(mails)"
	git show "$draft:$(slip_of "$draft")" >../slip
	has ../slip "text: It is off."
	# Both are in one commit: no crash comes between them.
	is 1 "$(git log --format=%H --grep "\"state\":\"cancelled\"" \
		--grep '"kind":"undo"' --all-match reeve/journal -- | wc -l)"
	is_taken_back
}

ends_without() {
	begin_course
	reeve emit -q course.lost
	reeve tick -q
	is cancelled "$(state_of course)"
	is "" "$(git branch --list 'reeve/draft/undo-*')"
	# Later is not too late.
	reeve undo -q "$(run_of course)"
	is_taken_back
}

# Nothing was merged and nothing sent: nothing to take back.
ends_before_anything() {
	at course
	reeve emit -q course.left client=dan@acme.example
	reeve tick -q
	is cancelled "$(state_of course)"
	is "" "$(git branch --list 'reeve/draft/*')"
	reeve tick -q
	is "" "$(git branch --list 'reeve/draft/*')"
}

is_cancelled_with_an_undo() {
	local run
	begin_course
	run=$(run_of course)
	reeve cancel "$run" --undo -m "No interest" >../out
	is cancelled "$(state_of course)"
	has ../out "cancelled course-"
	has ../out "in review"
	exits 2 reeve cancel "$run" --undo
	says "is over"
	# An undo is cancelled, and is itself not undone.
	exits 2 reeve cancel "$(run_of undo)" --undo
	says "is cancelled, and not undone"
	reeve undo -q "$run"
	is_taken_back
}

is_cancelled_with_nothing_to_undo() {
	at course
	exits 0 reeve cancel "$(run_of course)" --undo
	is cancelled "$(state_of course)"
	is "" "$(git branch --list 'reeve/draft/*')"
}

it "a merge puts the files back and sends what takes the mails back" takes_all_back
it "a file that was edited since is left and named" leaves_what_was_edited
it "it goes back behind a fast-forward" goes_back_behind_a_fast_forward
it "a text that looks like a tag stays one" keeps_texts_as_they_are
it "asking again says what there is" is_asked_once
it "a run that did nothing, or is not over, is refused" refuses_what_did_nothing
it "what was begun and broken off goes on" goes_on_half_way
it "a number that nobody has seen goes back" gives_a_number_back
it "an event ends a run and takes back what it did" ends_with_an_undo
it "an event without undo ends it alone" ends_without
it "what ended before it did anything is not undone" ends_before_anything
it "a run is cancelled and undone by hand" is_cancelled_with_an_undo
it "a run that did nothing is only cancelled" is_cancelled_with_nothing_to_undo
plan
