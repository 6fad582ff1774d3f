# A query as a step: rows in a CSV artifact, and computed once for the same
# lists and values.
. "$REEVE_TOP/tests/e2e/lib.sh"

stage_hours() {
	git init -q
	cat >reeve.yaml <<-'END'
		version: 1
		company: { name: Lovelace Analytics }
		approvers: ["ada@example.com"]
		locale: en
	END
	put jobs/hours.yaml <<-'END'
		version: 1
		name: hours
		on: { manual: true }
		inputs:
		  client: { type: string, required: true }
		steps:
		  - id: entries
		    read: { path: "time/*.csv", columns: { client: slug, minutes: integer, text: string } }
		  - id: hours
		    query: >-
		      select text, sum(minutes) as minutes from entries
		      where client = inputs.client group by text order by text
		    artifact: "hours/{{inputs.client}}.csv"
		    publish: merge
	END
	put time/10.csv <<-'END'
		client,minutes,text
		acme,90,notes
		globex,15,call
		acme,30,call
		acme,30,notes
	END
	commit "Begin"
	reeve init -q
	[ -z "$(git status --porcelain)" ] || commit "Be a workspace"
}

rows() {
	at hours
	exits 0 reeve run hours client=acme
	is "$(printf 'text,minutes\ncall,30\nnotes,120')" "$(cat hours/acme.csv)"
	is done "$(state_of hours)"
	sound
}

reuse() {
	at hours
	exits 0 reeve run hours client=acme
	local before
	before=$(events step.finished)
	exits 0 reeve run hours client=acme
	is reused "$(state_of hours hours)"
	is "$before" "$(events step.finished)"
	# Another value, and then another list, are another question.
	exits 0 reeve run hours client=globex
	is done "$(state_of hours hours)"
	echo "acme,1,mail" >>time/10.csv
	commit "More work"
	exits 0 reeve run hours client=acme
	is done "$(state_of hours hours)"
	has hours/acme.csv mail,1
}

# What writes amounts depends on the locale, though the template says nothing
# of it.
locale() {
	at hours
	echo "{{with.net | money}}" | put templates/net.md
	put jobs/net.yaml <<-'END'
		version: 1
		name: net
		on: { manual: true }
		steps:
		  - id: net
		    render: net.md
		    with: { net: 123456 }
		    artifact: net.txt
		    publish: merge
	END
	commit "An amount"
	exits 0 reeve run net
	is "1,234.56" "$(cat net.txt)"
	exits 0 reeve run net
	is reused "$(state_of net net)"
	sed -i 's/locale: en/locale: de/' reeve.yaml
	commit "In German"
	exits 0 reeve run net
	is "1.234,56" "$(cat net.txt)"
}

it "a query writes its rows as CSV" rows
it "a query is asked once of the same lists" reuse
it "another locale is another amount" locale
plan
