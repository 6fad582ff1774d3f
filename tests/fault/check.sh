#!/bin/bash
# Sweep everything: what `make check-crash` does. It takes an hour or so.
#
#	tests/fault/check.sh build/release [SCENARIO,...]
set -u
top=$(cd "$(dirname "$0")/../.." && pwd -P) || exit 1
build=$(cd "${1:?usage: tests/fault/check.sh BUILD}" && pwd -P) || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/home" "$scratch/work" "$scratch/tmp"
printf '[init]\n\tdefaultBranch = main\n' >"$scratch/home/.gitconfig"

# sweep MODE [SCENARIOS]: what failed, and the sums.
sweep() {
	echo "$1:"
	(cd "$scratch/work" && env -i PATH="$build:$PATH" \
		HOME="$scratch/home" TMPDIR="$scratch/tmp" REEVE_TOP="$top" \
		TERM=dumb NO_COLOR=1 TZ=UTC LC_ALL=C.UTF-8 \
		GIT_CONFIG_NOSYSTEM=1 \
		GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com \
		GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.com \
		python3 "$top/tests/fault/sweep.py" "$1" \
		${2:+--only "$2"}) | grep --line-buffered -v '^ok\|^1\.\.'
	return "${PIPESTATUS[0]}"
}

status=0
for mode in points kill term errors; do
	sweep $mode "${2:-}" || status=1
done
exit $status
