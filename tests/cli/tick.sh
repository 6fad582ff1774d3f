# tick does what is due and says what happened, once.

company
ask tick
brief acme
ask tick
ask tick
brief bolt
ask tick --json
brief cord
ask tick -q
merge "$(draft_of proposal | head -n 1)"
ask tick

# A run that fails is told of, and the tick's status says so.
sed "s/days: 3/days: three/" inbox/intake/acme.yaml >inbox/intake/late.yaml
commit "A brief with a mistake"
ask tick
ask tick
# What is in the way is told each time, and nothing else is held up.
echo "version: 1" >>jobs/delivery.yaml
commit "A job with a mistake"
brief dune
ask tick
ask tick --json
git status --short
