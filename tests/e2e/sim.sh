# Histories of a company with several engines, as chance has them: killed,
# stopped, refused, with wrong clocks. `make check-sim` plays thousands.
histories=6
# Under a sanitizer each process takes ten times as long.
! grep -q __asan_init "$(command -v reeve)" || histories=2
exec python3 "$REEVE_TOP/tests/sim/sim.py" --histories $histories
