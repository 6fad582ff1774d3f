# undo opens a draft that takes back what a run did, once.

company
put templates/list.txt <<'END_OF_FILE'
clients: {{with.to}}
END_OF_FILE
put jobs/welcome.yaml <<'END_OF_FILE'
version: 1
name: welcome
title: Welcome {{inputs.to}}
on: { manual: true }
inputs: { to: { type: string, required: true } }
may: { email.send: 1 }
steps:
  - id: list
    render: list.txt
    with: { to: "{{inputs.to}}" }
    artifact: clients.txt
  - id: other
    render: list.txt
    with: { to: "{{inputs.to}}" }
    artifact: other.txt
  - id: review
    gate: { title: "Welcome {{inputs.to}}" }
  - id: mail
    call: email.send
    with: { to: "{{inputs.to}}", subject: Welcome, text: Dear }
    undo:
      call: email.send
      with: { to: "{{inputs.to}}", subject: Sorry, text: "Not yet." }
  - id: told
    emit: client.welcomed
    with: { client: "{{inputs.to}}" }
END_OF_FILE
commit "A job that can be undone"
later
reeve run -q welcome to=ann@acme.example
welcome=$(run_of welcome)
ask undo "$welcome"
later
reeve approve -q "$welcome"
echo "clients: ann and ben" >other.txt
commit "Edit"
ask undo "$welcome"
ask undo "$welcome"
undo=$(run_of undo)
ask review "$undo"
ask undo "$undo"
ask approve "$undo"
ask status "$undo"
ask log "$undo"
ask undo "$undo"
ask undo "$welcome"
ask undo nothing
ask undo
