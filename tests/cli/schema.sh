# Schemas need no repository; the copies in docs/schema are what is printed.

ask schema
ask schema --json
for name in agent:agent job:job workspace:reeve; do
	reeve schema "${name%:*}" |
		cmp - "$REEVE_TOP/docs/schema/${name#*:}.json" && echo "$name"
done
ask schema jib
ask schema nonsense
