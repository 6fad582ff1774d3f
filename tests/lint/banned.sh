#!/bin/bash
# Gate: what the code does not call, and where the exceptions are.
set -u -o pipefail

find store engine -name '*.[ch]' -print0 | sort -z |
	xargs -0r awk -f tests/lint/code.awk | awk '
	# A call of one of `names` is a finding outside of the files `except`.
	function ban(names, except, reason) {
		calls[++count] = "(^|[^A-Za-z0-9_.>])(" names ")[ \t]*\\("
		excepted[count] = except
		reasons[count] = reason
	}

	BEGIN {
		ban("strcpy|strcat|strncpy|strncat|stpcpy|sprintf|vsprintf|gets",
		    "", "has no limit; use a struct buf")
		ban("strtok|strtok_r|strsep", "", "writes into its input")
		ban("atoi|atol|atoll|atof|sscanf", "", "has no error")
		ban("strtol|strtoul|strtoll|strtoull|strtod",
		    "store/base/[a-z_]+\\.c|store/db\\.c",
		    "numbers are parsed by store/base")
		ban("gmtime|localtime|ctime|asctime|time|gettimeofday",
		    "", "the clock is passed, the calendar is date.h")
		ban("clock_gettime|getrandom|rand|random|srand",
		    "store/base/clock\\.c", "the clock is passed")
		ban("malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf",
		    "store/base/(alloc\\.c|compiler\\.h)",
		    "allocate through alloc.h")
		ban("alloca", "", "the stack has no limit to check")
		ban("open|openat|creat|fopen|fdopen|mkstemp",
		    "store/base/fd\\.c", "open through fd.h")
		ban("exit|_exit|_Exit|quick_exit",
		    "engine/main\\.c|store/base/alloc\\.c", "only main() exits")
		ban("system|popen", "", "children are spawned without a shell")
		ban("strerror|perror", "store/base/error\\.c",
		    "error_errno() appends the reason")
		ban("printf|puts|putchar", "engine/main\\.c|engine/cmd/.*",
		    "only commands print")
	}

	{
		for (i = 1; i <= count; i++) {
			if ($0 !~ calls[i])
				continue
			split($1, place, ":")
			if (excepted[i] != "" &&
			    place[1] ~ "^(" excepted[i] ")$")
				continue
			sub(/[ \t]+/, " ")
			print $0 "    <- " reasons[i]
			found = 1
		}
		if ($0 ~ /(^|[^A-Za-z0-9_])goto[ \t]/) {
			print $0 "    <- return early, clean up by attribute"
			found = 1
		}
	}

	END { exit found }'
status=$?

# Unfinished work is not committed.
! grep -rnE '\b(TODO|FIXME|XXX)\b' store engine tests/unit --include='*.[ch]' ||
	status=1
exit $status
