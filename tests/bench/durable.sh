# shellcheck shell=bash
# Effects, each of which is in the journal before and after it is done: mails
# to a folder. That folder is in memory, for everybody, so that what is
# compared is what it costs to never lose or repeat one; journals are on disk.
#
#	append         commits through libgit2, one event each, or a hundred
#	Restate        its server and SDK from npm, where there is npm
#
# A workspace that many turns begin with is made once and copied.

memory_dir=
durable_clear() {
	[ -z "${restate:-}" ] || kill $restate 2>/dev/null || true
	[ -z "$memory_dir" ] || rm -rf "$memory_dir"
}

mail_steps() { # N
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "  - { id: s%d, call: email.send, with: { to: " \
				"\"a@example.com\", subject: \"Number %d\"," \
				" text: Hello } }\n", i, i
	}'
}

# mailing NAME N TRIGGER: a workspace with a job of N mails, its files in memory
# and its repository on disk.
mailing() {
	mkdir -p "$work/durable" "$memory_dir/$1"
	cd "$memory_dir/$1"
	git init -q -b main --separate-git-dir "$work/durable/$1.git"
	git config user.name Ada
	git config user.email ada@example.com
	mkdir jobs
	cat >reeve.yaml <<-'END'
		version: 1
		connectors: { email: { transport: file, from: ada@example.com } }
		policy: [{ effect: email.send, then: auto }]
	END
	{
		printf 'version: 1\nname: mails\non: %s\n' "$3"
		printf 'may: { email.send: %s }\nsteps:\n' "$2"
		mail_steps "$2"
	} >jobs/mails.yaml
	committed
	"$reeve" tick -q
}

# Back to where it was when nothing had been sent.
fresh() { # NAME
	cd "$top"
	rm -rf "${memory_dir:?}/$1" "$work/durable/$1.git"
	cp -a "$memory_dir/$1.new" "$memory_dir/$1"
	cp -a "$work/durable/$1.new" "$work/durable/$1.git"
}

keep_fresh() { # NAME
	cd "$top"
	mv "$memory_dir/$1" "$memory_dir/$1.new"
	mv "$work/durable/$1.git" "$work/durable/$1.new"
}

fresh_bare() {
	rm -rf "${memory_dir:?}/bare" "$work/durable/bare"
	mkdir -p "$memory_dir/bare" "$work/durable/bare"
	git init -q "$work/durable/bare"
}

# Fifty runs come of five commits: more than twenty of one are asked about.
fifty_files() {
	local i
	mkdir in
	for ((i = 1; i <= 50; i++)); do
		echo "$i" >"in/$i"
		[ $((i % 10)) -ne 0 ] || { git add in; git commit -q -m "in"; }
	done
}

# ---- Restate, when it can be had

restate_parts="@restatedev/restate-server@1.7.12 @restatedev/restate-sdk@1.17.2"
at_restate=http://127.0.0.1

start_restate() {
	local place=$work/durable/restate cache=${NPM_PEERS:-$work/npm} try
	command -v npm >/dev/null && command -v curl >/dev/null || return 1
	mkdir -p "$place" "$cache" "$memory_dir/restate"
	# shellcheck disable=SC2086 # words
	timeout 300 npm install --prefix "$cache" --silent --no-fund \
		--no-audit $restate_parts >/dev/null 2>&1 || return 1
	cp "$top/tests/bench/restate.mjs" "$place/"
	ln -s "$cache/node_modules" "$place/node_modules"
	cd "$place"
	node restate.mjs "$memory_dir/restate" 19080 >service.log 2>&1 &
	restate=$!
	RESTATE_BIND_IP=127.0.0.1 node_modules/@restatedev/restate-server-*/bin/restate-server \
		--no-logo --base-dir "$place/data" >server.log 2>&1 &
	restate_server=$!
	restate="$restate $restate_server"
	cd "$top"
	for ((try = 0; try < 100; try++)); do
		curl -m 1 -sf $at_restate:9070/health >/dev/null && break
		sleep 0.2
	done
	curl -m 30 -sf -o /dev/null -X POST $at_restate:9070/deployments \
		--json "{\"uri\":\"$at_restate:19080\"}"
	seq 50 | awk -v at="$at_restate:8080/bench/mails" '
		NR > 1 { print "next" }
		{ print "url = " at "\ndata = 20\noutput = /dev/null\n" \
			"header = \"content-type: application/json\"" }
	' >"$place/fifty"
	contend "Restate" "$place" curl -m 120 -sf -o /dev/null \
		$at_restate:8080/bench/mails --json 200
	contend "Restate, 50" "$place" curl -m 120 -s --stderr /dev/null \
		-Z --parallel-max 50 -K fifty
}

# All that it ever took, with the service's process: megabytes.
restate_memory() {
	local pid sum=0
	for pid in $restate; do
		sum=$((sum + $(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")))
	done
	echo $((sum / 1024))
}

workload_durable() {
	memory_dir=$(mktemp -d /dev/shm/reeve-bench.XXXXXX)
	mailing mails 200 "{ manual: true }"
	keep_fresh mails
	mailing fifty 20 "{ commit: { paths: [\"in/*\"] } }"
	fifty_files
	keep_fresh fifty
	contend "200 mails" "$memory_dir/mails" "$reeve" run -q mails
	before "200 mails" fresh mails
	contend "50 runs" "$memory_dir/fifty" "$reeve" tick -q
	before "50 runs" fresh fifty
	contend "400 commits" "$work/durable/bare" "$bin/append" 400 1 \
		"$memory_dir/bare"
	before "400 commits" fresh_bare
	contend "20 commits" "$work/durable/bare" "$bin/append" 2000 100 \
		"$memory_dir/bare"
	before "20 commits" fresh_bare
	if start_restate; then
		turn "Restate"
		forget "Restate"
	fi
	section "Effects: 200 mails of one run, one after the other"
	race 5 "200 mails" "400 commits" ${restate:+Restate}
	compare "reeve run" "200 mails" "400 commits" 1.25
	[ -z "${restate:-}" ] || compare "" "200 mails" "Restate" 1.0
	section "Effects: 50 runs at once, 20 mails each"
	race 5 "50 runs" "20 commits" ${restate:+"Restate, 50"}
	compare "reeve tick" "50 runs" "20 commits" 2.0
	if [ -n "${restate:-}" ]; then
		compare "" "50 runs" "Restate, 50" 0.1
		memory "an eighth of Restate's memory" "50 runs" \
			$(($(restate_memory) / 8))
	else
		echo "  no npm, or no network: Restate is left out"
	fi
	durable_clear
}
