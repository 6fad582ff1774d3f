# approve merges a draft as git would, and goes on.

company
brief acme
ask tick -q
run=$(run_of proposal)
ask approve "$run" --no-tick
ask approve "$run" --no-tick --json
git log -1 --format='%an, %s%n%b' main
ask approve "$run"
ask tick
ask approve "$(run_of billing)"
ask approve "$run"
ask approve "$(run_of delivery)"
ask approve zzzz
grep -h -e ^To -e ^Subject -e ^Date outbox/*.eml | tr -d '\r'

# Work that is not committed is not touched.
brief bolt
ask tick -q
mkdir -p projects/bolt
echo "my own" >projects/bolt/proposal.md
ask approve "$(run_of proposal)"
cat projects/bolt/proposal.md
rm projects/bolt/proposal.md
echo "# a thought" >>reeve.yaml
ask approve "$(run_of proposal)" --json
git status --short

# A mail that cannot go out fails its run.
billing=$(run_of billing)
rm -r outbox
echo "in the way" >outbox
ask approve "$billing"
ask
ask status "$billing"
ask log "$billing" | tail -n 4
ask explain "$billing" send | sed '/^payload/,$d'
