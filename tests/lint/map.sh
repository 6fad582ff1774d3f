#!/bin/bash
# Gate: docs/architecture.md names every file of engine/ and store/: a module
# once (`journal`), a header that has no .c of its name with its ending.
set -u

find store engine -name '*.[ch]' ! -name main.c | sort | while read -r file; do
	name=$(basename "${file%.[ch]}")
	[ -e "${file%.[ch]}.c" ] || name=$name.h
	grep -q "\`$name\`" docs/architecture.md ||
		echo "$file: docs/architecture.md does not name it"
done | { ! grep .; }
