#!/bin/bash
# Gate: no object has writable data; state is passed. Constant tables of
# pointers are in .data.rel.ro, which is read-only once the program runs.
# Needs the objects of flavour gcc.
set -u -o pipefail

# Allowed: OBJECT SYMBOL, and a comment with the reason.
allowed='
engine/io/signal.o signal_pipe
' # a signal handler is given nothing, so its pipe cannot be passed

find store engine -name '*.c' | sort | while read -r source; do
	object=${source%.c}.o
	# Each line: address, seven columns of flags, section, size, name.
	objdump -t "$BUILD/gcc/$object" | awk -v object="$object" \
		-v source="$source" -v allowed="$allowed" '
		match($0, /^[0-9a-f]+ ......O /) {
			$0 = substr($0, RLENGTH + 1)
			if ($1 !~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ ||
			    $1 ~ /^\.data\.rel\.ro/ ||
			    index(allowed, "\n" object " " $NF "\n"))
				next
			print source ": \"" $NF "\" is writable, in " $1
			found = 1
		}
		END { exit found }' || echo fail
done | awk '$0 != "fail"; $0 == "fail" { found = 1 } END { exit found }'
