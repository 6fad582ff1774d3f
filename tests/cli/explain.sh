# explain says of a run or a step why it is what it is.

# why WORD...: of each long text, the first lines.
why() {
	ask explain "$@" | awk '
		/^    / { if (++lines == 4) print "    ..."; if (lines > 3) next }
		!/^    / && NF { lines = 0 }
		{ print }'
}

company
sed "s/days: 3/days: three/" "$REEVE_TOP/examples/briefs/acme.yaml" |
	put inbox/intake/late.yaml
commit "A brief with a mistake"
ask tick -q
late=$(run_of proposal)
why "$late"
why "$late" sums
why "$late" proposal

brief acme
ask tick -q
run=$(run_of proposal)
why "$run"
for step in brief sums context proposal review send; do
	why "$run" $step
done
change() {
	edit projects/acme/proposal.md 's/with a short yes/by 8 January/'
	commit "Say when I can begin"
}
on "$(draft_of proposal)" change
ask approve -q "$run"
why "$run"
for step in proposal review send note accepted; do
	why "$run" $step
done
why "$(run_of billing)"
why "$(run_of billing)" number
why "$(run_of billing)" entry
why "$(run_of delivery)" schedule

# The same once more: nothing is computed again.
ask run proposal brief=inbox/intake/acme.yaml -q
again=$(run_of proposal)
why "$again"
why "$again" sums
ask explain "$again" sums --json | grep -v -e '"script"' -e '"stdin"'
ask explain "$again" --json

why "$again" sum
why "$again" mail
why zzzz
