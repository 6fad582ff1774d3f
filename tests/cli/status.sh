# status lists the runs, or the steps of one.

company
ask status
ask status --json
brief acme
brief bolt
ask tick -q
ask status
run=$(run_of proposal)
ask status "$run"
ask status "proposal-$run"
ask status "$(draft_of proposal | tail -n 1)"
ask status "$run" --json
merge "$(draft_of proposal | tail -n 1)"
ask tick -q
ask status
ask status "$run"
ask status "$(run_of billing)"
ask reject "$(run_of billing)" -q -m "They said no"
ask status "$(run_of billing)"

ask status zzzz
ask status billing-zzzz
ask status 0 -q
ask status 7
ask status proposal-7 -q
ask status billing-7
