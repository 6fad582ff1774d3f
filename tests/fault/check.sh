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

# sweep MODE SCENARIOS [COMMAND...]: what failed, and the sums, under COMMAND.
sweep() {
	local mode=$1 only=$2
	shift 2
	echo "$mode:"
	(cd "$scratch/work" && "$@" env -i PATH="$build:$PATH" \
		HOME="$scratch/home" TMPDIR="$scratch/tmp" REEVE_TOP="$top" \
		TERM=dumb NO_COLOR=1 TZ=UTC LC_ALL=C.UTF-8 \
		GIT_CONFIG_NOSYSTEM=1 \
		GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com \
		GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.com \
		python3 "$top/tests/fault/sweep.py" "$mode" \
		${only:+--only "$only"}) | grep --line-buffered -v '^ok\|^1\.\.'
	return "${PIPESTATUS[0]}"
}

status=0
for mode in points kill term power errors; do
	sweep $mode "${2:-}" || status=1
done
# What takes room takes a file system of its own.
if [ "$(id -u)" -eq 0 ] && unshare -m mount -t tmpfs none /mnt 2>/dev/null; then
	sweep full "" unshare -m || status=1
else
	echo "full: skipped, no file system can be mounted here"
fi
exit $status
