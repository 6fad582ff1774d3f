#!/bin/bash
# Gate: includes point down only, and each foreign header has one wrapper.
#
#	engine/cmd -> engine/cycle, engine/report -> engine/steps
#	-> engine/agents -> engine/bus -> engine/io -> engine/job
#	-> store -> store/base
#
# engine/main.c stands above all. A room includes itself and what is below;
# cycle and report are beside each other. Project headers are written from the
# top of the repository. NAME_private.h is for the files NAME*.c beside it; it
# is how a module, or a wrapper, is more than one file.
set -u -o pipefail

find store engine -name '*.[ch]' -print0 | sort -z |
	xargs -0r awk -f tests/lint/code.awk | awk '
	BEGIN {
		n = split("store/base store engine/job engine/io engine/bus " \
			"engine/agents engine/steps engine/report " \
			"engine/cmd engine", rooms)
		for (i = 1; i <= n; i++)
			height[rooms[i]] = i
		height["engine/cycle"] = height["engine/report"]

		wrapper["git2"] = "store/repo([a-z_]*\\.c|_private\\.h)"
		wrapper["sqlite3"] = "store/db([a-z_]*\\.c|_private\\.h)"
		wrapper["yaml"] = "store/base/yaml\\.c"
		wrapper["json(-c|_[a-z]+)?"] = "store/base/json\\.c"
		wrapper["xxh[0-9a-z_]*"] = "store/base/hash\\.c"
		wrapper["zlib"] = "store/base/zip\\.c"
		wrapper["curl"] = "engine/io/http([a-z_]*\\.c|_private\\.h)"
	}

	function finding(what) {
		print file ":" place[2] ": " what
		found = 1
	}

	function check_foreign(header,   library) {
		for (library in wrapper)
			if (header ~ "^" library "(/.*)?(\\.h)?$" &&
			    file !~ "^" wrapper[library] "$")
				finding("<" header "> outside of its wrapper")
	}

	function check_own(header,   below, module) {
		module = header
		if (sub(/_private\.h$/, "", module) &&
		    (index(file, module) != 1 || file !~ /\.c$/))
			finding("\"" header "\" is private")
		below = header
		if (!sub(/\/[^\/]*$/, "", below) || !(below in height))
			finding("\"" header "\" is in no room")
		else if (below != room && height[below] >= height[room])
			finding(room " may not include \"" header "\"")
	}

	/#[ \t]*include/ {
		split($1, place, ":")
		file = place[1]
		room = file
		sub(/\/[^\/]*$/, "", room)
		header = $0
		if (!(room in height))
			finding("a file in no room")
		else if (match(header, /<[^>]*>/))
			check_foreign(substr(header, RSTART + 1, RLENGTH - 2))
		else if (match(header, /"[^"]*"/))
			check_own(substr(header, RSTART + 1, RLENGTH - 2))
		else
			finding("an include that cannot be read")
	}

	END { exit found }'
