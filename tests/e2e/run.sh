# Programs of the owner's that misbehave: each sees its files and no others,
# leaves nothing behind, and what it did wrong is said.
. "$REEVE_TOP/tests/e2e/lib.sh"

stage_programs() {
	git init -q
	cat >reeve.yaml <<-'END'
		version: 1
		company: { name: Lovelace Analytics }
		approvers: ["ada@example.com"]
	END
	put jobs/program.yaml <<-'END'
		version: 1
		name: program
		on: { manual: true }
		inputs:
		  script: { type: string, required: true }
		  format: { type: string, default: text }
		steps:
		  - id: program
		    run:
		      argv: [sh, -c, "{{inputs.script}}"]
		      reads: ["notes/*"]
	END
	echo text | put notes/one.txt
	echo text | put notes/two.txt
	echo secret | put secret.txt
	commit "Begin"
	reeve init -q
	[ -z "$(git status --porcelain)" ] || commit "Be a workspace"
}

# What reeve is started with.
as=

# program SCRIPT STATUS: a run of it, which changes nothing.
program() {
	footprint >../before
	exits "$2" $as reeve run program "script=$1"
	footprint >../after
	diff -u ../before ../after || fail "the workspace was changed"
}

# well SCRIPT, TEXT: it is done, with that output.
well() {
	at programs
	program "$1" 0
	is done "$(state_of program program)"
	reeve explain "$(run_of program)" program >../out
	says "$2"
	is "" "$(ls -A .reeve/checkout)"
}

# fails SCRIPT TEXT: the step is failed, and says so; and other runs go on.
fails() {
	at programs
	program "$1" 1
	is failed "$(state_of program program)"
	says "$2"
	exits 0 reeve run program "script=echo well"
	is done "$(state_of program)"
	sound
}

# ---- What it has

its_own_files() {
	well 'ls *; cat notes/one.txt' "one.txt"
	lacks ../said secret
}

its_own_folder() {
	well '
		cd "$REEVE_OUT" && test "$HOME" = "$PWD" &&
		test "$TMPDIR" = "$PWD/tmp" && mktemp &&
		echo x >a && mkdir -p b/c && mv a b/c/a && cat b/c/a &&
		env | sed "s/=.*//" | LC_ALL=C sort | xargs' \
		"HOME LANG OLDPWD PATH PWD REEVE_OUT TMPDIR"
}

isolation_is_told() {
	well "echo well" "isolation"
	reeve explain --json "$(run_of program)" program >../explained
	has ../explained '"isolation":'
}

# workflow STEPS: a job of its own for the next tests, from standard input.
workflow() {
	{
		printf '%s\n' "version: 1" "name: $1" "on: { manual: true }" \
			"steps:"
		sed 's/^/  /'
	} | put "jobs/$1.yaml"
	git add -A && commit "Add $1"
}

# What a step put out, and of what its key was made.
told() { # RUN STEP TEXT...
	local run=$1 step=$2
	shift 2
	reeve explain "$run" "$step" >../out
	for text; do
		says "$text"
	done
}

gives_files() {
	at programs
	workflow files <<-'END'
		- id: made
		  run:
		    argv: [sh, -c, "echo x,y >$0/a.csv; echo z >$0/b.txt; mkdir $0/d; echo w >$0/d/c.csv; echo said", "{{out}}"]
		    reads: []
		    files: ["**/*.csv"]
		- id: used
		  run:
		    argv: [cat]
		    stdin: "{{#made.files}}{{path}} has {{text}}{{/made.files}}"
		    reads: []
	END
	exits 0 reeve run files
	run=$(run_of files)
	told "$run" used "d/c.csv has w"
	told "$run" made "path: a.csv" "path: d/c.csv" "text: said"
	lacks ../said "path: b.txt"
	is "" "$(ls -A .reeve/checkout)"
}

# The folder differs by workspace, the key does not.
out_is_in_no_key() {
	local first second
	at programs
	workflow key <<-'END'
		- id: place
		  run: { argv: [echo, "{{out}}"], reads: [] }
	END
	cp -a . ../copy
	exits 0 reeve run key
	reeve explain "$(run_of key)" place >../first
	cd ../copy
	exits 0 reeve run key
	reeve explain "$(run_of key)" place >../second
	first=$(grep '^key' ../first) second=$(grep '^key' ../second)
	is "$first" "$second"
	has ../first '"{{out}}"'
	has ../first "company/.reeve/checkout/"
	has ../second "copy/.reeve/checkout/"
}

