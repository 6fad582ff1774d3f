# shellcheck shell=bash
# What a fault is put into: commands, each in a workspace that is ready for it.
#
#	scenarios.sh stage NAME      make the workspace in this empty folder
#	scenarios.sh command NAME    the words of the command, one a line
#	scenarios.sh between NAME    what else happens between a crash and recovery
#	scenarios.sh recover NAME    what the owner types after a crash, and sees
#
# A scenario is stage_NAME, command_NAME (a tick, if there is none) and
# again_NAME: what to type where a tick cannot know that something was asked
# for, since nothing of it was acknowledged.
set -eu
top=$PWD
stages=$top/none
. "$REEVE_TOP/tests/e2e/lib.sh"

# Each command has chances of its own, or ids would come twice.
seed=$((REEVE_TEST_SEED * 100))
reeve() {
	seed=$((seed + 1))
	REEVE_TEST_SEED=$seed command reeve "$@"
}

# Ask again for what was asked for, with the chances of the first time.
asked_again() {
	REEVE_TEST_SEED=2 command reeve "$@"
}

# settle: one tick that does what is due, and one that finds nothing more.
settle() {
	local told
	# A lock that is as old as this one will be was left by somebody.
	find .git -name '*.lock' -exec touch -d '-2 minutes' {} +
	# Without the mark of an idle tick the next one looks at everything.
	rm -f .reeve/idle
	reeve tick -q
	told=$(reeve tick)
	is "nothing to do" "$told"
}

# ---- A folder becomes a workspace

stage_init() {
	cp -R "$examples/consultant/." .
	git init -q
	git add -A
	git commit -q -m "Files of mine"
}

command_init() {
	printf '%s\n' reeve init
}

again_init() {
	reeve init -q
	rm -f .git/index.lock .git/HEAD.lock # of what the owner types here
	rm -f .git/refs/heads/main.lock
	git add -A
	git diff --cached --quiet || git commit -q -m "Begin"
	settle
}

# ---- A brief becomes a draft

stage_first() {
	stage_begun
	brief
}

# ---- A merge sends a mail, and starts two jobs

stage_merge() {
	stage_drafted
	git merge -q --no-ff --no-edit "$(draft_of proposal)"
}

# ---- Mails to several, one of them left out

stage_mail() {
	reeve init -q
	sed '/job: newsletter/d' "$examples/consultant/reeve.yaml" >reeve.yaml
	put templates/letter.md <<<"Dear {{with.who.name}}, that is all."
	put people/ann.yaml <<<'{ name: Ann, slug: ann, email: ann@acme.example }'
	put people/bob.yaml <<<'{ name: Bob, slug: bob, email: bob@acme.example }'
	put people/cem.yaml <<<'{ name: Cem, slug: cem, email: cem@acme.example }'
	put jobs/letters.yaml <<-'END'
		version: 1
		name: letters
		on: { commit: { paths: ["go/*"] } }
		may: { email.send: 3 }
		steps:
		  - id: people
		    read: { path: "people/*.yaml", expect: { name: string, slug: slug, email: email } }
		  - id: letters
		    for_each: { who: "{{people}}" }
		    key: "{{who.slug}}"
		    steps:
		      - id: letter
		        render: letter.md
		        with: { who: "{{who}}" }
		        artifact: "letters/{{who.slug}}.md"
		  - id: review
		    gate: { title: "Three letters", items: letters }
		  - id: send
		    for_each: { l: "{{letters}}" }
		    key: "{{l.who.slug}}"
		    call: email.send
		    with: { to: "{{l.who.email}}", subject: "A letter", text: "{{l.letter.text}}" }
		    once: "letter {{l.who.slug}}"
	END
	put go/1 <<<"now"
	commit "Begin"
	reeve check
	reeve tick
	git merge -q --no-ff --no-edit "$(draft_of letters)"
}

# ---- Commands, a number, files before an effect and after it

stage_command() {
	reeve init -q
	sed '/job: newsletter/d' "$examples/consultant/reeve.yaml" >reeve.yaml
	put templates/note.txt <<<"A note"
	put jobs/note.yaml <<-'END'
		version: 1
		name: note
		on: { manual: true }
		may: { sequence.next: 1 }
		steps:
		  - id: one
		    run: { script: "echo one", reads: [] }
		  - id: two
		    run: { script: "echo two", reads: [], pure: true }
		  - id: note
		    render: note.txt
		    artifact: "kept/note.txt"
		  - id: number
		    needs: [note, one, two]
		    call: sequence.next
		    with: { name: note, format: "N%02d" }
		  - id: second
		    render: note.txt
		    artifact: "kept/{{number.text}}.txt"
		  - id: review
		    gate: { title: "Keep {{number.text}}?" }
	END
	commit "Begin"
	reeve check
}

command_command() {
	printf '%s\n' reeve run note
}

