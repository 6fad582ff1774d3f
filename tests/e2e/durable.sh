# What is acknowledged is on disk: the order of one append, seen from outside.
#
# The object is synced and linked and its folder synced, before the reference
# is; the reference's folder, before the witness; the witness and its folder,
# before a word is printed.
# shellcheck shell=bash
. "$REEVE_TOP/tests/e2e/lib.sh"

begin() {
	git init -q -b main
	reeve init -q
	git add -A
	git commit -q -m workspace
}

# The calls of one append, one word a line, in their order.
append() {
	begin
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -y -o trace \
		-e trace=write,fsync,fdatasync,link,linkat,rename,renameat \
		reeve emit deal.won client=acme >printed
	awk '
		/fsync\(.*objects\/tmp_object/ { print "object-synced" }
		/link\(.*objects\/tmp_object|rename.*objects\/tmp_object/ {
			print "object-named" }
		named && /fsync\(.*objects\/[0-9a-f][0-9a-f]>/ {
			print "object-folder-synced"; named = 0 }
		/link\(.*objects\/tmp_object/ { named = 1 }
		/fsync\(.*refs\/heads\/reeve\/journal\.lock>/ {
			print "ref-synced" }
		/rename.*journal\.lock".*= 0/ { print "ref-named"; moved = 1 }
		moved && /fsync\(.*refs\/heads\/reeve>/ {
			print "ref-folder-synced"; moved = 0 }
		/rename.*reeve\/witness".*= 0/ { print "witness-named" }
		/fsync\(.*\.git\/reeve>/ { print "witness-folder-synced" }
		/write\(1</ { print "told" }' trace
}

is_in_order() {
	append >order
	cat order
	[ "$(sed -n '/^object-synced/,$p' order | tr '\n' ' ')" = \
		"object-synced object-named object-folder-synced \
ref-synced ref-named ref-folder-synced \
witness-named witness-folder-synced told " ]
}

# Fields that are too long for an event are blobs of their own: more than a few
# objects, so they are a pack. Its three files are synced before the first has its name; the
# index is named last; the folder is synced before the reference is.
packs() {
	begin
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -y -o trace \
		-e trace=fsync,link,linkat,rename,renameat \
		reeve emit deal.won client="$1" a="$1" b="$1$1" c="$1$1$1" \
		>printed
	awk '
		/fsync\(.*pack\/tmp_reeve_[0-9]+_keep>/ { print "keep" }
		/fsync\(.*pack\/tmp_reeve_[0-9]+_pack>/ { print "pack" }
		/fsync\(.*pack\/tmp_reeve_[0-9]+_idx>/ { print "idx" }
		/rename\(.*tmp_reeve_[0-9]+_/ {
			sub(/.*\./, ""); sub(/".*/, ""); print $0 "-named" }
		/fsync\(.*objects\/pack>/ { print "folder" }
		/rename.*journal\.lock".*= 0/ { print "ref-named" }' trace
}

is_packed_in_order() {
	packs "$(seq -s ' ' 600)" >order
	cat order
	[ "$(tr '\n' ' ' <order)" = "keep pack idx \
keep-named pack-named idx-named folder ref-named " ]
	git fsck --strict
}

it "an append is on disk before it is told" is_in_order
it "a packed append is on disk before it is told" is_packed_in_order
plan
