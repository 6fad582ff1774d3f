# The fault points of the code: each is reached, and what happens there is got
# over. A release has none of them.
if grep -qaF append.objects "$(command -v reeve)"; then
	echo "not ok - the program has fault points"
	exit 1
fi
exec python3 "$REEVE_TOP/tests/fault/sweep.py" points --jobs 2
