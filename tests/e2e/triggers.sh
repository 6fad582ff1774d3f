# What starts runs: times, commits, events, and what happens when too many come.
. "$REEVE_TOP/tests/e2e/lib.sh"

# now INSTANT: the clock of every command that follows.
now() {
	export REEVE_TEST_CLOCK=$1
	export GIT_COMMITTER_DATE=$1 GIT_AUTHOR_DATE=$1
}

stage_empty() {
	now 2026-03-20T06:00:00Z
	git init -q
	cat >reeve.yaml <<-'END'
		version: 1
		timezone: Europe/Berlin
		company: { name: Lovelace Analytics }
	END
	commit "Begin"
	reeve init -q
	[ -z "$(git status --porcelain)" ] || commit "Be a workspace"
}

# job NAME: its head is standard input; it notes its input `what`.
job() {
	[ "${REEVE_TEST_CLOCK:-}" ] || now 2026-03-20T06:00:00Z
	{
		echo "version: 1"
		echo "name: $1"
		cat
		cat <<-'END'
			inputs: { what: { type: string, required: true } }
			steps:
			  - id: noted
			    let: { what: inputs.what, day: run.date }
		END
	} | put "jobs/$1.yaml"
	commit "The job $1"
}

# runs JOB: how many.
runs() {
	reeve status --all | awk -v job="$1" '$2 == job { n++ } END { print n + 0 }'
}

# noted JOB: what its runs were given, in the order of their start.
noted() {
	git log --reverse --format=%B reeve/journal -- |
		grep '"type":"dev.reeve.run.started"' | grep "\"job\":\"$1\"" |
		sed 's/.*"what":"\([^"]*\)".*/\1/' | tr '\n' ' ' | sed 's/ $//'
}

rebuilt_same() {
	local before
	before=$(git rev-parse reeve/journal)
	rm -rf .reeve
	exits "${1:-0}" reeve tick
	is "$before" "$(git rev-parse reeve/journal)"
}

daily() {
	at empty
	now 2026-03-28T12:00:00Z
	job daily <<-END
		on:
		  schedule:
		    cron: "30 2 * * *"
		    catch_up: $1
		    with: { what: "{{trigger.slot}}/{{trigger.date}}" }
	END
	exits 0 reeve tick
	is 0 "$(runs daily)"
}

# Berlin has no 2:30 on the 29th; the clock jumps at 1:00Z.
a_slot_comes_once() {
	daily latest
	now 2026-03-29T00:59:00Z
	reeve tick
	is 0 "$(runs daily)"
	now 2026-03-29T01:00:00Z
	reeve tick
	reeve tick
	is 2026-03-29T02:30/2026-03-29 "$(noted daily)"
	rebuilt_same
}

latest_is_made_up() {
	daily latest
	now 2026-04-02T12:00:00Z
	reeve tick
	is 2026-04-02T02:30/2026-04-02 "$(noted daily)"
	rebuilt_same
}

all_are_made_up() {
	daily all
	now 2026-03-31T12:00:00Z
	reeve tick
	is "2026-03-29T02:30/2026-03-29 2026-03-30T02:30/2026-03-30 2026-03-31T02:30/2026-03-31" "$(noted daily)"
	rebuilt_same
}

none_is_made_up() {
	daily none
	now 2026-03-31T12:00:00Z
	reeve tick
	is "" "$(noted daily)"
	now 2026-04-01T01:10:00Z
	reeve tick
	is 2026-04-01T02:30/2026-04-01 "$(noted daily)"
}

an_edit_runs_no_past() {
	daily latest
	now 2026-03-30T12:00:00Z
	sed -i 's/30 2/30 3/' jobs/daily.yaml
	commit "Later"
	reeve tick
	is "" "$(noted daily)"
	rebuilt_same
	now 2026-03-31T12:00:00Z
	echo unrelated | put notes/a.txt
	commit "Something else"
	reeve tick
	is 2026-03-31T03:30/2026-03-31 "$(noted daily)"
}

