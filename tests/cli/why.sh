# why walks from a line to its run, sources and approver.

# line_of FILE TEXT: FILE:LINE of the line with the text.
line_of() {
	echo "$1:$(grep -n -m 1 -e "$2" "$1" | cut -d : -f 1)"
}

company
brief acme
ask tick -q
text=projects/acme/proposal.md
change() {
	edit $text 's/with a short yes/by 8 January/'
	commit "Say when I can begin"
}
on "$(draft_of proposal)" change
ask why $text:1
ask approve -q "$(run_of proposal)"
ask why "$(line_of $text '^- Total')"
ask why "$(line_of $text 'by 8 January')"
ask why $text
ask why "$(line_of $text 'by 8 January')" --json |
	grep -e '"line' -e '"edited' -e '"drafted' -e '"author' -e '"approver'
edit $text 's/^Kind regards/With kind regards/'
commit "Kinder"
ask why "$(line_of $text 'With kind regards')"
ask why ledger/main.journal:1
ask why memory/org/prices.md
ask why "$(line_of memory/projects/acme/2026-11-22-*.md '^Sent')"

# A squash leaves a commit of the owner's.
git merge -q --squash "$(draft_of billing)" 2>/dev/null
commit "Invoice for Acme"
ask tick -q
ask why "$(line_of projects/acme/invoice-*.md '^total_cents')"

ask why $text:999
ask why $text:0
ask why projects/acme/letter.md
ask why projects/acme
ask why projects/acme:1
ask why ../reeve.yaml:1
ask why /etc/passwd
ask why
