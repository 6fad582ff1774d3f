# What gates show and release of the items of loops.
. "$REEVE_TOP/tests/e2e/lib.sh"

# clients NAME...: a file for each of them.
clients() {
	local name
	for name; do
		put "clients/$name.yaml" <<-END
			slug: $name
			name: ${name^}
			email: ann@$name.example
			status: active
		END
	done
}

# The job of the reports as the language's page has it, with a template where
# an agent would write.
stage_company() {
	reeve init -q
	cp "$examples/consultant/reeve.yaml" .
	clients acme globex initech
	put time/2026-10.csv <<-'END'
		client,date,minutes,text
		acme,2026-10-02,90,Dashboards
		acme,2026-10-09,30,Dashboards
		globex,2026-10-05,60,Interviews
		initech,2026-10-05,45,Reports
	END
	put templates/report.md <<-'END'
		---
		title: "Report for {{with.client.name}}"
		---

		Dear {{with.client.name}}, this was done:
		{{#with.hours}}
		- {{text}}: {{minutes}} minutes
		{{/with.hours}}
	END
	put jobs/reports.yaml <<-'END'
		version: 1
		name: reports
		title: "Reports for {{period.label}}"
		on: { manual: true }
		inputs: { day: { type: date, default: "{{run.date}}" } }
		may: { email.send: 200 }
		steps:
		  - id: period
		    let:
		      since: month_start(inputs.day, -1)
		      last: month_end(inputs.day, -1)
		      label: format_date(since, 'MMMM yyyy')
		  - id: clients
		    read: { path: "clients/*.yaml", where: status = 'active', expect: { slug: slug, name: string, email: email, status: string } }
		  - id: entries
		    read: { path: "time/*.csv", columns: { client: slug, date: date, minutes: integer, text: string } }
		  - id: reports
		    for_each: { client: "{{clients}}" }
		    key: "{{client.slug}}"
		    steps:
		      - id: hours
		        query: select text, sum(minutes) as minutes from entries where client = client.slug and date between period.since and period.last group by text order by text
		      - id: report
		        render: report.md
		        with: { client: "{{client}}", hours: "{{hours}}" }
		        artifact: "projects/{{client.slug}}/reports/{{period.since}}.md"
		  - id: review
		    gate: { title: "{{reports | count}} reports for {{period.label}}", items: reports, due: 3d }
		  - id: send
		    for_each: { r: "{{reports}}" }
		    key: "{{r.client.slug}}"
		    call: email.send
		    with: { to: "{{r.client.email}}", subject: "{{r.report.title}}", text: "{{r.report.text}}" }
		    once: "report {{r.client.slug}} {{period.since}}"
	END
	commit "Begin"
}

stage_reports() {
	cp -R "$stages/company/." . 2>/dev/null || stage_company
	reeve run -q reports day=2026-11-22
}

one_commit_a_step() {
	local draft
	at reports
	draft=$(draft_of reports)
	git log --format=%s "main..$draft" >../subjects
	is 2 "$(wc -l <../subjects)"
	is 4 "$(git diff --name-only "main...$draft" | wc -l)"
	git show "$draft:$(slip_of "$draft")" >../slip
	is 3 "$(grep -c "id: send" ../slip)"
	has ../slip "to: ann@globex.example"
	has ../slip "subject: Report for Globex"
	has ../slip "artifact: projects/globex/reports/2026-10-01.md"

}

# merge: the owner merges the draft of the reports.
merge() {
	git merge -q --no-ff --no-edit "$(draft_of reports)"
}

# edit COMMAND...: done on the draft branch, and committed there.
edit() {
	git switch -q "$(draft_of reports)"
	"$@"
	commit "Edit"
	git switch -q main
}

# strike STEP ITEM: its entry goes from the slip.
strike() {
	local slip
	slip=$(slip_of "$(draft_of reports)")
	awk -v id="  - id: $1" -v item="    item: $2" '
		/^  - id: / { held = $0; skip = 0; asked = $0 == id; next }
		held != "" { skip = asked && $0 == item
			if (!skip) print held
			held = "" }
		!skip' "$slip" >../struck
	cp ../struck "$slip"
}

# sent NAME...: a mail went to each of them, and to nobody else.
sent() {
	local name
	is $# "$(mails)"
	for name; do
		has <(cat outbox/*.eml) "To: ann@$name.example"
	done
}

# over: the run is done, nothing comes twice, and the view is the journal's.
over() {
	is done "$(state_of reports)"
	is "nothing to do" "$(reeve tick)"
	sound
}

all_approved() {
	at reports
	exits 0 reeve approve "$(run_of reports)"
	sent acme globex initech
	has <(cat outbox/*.eml) "Subject: Report for Globex"
	has <(cat outbox/*.eml) "Dear Initech"
	over
}

file_dropped() {
	at reports
	edit rm projects/globex/reports/2026-10-01.md
	merge
	exits 0 reeve tick
	sent acme initech
	over
}

entry_struck() {
	at reports
	edit strike send acme
	merge
	exits 0 reeve tick
	sent globex initech
	over
}

# What the owner wrote into the files is what is sent, and counted.
edited() {
	at reports
	edit sed -i 's/^Dear Acme.*/Dear Ann,/' \
		projects/acme/reports/2026-10-01.md
	merge
	exits 0 reeve tick
	sent acme globex initech
	has <(cat outbox/*.eml) "Dear Ann,"
	lacks <(cat outbox/*.eml) "Dear Acme"
	has <(git log --format=%B reeve/journal) '"edited":1'
	over
}

reviewed() {
	local run
	at reports
	run=$(run_of reports)
	reeve review -q "$run" >../review
	has ../review "send 3 mails (ann@acme.example, ann@globex.example"
	has ../review "Files 3, cost 0.00 USD"
	reeve review "$run" globex >../review
	has ../review "send a mail to ann@globex.example"
	has ../review "+Dear Globex"
	lacks ../review "acme"
}

done_before() {
	local today
	at reports
	exits 0 reeve approve "$(run_of reports)" --only acme
	today=$(TZ=Europe/Berlin date +%F)
	exits 0 reeve run reports day=2026-11-22
	git show "$(draft_of reports):$(slip_of "$(draft_of reports)")" >../slip
	is 1 "$(grep -c "already_done: $today" ../slip)"
	exits 0 reeve review -q "$(run_of reports)"
	says "Merging will: send 2 mails (ann@globex.example, ann@initech.example)"
	says "Already done on $today: send a mail to ann@acme.example: "
	exits 0 reeve approve "$(run_of reports)"
	is done "$(state_of reports)"
	is 3 "$(mails)"
}

only_some() {
	at reports
	exits 0 reeve approve "$(run_of reports)" --only acme,globex
	says "1 declined: initech"
	sent acme globex
	[ ! -e projects/initech ]
	over
}

all_but_one() {
	at reports
	exits 2 kept_by reeve approve "$(run_of reports)" --except nobody
	says "no item of this draft"
	exits 2 kept_by reeve approve "$(run_of reports)" \
		--except acme,globex,initech
	says "leaves out every item"
	exits 2 kept_by reeve reject "$(run_of reports)" acme
	says "--except acme"
	exits 0 reeve approve "$(run_of reports)" --except acme
	sent globex initech
	over
}

# Of many alike the slip has one entry with all receivers.
stage_many() {
	local i
	cp -R "$stages/company/." . 2>/dev/null || stage_company
	for ((i = 10; i < 60; i++)); do
		clients "c$i"
	done
	commit "More clients"
	reeve run -q reports day=2026-11-22
}

many_alike() {
	local draft
	at many
	draft=$(draft_of reports)
	git show "$draft:$(slip_of "$draft")" >../slip

	is 1 "$(grep -c "id: send" ../slip)"
	has ../slip "      c42: ann@c42.example"
	has ../slip 'each: "{{r.report.title}}"'
	has ../slip "first: Report for Acme"
	edit sed -i '/^      c42:/d; s/ann@c17.example/eve@c17.example/' \
		"$(slip_of "$draft")"
	exits 0 reeve approve "$(run_of reports)" --except c30

	is 51 "$(mails)"
	lacks <(cat outbox/*.eml) "c42.example"
	lacks <(cat outbox/*.eml) "c30.example"
	has <(cat outbox/*.eml) "To: eve@c17.example"
	has <(cat outbox/*.eml) "Subject: Report for C59"
	over
}

# Each item waits at a gate of its own, and goes on alone.
stage_alone() {
	cp -R "$stages/company/." . 2>/dev/null || stage_company
	put jobs/reports.yaml <<-'END'
		version: 1
		name: reports
		on: { manual: true }
		may: { email.send: 20, sequence.next: 20 }
		steps:
		  - id: clients
		    read: { path: "clients/*.yaml" }
		  - id: each
		    for_each: { client: "{{clients}}" }
		    key: "{{client.slug}}"
		    steps:
		      - id: report
		        render: report.md
		        with: { client: "{{client}}", hours: [] }
		        artifact: "projects/{{client.slug}}/report.md"
		      - id: review
		        gate: { title: "{{client.name}}" }
		      - id: number
		        call: sequence.next
		        with: { name: report, format: "R%02d" }
		      - id: line
		        let: { subject: "'For ' || client.name" }
		      - id: send
		        call: email.send
		        with: { to: "{{client.email}}", subject: "{{line.subject}}", text: "{{report.text}} {{number.text}}" }
		  - id: told
		    emit: reports.sent
		    with: { count: "{{each | count}}" }
	END
	commit "Gates of their own"
	reeve run reports
}

gates_alone() {
	local run
	at alone
	run=$(run_of reports)
	is 3 "$(git branch --list 'reeve/draft/*' | wc -l)"
	is waiting "$(state_of reports)"
	exits 2 kept_by reeve approve "$run"
	says "acme, globex, initech"
	reeve review "$run" globex >../review
	has ../review "projects/globex/report.md"
	lacks ../review "projects/acme/report.md"
	exits 0 reeve approve "$run" globex
	sent globex
	has <(cat outbox/*.eml) "Subject: For Globex"
	has <(cat outbox/*.eml) "R01"
	exits 0 kept_by reeve tick
	exits 0 reeve reject "$run" acme -m "not them"
	exits 0 reeve tick
	is 0 "$(events event.emitted)"
	is 1 "$(git branch --list 'reeve/draft/*' | wc -l)"
	git merge -q --no-edit "$(draft_of reports)"
	exits 0 reeve tick
	sent globex initech
	is 1 "$(events event.emitted)"
	has <(git log --format=%B reeve/journal) '"event":{"count":2}'
	over
}

it "a draft has one commit a step, and an entry an item" one_commit_a_step
it "all items are approved by a merge" all_approved
it "an item whose file is dropped is declined, the rest goes on" file_dropped
it "an item whose entry is struck is declined, the rest goes on" entry_struck
it "what was merged of an item is sent, and changes are counted" edited
it "a review groups what is alike, and shows one item alone" reviewed
it "--only approves some items and says who is declined" only_some
it "what was done before is said so, and not done again" done_before
it "--except approves all items but some" all_but_one
it "of many alike there is one entry, each item its own line" many_alike
it "gates in a loop are each item's own" gates_alone
plan
