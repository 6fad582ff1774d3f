# A month of the consultant's company: reports, invoices, the bank's statement,
# reminders and a newsletter, by the jobs of examples/consultant.
. "$REEVE_TOP/tests/e2e/lib.sh"

# now INSTANT: the clock of every command that follows.
now() {
	export REEVE_TEST_CLOCK=$1 GIT_COMMITTER_DATE=$1 GIT_AUTHOR_DATE=$1
}

# month INSTANT COMMAND...: one chapter; all happen in one workspace.
month() {
	now "$1"
	shift
	cd "$top/month"
	"$@"
}

# sent_to: who got mails since the last time, in alphabetical order.
sent_to() {
	find outbox -name '*.eml' | sort >../mails
	touch ../mails.before
	comm -13 ../mails.before ../mails | xargs -r grep -h '^To: ' |
		tr -d '\r' | grep -o '[a-z]*@' | sort | tr -d '@' | xargs
	mv ../mails ../mails.before
}

# edit JOB COMMAND...: the owner changes the draft of the job on its branch.
edit() {
	local draft
	draft=$(draft_of "$1")
	shift
	git switch -q "$draft"
	"$@"
	commit "Edit"
	git switch -q main
}

# omit SLIP ITEM: the entries of the item are deleted from the slip.
omit() {
	awk -v item="$2" '
		/^  - id: / { held = $0; next }
		held != "" {
			out = $0 == "    item: " item
			if (!out) print held
			held = ""
		}
		!out' "$1" >../slip
	grep -c '^  - id: ' ../slip
	cp ../slip "$1"
}

books_balance() {
	hledger -f ledger/main.journal check -s
	is "$1" "$(hledger -f ledger/main.journal balance -N "$2" |
		sed 's/^ *//')"
}

begin() {
	mkdir "$top/month"
	cd "$top/month"
	now 2026-10-31T12:00:00Z
	cp -R "$examples/consultant/." .
	git init -q
	reeve init -q --template consultant
	commit "Begin"
	exits 0 reeve check
	is "The workspace is in order." "$(cat ../out)"
	is "nothing to do" "$(reeve tick)"
}

# ---- Reports

reports_are_drafted() {
	exits 0 reeve tick
	is "in review" "$(state_of reports review)"
	exits 0 reeve review "$(run_of reports)"
	says "3 reports for October 2026"
	says "send 3 mails (ann@acme.example, tom@globex.example"
	says "+- Label printing: 420 minutes"
	lacks ../said initech
}

