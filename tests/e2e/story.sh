# The whole story of a consultant's company: from a brief to the books.
. "$REEVE_TOP/tests/e2e/lib.sh"

# All chapters happen in one workspace.
story() {
	cd "$top/story"
	"$@"
}

begin() {
	mkdir "$top/story"
	cp -R "$examples/consultant/." "$top/story"
	cd "$top/story"
	git init -q
	reeve init --template consultant
	commit "Begin"
	is "" "$(git status --porcelain)"
	exits 0 reeve check
}

brief_arrives() {
	brief
	exits 0 reeve tick
	is "in review" "$(state_of proposal review)"
	for step in brief sums context proposal; do
		is done "$(state_of proposal $step)"
	done
	is waiting "$(state_of proposal)"
	is 0 "$(mails)"
	is "" "$(git status --porcelain)"
	draft_of proposal
}

needs_the_owner() {
	exits 0 reeve
	says "Proposal for Acme Instruments GmbH"
	exits 0 kept_by reeve status
}

review_shows() {
	exits 0 reeve review "$(run_of proposal)"
	says "ann@acme.example"
	says "+++ b/projects/acme/proposal.md"
	says "subject: Proposal for Acme Instruments GmbH"
}

owner_edits() {
	local draft
	draft=$(draft_of proposal)
	git switch -q "$draft"
	sed -i 's/with a short yes/by 8 January/' projects/acme/proposal.md
	sed -i 's/subject: .*/subject: One calendar for all/' \
		"$(slip_of "$draft")"
	commit "Say when I can begin"
	git switch -q main
	git merge -q --no-ff --no-edit "$draft"
	exits 0 reeve tick
	is 1 "$(mails)"
	has outbox/*.eml "by 8 January"
	lacks outbox/*.eml "with a short yes"
	has outbox/*.eml "Subject: One calendar for all"
	has outbox/*.eml "To: ann@acme.example"
	is done "$(state_of proposal)"
	is "" "$(git branch --list "$draft")"
}

# RFC 5322: CR LF throughout, lines of at most 998 bytes, and a Message-ID.
mail_is_wellformed() {
	is 0 "$(grep -c -v $'\r$' outbox/*.eml)"
	awk 'length > 999 { exit 1 }' outbox/*.eml
	for field in From To Subject Date Message-ID; do
		is 1 "$(sed '/^\r$/q' outbox/*.eml | grep -c "^$field: .")"
	done
}

note_is_merged() {
	local note
	note=$(git ls-files memory/projects/acme |
		xargs grep -l "Sent the proposal to ann@acme.example")
	git cat-file -e "main:$note"
	has "$note" "11 days, 10,560.00 EUR net"
	is "" "$(git status --porcelain)"
}

jobs_follow() {
	is "in review" "$(state_of billing review)"
	is done "$(state_of delivery)"
	git cat-file -e main:projects/acme/plan.md
	has projects/acme/plan.md "2027-03-05"
	git show "$(draft_of billing):ledger/entries/$(date +%Y)-0001.journal"
	git show "$(draft_of billing):projects/acme/invoice-$(date +%Y)-0001.md"
}

invoice_goes_out() {
	exits 0 reeve approve "$(run_of billing)"
	is 2 "$(mails)"
	has <(cat outbox/*.eml) "Subject: Invoice $(date +%Y)-0001"
	is done "$(state_of billing)"
	is "" "$(git status --porcelain)"
	is "" "$(git branch --list 'reeve/draft/*')"
}

books_agree() {
	hledger -f ledger/main.journal check -s
	is "12566.40 EUR  assets:receivable" "$(
		hledger -f ledger/main.journal balance -N assets:receivable |
			sed 's/^ *//')"
	has projects/acme/invoice-*.md "total_cents: 1256640"
}

log_tells() {
	exits 0 reeve log
	says "email.send sent: outbox/"
	git log --format=%s reeve/journal >../subjects
	has ../subjects "proposal $(run_of proposal): merged by ada@example.com"
	exits 0 reeve explain "$(run_of proposal)" proposal
	says "memory/org/prices.md"
	says "offline"
}

why_walks() {
	local line
	line=$(grep -n '8 January' projects/acme/proposal.md | cut -d : -f 1)
	exits 0 reeve why "projects/acme/proposal.md:$line"
	says "ada@example.com"
	line=$(grep -n '^- Total: ' projects/acme/proposal.md | cut -d : -f 1)
	exits 0 reeve why "projects/acme/proposal.md:$line"
	says "proposal-$(run_of proposal)"
	says "inbox/intake/acme.yaml"
}

nothing_to_do() {
	exits 0 kept_by reeve tick
	is "nothing to do" "$(reeve tick)"
}

journal_is_cloudevents() {
	python3 "$REEVE_TOP/tests/e2e/journal.py" reeve/journal
}

it "a workspace is made, and in order" begin
it "a brief becomes a draft that waits at its gate" story brief_arrives
it "reeve alone names what needs the owner" story needs_the_owner
it "review shows what merging does, and the draft" story review_shows
it "the owner's edits of text and slip reach the mail" story owner_edits
it "the mail is one that others can read" story mail_is_wellformed
it "a memory note is written and merged" story note_is_merged
it "billing and delivery follow" story jobs_follow
it "reeve approve merges the invoice and sends it" story invoice_goes_out
it "the books agree with the invoice" story books_agree
it "log and explain tell what happened" story log_tells
it "why walks from a line to its run" story why_walks
it "another tick finds nothing to do" story nothing_to_do
it "the view is rebuilt byte for byte, the repository sound" story sound
it "every line of the journal is a CloudEvent" story journal_is_cloudevents
plan
