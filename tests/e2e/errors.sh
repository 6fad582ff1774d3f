# A call of the system that fails, once or from there on: reeve stops, says why
# and has told of nothing that is not written; the next command goes on. A
# sample of what `make check-crash` sweeps whole.
points=56
! grep -q __asan_init "$(command -v reeve)" || points=14
exec python3 "$REEVE_TOP/tests/fault/sweep.py" errors --points $points \
	--only emit,reject,mail
