# Several machines and one remote: each trigger one run, each effect once.
. "$REEVE_TOP/tests/e2e/lib.sh"

# A bare repository and two clones, a and b, each an engine. The job mails
# without a gate, so that both would send when nobody kept them from it.
stage_shared() {
	git init -q --bare hub.git
	mkdir a
	(
		cd a
		git init -q
		reeve init -q
		put reeve.yaml <<-'YAML'
			version: 1
			remote: origin
			claim: 1m
			connectors: { email: { transport: file, from: ada@example.com } }
			policy:
			  - { effect: email.send, then: auto }
		YAML
		put jobs/greet.yaml <<-'YAML'
			version: 1
			name: greet
			on:
			  commit:
			    paths: [ "inbox/*.md" ]
			    with: { note: "{{trigger.path}}" }
			inputs:
			  note: { type: path, required: true }
			may: { email.send: 1 }
			steps:
			  - id: note
			    read: { path: "{{inputs.note}}" }
			  - id: send
			    call: email.send
			    with: { to: ann@acme.example, subject: "{{inputs.note}}", text: Hello. }
		YAML
		put inbox/README <<-'TEXT'
			Notes come here.
		TEXT
		reeve check
		commit "Begin"
		git remote add origin ../hub.git
		git push -q origin main
		reeve tick
	)
	git clone -q hub.git b
	git -C b remote set-url origin ../hub.git
}

shared() {
	at shared
	top_dir=$PWD
}

# note NAME: both machines have it.
note() {
	echo "Hello $1" >"$top_dir/a/inbox/$1.md"
	(cd "$top_dir/a" && commit "Note $1" && git push -q origin main)
	(cd "$top_dir/b" && git pull -q --ff-only origin main)
}

# sent: how many mails went out, of all machines.
sent() {
	find "$top_dir"/[ab]/outbox -name '*.eml' 2>/dev/null | wc -l
}

# settled: after a tick of each in turn all three have one journal, and the
# repositories are sound.
settled() {
	local at
	for at in a b a b; do
		(cd "$top_dir/$at" && reeve tick -q)
	done
	for at in a b; do
		is "$(git -C "$top_dir/hub.git" rev-parse reeve/journal)" \
			"$(git -C "$top_dir/$at" rev-parse reeve/journal)"
		(cd "$top_dir/$at" && sound)
	done
	git -C "$top_dir/hub.git" fsck --strict --no-dangling
}

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

# The other side refuses the first pushes, for no reason of ours.
refused_push() {
	shared
	note one
	echo 2 >left
	cat >hub.git/hooks/pre-receive <<-'SH'
		#!/bin/sh
		left=$(cat ../left)
		[ "$left" -gt 0 ] || exit 0
		echo $((left - 1)) >../left
		exit 1
	SH
	chmod +x hub.git/hooks/pre-receive
	(cd a && exits 0 reeve tick)
	is 0 "$(cat left)"
	is 1 "$(sent)"
	settled
	is 1 "$(sent)"
}

# It takes the push, and nobody hears of it.
lost_push() {
	shared
	note one
	mkdir bin
	cat >bin/git <<-SH
		#!/bin/sh
		case " \$* " in
		*" push "*)
			$(command -v git) "\$@" >/dev/null
			touch $PWD/heard
			kill -KILL \$\$ ;;
		esac
		exec $(command -v git) "\$@"
	SH
	chmod +x bin/git
	(cd a && PATH=$top_dir/bin:$PATH exits 0 reeve tick)
	[ -e heard ] || fail "nothing was pushed"
	is 0 "$(sent)"
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

# a is stopped while its push is on its way, for longer than its claim lasts; b
# takes over and sends; a wakes and begins nothing.
paused_holder() {
	local holder round
	shared
	sed -i 's/claim: 1m/claim: 3s/' a/reeve.yaml
	note one
	cat >stopping <<-'SH'
		#!/bin/sh
		git-receive-pack "$@"
		status=$?
		grep -q effect.intended <<-EOF && kill -STOP "$(cut -d' ' -f1 HERE/a/.git/reeve/engine)" && touch HERE/stopped
			$(git -C HERE/hub.git log --format=%B reeve/journal)
		EOF
		exit $status
	SH
	sed -i "s|HERE|$PWD|g" stopping
	chmod +x stopping
	git -C a config remote.origin.receivepack "$PWD/stopping"
	(cd a && exec reeve tick >../a.out 2>&1) &
	holder=$!
	until [ -e stopped ]; do
		kill -0 $holder || fail "$(cat a.out)"
		sleep 0.05
	done
	git -C a config --unset remote.origin.receivepack
	# b looks until the claim has lapsed on its own clock.
	for round in $(seq 20); do
		(cd b && reeve tick) || true
		[ "$(sent)" -eq 0 ] || break
		sleep 0.3
	done
	kill -CONT $holder
	wait $holder || true
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

by_daemon() {
	local port=9$((RANDOM % 900 + 100)) server
	[ -x "$(git --exec-path)/git-daemon" ] || {
		echo "skipped: no git daemon"
		return 0
	}
	shared
	git daemon --reuseaddr --listen=127.0.0.1 --port=$port --base-path="$PWD" \
		--export-all --enable=receive-pack "$PWD" &
	server=$!
	# shellcheck disable=SC2064
	trap "kill $server" EXIT
	for at in a b; do
		git -C $at remote set-url origin "git://127.0.0.1:$port/hub.git"
	done
	until git ls-remote "git://127.0.0.1:$port/hub.git" >/dev/null 2>&1; do
		kill -0 $server || fail "no daemon"
	done
	note one
	(cd a && reeve tick) &
	(cd b && reeve tick) &
	wait %2 %3
	settled
	is 1 "$(sent)"
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
it "a push that is refused is tried again" refused_push
it "a push whose answer is lost is found by the next" lost_push
it "while nobody answers work goes on and effects wait" unreachable
it "and so does one that was to be sent again" unreachable_again
it "a paused holder begins nothing when it wakes" paused_holder
it "a journal that was rewritten over there is refused" rewritten
it "the same by git daemon" by_daemon
it "of two on one workspace one runs, the other says who" one_workspace
plan
