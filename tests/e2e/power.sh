# A power cut: what was not synced is lost, with its name or without; all that
# was told of is there, and the next command goes on. A sample of what `make
# check-crash` sweeps whole. The calls of each run must be in their order, too:
# nothing leaves, and nothing is told, before the journal is synced.
points=32
! grep -q __asan_init "$(command -v reeve)" || points=8
exec python3 "$REEVE_TOP/tests/fault/sweep.py" power --points $points \
	--only emit,mail,merge,reject --jobs 2
