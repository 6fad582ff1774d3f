#!/bin/bash
# Gate: every header compiles alone, with both compilers.
set -u

found=0
# shellcheck disable=SC2086 # flags are words
for header in $(find store engine tests -name '*.h' | sort); do
	for compiler in gcc clang; do
		# ISO C wants a declaration in every source, even beside macros.
		printf '#include "%s"\ntypedef int alone;\n' "$header" |
			$compiler $STANDARD $WARN -Werror -fsyntax-only \
				-x c - || found=1
	done
done
exit $found
