# Two whole jobs of a consultant: the language at work, with the files that they
# need. Nobody here emits deal.reopened, which is a warning.

repository
reeve init -q
mkdir -p jobs agents templates/prompts templates/offline
cat >templates/prompts/any.md <<'END'
{{#with.brief}}A letter to {{name}}.{{/with.brief}}
END
cat >templates/offline/any.md <<'END'
---
title: A letter
---
Dear reader,
END
for agent in proposal-writer client-correspondent content-writer; do
	cat >agents/$agent.yaml <<'END'
description: Writes a letter.
prompt: templates/prompts/any.md
offline: templates/offline/any.md
output:
  type: object
  required: [title, text]
  properties: { title: { type: string }, text: { type: string } }
END
done
cat >jobs/proposal.yaml <<'END'
version: 1
name: proposal
title: "Proposal for {{brief.name}}"
description: Draft a proposal when a brief arrives, send it once approved, follow up if nobody answers.
on:
  commit: { paths: ["inbox/intake/*.yaml"], change: added, with: { brief: "{{trigger.path}}" } }
  event: { type: deal.reopened, with: { brief: "{{trigger.event.brief}}" } }
  manual: true                                   # reeve run proposal brief=inbox/intake/acme.yaml
end_on:                                          # looked for at every wait and open gate, and before each effect
  - { event: email.received, answers: send }
  - { event: deal.lost, where: event.brief = inputs.brief }
inputs:
  brief: { type: path, required: true }
  tone: { type: string, default: warm, enum: [warm, plain] }
may: { email.send: 2 }

steps:
  - id: brief
    read:
      path: "{{inputs.brief}}"
      expect: { client: slug, name: string, email: email, summary: string, budget: optional number }
  - id: context
    recall: { query: "{{brief.summary}}", project: "{{brief.client}}", limit: 8 }
  - id: proposal
    agent: proposal-writer
    with: { brief: "{{brief}}", context: "{{context}}", tone: "{{inputs.tone}}" }
    artifact: "projects/{{brief.client}}/proposal-{{run.date}}.md"
  - id: review
    gate: { title: "Proposal for {{brief.name}}", priority: high, due: 2d }
  - id: send
    call: email.send
    with: { to: "{{brief.email}}", subject: "{{proposal.title}}", text: "{{proposal.text}}" }
  - id: note
    needs: [send]
    remember: { project: "{{brief.client}}", text: "Sent the proposal on {{steps.send.date}}." }
    publish: merge
  - id: silence
    wait: { for: 5 workdays }
  - id: follow_up
    agent: client-correspondent
    with: { kind: follow_up, brief: "{{brief}}", proposal: "{{proposal}}", sent: "{{steps.send.date}}" }
    artifact: "projects/{{brief.client}}/follow-up-{{run.date}}.md"
  - id: review_follow_up
    gate: { title: "{{brief.name}} has not answered: follow up?", due: 2d }
  - id: send_follow_up
    call: email.send
    with: { to: "{{brief.email}}", subject: "{{follow_up.title}}", text: "{{follow_up.text}}", answers: "{{send.message_id}}" }
END
cat >jobs/reports.yaml <<'END'
version: 1
name: reports
title: "Reports for {{period.label}}"
on: { schedule: { cron: "0 7 1 * *", catch_up: latest }, manual: true }
inputs: { day: { type: date, default: "{{run.date}}" } }
may: { email.send: 20 }
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
      - id: notes
        read: { path: "memory/projects/{{client.slug}}/**/*.md", where: date between period.since and period.last, missing: empty }
      - id: report
        agent: content-writer
        with: { client: "{{client}}", hours: "{{hours}}", notes: "{{notes}}" }
        artifact: "projects/{{client.slug}}/reports/{{period.since}}.md"
  - id: review
    gate: { title: "{{reports | count}} reports for {{period.label}}", items: reports, due: 3d }
  - id: send
    for_each: { r: "{{reports}}" }                # only those that were approved
    key: "{{r.client.slug}}"
    call: email.send
    with: { to: "{{r.client.email}}", subject: "{{r.report.title}}", text: "{{r.report.text}}" }
    once: "report {{r.client.slug}} {{period.since}}"
END
reeve check
echo "-> $?"

# A mail that was written below the last gate, by an agent or from an answer.
sed -i '/- id: review_follow_up/,+1d' jobs/proposal.yaml
sed -i 's/{{follow_up.title}}/{{silence.event.subject}}/' jobs/proposal.yaml
sed -i 's/once: "report.*/limit: 3/; s/r.report.title/r.report.titel/' jobs/reports.yaml
reeve check
echo "-> $?"
