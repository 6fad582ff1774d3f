# A loop is one line of a run; its items have names.

repository
reeve init -q
put clients.csv <<'END'
slug,hours
acme,4
globex,90
initech,7
END
put templates/letter.md <<'END'
{{with.client.slug}}: {{with.sum}} hours
END
put jobs/letters.yaml <<'END'
version: 1
name: letters
on: { manual: true }
steps:
  - id: clients
    read: { path: clients.csv, columns: { slug: slug, hours: integer } }
  - id: letters
    for_each: { client: "{{clients}}" }
    key: "{{client.slug}}"
    steps:
      - id: sum
        let: { hours: client.hours }
        checks: { "nobody works that much": sum.hours < 80 }
      - id: letter
        render: letter.md
        with: { client: "{{client}}", sum: "{{sum.hours}}" }
        artifact: "letters/{{client.slug}}.md"
    continue_on_error: true
  - id: review
    gate: { title: "Letters", items: letters }
  - id: sizes
    for_each: { l: "{{letters}}" }
    key: "{{l.client.slug}}"
    let: { size: length(l.letter.text) }
END
commit "Begin"
reeve check
reeve run letters -q
run=$(run_of letters)
ask status "$run"
ask status "$run" --all
ask approve -q "$run" --except initech
ask status "$run"
ask status "$run" --json | grep -B 3 -A 5 '"item": "initech"'
ask explain "$run" letter acme
ask explain "$run" letter/initech
ask explain "$run" "sum of globex"
ask explain "$run" sum
ask explain "$run" lettre/acme
ask explain "$run" letter nobody
ask explain "$run"
ask log "$run"

# Of very many only those that somebody looks for.
{
	echo slug,hours
	for n in $(seq 100 220); do
		echo "client-$n,$((n > 115 ? 90 : 8))"
	done
} >clients.csv
commit "More clients"
reeve run letters -q
many=$(reeve status | awk '{ run = $1 } END { print run }')
ask status "$many"
reeve status "$many" --all | grep -c client-
