#!/bin/bash
# Makes a golden journal: NAME.bundle, in which every type of event is, and
# NAME.dump, what the view says of it.
#
#	tests/golden/make.sh build/release NAME
#
# It is made once for each release and kept for ever; that a later reeve would
# write other events is no reason to make it again. A small company lives
# through most of them; of what needs a network, or a fault at the right
# moment, add.py writes the events behind that, as docs/journal.md has them.
set -eu
build=$(realpath "$1")
top=$(cd "$(dirname "$0")/../.." && pwd -P)
golden=$top/tests/golden/$2.bundle
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH="$build:$PATH" REEVE_TOP=$top HOME=$work LANG=C.UTF-8
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$work/.gitconfig
export REEVE_TEST_CLOCK=2026-11-22T09:00:00Z REEVE_TEST_SEED=1
git config --global user.name Ada
git config --global user.email ada@example.com
git config --global init.defaultBranch main
mkdir "$work/company"
cd "$work/company"
# shellcheck source=/dev/null
. "$top/tests/cli/lib.sh"

quietly() {
	later
	reeve "$@" >/dev/null || [ $? -eq 1 ] # 1: the run failed, as it should
}

company
# shellcheck disable=SC2016 # the program's own
put jobs/check.yaml <<'END'
version: 1
name: check
on: { manual: true }
steps:
  - id: fine
    let: { text: "'well'" }
  - id: broken
    run: { argv: [sh, -c, "echo not today >&2; exit 3"] }
    retry: { max: 1, delay: 1m }
END
put jobs/filed.yaml <<'END'
version: 1
name: filed
on: { commit: { paths: ["inbox/*.txt"], with: { what: "{{trigger.path}}" } } }
inputs: { what: { type: path, required: true } }
steps:
  - id: name
    let: { text: inputs.what }
END
commit "Jobs"
quietly tick

# A proposal that is approved, with what follows; one that is refused.
brief acme
quietly tick
proposal=$(run_of proposal)
quietly approve "$proposal"
quietly tick
brief globex
quietly tick
quietly reject "$(run_of proposal)" -m "Not now"

# A run that fails, tries again and is gone on with; one that goes back.
quietly run check
later 120
quietly tick
quietly retry "$(run_of check)"
quietly rewind "$proposal" --to review

# More runs than one commit may start: let go, and dropped.
for batch in 11 51; do
	for i in $(seq "$batch" $((batch + 20))); do
		echo "$i" >"inbox/$i.txt"
	done
	commit "21 files"
	quietly tick
	if [ "$batch" = 11 ]; then
		quietly release filed "$(git rev-parse HEAD)"
		quietly tick
	else
		quietly release --drop filed "$(git rev-parse HEAD)"
	fi
done
quietly emit company.moved city=Berlin

# A journal that was rewritten and adopted.
quietly emit company.sold
git update-ref refs/heads/reeve/journal reeve/journal~1
quietly adopt

later
python3 "$top/tests/golden/add.py"
rm -rf .reeve .git/reeve/witness
reeve rebuild
git bundle create -q "$golden" --branches --glob="refs/reeve/*"
python3 "$top/tests/golden/dump.py" .reeve/view.db >"${golden%.bundle}.dump"
