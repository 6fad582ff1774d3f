# SIGTERM at any system call: reeve ends with all that it started, and the next
# command goes on. A sample of what `make check-crash` sweeps whole.
exec python3 "$REEVE_TOP/tests/fault/sweep.py" term --points 18 \
	--only command,merge,push
