# explain says of a run or a step why it is what it is.

# why WORD...: of each long text, which stands below its name, the first lines.
# What a program is kept away from depends on the machine.
why() {
	ask explain "$@" | awk '
		/^isolation / { next }
		/^    / && !/^              [^ ]/ {
			if (++lines == 4)
				print "    ..."
			if (lines > 3)
				next
		}
		/^$/ && lines > 2 { next }
		/^[^ ]/ {
			if (lines > 2)
				print ""
			lines = 0
		}
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

# What the owner struck from a draft, and a draft that was refused.
strike() {
	git rm -q ledger/entries/2026-0001.journal
	commit "Book it by hand"
}
billing=$(run_of billing)
on "$(draft_of billing)" strike
ask approve -q "$billing"
why "$billing"
why "$billing" entry
brief bolt
ask tick -q
bolt=$(run_of proposal)
ask reject -q "$bolt" -m "Too far away"
why "$bolt"
why "$bolt" proposal
why "$bolt" review

# The same once more: nothing is computed again.
ask run proposal brief=inbox/intake/acme.yaml -q
again=$(run_of proposal)
why "$again"
why "$again" sums
ask explain "$again" sums --json |
	sed -e '/"script"/d' -e '/"stdin"/d' -e '/"record": {/,/}/d'
ask explain "$again" --json

why "$again" sum
why "$again" mail
why zzzz
