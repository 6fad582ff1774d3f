# reeve alone says what needs the owner, most urgent first.

company
ask
ask --json
brief acme
ask
ask tick -q
ask
later $((47 * 3600))
ask
later $((48 * 3600))
brief bolt
ask tick -q
ask
ask --json

# A failed run.
sed "s/days: 3/days: three/" inbox/intake/acme.yaml >inbox/intake/late.yaml
commit "A brief with a mistake"
ask tick -q
ask
ask --json | sed -n '/"failed"/,/\]/p'

# A draft that the next tick goes on with, and one that cannot be read.
merge "$(draft_of proposal | head -n 1)"
draft=$(draft_of proposal | tail -n 1)
break_slip() {
	edit "actions/${draft#reeve/draft/}.yaml" 's/^effects:/effects: none/'
	commit "Break the slip"
}
on "$draft" break_slip
ask
merge "$draft"
ask
ask -q
ask tick
ask