has_its_variables() {
	at programs
	workflow variables <<-'END'
		- id: said
		  env: { ONE: 1, LIST: "{{numbers.all}}" }
		  run: { script: 'echo "$ONE $LIST"', reads: [] }
		- id: numbers
		  run:
		    script: echo "{\"all\":[$TWO]}"
		    env: { TWO: 2 }
		    format: json
		    reads: []
	END
	exits 0 reeve run variables
	told "$(run_of variables)" said "1 [2]"
}

runs_its_own_script() {
	at programs
	printf '#!/bin/sh\necho ran here\n' | put tools/mine.sh
	git add -A && commit "Add a tool"
	workflow script <<-'END'
		- id: said
		  run: { argv: [./tools/mine.sh], reads: ["tools/*"] }
	END
	exits 0 reeve run script
	told "$(run_of script)" said "ran here"
}

# ---- What it has not

writes_elsewhere() {
	fails 'echo x >notes/new' "Permission denied"
}

changes_its_files() {
	fails 'rm -f notes/one.txt' "Permission denied"
}

reads_home() {
	echo secret >"$HOME/secret"
	fails "cat '$HOME/secret'" "Permission denied"
}

reads_git() {
	fails 'cat ../../../.git/config' "Permission denied"
}

reads_the_workspace() {
	fails 'cat ../../../secret.txt' "Permission denied"
}

# Of another process, say of the engine.
reads_environments() {
	fails 'cat /proc/1/environ' "Permission denied"
}

# The server counts who comes.
uses_the_network() {
	local port server
	python3 -c '
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    server.accept()[0].close()' >port &
	server=$!
	while ! [ -s port ]; do
		kill -0 $server
	done
	read -r port <port
	bash -c ": </dev/tcp/127.0.0.1/$port"
	fails "exec bash -c ': </dev/tcp/127.0.0.1/$port'" "Permission denied"
	kill $server
}

# ---- What it leaves

