# One graph in the language of each that runs it: N programs in chains of ten,
# the first of a chain behind a file of the owner's, each with one small file
# as its result.
#
#	awk -v n=1000 -v peer=ninja|make|reeve|lines|inputs -f graph.awk
#
# reeve's has one step more a chain: what the others name as a file, it reads.

function text(chain, place) {
	return "c" chain "s" place
}

function result(chain, place) {
	return "out/c" chain "/s" place ".txt"
}

function source(chain, place) {
	return place ? result(chain, place - 1) : "in/c" chain ".txt"
}

function name(chain, place) {
	return place < 0 ? "c" chain : text(chain, place)
}

function begin() {
	if (peer == "ninja")
		print "rule echo\n  command = /bin/echo $text > $out"
	if (peer == "make") {
		printf "all:"
		for (i = 9; i < n; i += 10)
			printf " %s", result(int(i / 10), 9)
		print "\n.PHONY: all\n.SUFFIXES:"
	}
	if (peer == "reeve")
		print "version: 1\nname: graph\non: { manual: true }\n" \
			"publish: merge\nsteps:"
}

function edge(chain, place) {
	if (peer == "ninja")
		printf "build %s: echo %s\n  text = %s\n",
			result(chain, place), source(chain, place),
			text(chain, place)
	if (peer == "make")
		printf "%s: %s\n\t@/bin/echo %s > $@\n", result(chain, place),
			source(chain, place), text(chain, place)
	if (peer == "lines")
		print "/bin/echo " text(chain, place) " > " \
			result(chain, place)
	if (peer == "inputs" && place == 0)
		print source(chain, 0)
	if (peer == "reeve" && place == 0)
		printf "  - { id: %s, read: { path: %s } }\n",
			name(chain, -1), source(chain, 0)
	if (peer == "reeve")
		printf "  - { id: %s, run: { argv: [/bin/echo, \"{{%s}} %d\"]" \
			", reads: [] }, artifact: %s }\n", name(chain, place),
			name(chain, place - 1), place, result(chain, place)
}

BEGIN {
	begin()
	for (i = 0; i < n; i++)
		edge(int(i / 10), i % 10)
}
