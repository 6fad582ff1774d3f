# A process that is killed at any system call: the next one finishes the work,
# and nothing leaves twice. A sample of what `make check-crash` sweeps whole.
points=300
# Under a sanitizer each process takes ten times as long.
! grep -q __asan_init "$(command -v reeve)" || points=40
exec python3 "$REEVE_TOP/tests/fault/sweep.py" kill --points $points
