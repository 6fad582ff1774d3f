# check needs no journal, prints every mistake with its place, and says so when
# there is none.

reeve check
echo "-> $?"
repository
reeve check
echo "-> $?"
reeve init --template consultant -q
reeve check
echo "-> $?"
sed -i 's/recall:/recal:/' jobs/proposal.yaml
sed -i 's/email.send: 1/email.sned: 1/' jobs/billing.yaml
sed -i '/^connectors:/,$s/  email:/  emial:/' reeve.yaml
reeve check
echo "-> $?"
reeve check -q --json | grep -e message -e line
