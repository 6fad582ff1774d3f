# Every parser, with what its fuzzer has begun with and has found.
set -u
programs=$(dirname "$(command -v reeve)")/tests/fuzz
tests=0
for folder in "$REEVE_TOP"/tests/fuzz/corpus/*; do
	name=${folder##*/}
	tests=$((tests + 1))
	if "$programs/fuzz_$name" "$folder"/* >said 2>&1; then
		echo "ok $tests - the corpus of $name"
	else
		echo "not ok $tests - the corpus of $name"
		sed 's/^/# /' said
	fi
done
echo "1..$tests"
