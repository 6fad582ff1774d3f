# An event by hand starts the jobs that listen for it, as a step's would. Each
# has an id of its own, for which the seeds differ.

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
reeve tick
reeve emit invoice.paid client=acme
echo "-> $?"
REEVE_TEST_SEED=2 reeve emit invoice.paid client=acme -q
REEVE_TEST_SEED=3 reeve emit invoice.paid client=nobody
echo "-> $?"
REEVE_TEST_SEED=4 reeve emit invoice.sent
REEVE_TEST_SEED=5 reeve emit --json invoice.paid client=globex | grep -o '"started"'
reeve status --json | grep -o '"paid"'
reeve log -q | grep "told of"
reeve rebuild -q
reeve tick
reeve emit Paid
echo "-> $?"
reeve emit invoice.paid acme
echo "-> $?"
