# tick --plan and run --plan say what would happen, and nothing does.

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
unmoved tick --plan
brief acme
unmoved tick --plan
unmoved tick --plan --json
tick
unmoved tick --plan
merge "$(draft_of proposal)"
unmoved tick --plan
tick
unmoved tick --plan

# The same again: what is known is reused, what has changed is named.
unmoved run proposal brief=inbox/intake/acme.yaml --plan
unmoved run proposal brief=inbox/intake/acme.yaml --plan --all
edit inbox/intake/acme.yaml "s/^summary: .*/summary: something else/"
commit "Another summary"
unmoved run proposal brief=inbox/intake/acme.yaml --plan
unmoved run proposal brief=inbox/intake/acme.yaml --plan -q
unmoved run proposal brief=inbox/intake/none.yaml --plan
unmoved run proposal --plan
