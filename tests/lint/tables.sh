#!/bin/bash
# Gate: what is defined in engine/cmd, engine/steps, engine/bus and
# engine/agents is a row of that folder's table.c, every row is defined there,
# and rows are sorted, behind `reeve` alone. Files that define nothing of the
# kind are helpers.
set -u

rows='step_kind|command|connector|effect_kind|provider'
found=0

for room in engine/cmd engine/steps engine/bus engine/agents; do
	defined=$(cat "$room"/*.c 2>/dev/null |
		sed -nE "s/^const struct ($rows) ([a-z0-9_]+) = .*/\\2/p")
	listed=$(sed -nE 's/^[ \t]+&([a-z0-9_]+),.*/\1/p' \
		"$room/table.c" 2>/dev/null)
	while read -r name; do
		echo "$room/table.c: no row for \"$name\""
		found=1
	done < <(comm -23 <(sort <<<"$defined") <(sort <<<"$listed"))
	while read -r name; do
		echo "$room/table.c: nothing defines \"$name\""
		found=1
	done < <(comm -13 <(sort <<<"$defined") <(sort <<<"$listed"))
	grep -vx command_alone <<<"$listed" | LC_ALL=C sort -cu 2>/dev/null || {
		echo "$room/table.c: rows are not sorted"
		found=1
	}
done
exit $found
