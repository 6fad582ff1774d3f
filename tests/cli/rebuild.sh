# rebuild makes the view anew: the same bytes.

company
ask rebuild
brief acme
ask tick -q
ask approve -q "$(run_of proposal)"
reeve status --json >before
ask rebuild
reeve status --json | cmp before - && echo same
rm -rf .reeve
ask rebuild --json
reeve status --json | cmp before - && echo same
echo "no database" >.reeve/view.db
ask status
ask rebuild -q
reeve status --json | cmp before - && echo same
ask rebuild now
