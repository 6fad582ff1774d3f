#!/bin/bash
# Run the tests of one build and count them.
#
#	tests/run.sh build/release
#
# Three kinds, in this order, two files at a time:
#
#	tests/unit/test_NAME.c  its program in the build, one test a function
#	tests/cli/NAME.sh       one test: its output, messages and exit status
#	                        are those of NAME.out, NAME.err and NAME.exit
#	                        (an absent one means nothing, or 0)
#	tests/e2e/NAME.sh       prints "ok NAME" or "not ok NAME why" for each
#	                        test and the plan "1..N" at its end
#
# Each file runs alone: in an empty folder of its own that is removed
# afterwards, with another as HOME and an environment of nothing but what is
# set below, so that no configuration of the user's is read or written.
#
# From the environment:
#	T       only files with this in their path
#	UPDATE  1: write what tests print to their golden files
#	UNDER   a command to run unit tests under
#	JOBS    files at a time (2)
#	LIMIT   seconds that a file may take (300)
set -u

top=$(cd "$(dirname "$0")/.." && pwd -P) || exit 1
build=$(cd "${1:?usage: tests/run.sh BUILD}" && pwd -P) || exit 1
cd "$top" || exit 1
T=${T:-} UPDATE=${UPDATE:-} UNDER=${UNDER:-}
JOBS=${JOBS:-2} LIMIT=${LIMIT:-300}

scratch=$(mktemp -d) && scratch=$(cd "$scratch" && pwd -P) || exit 1
finish() {
	local children
	children=$(jobs -p)
	# shellcheck disable=SC2086 # one word a child
	[ -z "$children" ] || { kill $children; wait; } 2>/dev/null
	chmod -R u+rwX "$scratch" && rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# isolated DIR [NAME=VALUE...] COMMAND...: run it there, with output and
# messages in DIR/out and DIR/err. Who ends us ends it.
isolated() {
	local dir=$1 child
	shift
	mkdir -p "$dir/home" "$dir/work" "$dir/tmp"
	printf '[init]\n\tdefaultBranch = main\n' >"$dir/home/.gitconfig"
	(cd "$dir/work" && exec timeout --kill-after=5 "$LIMIT" env -i \
		PATH="$build:$PATH" HOME="$dir/home" TMPDIR="$dir/tmp" \
		REEVE_TOP="$top" UPDATE="$UPDATE" \
		REEVE_FLIPS="${REEVE_FLIPS:-}" TERM=dumb NO_COLOR=1 \
		TZ=UTC LC_ALL=C.UTF-8 GIT_CONFIG_NOSYSTEM=1 \
		GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com \
		GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.com \
		ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1 \
		UBSAN_OPTIONS=print_stacktrace=1 \
		"$@") >"$dir/out" 2>"$dir/err" </dev/null &
	child=$!
	# shellcheck disable=SC2064 # this child
	trap "kill $child; wait $child; exit 143" TERM
	wait "$child"
}

# Count the lines of a TAP report: "passed failed skipped". A plan that is
# not kept, or a failure that no line tells of, is one more failure.
count_tap() {
	awk -v status="$2" '
		/^(not )?ok/ && tolower($0) ~ /# skip/ { skipped++; next }
		/^ok/ { passed++ }
		/^not ok/ { failed++ }
		/^1\.\.[0-9]+$/ { plan = substr($0, 4) }
		END {
			if (plan == "" || plan != passed + failed + skipped)
				failed++
			else if (status != 0 && !failed)
				failed++
			print passed + 0, failed + 0, skipped + 0
		}' "$1"
}

run_unit() {
	local name program status
	name=$(basename "$1" .c)
	program=$build/tests/unit/$name
	# shellcheck disable=SC2086 # UNDER may be a command and its arguments
	isolated "$2" CMOCKA_MESSAGE_OUTPUT=tap $UNDER "$program"
	status=$?
	count_tap "$2/out" "$status" >"$2/count"
	echo "exit status $status" >>"$2/err"
	cat "$2/out" "$2/err" >"$2/report"
}

run_e2e() {
	local status
	isolated "$2" bash -eu "$top/$1"
	status=$?
	count_tap "$2/out" "$status" >"$2/count"
	echo "exit status $status" >>"$2/err"
	cat "$2/out" "$2/err" >"$2/report"
}

# What the folders are called differs from run to run, so they are spelled
# /scratch and /top.
neutral() {
	sed -e "s|$2|/scratch|g" -e "s|$top|/top|g" "$1"
}

run_cli() {
	local golden=${1%.sh} dir=$2 part
	isolated "$dir" \
		GIT_AUTHOR_DATE=2026-11-22T09:00:00Z \
		GIT_COMMITTER_DATE=2026-11-22T09:00:00Z \
		REEVE_TEST_CLOCK=2026-11-22T09:00:00Z REEVE_TEST_SEED=1 \
		bash -u -c '. "$REEVE_TOP/tests/cli/lib.sh"; . "$1"' \
		"$(basename "$1")" "$top/$1"
	echo $? >"$dir/got.exit"
	neutral "$dir/out" "$dir" >"$dir/got.out"
	neutral "$dir/err" "$dir" >"$dir/got.err"
	: >"$dir/none"
	echo 0 >"$dir/zero"

	echo "0 0 0" >"$dir/count"
	for part in out err exit; do
		local wanted=$golden.$part none=$dir/none
		[ $part != exit ] || none=$dir/zero
		if [ "$UPDATE" = 1 ]; then
			cp "$dir/got.$part" "$wanted"
			! cmp -s "$wanted" "$none" || rm "$wanted"
		fi
		[ -e "$wanted" ] || wanted=$none
		diff -u --label "$golden.$part" --label "this run" \
			"$wanted" "$dir/got.$part" >>"$dir/report" ||
			echo "0 1 0" >"$dir/count"
	done
	[ -s "$dir/report" ] || echo "1 0 0" >"$dir/count"
}

# run_file FILE DIR: one file of any kind, with its line of the report.
run_file() {
	local kind=${1#tests/} passed failed skipped
	mkdir "$2"
	"run_${kind%%/*}" "$1" "$2"
	read -r passed failed skipped <"$2/count"
	if [ "$failed" -eq 0 ]; then
		echo "ok      $1 ($passed)"
	else
		{
			echo "FAILED  $1 ($failed of $((passed + failed)))"
			sed 's/^/        /' "$2/report"
		} >"$2/shown"
		cat "$2/shown"
	fi
	rm -rf "$2/work" "$2/home" "$2/tmp"
}

# A file whose count is missing at the end counts as one failure.
number=0
for file in tests/unit/test_*.c tests/cli/*.sh tests/e2e/*.sh; do
	case $file in
	*'*'* | tests/cli/lib.sh | tests/e2e/lib.sh) continue ;;
	*"$T"*) ;;
	*) continue ;;
	esac
	while [ "$(jobs -pr | wc -l)" -ge "$JOBS" ]; do
		wait -n
	done
	number=$((number + 1))
	run_file "$file" "$scratch/$number" &
done
wait

[ "$number" -gt 0 ] || echo "no test has \"$T\" in its path" >&2
while [ "$number" -gt 0 ]; do
	cat "$scratch/$number/count" 2>/dev/null || echo "0 1 0"
	number=$((number - 1))
done | awk '
	{ passed += $1; failed += $2; skipped += $3 }
	END {
		printf "%d passed, %d failed", passed, failed
		print skipped ? ", " skipped " skipped" : ""
		exit failed > 0 || NR == 0
	}'
