# Whatever has a table can be shown, without a repository.

ask show gate
ask show gate --json
ask show email.send
ask show agent | sed -n 1,2p
ask show money
ask show email
ask show emial
ask show "no such thing"
reeve show | while read -r name _; do
	reeve show "$name" >shown || echo "$name cannot be shown"
	grep -q "^For example:" shown || echo "$name has no example"
	reeve show "$name" --json >shown || echo "$name has no JSON"
done