again_command() {
	[ "$(events run.started)" -gt 0 ] || asked_again run -q note
	settle
}

# ---- Commands that change the world, with a marker and without

# Each writes its effect key into the workspace's outbox.
stage_effect() {
	reeve init -q
	cat >reeve.yaml <<-'END'
		version: 1
		policy: [{ effect: local.run, then: auto }]
	END
	put jobs/act.yaml <<-'END'
		version: 1
		name: act
		on: { manual: true }
		may: { local.run: 2 }
		steps:
		  - id: one
		    run:
		      script: |
		        echo "$REEVE_EFFECT_KEY" >>"${REEVE_MARKER%/.git/*}/outbox/did"
		        echo done >"$REEVE_MARKER"
		      reads: []
		      effect: true
		  - id: two
		    run:
		      script: echo "$REEVE_EFFECT_KEY" >>"${REEVE_MARKER%/.git/*}/outbox/did"
		      reads: []
		      effect: true
	END
	commit "Begin"
	mkdir outbox
	printf 'outbox/\n' >>.git/info/exclude
	reeve check
}

command_effect() {
	printf '%s\n' reeve run act
}

# Of one in doubt the owner looks whether it was done.
again_effect() {
	local step key verdict
	[ "$(events run.started)" -gt 0 ] || asked_again run -q act
	for step in one two; do
		[ "$(state_of act $step)" = started ] || continue
		key=$(basename "$(grep -lx begun .git/reeve/effects/*.state)" .state)
		verdict=--retry
		! grep -qx "$key" outbox/did || verdict=--done
		reeve resolve -q "$(run_of act)" $step $verdict
		reeve tick -q
	done
	is 2 "$(sort -u outbox/did | wc -l)"
	is 2 "$(wc -l <outbox/did)"
	settle
}

# ---- The owner answers

stage_approve() {
	stage_drafted
}

waits() {
	reeve status --json "$(run_of proposal)" | grep -q '"in review"'
}

command_approve() {
	printf '%s\n' reeve approve "$(run_of proposal)"
}

again_approve() {
	! waits || asked_again approve -q "$(run_of proposal)"
	settle
}

stage_reject() {
	stage_drafted
}

command_reject() {
	printf '%s\n' reeve reject "$(run_of proposal)" -m "Not now"
}

again_reject() {
	! waits || asked_again reject -q "$(run_of proposal)" -m "Not now"
	settle
}

# ---- An event by hand

stage_emit() {
	stage_drafted
}

command_emit() {
	printf '%s\n' reeve emit deal.won client=acme "note=$(seq -s ' ' 900)"
}

again_emit() {
	[ "$(events event.emitted)" -gt 0 ] ||
		asked_again emit -q deal.won client=acme "note=$(seq -s ' ' 900)"
	settle
}

# ---- What a run did is taken back

stage_undo() {
	stage_merge
	reeve tick
}

command_undo() {
	printf '%s\n' reeve undo "$(run_of delivery)"
}

again_undo() {
	[ "$(git log --format=%B reeve/journal | grep -c '"kind":"undo"')" -gt 0 ] ||
		asked_again undo -q "$(run_of delivery)"
	settle
}

# ---- And the draft of that is merged

stage_undone() {
	stage_undo
	reeve undo "$(run_of delivery)"
	git merge -q --no-ff --no-edit "$(draft_of undo)"
}

# ---- A remote, where all is to be before it leaves

# hub: a remote in here, and what comes of a note: a mail, then a draft.
hub() {
	git init -q
	git init -q --bare .git/hub
	reeve init -q
	put reeve.yaml <<-'END'
		version: 1
		remote: origin
		claim: 1h
		connectors: { email: { transport: file, from: ada@example.com } }
		policy:
		  - { effect: email.send, then: auto }
	END
	put templates/thanks.md <<<"Thank you for {{with.note}}."
	put jobs/greet.yaml <<-'END'
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
		  - id: send
		    call: email.send
		    with: { to: ann@acme.example, subject: "{{inputs.note}}", text: Hello. }
		  - id: thanks
		    needs: [send]
		    render: thanks.md
		    with: { note: "{{inputs.note}}" }
		    artifact: kept/thanks.md
		  - id: review
		    gate: { title: "Keep it?" }
	END
	put inbox/README <<<"Notes come here."
	commit "Begin"
	reeve check
	git remote add origin .git/hub
	git push -q origin main
	reeve tick
}

# Locks that a push left over there are its keeper's.
keep_hub() {
	find .git/hub -name '*.lock' -delete
	rm -rf .git/hub/objects/tmp_objdir-*
}

stage_push() {
	hub
	put inbox/one.md <<<"Hello"
	commit "Note"
}

again_push() {
	keep_hub
	settle
	is "$(git -C .git/hub rev-parse reeve/journal)" \
		"$(git rev-parse reeve/journal)"
	git -C .git/hub fsck --strict --no-dangling
}

