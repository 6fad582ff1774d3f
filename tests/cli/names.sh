# What a step may name: from the files alone, then with what it last was.

repository
put reeve.yaml <<'END'
version: 1
company: { name: Ada, bank: { iban: DE00 } }
connectors: { email: { transport: file, from: ada@example.com } }
END
put clients.csv <<'END'
slug,email,hours
acme,ann@acme.example,4
globex,tom@globex.example,90
END
put templates/letter.md <<'END'
Dear {{with.client.slug}}
END
put jobs/sign.yaml <<'END'
version: 1
name: sign
on: { manual: true }
steps:
  - id: mark
    let: { who: company.name }
outputs: { by: "{{mark.who}}" }
END
put jobs/letters.yaml <<'END'
version: 1
name: letters
on: { manual: true }
inputs:
  tone: { type: string, default: warm }
may: { email.send: 20 }
steps:
  - id: clients
    read:
      path: clients.csv
      columns: { slug: slug, email: email, hours: integer }
      where: hours > 0
  - id: signed
    job: sign
  - id: letters
    for_each: { client: "{{clients}}" }
    key: "{{client.slug}}"
    steps:
      - id: sum
        let:
          hours: client.hours
          twice: hours * 2
        checks: { "nobody works that much": sum.hours < 900 }
      - id: letter
        render: letter.md
        with: { client: "{{client}}", sum: "{{sum.hours}}" }
        artifact: "letters/{{client.slug}}.md"
  - id: size
    run: [sh, -c, "wc -c >{{out}}/size"]
  - id: review
    gate: { title: Letters, items: letters }
  - id: send
    for_each: { l: "{{letters}}" }
    key: "{{l.client.slug}}"
    call: email.send
    with: { to: "{{l.client.email}}", subject: Hello, text: "{{l.letter.text}}" }
    once: "letter {{l.client.slug}}"
END
commit "Begin"
ask names letters sum
ask names letters clients -q
ask names letters size -q | sed '/^company/,$d'
reeve init -q --template blank
commit "Be a workspace"
reeve run letters -q
ask names letters letter
ask names letters send -q | grep -e '^l' -e '^review'
ask approve -q "$(run_of letters)"
ask names letters send -q | grep '^l'
ask names letters
ask names letters sum --json | head -30
ask names lettres
ask names letters lettre
ask names letters signed/mark
