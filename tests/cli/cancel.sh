# cancel ends a run that is not over, and keeps its draft.

company
brief acme
brief bolt
ask tick -q
first=$(run_of proposal)
ask cancel "$first" -m "They went elsewhere"
git for-each-ref --format='%(refname)' | grep -e rejected -e draft
ask status "$first"
ask cancel "$first"
second=$(reeve status | awk '$3 == "waiting" { print $1 }')
ask cancel "$second" --json
ask cancel nothing
ask cancel
ask tick
