#!/bin/bash
# Run the fuzzers, one after the other: what `make fuzz` does.
#
#	tests/fuzz/run.sh build/fuzz [NAME] [SECONDS]
#
# What they find interesting is kept in the build, beside the corpus of the
# repository, and is begun with the next time. An input that breaks something
# is written to build/fuzz/found/ and named; copy it to tests/fuzz/corpus/NAME
# once it is mended.
set -u
build=${1:?usage: tests/fuzz/run.sh BUILD [NAME] [SECONDS]}
seconds=${3:-60}
mkdir -p "$build/found"
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
status=0

for program in "$build"/tests/fuzz/fuzz_"${2:-*}"; do
	name=${program##*/fuzz_}
	case $name in *.*) continue ;; esac
	mkdir -p "$build/corpus/$name"
	echo "$name, for $seconds seconds:"
	"$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
		-max_len=8192 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix="$build/found/$name-" \
		"$build/corpus/$name" "tests/fuzz/corpus/$name" || status=1
done
exit $status
