# shellcheck shell=bash
# What a fault is put into: commands, each in a workspace that is ready for it.
#
#	scenarios.sh stage NAME      make the workspace in this empty folder
#	scenarios.sh command NAME    the words of the command, one a line
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
	rm -f ..gitignore.*.tmp .git/index.lock # of what the owner types here
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

# ---- The view is made anew

stage_rebuild() {
	stage_merge
	reeve tick
	rm -rf .reeve
}

command_rebuild() {
	printf '%s\n' reeve rebuild
}

# ---- The three questions

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

do_recover() {
	if named again "$1"; then
		[ "$1" = init ] || reeve tick -q
		"again_$1"
	else
		settle
	fi
}

"do_$1" "$2"
