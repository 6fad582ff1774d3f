# Effects of which nobody knows whether they were done, and the owner's word.
. "$REEVE_TOP/tests/e2e/lib.sh"

# now INSTANT: the clock of every command that follows.
now() {
	export REEVE_TEST_CLOCK=$1
	export GIT_COMMITTER_DATE=$1 GIT_AUTHOR_DATE=$1
}

# A run that was killed while it wrote the second of three mails, which is too
# long for the disk; and then the folder is none any more, so nobody can look.
stage_doubtful() {
	now 2026-11-23T10:00:00Z
	git init -q
	put reeve.yaml <<-'END'
		version: 1
		connectors: { email: { transport: file, from: ada@example.com } }
		policy: [{ effect: email.send, then: auto }]
	END
	yes "All work and no play makes a long mail." | head -n 50000 >long.txt
	put jobs/letters.yaml <<-'END'
		version: 1
		name: letters
		on: { manual: true }
		may: { email.send: 3 }
		steps:
		  - id: long
		    read: { path: long.txt }
		  - id: first
		    call: email.send
		    with: { to: ann@acme.example, subject: One, text: Short. }
		  - id: second
		    call: email.send
		    with: { to: bob@acme.example, subject: Two, text: "{{long}}" }
		  - id: third
		    call: email.send
		    with: { to: cy@acme.example, subject: Three, answers: "{{second.message_id}}", text: Short. }
	END
	commit "Begin"
	reeve init -q
	[ -z "$(git status --porcelain)" ] || commit "Be a workspace"
	printf 'outbox/\n' >>.git/info/exclude
	(ulimit -f 1024 && exec reeve run letters) >../killed 2>&1 && exit 1
	is 1 "$(events effect.done)"
	is 2 "$(events effect.intended)"
	mv outbox away
	echo "no folder" >outbox
}

listed() {
	at doubtful
	now 2026-11-23T11:00:00Z
	reeve tick >../out 2>&1 || true
	says_all "nobody knows whether email.send of step \"second\" was done"
	reeve >../out
	says_all "In doubt" "email.send of second, intended 59 minutes ago" \
		"reeve resolve $(run_of letters) second --done|--retry|--failed"
	reeve --json | grep -q '"step": "second"'
	is started "$(state_of letters second)"
	reeve status "$(run_of letters)" >../out
	says_all "in doubt: nobody knows"
	reeve >../out
	reeve explain "$(run_of letters)" second >../out
	says_all "in doubt" "reeve resolve" "key "
	sound
}

# says_all TEXT...: each of them is in ../out.
says_all() {
	local text
	for text; do
		has ../out "$text"
	done
}

# The Message-ID of the second mail, as its intent has it.
intended_id() {
	reeve explain --json "$(run_of letters)" second |
		sed -n 's/.*"message_id": "\(.*\)".*/\1/p' | head -n 1
}

taken_as_done() {
	local id
	at doubtful
	id=$(intended_id)
	rm outbox && mv away outbox
	find outbox -size +100k -delete
	mv outbox away && : >outbox # still nobody can look
	reeve resolve -q "$(run_of letters)" second --done -m "Bob has it" || true
	is done "$(state_of letters second)"
	rm outbox && mv away outbox
	reeve retry -q "$(run_of letters)" || true
	is done "$(state_of letters)"
	is 2 "$(mails)"
	grep -rq "In-Reply-To: $id" outbox
	reeve explain "$(run_of letters)" second >../out
	says_all "by hand, as done"
	is 1 "$(events effect.resolved)"
	sound
}

with_a_result() {
	at doubtful
	reeve resolve -q "$(run_of letters)" second --done \
		--result '{"message_id":"<phone@example.com>"}' || true
	rm outbox && mv away outbox
	reeve retry -q "$(run_of letters)" || true
	grep -rq "In-Reply-To: <phone@example.com>" outbox
	is 2 "$(find outbox -name '*.eml' -size -100k | wc -l)"
	sound
}

sent_again() {
	local id
	at doubtful
	id=$(intended_id)
	rm outbox && mv away outbox
	find outbox -size +100k -delete
	find outbox -name '.*' -delete
	mv outbox away && : >outbox
	rm outbox && mv away outbox
	reeve resolve -q "$(run_of letters)" second --retry
	is done "$(state_of letters)"
	is 3 "$(mails)"
	is 1 "$(grep -rl "^Message-ID: $id" outbox | wc -l)"
	is 4 "$(events effect.intended)"
	is 1 "$(git log --format=%B reeve/journal |
		grep effect.intended | grep -c '"attempt":')"
	sound
}

not_done() {
	at doubtful
	exits 1 reeve resolve "$(run_of letters)" second --failed
	is failed "$(state_of letters second)"
	is skipped "$(state_of letters third)"
	is failed "$(state_of letters)"
	rm outbox && mv away outbox
	find outbox -size +100k -delete
	reeve retry -q "$(run_of letters)"
	is 3 "$(mails)"
	sound
}

refused() {
	local run
	at doubtful
	run=$(run_of letters)
	kept_by exits 2 reeve resolve "$run" second
	says "say one of --done, --retry and --failed"
	kept_by exits 2 reeve resolve "$run" --done --retry
	kept_by exits 2 reeve resolve "$run" --retry --result 1
	says "goes with --done"
	kept_by exits 2 reeve resolve "$run" --done --result '{'
	kept_by exits 2 reeve resolve "$run" first --done
	says "no effect of step \"first\""
	exits 0 reeve cancel "$run"
	kept_by exits 2 reeve resolve "$run" --retry
	says "the run is over"
	exits 0 reeve resolve "$run" --done
	exits 2 reeve resolve "$run" --done
	says "is in doubt"
	sound
}

it "what is in doubt is listed with what to type" listed
it "what the owner says is done counts, with its result" taken_as_done
it "or with the result that the owner gives" with_a_result
it "what the owner has sent again is sent once, with its key" sent_again
it "what was not done fails its step" not_done
it "nothing but a doubt is resolved, and by one word" refused
plan
