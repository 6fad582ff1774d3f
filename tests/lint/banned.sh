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
		ban("strtok|strtok_r", "", "writes into its input")
		# These split copies of their own.
		ban("strsep", "engine/cycle/branch\\.c|store/files\\.c|" \
		    "store/repo_peek\\.c|store/repo_tree\\.c|" \
		    "store/view_fold_run\\.c|engine/cmd/(init|rewind|try)\\.c|" \
		    "engine/cycle/narrow\\.c|" \
		    "engine/cycle/claim\\.c|engine/io/remote\\.c",
		    "writes into its input")
		ban("atoi|atol|atoll|atof|sscanf", "", "has no error")
		ban("strtol|strtoul|strtoll|strtoull|strtod",
		    "store/base/[a-z_]+\\.c|store/db\\.c",
		    "numbers are parsed by store/base")
		ban("gmtime|localtime|ctime|asctime|gettimeofday",
		    "", "the clock is passed, the calendar is date.h")
		# The age of a lock is compared with a time of the file system,
		# and its holder is named to a person: a test has to see the
		# real time there.
		ban("time", "store/(lock|repo_objects|repo_refs|repo_sweep)\\.c",
		    "the clock is passed, the calendar is date.h")
		# Whoever waits for a lock or a child waits in real time.
		ban("clock_gettime",
		    "store/base/clock\\.c|store/lock\\.c|engine/io/loop_child\\.c",
		    "the clock is passed")
		ban("getrandom|rand|random|srand", "store/base/clock\\.c",
		    "the clock is passed")
		ban("malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf",
		    "store/base/(alloc\\.c|compiler\\.h)",
		    "allocate through alloc.h")
		ban("alloca", "", "the stack has no limit to check")
		ban("open|creat|fopen|fdopen|mkstemp", "store/base/fd\\.c",
		    "open through fd.h")
		# files.c walks a path one name at a time, below a descriptor.
		ban("openat", "store/base/fd\\.c|store/files\\.c",
		    "open through fd.h")
		ban("exit|_Exit|quick_exit", "engine/main\\.c",
		    "only main() exits")
		# Nothing is left to tell, or a child is not its program yet.
		ban("_exit", "store/base/alloc\\.c|engine/io/loop_serve\\.c",
		    "only main() exits")
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
