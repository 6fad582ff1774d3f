# `prune: true`: the files of items that are gone are deleted, in the draft that
# shows what else the loop did.
. "$REEVE_TOP/tests/e2e/lib.sh"

# clients NAME...: the list that the loop goes through.
clients() {
	printf 'names: [%s]\n' "$(echo "$*" | tr ' ' ,)" >clients.yaml
	git add -A && git commit -q --allow-empty -m "Clients $*"
}

# A company with a card of each client; a job with a gate, and one that merges.
stage_cards() {
	git init -q
	put reeve.yaml <<<"version: 1"
	put templates/card.txt <<<"of {{with.name}}"
	put jobs/cards.yaml <<-'END'
		version: 1
		name: cards
		on: { manual: true }
		inputs: { of: { type: string, default: "" } }
		steps:
		  - id: clients
		    read: { path: clients.yaml, expect: { names: list } }
		  - id: cards
		    for_each: { name: "{{clients.names}}" }
		    key: "{{name}}"
		    prune: true
		    steps:
		      - id: card
		        render: card.txt
		        with: { name: "{{name}}" }
		        artifact: "cards/{{name}}.txt"
		  - id: review
		    gate: { title: "Cards" }
	END
	sed -e 's/name: cards$/name: merged/' -e 's/^on:/publish: merge\non:/' \
		-e '/id: review/,$d' -e 's,cards/{{,merged/{{,' \
		jobs/cards.yaml >jobs/merged.yaml
	reeve init -q
	clients acme globex initech
	reeve run -q cards
	reeve approve -q "$(run_of cards)"
	reeve run -q merged
	is "acme.txt globex.txt initech.txt" "$(ls cards | xargs)"
	is "acme.txt globex.txt initech.txt" "$(ls merged | xargs)"
}

deletes_what_is_gone() {
	local draft run
	at cards
	clients acme hooli
	reeve run -q cards
	draft=$(draft_of cards)
	git diff --name-status main "$draft" -- cards >../diff
	is "D cards/globex.txt A cards/hooli.txt D cards/initech.txt" \
		"$(xargs <../diff)"
	# Nothing has happened yet.
	is "acme.txt globex.txt initech.txt" "$(ls cards | xargs)"
	run=$(run_of cards)
	reeve approve -q "$run"
	is done "$(state_of cards)"
	is "acme.txt hooli.txt" "$(ls cards | xargs)"
	# Once is enough, also for a view that was folded anew.
	rm -rf .reeve
	reeve run -q cards
	is "" "$(git diff --name-only main "$(draft_of cards)" -- cards)"
	reeve approve -q "$(run_of cards)"
	# What was deleted comes back with the rest.
	reeve undo -q "$run"
	reeve approve -q "$(run_of undo)"
	is "acme.txt globex.txt initech.txt" "$(ls cards | xargs)"
	is "of globex" "$(cat cards/globex.txt)"
	sound
}

merges_it() {
	at cards
	clients acme
	reeve run -q merged
	is done "$(state_of merged)"
	is "acme.txt" "$(ls merged | xargs)"
	is "acme.txt globex.txt initech.txt" "$(ls cards | xargs)"
	sound
}

leaves_what_was_edited() {
	local draft
	at cards
	echo "and more" >>cards/initech.txt
	clients acme
	reeve run -q cards
	draft=$(draft_of cards)
	is "D cards/globex.txt" \
		"$(git diff --name-status main "$draft" -- cards | xargs)"
	git show "$draft:$(slip_of "$draft")" >../slip
	has ../slip "- cards/initech.txt"
	reeve review "$(run_of cards)" >../review
	has ../review "cards/initech.txt, edited since"
}

# The owner has the last word, as about any other line of a draft.
keeps_what_the_owner_puts_back() {
	at cards
	clients acme
	reeve run -q cards
	git merge -q --no-ff --no-edit "$(draft_of cards)"
	git show HEAD^:cards/globex.txt >cards/globex.txt
	git add -A && git commit -q --amend --no-edit
	reeve tick -q
	is done "$(state_of cards)"
	is "" "$(git branch --list 'reeve/draft/*')"
	is "acme.txt globex.txt" "$(ls cards | xargs)"
}

# Under another name the item still writes the file.
leaves_what_is_written_now() {
	at cards
	sed -i 's,key: "{{name}}",key: "client-{{name}}",' jobs/cards.yaml
	clients acme
	reeve run -q cards
	git diff --name-status main "$(draft_of cards)" -- cards >../diff
	is "D cards/globex.txt D cards/initech.txt" "$(xargs <../diff)"
}

# An item that fails is an item all the same.
leaves_what_failed() {
	at cards
	sed -i 's,^        render: card.txt,&\
        continue_on_error: true\
        checks: { "is acme": "name <> '"'acme'"'" },' jobs/merged.yaml
	clients acme globex
	reeve run -q merged
	is done "$(state_of merged)"
	is failed "$(state_of merged card)"
	is "acme.txt globex.txt" "$(ls merged | xargs)"
}

it "a draft deletes the files of items that are gone" deletes_what_is_gone
it "they are deleted without a review where the files are merged so" merges_it
it "a file that was edited since is left and named" leaves_what_was_edited
it "a file that the owner puts back stays" keeps_what_the_owner_puts_back
it "a path that another item writes now stays" leaves_what_is_written_now
it "an item that fails is not gone" leaves_what_failed
plan
