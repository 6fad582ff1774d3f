# shellcheck shell=bash
# Words for the tests with several machines; each reads them behind lib.sh.

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

# fates: what becomes of pushes to the hub, by any road. In the file `fate`
# stands one word a push: refused; or lost, which is taken and never answered;
# or stopped, which is lost with the engine a standing still.
fates() {
	cat >hub.git/hooks/update <<-SH
		#!/bin/sh
		[ -s $PWD/fate ] && read -r fate <$PWD/fate || exit 0
		[ "\$fate" = refused ] || exit 0
		sed -i 1d $PWD/fate
		exit 1
	SH
	cat >hub.git/hooks/reference-transaction <<-SH
		#!/bin/sh
		[ "\$1" = committed ] && [ -s $PWD/fate ] || exit 0
		read -r fate <$PWD/fate
		case \$fate in
		lost) ;;
		stopped)
			$(command -v git) -C $PWD/hub.git log --format=%B reeve/journal |
				grep -q effect.intended || exit 0
			kill -STOP "\$(cut -d' ' -f1 $PWD/a/.git/reeve/engine)"
			touch $PWD/stopped ;;
		*) exit 0 ;;
		esac
		sed -i 1d $PWD/fate
		[ "\$fate" != lost ] || kill -KILL \$PPID
	SH
	chmod +x hub.git/hooks/update hub.git/hooks/reference-transaction
}

# fate WORD...: of the pushes that come.
fate() {
	printf '%s\n' "$@" >"$top_dir/fate"
}
