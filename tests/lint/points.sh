#!/bin/bash
# Gate: each fault point has one place in the code and one line in
# tests/fault/points, sorted, which says whether it can fail.
set -u

placed=$(grep -rhoE 'FAULT(_FAILS)?\("[a-z.]+"' store/*.c store/base/*.c \
	engine --include='*.c' |
	sed -E 's/FAULT\("(.*)"/\1 -/; s/FAULT_FAILS\("(.*)"/\1 fails/' |
	LC_ALL=C sort)
listed=$(awk '/^[a-z]/ { print $1, $3 }' tests/fault/points)

diff <(echo "$placed") <(echo "$listed") | sed -n \
	-e 's|^< |tests/fault/points does not have: |p' \
	-e 's|^> |in tests/fault/points, and not (once) in the code: |p' |
	{ ! grep .; }
