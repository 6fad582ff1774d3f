# review shows what merging will do and the draft as its branch has it now.

company
ask run delivery proposal=inbox/intake/README.md
ask review "$(run_of delivery)"
brief acme
ask tick -q
run=$(run_of proposal)
draft=$(draft_of proposal)
slip=actions/${draft#reeve/draft/}.yaml
ask review "$run"

change_both() {
	edit projects/acme/proposal.md 's/with a short yes/by 8 January/'
	edit "$slip" 's/subject: .*/subject: One calendar/'
	commit "Say when I can begin"
}
on "$draft" change_both
ask review -q "$run"
ask review "$draft" | grep -e '^+.*January' -e '^+.*subject'
ask review "$run" --json | grep -v '"diff"'

leave_out() {
	edit "$slip" '/- id: accepted/,$d'
	commit "Tell nobody"
}
on "$draft" leave_out
ask review -q "$run"

leave_all() {
	edit "$slip" '/^effects:/,$d'
	echo "effects: []" >>"$slip"
	commit "Send nothing"
}
on "$draft" leave_all
ask review -q "$run"

break_it() {
	git checkout -q "$draft~1" -- "$slip"
	edit "$slip" 's/effect: email.send/effect: 7/'
	commit "Break the slip"
}
on "$draft" break_it
ask review -q "$run"
drop_it() {
	git rm -q "$slip"
	commit "Drop the slip"
}
on "$draft" drop_it
ask review -q "$run"

tip=$(git rev-parse "$draft~3")
git branch -q -D "$draft"
ask review "$run"
git branch "$draft" "$tip"
merge "$draft"
ask review -q "$run"
ask tick -q
ask review "$run"

# What a squash has merged is merged, too.
brief bolt
ask tick -q
draft=$(draft_of proposal)
ask review "$(run_of proposal)" -q
git merge -q --squash "$draft" 2>/dev/null
commit "Proposal for Bolt"
ask review "$draft"
ask tick -q
ask reject "$(run_of billing)" -q
ask review "$(run_of billing)"
