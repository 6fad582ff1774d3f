# Several machines and one remote: each trigger one run, each effect once.
. "$REEVE_TOP/tests/e2e/lib.sh"
. "$REEVE_TOP/tests/e2e/shared.bash"

clone_takes_the_journal() {
	shared
	cd b
	exits 0 reeve tick
	is "$(git -C ../a rev-parse reeve/journal)" \
		"$(git rev-parse reeve/journal)"
	sound
}

no_journal_anywhere() {
	shared
	git -C hub.git update-ref -d refs/heads/reeve/journal
	cd b
	exits 2 reeve tick
	says "Run reeve init"
}

nobody_answers() {
	shared
	mv hub.git gone.git
	cd b
	exits 2 reeve tick
	says '"origin" could not be reached'
}

both_at_once() {
	local round
	shared
	for round in 1 2 3; do
		note "n$round"
		(cd a && reeve tick) &
		(cd b && reeve tick) &
		wait
	done
	settled
	is 3 "$(sent)"
	cd a
	is 3 "$(git log --format=%B reeve/journal | grep -c \
		'"state":"done"')"
}

# What the remote's branch has starts runs, although nobody has pulled it.
seen_on_the_remote() {
	shared
	echo Hello >a/inbox/one.md
	(cd a && commit "Note" && git push -q origin main)
	(cd b && exits 0 reeve tick)
	is 1 "$(sent)"
	[ ! -e b/inbox/one.md ] || fail "the working tree was moved"
	settled
	is 1 "$(sent)"
}

# A number that was taken while nobody answered may be another's: what names it
# waits, also in later ticks without the remote, and none of them spins.
unheard_number() {
	shared
	fates
	cat >a/jobs/bill.yaml <<-'YAML'
		version: 1
		name: bill
		on:
		  commit:
		    paths: [ "bills/*.md" ]
		may: { sequence.next: 1, email.send: 1 }
		steps:
		  - id: number
		    call: sequence.next
		    with: { name: bill, format: "R%04d" }
		  - id: send
		    call: email.send
		    with: { to: ann@acme.example, subject: "{{number.text}}", text: Hello. }
	YAML
	mkdir a/bills
	echo one >a/bills/one.md
	(cd a && commit "Bill" && git push -q origin main)
	fate lost
	cd a
	exits 0 timeout 60 reeve tick
	says "effects wait"
	mv ../hub.git ../gone.git
	exits 0 timeout 60 reeve tick
	exits 0 timeout 60 reeve tick --offline
	is 0 "$(events effect.intended)"
	mv ../gone.git ../hub.git
	exits 0 reeve tick
	is 1 "$(sent)"
	is done "$(state_of bill)"
}

# What was merged on one machine and not pushed is waited for by the others.
unpushed_merge() {
	shared
	sed -i 's/claim: 1m/claim: 3s/' a/reeve.yaml
	sed -i 's/^  - id: send/  - { id: review, gate: { title: A greeting } }\n&/' \
		a/jobs/greet.yaml
	note one
	(cd a && reeve tick)
	cd a
	exits 0 reeve approve --no-tick "$(run_of greet)"
	says 'after "git push origin main"'
	exits 0 reeve tick --offline
	is 1 "$(events gate.approved)"
	git push -q origin reeve/journal
	cd ../b
	for _ in $(seq 90); do
		exits 0 reeve tick
		! grep -q "is not here" ../err || break
		sleep 0.1
	done
	says "was approved by commit"
	says "git push"
	is 0 "$(sent)"
	git -C ../a push -q origin main
	for _ in $(seq 90); do
		exits 0 reeve tick
		[ "$(sent)" -eq 0 ] || break
		sleep 0.1
	done
	is 1 "$(sent)"
	cd ..
	settled
	is 1 "$(sent)"
}

# Work goes on, effects wait, and that is said in one line.
unreachable() {
	shared
	note one
	mv hub.git gone.git
	cd a
	exits 0 reeve tick
	is 1 "$(grep -c "effects wait" ../err)"
	is 1 "$(events step.finished)"
	is 0 "$(sent)"
	mv ../gone.git ../hub.git
	exits 0 reeve tick --offline
	is 0 "$(sent)"
	exits 0 reeve tick
	is 1 "$(sent)"
	settled
	is 1 "$(sent)"
}

# What was pushed and not sent is to be sent again, by who reaches the remote.
unreachable_again() {
	local faulty
	faulty=$(dirname "$(command -v reeve)")/fault/reeve
	shared
	note one
	cd a
	exits 137 env REEVE_TEST_FAULT=effect.confirmed:kill "$faulty" tick
	mv ../hub.git ../gone.git
	exits 0 timeout 60 reeve tick
	says "effects wait"
	is 0 "$(sent)"
	mv ../gone.git ../hub.git
	exits 0 reeve tick
	is 1 "$(sent)"
	settled
	is 1 "$(sent)"
}

# A journal that was rewritten over there is refused, and nothing is done.
rewritten() {
	local was
	shared
	was=$(git -C hub.git rev-parse reeve/journal)
	git -C hub.git update-ref refs/heads/reeve/journal \
		"$(git -C hub.git commit-tree -m x "$was^{tree}")"
	cd a
	exits 2 reeve tick
	says "was rewritten: it had $was"
	is "$was" "$(git rev-parse reeve/journal)"
}

# One of two on the same workspace runs; the other says who.
one_workspace() {
	local round
	shared
	cd a
	for round in $(seq 10); do
		reeve tick >../one 2>&1 &
		reeve tick >../two 2>&1 &
		wait
		grep -hE "locked by process [0-9]+|nothing to do" ../one ../two \
			>../words || fail "$(cat ../one ../two)"
	done
	sound
}

it "a fresh clone takes the journal of its remote" clone_takes_the_journal
it "without a journal anywhere it says reeve init" no_journal_anywhere
it "a fresh clone whose remote does not answer says so" nobody_answers
it "two at once: each trigger one run, each mail once" both_at_once
it "what the remote's branch has starts runs" seen_on_the_remote
it "a number that nobody heard of is not built on" unheard_number
it "a merge that was not pushed is waited for" unpushed_merge
it "while nobody answers work goes on and effects wait" unreachable
it "and so does one that was to be sent again" unreachable_again
it "a journal that was rewritten over there is refused" rewritten
it "of two on one workspace one runs, the other says who" one_workspace
plan