# Beyond its parent, its session and its signals; it holds a lock while it is.
daemon='
	(setsid sh -c "trap \"\" TERM HUP INT; exec 9>$REEVE_OUT/lock; flock 9;
		: >$REEVE_OUT/ready; exec sleep 120" >/dev/null 2>&1 &) &
	while ! [ -e $REEVE_OUT/ready ]; do :; done'

# A failure keeps the folder, and with it the lock.
leaves_a_daemon() {
	at programs
	program "$daemon; exit 7" 1
	says "exited with status 7"
	flock -n .reeve/checkout/*.out/lock true || fail "it lives"
}

# Root could list it all the same, so its privileges are taken.
locks_its_folder() {
	[ "$(id -u)" -ne 0 ] || as="setpriv --bounding-set=-all"
	well 'cd "$REEVE_OUT" && mkdir -p a/b/c && : >a/b/d && chmod 0 a/b &&
		chmod 500 a && ! ls a/b 2>/dev/null && echo locked' "locked"
}

# Deeper than there are descriptors.
digs_a_hole() {
	as="prlimit --nofile=256"
	fails 'cd "$REEVE_OUT"; exec python3 -c "
import os
for i in range(3000):
    os.mkdir(\"d\")
    os.chdir(\"d\")"' "could not remove"
}

# We are killed, and cannot see to it.
outlives_us() {
	local tick
	at programs
	reeve run program "script=$daemon; sleep 120" &
	tick=$!
	while ! [ -e .reeve/checkout/*.out/ready ]; do
		kill -0 $tick
	done
	kill -9 $tick
	flock -w 20 .reeve/checkout/*.out/lock true || fail "it lives"
}

# We are asked to end, and see to it before we do.
is_asked_to_end() {
	local tick status=0
	at programs
	reeve run program "script=${1:-}$daemon; sleep 120" 2>../err &
	tick=$!
	while ! [ -e .reeve/checkout/*.out/ready ]; do
		kill -0 $tick
	done
	exec 8<.reeve/checkout/0.out/lock
	kill -TERM $tick
	wait $tick || status=$?
	[ "$status" -ne 0 ] || fail "it went well"
	has ../err "stopped by SIGTERM"
	flock -n 8 || fail "it lives"
	sound
	is "" "$(ls -A .reeve/checkout)"
}

# In files that are each within their limit; they are made of blocks, so that
# they take room without being written.
fills_its_folder() {
	fails 'cd "$REEVE_OUT"; for i in 1 2 3; do fallocate -l 1023M $i; done
		sleep 60' "filled its folder"
}

# On a disk, and not in memory.
has_room() {
	[ "$(stat -f -c %T .)" != tmpfs ] &&
		[ "$(df --output=avail -k . | tail -n 1)" -gt 8000000 ]
}

# ---- Where there is less

# without_namespaces COMMAND...: in a user's, where no more can be made.
without_namespaces() {
	unshare -Ur sh -c 'for kind in pid net user; do
		echo 0 >/proc/sys/user/max_${kind}_namespaces || exit
	done; exec "$@"' sh "$@"
}

# A leak cannot be looked for under strace.
without_landlock() {
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 \
		strace -f -qq -o /dev/null \
			-e trace=landlock_create_ruleset \
			-e inject=landlock_create_ruleset:error=ENOSYS "$@"
}

# missing LAYERS COMMAND...: it runs in what there is, and what is not is told.
missing() {
	local layers=$1
	shift
	at programs
	exits 0 "$@" reeve run program "script=cat notes/*"
	is done "$(state_of program)"
	exits 0 reeve explain "$(run_of program)" program
	says "missing: $layers"
}

# ---- Only what can be had is asked for

isolation=$(
	mkdir probe && cd probe
	at programs >/dev/null 2>&1
	reeve run program script=: >/dev/null
	reeve explain "$(run_of program)" program | grep isolation
)
isolation=${isolation%%;*}

# needs LAYER NAME FUNCTION: a test, where there is that layer.
needs() {
	case $isolation in
	*"$1"*) it "$2" "$3" ;;
	*) skip "$2" "no isolation by $1 here" ;;
	esac
}

skip() { # NAME WHY
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# less LAYERS NAME WITHOUT: a test without them, where they can be taken away.
less() {
	if "$3" true 2>/dev/null; then
		it "$2" missing "$1" "$3"
	else
		skip "$2" "nothing may be taken away here"
	fi
}

it "a program has the files that it reads" its_own_files
it "it has a folder of its own to write to" its_own_folder
it "it gives files that it wrote" gives_files
it "where it writes is in no key" out_is_in_no_key
it "it has the variables of its step" has_its_variables
it "a script of the workspace can be executed" runs_its_own_script
it "explain tells what it ran in" isolation_is_told
needs landlock "it may not write beside its files" writes_elsewhere
needs landlock "it may not change its files" changes_its_files
needs landlock "it may not read the owner's home" reads_home
needs landlock "it may not read the repository" reads_git
needs landlock "it may not read the workspace" reads_the_workspace
needs landlock "it may not read other processes" reads_environments
needs network "it has no network" uses_the_network
it "a flood is cut off" fails "yes" "wrote more than"
it "closing its output is its right" well 'exec >&- 2>&-; :' "done"
it "output that is no text is refused" fails "printf '\\377'" "not valid UTF-8"
it "last words that are no text are shown" fails \
	"printf 'why\\377' >&2; exit 3" 'exited with status 3: why\xff'
it "its end by a signal is told" fails 'kill -9 $$' "Killed"
it "it may leave its input" well 'exec <&-; echo well' "well"
it "what it locks is removed" locks_its_folder
it "what cannot be removed fails the step alone" digs_a_hole
needs processes "a daemon ends with it" leaves_a_daemon
needs processes "and with us" outlives_us
it "all of it ends when we are asked to" is_asked_to_end
it "and so does what ignores that" is_asked_to_end "trap '' TERM; "
if has_room; then
	it "it cannot fill the disk" fills_its_folder
else
	skip "it cannot fill the disk" "there is no room to try"
fi
less processes "without namespaces it runs in the rest" without_namespaces
less landlock "without Landlock it runs in the rest" without_landlock
plan
