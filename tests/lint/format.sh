#!/bin/bash
# Gate: the layout is clang-format's (`make format`).
find store engine tests/unit -name '*.[ch]' -print0 | sort -z |
	xargs -0r clang-format --dry-run --Werror
