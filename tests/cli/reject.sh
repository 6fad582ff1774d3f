# reject keeps a draft, and does nothing of it.

company
brief acme
brief bolt
ask tick -q
first=$(run_of proposal)
ask reject "$first" -m "Too far away"
git for-each-ref --format='%(refname)' | grep -e rejected -e draft
ask reject "$first"
ask approve "$first"
ask tick
ask
second=$(reeve status | awk '$3 == "waiting" { print $1 }')
ask reject "$second" --json
ask status
ask reject "$first" -m
ask reject
ls
