# What counts as the owner's approval, and what it releases.
. "$REEVE_TOP/tests/e2e/lib.sh"

# Two letters in one draft, each with its mail, and what follows them: one has
# front matter, one is nothing but text. A third is not written.
stage_letters() {
	reeve init -q
	cp "$examples/consultant/reeve.yaml" .
	put templates/letter.md <<-'END'
		---
		title: "Letter to {{with.who}}"
		---

		Dear {{with.who}}, it is done.
	END
	echo "Dear {{with.who}}, it is done." >templates/letter.txt
	put jobs/letters.yaml <<-'END'
		version: 1
		name: letters
		on: { manual: true }
		may: { sequence.next: 1, email.send: 3 }
		steps:
		  - id: number
		    call: sequence.next
		    with: { name: letter, format: "L%03d" }
		  - id: ann
		    render: letter.md
		    with: { who: Ann }
		    artifact: "letters/{{number.text}}-ann.md"
		  - id: ben
		    render: letter.txt
		    with: { who: Ben }
		    artifact: "letters/{{number.text}}-ben.txt"
		  - id: cid
		    if: number.text = 'L000'
		    render: letter.txt
		    with: { who: Cid }
		    artifact: "letters/{{number.text}}-cid.txt"
		  - id: review
		    gate: { title: Two letters }
		  - id: send_ann
		    call: email.send
		    with:
		      to: ann@acme.example
		      subject: "{{ann.title}}"
		      text: "{{ann.text}}"
		  - id: send_ben
		    call: email.send
		    with:
		      to: ben@acme.example
		      subject: Letter to Ben
		      text: "{{ben}}"
		  - id: send_cid
		    call: email.send
		    with:
		      to: cid@acme.example
		      subject: Letter to Cid
		      text: "{{cid}}"
		  - id: told
		    emit: letters.sent
		    with: { number: "{{number.text}}" }
	END
	commit "Begin"
	reeve run letters
}

# The owner merges the letters' draft; NAME is that branch's.
merge() {
	git merge -q --no-ff --no-edit "$(draft_of letters)"
}

# edit COMMAND...: done on the draft branch, and committed there.
edit() {
	git switch -q "$(draft_of letters)"
	"$@"
	commit "Edit"
	git switch -q main
}

# Both mails are out, and the run is done; nothing happens twice.
all_sent() {
	exits 0 reeve tick
	is done "$(state_of letters)"
	is 2 "$(mails)"
	is 1 "$(events gate.approved)"
	is 2 "$(events effect.intended)"
	is skipped "$(state_of letters send_cid)"
	is "nothing to do" "$(reeve tick)"
	is 2 "$(mails)"
	sound
}

still_waits() {
	exits 0 reeve tick
	is "in review" "$(state_of letters review)"
	is 0 "$(mails)"
}

# ---- The roads

by_merge() {
	at letters
	merge
	all_sent
	is "" "$(git branch --list 'reeve/draft/*')"
}

by_squash() {
	at letters
	git merge -q --squash "$(draft_of letters)"
	git commit -q -m "Letters"
	all_sent
}

by_rebase() {
	at letters
	date >diary
	commit "The owner goes on"
	git switch -q "$(draft_of letters)"
	git rebase -q main
	git switch -q main
	git merge -q --ff-only "$(draft_of letters)"
	all_sent
}

by_fast_forward() {
	at letters
	git merge -q --ff-only "$(draft_of letters)"
	all_sent
}

by_approve() {
	at letters
	exits 0 reeve approve "$(run_of letters)"
	is 2 "$(git rev-list --parents -n 1 main | wc -w | awk '{ print $1 - 1 }')"
	all_sent
}

# From a clone that knows nothing of reeve, as a pull request's merge comes.
by_fetched_merge() {
	at letters
	git clone -q . ../elsewhere
	(
		cd ../elsewhere
		git merge -q --no-ff --no-edit "origin/$(
			git -C ../company branch --list 'reeve/draft/*' \
				--format '%(refname:short)')"
	)
	git pull -q --ff-only ../elsewhere main
	all_sent
}

# Its first commit holds an artifact, but no slip: nothing is released.
by_cherry_pick() {
	at letters
	git cherry-pick "$(git rev-list --reverse "main..$(draft_of letters)" |
		head -n 1)" >/dev/null
	[ -f letters/L001-ann.md ]
	still_waits
	merge
	all_sent
}

# A merge whose result leaves the slip out approves nothing.
by_merge_without_slip() {
	at letters
	git merge -q --no-commit --no-ff "$(draft_of letters)"
	git rm -qf "$(slip_of "$(draft_of letters)")"
	git commit -q -m "Take the letters only"
	still_waits
}

# A branch that is merged is approved when the owner's branch has it.
by_side_branch() {
	at letters
	git switch -q -c side
	merge
	still_waits
	git switch -q main
	git merge -q --no-ff --no-edit side
	all_sent
}