too_many_are_said() {
	at empty
	job often <<-'END'
		on: { schedule: { cron: "* * * * *", catch_up: all, with: { what: "{{trigger.slot}}" } } }
		overlap: skip
	END
	now 2026-03-21T06:00:00Z
	exits 0 reeve tick
	says 'of "often" only the last 1000 missed times are made up for'
	# The clock goes on while it does, a second at each look.
	[ "$(events run.started)" -lt 1200 ] || fail "too many were started"
	lacks <(noted often) 2026-03-20T10:00
	has <(noted often) 2026-03-21T06:59
}

commit_job() {
	[ "${REEVE_TEST_CLOCK:-}" ] || now 2026-03-20T06:00:00Z
	at empty
	job filed <<-END
		on:
		  commit:
		    paths: ["inbox/*.txt"]
		    per: $1
		    with: { what: "$2" }
	END
	reeve tick
	is 0 "$(runs filed)"
}

files() {
	mkdir -p inbox
	for i in $(seq -w "$1"); do
		echo "$i" >"inbox/$i.txt"
	done
	commit "$1 files"
}

one_run_a_commit() {
	commit_job commit "files: {{trigger.paths | count}}"
	files 30
	reeve tick
	is "files: 30" "$(noted filed)"
	rebuilt_same
	# The same content again is the same trigger.
	git rm -q -r inbox && git commit -q -m "None"
	files 30
	reeve tick
	is "files: 30" "$(noted filed)"
}

a_flood_is_asked_about() {
	commit_job file "{{trigger.path}}"
	files 20
	reeve tick
	is 20 "$(runs filed)"
	git rm -q -r inbox && git commit -q -m "None"
	for i in $(seq 21 45); do
		echo "$i" | put "inbox/$i.txt"
	done
	commit "25 files"
	flood=$(git rev-parse HEAD)
	exits 0 reeve tick
	says 'would start 25 runs of "filed"; none of them is started'
	echo more | put inbox/more.txt
	commit "One more"
	exits 0 reeve tick
	is 21 "$(runs filed)"
	rebuilt_same
	says "reeve release filed ${flood:0:12}"
	"$@"
}

released() {
	exits 0 reeve release filed "${flood:0:12}"
	is 46 "$(runs filed)"
	rebuilt_same
	exits 2 reeve release filed "$flood"
	says "was decided already"
	# What never waited is not decided either: files were not so many, or
	# the job waits for none.
	exits 2 kept_by reeve release filed "$(git rev-parse HEAD)"
	says "no runs of \"filed\" by commit"
	exits 2 kept_by reeve release filed "$(git rev-parse HEAD~3)"
	says "no runs of \"filed\" by commit"
}

dropped() {
	exits 0 reeve release --drop filed "$flood"
	is 21 "$(runs filed)"
	rebuilt_same
	! grep -q "would start" ../out ../err || fail "asked again"
}

batch_job() {
	[ "${REEVE_TEST_CLOCK:-}" ] || now 2026-03-20T06:00:00Z
	at empty
	job digest <<-'END'
		on:
		  event:
		    type: letter.sent
		    where: event.n <> '0'
		    batch: { cron: "0 18 * * *", max: 3 }
		    with: { what: "n{{trigger.events | count}}" }
	END
	now 2026-03-20T09:00:00Z
}

sent() {
	local n
	for n in "$@"; do
		reeve emit -q letter.sent "n=$n"
	done
}

a_batch_is_one_run() {
	batch_job
	sent 1 0 2
	is 0 "$(runs digest)"
	rebuilt_same
	now 2026-03-20T17:00:00Z
	reeve tick
	is n2 "$(noted digest)"
	rebuilt_same
}

a_full_batch_does_not_wait() {
	batch_job
	sent 1 2 3 4
	is n3 "$(noted digest)"
	rebuilt_same
	now 2026-03-22T00:00:00Z
	sent 5
	is "n3 n1" "$(noted digest)"
	# Another size is that of batches that begin from now on.
	sed -i 's/max: 3/max: 2/' jobs/digest.yaml
	commit "Smaller"
	sent 6 7 8
	rebuilt_same
	now 2026-03-23T00:00:00Z
	reeve tick
	is "n3 n1 n3 n1" "$(noted digest)"
	rebuilt_same
}

