# Workspaces that grew: many steps, items and jobs, on a stack so small that
# nothing may recurse with what it reads. (How the time grows is `make bench`'s.)
. "$REEVE_TOP/tests/e2e/lib.sh"

# tight COMMAND...: with 128 KiB of stack. The sanitizers need more.
tight() {
	ldd "$(command -v reeve)" | grep -q libasan || ulimit -Ss 128
	exec "$@"
}

# job NAME <STEPS: a job that is started by hand, and takes all its items.
job() {
	{
		printf 'version: 1\nname: %s\non: { manual: true }\nsteps:\n' "$1"
		cat
	} | put "jobs/$1.yaml"
}

# peak COMMAND...: the most memory that it had at once, in KiB.
peak() {
	python3 - "$@" <<-'END'
		import resource, subprocess, sys
		subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	END
}

stage_empty() {
	git init -q
	put reeve.yaml <<<"version: 1"
	reeve init -q
	commit "Begin"
}

# done_and_known JOB STEP VALUE: it goes through, and is known the next time.
done_and_known() {
	(tight reeve check -q)
	(tight reeve run -q "$1")
	is done "$(state_of "$1")"
	reeve explain "$1-$(run_of "$1")" "$2" >../told
	has ../told "$3"
	(tight reeve run -q "$1")
	is reused "$(state_of "$1" "$2")"
	(tight reeve tick --plan -q)
	(tight reeve rebuild -q)
	is reused "$(state_of "$1" "$2")"
}

chain() {
	at empty
	{
		echo "  - { id: s1, let: { n: 1 } }"
		seq 2 10000 | awk '{
			printf "  - { id: s%d, let: { n: s%d.n + 1 } }\n", $1, $1 - 1
		}'
	} | job chain
	commit "A chain"
	done_and_known chain s10000 "n: 10000"
}

fan() {
	at empty
	{
		seq 10000 | sed 's/.*/  - { id: s&, let: { n: & } }/'
		echo "  - { id: sum, let: { n: s1.n + s10000.n } }"
	} | job fan
	commit "A fan"
	done_and_known fan sum "n: 10001"
}

# A list that is four times as long takes four times the memory at most; what
# there is without a list is not counted.
items() {
	at empty
	job items <<-'END'
		  - id: people
		    read: { path: people.csv, columns: { slug: slug } }
		  - id: each
		    for_each: { person: "{{people}}" }
		    key: "{{person.slug}}"
		    let: { text: "'Dear ' || person.slug" }
		  - id: sum
		    query: select count(*) as n from each
	END
	local few many none
	none=$(peak reeve tick)
	{ echo slug; seq 5000 | sed 's/^/few/'; } >people.csv
	commit "Few"
	few=$(peak reeve run -q items)
	{ echo slug; seq 20000 | sed 's/^/many/'; } >people.csv
	commit "Many"
	many=$(peak reeve run -q items)
	reeve explain "items-$(run_of items)" sum >../told
	has ../told "n: 20000"
	[ $((many - none)) -le $((5 * (few - none))) ] ||
		fail "5000 items: $few KiB, 20000: $many KiB, none: $none KiB"
	echo onemore >>people.csv
	commit "One more"
	local before
	before=$(events step.finished)
	(tight reeve run -q items)
	# The list, the item, the loop and the sum.
	is 4 $(($(events step.finished) - before))
}

# One of a thousand jobs is started by a commit, and the others are not.
jobs() {
	at empty
	local i
	for i in $(seq 1000); do
		job "j$i" <<-END
			  - { id: own, let: { n: $i } }
		END
		sed -i "s,manual: true,commit: { paths: [\"in/$i.txt\"] }," \
			"jobs/j$i.yaml"
	done
	commit "Jobs"
	(tight reeve check -q)
	(tight reeve tick -q)
	is "" "$(reeve status -q)"
	put in/77.txt <<<"Hello"
	commit "One file"
	(tight reeve tick -q)
	is 1 "$(reeve status | wc -l)"
	is done "$(state_of j77)"
}

it "a chain of 10,000 steps" chain
it "a fan of 10,000 steps" fan
it "a loop over 20,000 items" items
it "1,000 jobs" jobs
plan
