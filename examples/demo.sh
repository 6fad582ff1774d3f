#!/bin/sh
# A consultant's company runs from its first brief to its books: no account,
# no network, no model. Every command is printed before its output.
#
#	examples/demo.sh REEVE [FOLDER]
#
# The workspace is made in FOLDER, or in DEMO_DIR, or in a new temporary
# folder, and is kept to play with.
set -eu

[ $# -ge 1 ] || { echo "usage: examples/demo.sh REEVE [FOLDER]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$(dirname "$1")" && pwd)
PATH="$bin:$PATH"
# Hooks and commands find this program by its name, and git only this folder.
[ "$(command -v reeve)" = "$bin/reeve" ] ||
	{ echo "demo: $1 is not a program named reeve" >&2; exit 2; }
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY
unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
export PATH GIT_PAGER=cat PAGER=cat

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

step() {
	printf '\n%s== %s%s\n' "$bold" "$*" "$plain"
}

# Print a command as it would be typed, then do it.
show() {
	printf '\n%s$ %s%s\n' "$bold" "$1" "$plain"
	eval "$1"
}

stop() {
	echo "demo: $*" >&2
	exit 1
}

# The draft branch of a job's run, reeve/draft/JOB-RUN.N.
draft_of() {
	draft=$(git branch --list "reeve/draft/$1-*" \
		--format '%(refname:short)' | head -n 1)
	[ -n "$draft" ] || stop "no draft of $1 waits"
	run=${draft##*-}
	run=${run%.*}
}

folder=${2:-${DEMO_DIR:-}}
[ -n "$folder" ] || folder=$(mktemp -d "${TMPDIR:-/tmp}/reeve-demo.XXXXXX")
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
[ ! -e "$folder/company" ] || stop "$folder/company is there already"
company=$folder/company

step "1. A workspace: plain files in a git repository"
show "cp -R '$here/consultant' '$company'"
show "cd '$company'"
show 'git init -q -b main'
git config user.name "Ada Example"
git config user.email ada@example.com
git config commit.gpgsign false
show 'reeve init --template consultant'
show 'git add . && git commit -q -m "Begin"'
show 'reeve check'

step "2. A client's brief arrives"
show "cp '$here/briefs/acme.yaml' inbox/intake/"
show 'cat inbox/intake/acme.yaml'
show 'git add inbox && git commit -q -m "Brief from Acme"'
show 'reeve tick'

step "3. What needs the owner"
show 'reeve'

step "4. The owner reads the draft, changes it and merges it, with plain git"
draft_of proposal
first=$run
show "reeve review $first"
show "git switch -q $draft"
text=projects/acme/proposal.md
slip=actions/${draft#reeve/draft/}.yaml
show "sed -i 's/with a short yes/by 8 January: I can begin on the 11th/' $text"
show "sed -i 's/subject: .*/subject: One calendar for all your visits/' $slip"
show 'git diff --stat'
show 'git commit -q -a -m "Say when I can begin"'
show 'git switch -q main'
show "git merge -q --no-ff --no-edit $draft"

step "5. The mail goes out as merged; billing and delivery begin"
show 'reeve tick'
show 'sed -n 1,16p outbox/*.eml'
show 'reeve'
draft_of billing
second=$run
show "reeve review $second"
show "reeve approve $second"
show 'reeve tick'
show "grep -h -e '^To:' -e '^Subject:' outbox/*.eml"
show 'cat projects/acme/plan.md'

step "6. What happened, and why"
show 'reeve log'
show 'git log --format=%s reeve/journal'
show "reeve explain $first proposal"
for words in '^- Total: ' 'I can begin on the 11th'; do
	line=$(grep -n -e "$words" $text | cut -d : -f 1)
	show "reeve why $text:$line"
done

step "7. Nothing is left to do, and nothing is lost"
show 'reeve tick'
show 'reeve status --json >../before.json'
show 'rm -rf .reeve && reeve rebuild'
show 'reeve status --json >../after.json'
show 'cmp ../before.json ../after.json && echo same'

step "8. The books"
if command -v hledger >/dev/null; then
	show 'hledger -f ledger/main.journal check -s && echo in order'
	show 'hledger -f ledger/main.journal balance'
else
	show "cat ledger/entries/$(date +%Y)-0001.journal"
fi

printf '\n%sThe company is in %s: go on with "cd %s".%s\n' \
	"$bold" "$company" "$company" "$plain"
