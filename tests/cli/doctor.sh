# doctor says what is wrong, and mends what loses nothing.

company
ask doctor -q --deep
reeve doctor --json | grep -c '"good"'
tip=$(git rev-parse reeve/journal)
rm -f ".git/objects/${tip:0:2}/${tip:2}"
reeve doctor --fix | grep journal:
git cat-file -t "$tip"
rm .git/reeve/tail ".git/objects/${tip:0:2}/${tip:2}"
ask doctor -q >out
git update-ref -d refs/heads/reeve/journal
ask doctor -q