# What was noted about Ann is not for Ann; Rosa's can wait.
reports_in_part() {
	edit reports sed -i '/^Decides alone/d' \
		projects/acme/reports/2026-10-01.md
	edit reports git rm -q projects/hooli/reports/2026-10-01.md
	exits 0 reeve approve "$(run_of reports)"
	exits 0 reeve tick
	is "ann tom" "$(sent_to)"
	lacks <(cat outbox/*.eml) "Decides alone"
	is "done" "$(state_of reports)"
	is "" "$(git status --porcelain)"
}

reports_go_once() {
	exits 0 reeve run reports day=2026-11-01
	exits 0 reeve approve "$(run_of reports)"
	is "rosa" "$(sent_to)"
}

# ---- Invoices

invoices_are_drafted() {
	exits 0 reeve tick
	is "in review" "$(state_of invoices review)"
	is 4 "$(git diff --name-only "main...$(draft_of invoices)" |
		grep -c '^ledger/entries/2026-000[1-4].journal$')"
	exits 0 reeve approve "$(run_of invoices)"
	is "ann paul rosa tom" "$(sent_to)"
	has projects/globex/invoice-2026-0002.md "total_cents: 98175"
	has <(cat outbox/*.eml) "- Label printing: 420 minutes, 770.00 EUR"
	books_balance "1680.88 EUR  assets:receivable" assets:receivable
}

invoices_are_written_once() {
	exits 0 reeve run invoices day=2026-11-15
	is done "$(state_of invoices)"
	is "" "$(git branch --list 'reeve/draft/*')"
	is "" "$(sent_to)"
}

# ---- The bank

statement_is_matched() {
	local draft
	mkdir bank
	cp "$examples/bank/2026-11.csv" bank/
	commit "The bank's statement"
	exits 0 reeve tick
	is "in review" "$(state_of payments review)"
	draft=$(draft_of payments)
	git show "$draft:ledger/entries/bank-2026-11.journal" >../entry
	is 2 "$(grep -c 'paid: 2026-000[12], client: ' ../entry)"
	git show "$draft:bank/unmatched/2026-11.csv" >../unmatched
	has ../unmatched "2026-11-11,Hooli Verlag KG,RE 2026-0003 abzgl. 2% Skonto,17493"
	has ../unmatched "2026-11-18,Mia Sommer,Workshop am 16.11.,120000"
	is 3 "$(wc -l <../unmatched)"
}

payments_are_booked() {
	exits 0 reeve approve "$(run_of payments)"
	is done "$(state_of payments)"
	books_balance "235.03 EUR  assets:receivable" assets:receivable
}

# The bank's next export has the same lines again.
payments_are_booked_once() {
	cp bank/2026-11.csv bank/2026-11-late.csv
	commit "The statement again"
	exits 0 reeve tick
	exits 0 reeve approve "$(run_of payments)"
	lacks ledger/entries/bank-2026-11-late.journal paid:
	books_balance "235.03 EUR  assets:receivable" assets:receivable
}

# What does not balance never comes to the gate.
books_are_proved() {
	local draft
	cp templates/payments.journal ../payments.journal
	sed -i 's/assets:bank /assets:bank  1.00 EUR\n    &/' \
		templates/payments.journal
	sed 's/2026-0003 abzgl. 2% Skonto;174,93/2026-0003;178,50/' \
		bank/2026-11.csv >bank/2026-12.csv
	commit "A template that is wrong"
	exits 1 reeve tick
	is failed "$(state_of payments proof)"
	exits 0 reeve explain "$(run_of payments)" proof
	says "could not balance this transaction"
	cp ../payments.journal templates/payments.journal
	git rm -q bank/2026-12.csv
	commit "The template as it was"
	exits 0 reeve tick
}

# ---- Reminders

# Globex and Acme have paid. Rosa is not to be reminded, now or tomorrow: her
# file stays, and the mail's entry goes.
reminders_are_sent() {
	exits 0 reeve tick
	is "in review" "$(state_of reminders review)"
	edit reminders omit "$(slip_of "$(draft_of reminders)")" 2026-0003-1
	exits 0 reeve approve "$(run_of reminders)"
	is "paul" "$(sent_to)"
	has <(cat outbox/*.eml) "invoice 2026-0004 of 2 November 2026 over 56.53 EUR"
	git cat-file -e main:projects/hooli/reminder-2026-0003-1.md
}

reminders_go_once() {
	exits 0 reeve tick
	is done "$(state_of reminders)"
	is "" "$(sent_to)"
	is "" "$(git branch --list 'reeve/draft/*')"
}

reminders_go_on() {
	exits 0 reeve tick
	exits 0 reeve approve "$(run_of reminders)"
	is "paul rosa" "$(sent_to)"
	git cat-file -e main:projects/initech/reminder-2026-0004-2.md
}

# ---- The newsletter

issue_is_drafted() {
	mkdir newsletter/issues
	cp "$examples/newsletter/2026-11.md" newsletter/issues/
	commit "Issue of November"
	exits 0 reeve tick
	is "in review" "$(state_of newsletter review)"
	exits 0 reeve review "$(run_of newsletter)"
	says "to 3 subscribers?"
	lacks ../said jonas
}

# Mia leaves while it waits.
issue_is_sent() {
	echo mia@pied-piper.example,2026-11-21 >>newsletter/left.csv
	commit "Mia has left"
	exits 0 reeve approve "$(run_of newsletter)"
	says "the policy forbids email.send to Mia Sommer <mia@pied-piper.example>"
	is "ann rosa" "$(sent_to)"
}

newcomers_get_it() {
	echo lea@hooli.example,Lea Holm >>newsletter/subscribers.csv
	commit "Lea subscribes"
	exits 0 reeve run newsletter issue=newsletter/issues/2026-11.md
	exits 0 reeve approve "$(run_of newsletter)"
	is "lea" "$(sent_to)"
}

over() {
	is "nothing to do" "$(reeve tick)"
	is "" "$(git status --porcelain)"
	sound
}

it "the example is in order" begin
it "reports are drafted on the first" \
	month 2026-11-01T06:30:00Z reports_are_drafted
it "a report that was deleted is not sent" \
	month 2026-11-01T09:00:00Z reports_in_part
it "the same reports again reach only who had none" \
	month 2026-11-01T10:00:00Z reports_go_once
it "hours become invoices, numbered and booked" \
	month 2026-11-02T06:30:00Z invoices_are_drafted
it "hours are invoiced once" \
	month 2026-11-15T10:00:00Z invoices_are_written_once
it "a statement is matched with open invoices" \
	month 2026-11-19T10:00:00Z statement_is_matched
it "what was paid is booked" month 2026-11-19T11:00:00Z payments_are_booked
it "the same payment is booked once" \
	month 2026-11-19T12:00:00Z payments_are_booked_once
it "books that do not balance never come to the gate" \
	month 2026-11-19T13:00:00Z books_are_proved
it "who has not paid is reminded" \
	month 2026-11-24T07:30:00Z reminders_are_sent
it "nobody is reminded twice" month 2026-11-25T07:30:00Z reminders_go_once
it "two weeks later comes the second reminder" \
	month 2026-12-08T07:30:00Z reminders_go_on
it "an issue of the newsletter is one draft" \
	month 2026-12-08T10:00:00Z issue_is_drafted
it "who has left while it waited gets none" \
	month 2026-12-08T11:00:00Z issue_is_sent
it "the issue again reaches only who is new" \
	month 2026-12-08T12:00:00Z newcomers_get_it
it "nothing is left to do, and the view is rebuilt the same" \
	month 2026-12-08T13:00:00Z over
plan
