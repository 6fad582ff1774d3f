#!/bin/bash
# Run a program under valgrind; invalid accesses, leaks and descriptors that
# are open at the end make it fail. Used by `make check-valgrind`.
set -u

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
valgrind --quiet --log-file="$log" --child-silent-after-fork=yes \
	--leak-check=full --track-fds=yes \
	--errors-for-leak-kinds=definite,indirect,possible \
	--error-exitcode=99 "$@"
status=$?

# Descriptors are only told of: those that came from our caller are not ours.
leaked=$(awk '/Open (file descriptor|.* socket)/ { open = $0; next }
	open != "" { if (!/inherited from parent/) print open; open = "" }' \
	"$log")
[ "$status" -eq 0 ] && [ -z "$leaked" ] && exit 0
cat "$log" >&2
[ "$status" -ne 0 ] || status=99
exit "$status"