overlapping() {
	at empty
	echo a | put notes/a.txt
	job slow <<-END
		on: { manual: true }
		overlap: $1
	END
	cat >>jobs/slow.yaml <<-'END'
		  - id: card
		    render: card.md
		    with: { what: "{{inputs.what}}" }
		    artifact: "cards/{{inputs.what}}.md"
		  - id: review
		    gate: { title: "Look" }
	END
	echo "{{with.what}}" | put templates/card.md
	commit "A gate"
	reeve run -q slow what=one
	one=$(run_of slow)
	exits 0 reeve run slow what=two
	two=$(run_of slow)
	[ "$one" != "$two" ] || fail "the second was not started"
}

# state RUN
state() {
	reeve status --json "$1" | sed -n 's/.*"state": "\([a-z ]*\)".*/\1/p' |
		tail -1
}

overlap_skip() {
	overlapping skip
	has ../out cancelled
	is cancelled "$(state_of slow)"
	is 1 "$(git branch --list 'reeve/draft/*' | wc -l)"
	rebuilt_same
}

overlap_queue() {
	overlapping queue
	is open "$(state_of slow)"
	is 1 "$(git branch --list 'reeve/draft/*' | wc -l)"
	rebuilt_same
	reeve approve "$one"
	is waiting "$(state_of slow)"
}

overlap_replace() {
	overlapping replace
	is waiting "$(state_of slow)"
	is 1 "$(git branch --list 'reeve/draft/*' | wc -l)"
	is 1 "$(git for-each-ref refs/reeve/rejected | wc -l)"
	rebuilt_same
}

# Jobs of one group are worked on one at a time, in the order of their starts,
# whatever the job; another group is not held up.
group_of_two_jobs() {
	now 2026-03-20T06:00:00Z
	at empty
	for name in first second; do
		put "jobs/$name.yaml" <<-END
			version: 1
			name: $name
			on: { manual: true }
			inputs: { book: { type: string, required: true } }
			concurrency: "ledger {{inputs.book}}"
			overlap: queue
			steps:
			  - id: hold
			    wait: { event: go.$name }
			  - id: done
			    let: { text: inputs.book }
		END
	done
	commit "Two jobs with one book"
	reeve run -q first book=a
	reeve run -q second book=a
	reeve run -q second book=b
	# The second one of book a has not begun and hears nothing yet.
	reeve emit -q go.second
	reeve tick -q
	is 1 "$(events run.finished)"
	rebuilt_same
	reeve emit -q go.first
	reeve tick -q
	is 2 "$(events run.finished)"
	reeve emit -q go.second
	reeve tick -q
	is 3 "$(events run.finished)"
	rebuilt_same
	sound
}

typed_events() {
	at empty
	job heard <<-'END'
		on:
		  event:
		    type: paid
		    where: event.cents > 1000 and event.tags = 'x'
		    with: { what: "c{{trigger.event.cents}}" }
	END
	exits 0 reeve emit paid cents:=1200 tags=x
	is 1 "$(runs heard)"
	echo '{"cents": 5000, "tags": "x"}' >../data.json
	exits 0 reeve emit paid --data ../data.json
	exits 0 reeve emit paid --data - <../data.json
	is 3 "$(runs heard)"
	exits 2 reeve emit paid cents:=12x
	exits 2 reeve emit paid --data - <<<'[1]'
	exits 0 reeve emit --json paid cents:=1
	has ../out '"emitted"'
}

it "a time that clocks jump over comes once" a_slot_comes_once
it "the latest missed time is made up for" latest_is_made_up
it "all missed times are made up for, if said so" all_are_made_up
it "no missed time is made up for, if said so" none_is_made_up
it "a schedule that is edited does not run the past" an_edit_runs_no_past
it "more missed times than there may be are left out, and said" too_many_are_said
it "per commit: one run for all its files" one_run_a_commit
it "a flood of runs is asked about, and released" a_flood_is_asked_about released
it "a flood of runs is asked about, and dropped" a_flood_is_asked_about dropped
it "events of a time are one run" a_batch_is_one_run
it "a full batch does not wait, and no event is in two" a_full_batch_does_not_wait
it "overlap: skip" overlap_skip
it "overlap: queue" overlap_queue
it "overlap: replace" overlap_replace
it "concurrency: jobs of one group, one at a time" group_of_two_jobs
it "events by hand have types" typed_events
plan