# What is on the branch when the tick comes counts as it was merged, not as it
# was made later.
by_first_commit() {
	at letters
	merge
	sed -i 's/it is done/it is not/' letters/*
	commit "Too late"
	all_sent
	has <(cat outbox/*.eml) "it is done"
	lacks <(cat outbox/*.eml) "it is not"
}

# ---- What is merged is what is done

edits_are_done() {
	at letters
	edit sed -i 's/to: ann@acme.example/to: eve@acme.example/' \
		"$(slip_of "$(draft_of letters)")"
	merge
	all_sent
	has <(cat outbox/*.eml) "To: eve@acme.example"
	lacks <(cat outbox/*.eml) "To: ann@acme.example"
}

edited_texts_are_sent() {
	at letters
	edit sed -i 's/it is done/it is mine/' letters/L001-ann.md \
		letters/L001-ben.txt
	merge
	all_sent
	lacks <(cat outbox/*.eml) "it is done"
}

edited_titles_are_sent() {
	at letters
	edit sed -i 's/title: .*/title: "Another"/' letters/L001-ann.md
	merge
	all_sent
	has <(cat outbox/*.eml) "Subject: Letter to Ann"
}

# strike STEP FILE: its entry goes.
strike() {
	awk -v id="  - id: $1" '
		/^  - id: / { skip = $0 == id }
		!skip' "$2" >../struck
	cp ../struck "$2"
}

struck_entry() {
	at letters
	edit strike send_ann "$(slip_of "$(draft_of letters)")"
	merge
	exits 0 reeve tick
	is declined "$(state_of letters send_ann)"
	is done "$(state_of letters send_ben)"
	is done "$(state_of letters told)"
	is done "$(state_of letters)"
	is 1 "$(mails)"
	has outbox/*.eml "To: ben@acme.example"
	sound
}

deleted_artifact() {
	at letters
	edit rm letters/L001-ann.md
	merge
	exits 0 reeve tick
	is declined "$(state_of letters ann)"
	is skipped "$(state_of letters send_ann)"
	is done "$(state_of letters send_ben)"
	is done "$(state_of letters)"
	is 1 "$(mails)"
	sound
}

struck_in_the_merge() {
	at letters
	git merge -q --no-commit --no-ff "$(draft_of letters)"
	git rm -qf letters/L001-ann.md
	git commit -q -m "Only Ben's"
	exits 0 reeve tick
	is declined "$(state_of letters ann)"
	is done "$(state_of letters send_ben)"
	is 1 "$(mails)"
}

# ---- Rejection

rejected() {
	local draft tip run
	at letters
	edit sed -i 's/it is done/it is mine/' letters/L001-ann.md
	draft=$(draft_of letters)
	run=$(run_of letters)
	tip=$(git rev-parse "$draft")
	exits 0 reeve reject "$run" -m "not like this"
	is rejected "$(state_of letters)"
	is "$tip" "$(git rev-parse \
		"refs/reeve/rejected/${draft#reeve/draft/}")"
	is "" "$(git branch --list 'reeve/draft/*')"
	exits 0 kept_by reeve tick
	is 0 "$(mails)"
	exits 2 kept_by reeve approve "$run"
	says "rejected"
	reeve run letters
	git show "$(draft_of letters):letters/L001-ann.md"
	sound
}

# A draft that was rejected and is merged anyway releases nothing.
merged_after_rejection() {
	local tip
	at letters
	tip=$(git rev-parse "$(draft_of letters)")
	exits 0 reeve reject "$(run_of letters)"
	git merge -q --no-ff --no-edit "$tip"
	exits 0 reeve tick
	is 0 "$(mails)"
	is rejected "$(state_of letters)"
}

# ---- Gates

# Nothing above it shows a file, so only its slip is there to be merged.
bare_gate() {
	mkdir company && cd company
	reeve init -q
	cp "$examples/consultant/reeve.yaml" .
	put jobs/bare.yaml <<-'END'
		version: 1
		name: bare
		on: { manual: true }
		may: [email.send]
		steps:
		  - id: review
		    gate: { title: Really? }
		  - id: send
		    call: email.send
		    with: { to: ann@acme.example, subject: Hello, text: Hello }
	END
	commit "Begin"
	exits 0 reeve run bare
	exits 0 reeve tick
	exits 0 reeve tick
	is "in review" "$(state_of bare review)"
	is 0 "$(mails)"
	is "$(slip_of "$(draft_of bare)")" \
		"$(git diff --name-only main "$(draft_of bare)")"
	git merge -q --no-ff --no-edit "$(draft_of bare)"
	exits 0 reeve tick
	is 1 "$(mails)"
}

approvers() {
	at letters
	echo 'approvers: ["ceo@example.com"]' >>reeve.yaml
	commit "The chief decides"
	exits 0 reeve reject "$(run_of letters)"
	reeve run letters
	merge
	exits 0 kept_by reeve tick
	says "ada@example.com"
	says "approvers"
	is "in review" "$(state_of letters review)"
	is 0 "$(mails)"
	git reset -q --hard HEAD~1
	GIT_AUTHOR_EMAIL=ceo@example.com merge
	exits 0 reeve tick
	is 2 "$(mails)"
}

for road in merge squash rebase fast_forward approve fetched_merge \
	side_branch; do
	it "approved by ${road//_/ }" by_$road
done
it "a cherry-pick of the first commit approves nothing" by_cherry_pick
it "a merge without the slip approves nothing" by_merge_without_slip
it "the first commit that has the slip counts" by_first_commit
it "what is merged is done, the receiver too" edits_are_done
it "texts are sent as they were merged" edited_texts_are_sent
it "what the slip says goes before what a file says" edited_titles_are_sent
it "a struck entry is declined, the rest goes on" struck_entry
it "a deleted artifact is declined, its mail skipped" deleted_artifact
it "what the merge itself leaves out is declined" struck_in_the_merge
it "a rejected draft is kept, sends nothing, frees its number" rejected
it "a draft merged after its rejection sends nothing" merged_after_rejection
it "a gate with nothing above it waits too" bare_gate
it "only approvers approve" approvers
plan
