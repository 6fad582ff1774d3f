#!/bin/bash
# Gate: the layout is clang-format's (`make format`).
#
# The formatted text is compared: --dry-run of version 14 reports places that
# formatting leaves as they are.
status=0
while IFS= read -r -d '' file; do
	clang-format "$file" | cmp -s - "$file" && continue
	echo "$file: not formatted; run make format"
	status=1
done < <(find store engine tests/unit tests/fault tests/fuzz -name '*.[ch]' -print0 | sort -z)
exit $status
