# try runs the whole job of the working tree, and nothing of it stays.

# unmoved COMMAND...: references and working tree are as before. The second in
# which a mail is dated says how often the clock was looked at.
unmoved() {
	local before
	before=$(git for-each-ref && git status --short)
	ask "$@" | sed -E "/^ +date: /s/:[0-9]{2} /:.. /"
	[ "$before" = "$(git for-each-ref && git status --short)" ] ||
		echo "something moved"
}

company
brief acme
unmoved try proposal brief=inbox/intake/acme.yaml
ls .reeve/try/proposal/outbox
unmoved try proposal brief=inbox/intake/acme.yaml --json | grep '"state"'
unmoved status

# What is not committed counts, and another day, and an answer.
edit inbox/intake/acme.yaml "s/Ann Meyer/Tom Meyer/"
unmoved try proposal brief=inbox/intake/acme.yaml --at 2027-03-01
put proposal.md <<'END'
---
title: A short one
---
Dear Ann, yes.
END
unmoved try proposal brief=inbox/intake/acme.yaml --answer proposal=proposal.md
unmoved try proposal brief=inbox/intake/acme.yaml -q

# A job that fails says so, by its status too.
edit inbox/intake/acme.yaml "s/days: 3/days: three/"
unmoved try proposal brief=inbox/intake/acme.yaml -q
ask try proposal --at noon
ask try proposal --answer proposal
ask try propsal