# ---- A run of another engine, which was heard of last a long time ago

# It dies when it has the run and has begun nothing.
stage_claim() {
	hub
	put inbox/one.md <<<"Hello"
	commit "Note"
	git push -q origin main
	git clone -q .git/hub .git/second
	(
		cd .git/second
		git remote set-url origin ../hub
		REEVE_TEST_FAULT=claim.written:kill "$REEVE_FAULTY" tick
	) || true
	git -C .git/second push -q origin reeve/journal
	REEVE_TEST_BOOT=1000 reeve tick || true
	is 1 "$(events run.claimed)"
}

again_claim() {
	keep_hub
	settle
	(cd .git/second && command reeve tick -q) || true
	[ ! -e .git/second/outbox ] || fail "the other one sends as well"
	settle
	is "$(git -C .git/hub rev-parse reeve/journal)" \
		"$(git rev-parse reeve/journal)"
}

# ---- Two lines become one

stage_diverged() {
	hub
	git clone -q .git/hub .git/second
	git -C .git/second remote set-url origin ../hub
	(cd .git/second && seed=$((seed + 50)) && reeve emit deal.second a=1)
	mv .git/hub .git/away
	reeve emit deal.first a=1
	mv .git/away .git/hub
}

again_diverged() {
	again_push
	is 2 "$(events event.emitted)"
}

# ---- A journal that was reset is taken as it is

stage_adopt() {
	stage_drafted
	reeve emit deal.won client=acme
	git update-ref refs/heads/reeve/journal reeve/journal~1
}

command_adopt() {
	printf '%s\n' reeve adopt
}

again_adopt() {
	reeve adopt -q
	settle
}

# ---- Files that were being put into the working tree

stage_halfway() {
	stage_merge
}

# As git leaves it when it dies: the first half of one of them is there.
between_halfway() {
	local new file
	new=$(cut -d' ' -f2 .git/reeve/halfway)
	file=$(git diff --name-only --diff-filter=A main "$new" | head -n 1)
	mkdir -p "$(dirname "$file")"
	git show "$new:$file" | head -c 20 >"$file"
}

# ---- Many packs become one

stage_rolled() {
	local i=0
	stage_begun
	while [ "$(find .git/objects/pack -name '*.keep' | wc -l)" -lt 50 ]; do
		i=$((i + 1))
		reeve emit -q "deal.n$i" "a=$i$(seq 700)" "b=$i$(seq 800)" \
			"c=$i$(seq 900)"
	done
}

command_rolled() {
	printf '%s\n' reeve emit deal.lost "a=$(seq -s ' ' 700)" \
		"b=$(seq -s ' ' 800)" "c=$(seq -s ' ' 900)"
}

again_rolled() {
	git log --format=%B reeve/journal | grep -q '"deal.lost"' ||
		asked_again emit -q deal.lost
	settle
}

# ---- The view is made anew

stage_rebuild() {
	stage_merge
	reeve tick
}

command_rebuild() {
	printf '%s\n' reeve rebuild
}

# ---- And from a journal of very many commits

stage_many() {
	local i line told
	stage_begun
	reeve emit deal.won client=acme
	line=$(git log --format=%B reeve/journal | grep '"deal.won"')
	for i in {1000..2000}; do
		told=${line/\"id\":\"????/\"id\":\"$i}
		printf 'commit refs/heads/reeve/journal\n'
		printf 'committer reeve <reeve@localhost> 1795338000 +0000\n'
		printf 'data <<END\nmany\n\n%s\nEND\n' "${told//deal.won/deal.n$i}"
		[ "$i" -gt 1000 ] ||
			printf 'from refs/heads/reeve/journal^0\n'
	done | git fast-import --quiet
	rm -rf .reeve
}

command_many() {
	command_rebuild
}

# ---- The view is no view

stage_broken() {
	stage_merge
	reeve tick
	rm -f .reeve/view.db* .reeve/idle
	echo "no view at all" >.reeve/view.db
}

# ---- The questions

named() {
	declare -F "$1_$2" >/dev/null
}

do_stage() {
	local i
	"stage_$1" >&2
	# Whether an object needs a new folder depends on its name, and that on
	# how long something took; here they are all there.
	for i in {0..9}{{0..9},{a..f}} {a..f}{{0..9},{a..f}}; do
		mkdir -p ".git/objects/$i"
	done
}

do_command() {
	if named command "$1"; then
		"command_$1"
	else
		printf '%s\n' reeve tick
	fi
}

do_between() {
	! named between "$1" || "between_$1"
}

do_recover() {
	if named again "$1"; then
		[ "$1" = init ] || [ "$1" = adopt ] || reeve tick -q
		"again_$1"
	else
		settle
	fi
}

"do_$1" "$2"
