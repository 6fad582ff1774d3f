# So much room on a disk, so many inodes, descriptors, so much memory and no
# more: reeve says which, has told of nothing that is not written, and goes on
# when there is enough. A sample of what `make check-crash` sweeps whole.
words="unshare -m"
[ "$(id -u)" -eq 0 ] || words="unshare -Urm"
if ! $words mount -t tmpfs none "$PWD" 2>/dev/null; then
	echo "ok 1 - limits # skip no file system can be mounted here"
	echo "1..1"
	exit 0
fi
# A sanitizer takes more memory than there is.
! grep -q __asan_init "$(command -v reeve)" || {
	echo "ok 1 - limits # skip under a sanitizer"
	echo "1..1"
	exit 0
}
exec $words python3 "$REEVE_TOP/tests/fault/sweep.py" full --points 24 \
	--only emit,first,mail --jobs 2
