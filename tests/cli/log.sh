# log tells the story of all runs or of one; --json is the events themselves.

company
ask log
brief acme
ask tick -q
ask approve -q "$(run_of proposal)"
billing=$(run_of billing)
drop_mail() {
	edit actions/billing-*.yaml '/^effects:/,$d'
	echo "effects: []" >>actions/billing-*.yaml
	commit "Send no mail"
}
on "$(draft_of billing)" drop_mail
ask approve -q "$billing"
sed "s/days: 3/days: three/" inbox/intake/acme.yaml >inbox/intake/late.yaml
commit "A brief with a mistake"
brief bolt
ask tick -q
ask reject -q "$(run_of proposal)" -m "Too far away"
ask log
ask log "$billing"
ask log zzzz

ask log --json >log.json
python3 - <<'END'
import json
lines = open("log.json").read().splitlines()
events = json.loads("\n".join(lines[1:-1]))
print(len(events), "events, of", len({e["type"] for e in events}), "types")
print(all(e["specversion"] == "1.0" for e in events))
del events[1]["source"]  # names the machine
print(json.dumps(events[1], indent=2))
END
reeve log "$billing" --json | grep -c '"type": '
