#!/bin/bash
# What a command costs when there is nothing to do, against git in the same
# workspace: medians of 21 runs, and their ratio.
#
#	tests/bench/idle.sh build/release/reeve
set -eu
reeve=$(realpath "$1")
top=$(cd "$(dirname "$0")/../.." && pwd -P)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export HOME=$dir GIT_CONFIG_NOSYSTEM=1

cp -r "$top/examples/consultant" "$dir/company"
cd "$dir/company"
git init -q -b main
git config user.name Ada
git config user.email ada@example.com
"$reeve" init -q --template consultant
git add -A && git commit -q -m workspace
cp "$top/examples/briefs/acme.yaml" inbox/intake/
git add -A && git commit -q -m brief
"$reeve" tick -q

# The median time of "$@" in microseconds.
median() {
	for _ in $(seq 21); do
		local from=${EPOCHREALTIME/[.,]/}
		"$@" >/dev/null 2>&1
		echo $((${EPOCHREALTIME/[.,]/} - from))
	done | sort -n | sed -n 11p
}

compare() { # NAME COMMAND... -- PEER...
	local name=$1 command=() peer=()
	shift
	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	shift
	peer=("$@")
	local ours theirs
	ours=$(median "${command[@]}")
	theirs=$(median "${peer[@]}")
	awk -v n="$name" -v a="$ours" -v b="$theirs" -v p="${peer[*]}" \
		'BEGIN { printf "%-28s %7.1f ms  %-20s %7.1f ms  ratio %.2f\n",
			 n, a / 1000, p, b / 1000, a / b }'
}

compare "reeve --version" "$reeve" --version -- git --version
compare "reeve tick, nothing due" "$reeve" tick -q -- git status
compare "reeve status" "$reeve" status -- git log -5
compare "reeve rebuild" "$reeve" rebuild -q -- git fsck
