# An event by hand starts the jobs that listen for it, as a step's would.

repository
reeve init -q
put jobs/paid.yaml <<'END'
version: 1
name: paid
on:
  event:
    type: invoice.paid
    where: event.client <> 'nobody'
    with: { client: "{{trigger.event.client}}" }
inputs:
  client: { type: slug, required: true }
steps:
  - id: note
    run: { argv: [echo, "{{inputs.client}} has paid"], reads: [] }
END
commit Begin
ask emit invoice.paid client=acme
ask emit invoice.paid client=acme -q
ask emit invoice.paid client=nobody
ask emit invoice.sent
ask emit --json invoice.paid client=globex | grep -o '"started"'
ask status
ask log
ask rebuild -q
ask tick
ask emit Paid
ask emit invoice.paid acme
ask emit
