# What the owner may get wrong: a clear message, a stable exit status, and
# every file and ref as it was.
. "$REEVE_TOP/tests/e2e/lib.sh"

# refuses STATUS TEXT HINT COMMAND...: with that status, message and hint, and
# nothing has changed.
refuses() {
	local status=$1 text=$2 hint=$3
	shift 3
	exits "$status" kept_by "$@"
	says "$text"
	says "$hint"
}

# ---- The repository

not_a_repository() {
	mkdir company && cd company
	for command in tick check status ""; do
		exits 2 reeve $command
		says "not in a git repository"
		says "reeve init"
	done
	is "" "$(ls -A)"
}

bare_repository() {
	git init -q --bare company
	cd company
	find . -type f | sort >../files
	for command in tick check init; do
		exits 2 reeve $command
		says "bare repository"
		says "working tree"
	done
	find . -type f | sort | diff ../files -
}

no_journal() {
	mkdir company && cd company
	git init -q
	date >diary
	commit "Begin"
	refuses 2 "has no journal yet" "Run reeve init" reeve tick
	refuses 2 "has no journal yet" "Run reeve init" reeve status
}

unborn_branch() {
	mkdir company && cd company
	reeve init -q
	refuses 2 "has no commit yet" "git commit" reeve tick
	refuses 2 "has no commit yet" "git commit" reeve run proposal
	exits 0 reeve check
}

branch_in_the_way() {
	mkdir company && cd company
	git init -q
	git commit -q --allow-empty -m "Begin"
	git branch reeve
	refuses 2 'a branch named "reeve"' "git branch -m reeve" reeve init
}

detached_init() {
	mkdir company && cd company
	git init -q
	git commit -q --allow-empty -m "Begin"
	git switch -q --detach
	refuses 2 "HEAD is detached" "git switch" reeve init
}

# The branch goes on where HEAD is not; HEAD stays.
detached_head() {
	local head
	at drafted
	git merge -q --no-ff --no-edit "$(draft_of proposal)"
	git switch -q --detach HEAD~1
	head=$(git rev-parse HEAD)
	exits 0 reeve tick
	is 1 "$(mails)"
	is "$head" "$(git rev-parse HEAD)"
	is "" "$(git status --porcelain)"
	git cat-file -e main:projects/acme/plan.md
}

# ---- The configuration

no_configuration() {
	at begun
	git rm -q reeve.yaml
	git commit -q -m "Away with it"
	refuses 2 "there is no reeve.yaml" "reeve init" reeve tick
	refuses 2 "there is no reeve.yaml" "reeve init" reeve check
	exits 0 reeve status
}

empty_configuration() {
	at begun
	: >reeve.yaml
	commit "Nothing in it"
	refuses 2 "reeve.yaml:1:1: error: reeve.yaml is empty" "version: 1" \
		reeve tick
	refuses 2 "reeve.yaml:1:1:" "version: 1" reeve check
}

# wrong EDIT LINE COLUMN TEXT: a job edited so is refused by check there, and
# starts nothing; mended, the brief that came meanwhile is taken up.
wrong() {
	local place
	at begun
	sed -i -e "$1" jobs/proposal.yaml
	commit "Edit"
	place=jobs/proposal.yaml:$(grep -n -m 1 -e "$2" jobs/proposal.yaml |
		cut -d : -f 1):$3
	exits 2 reeve check
	says "$place: error: "
	says "$4"
	brief
	exits 0 kept_by reeve tick
	says "$place"
	says "$4"
	exits 2 kept_by reeve run proposal brief=inbox/intake/acme.yaml
	says "$4"
	git show HEAD~2:jobs/proposal.yaml >jobs/proposal.yaml
	commit "Mend"
	exits 0 reeve tick
	is "in review" "$(state_of proposal review)"
	is 1 "$(events run.started)"
}

# An event that comes while its job is broken waits for the job.
event_of_a_broken_job() {
	at drafted
	git merge -q --no-ff --no-edit "$(draft_of proposal)"
	sed -i 's/^steps:/stpes:/' jobs/billing.yaml
	commit "Edit"
	exits 0 reeve tick
	says "jobs/billing.yaml"
	says '"stpes"'
	is done "$(state_of delivery)"
	exits 0 kept_by reeve tick
	sed -i 's/^stpes:/steps:/' jobs/billing.yaml
	commit "Mend"
	exits 0 reeve tick
	is "in review" "$(state_of billing review)"
	is 3 "$(events run.started)"
}

# ---- What is started by hand

by_hand() {
	at begun
	refuses 2 'no job "propsal"' 'Did you mean "proposal"' \
		reeve run propsal
	refuses 2 'the input "brief" is required' "reeve run proposal brief=" \
		reeve run proposal
	refuses 2 'no input "breif"' 'Did you mean "brief"' \
		reeve run proposal breif=x
	refuses 2 "must be a path" "brief: { type: path" \
		reeve run proposal brief=../secret
	refuses 2 'no run "zzzz"' "reeve status" reeve approve zzzz
}

missing_value() {
	at begun
	put templates/hello.md <<<"Hello {{with.who}} of {{company.planet}}"
	put jobs/hello.yaml <<-'END'
		version: 1
		name: hello
		on: { manual: true }
		steps:
		  - id: hello
		    render: hello.md
		    with: { who: "{{inputs.who}}" }
		    artifact: hello.md
		inputs:
		  who: { type: string, required: true }
	END
	commit "Hello"
	exits 2 reeve check
	says "templates/hello.md:1:25: error: "
	says "company.planet"
	refuses 2 "company.planet" "templates/hello.md:1:25" \
		reeve run hello who=Ann
}

# ---- What comes in

intake_is_no_yaml() {
	at begun
	printf 'client: [acme\nname: Ann\n' >inbox/intake/acme.yaml
	commit "A brief"
	footprint >../before
	exits 1 reeve tick
	says "inbox/intake/acme.yaml:2:5"
	says "reeve run proposal brief=inbox/intake/acme.yaml"
	is failed "$(state_of proposal)"
	footprint | diff ../before -
	exits 0 kept_by reeve tick
	brief
	exits 0 kept_by reeve tick
	exits 0 reeve run proposal brief=inbox/intake/acme.yaml
	is "in review" "$(state_of proposal review)"
}

intake_lacks_a_field() {
	at begun
	grep -v '^email:' "$examples/briefs/acme.yaml" >inbox/intake/acme.yaml
	commit "A brief"
	exits 1 reeve tick
	says "inbox/intake/acme.yaml"
	says '"email"'
}

# ---- The draft

draft_deleted() {
	local draft tip
	at drafted
	draft=$(draft_of proposal)
	tip=$(git rev-parse "$draft")
	git branch -q -D "$draft"
	refuses 0 "the draft branch $draft was deleted" \
		"git branch $draft ${tip:0:12}" reeve tick
	refuses 2 "$draft" "git branch $draft" \
		reeve approve "$(run_of proposal)"
	is "in review" "$(state_of proposal review)"
	git branch "$draft" "${tip:0:12}"
	exits 0 kept_by reeve tick
	is 0 "$(mails)"
	exits 0 reeve approve "$(run_of proposal)"
	is 1 "$(mails)"
}

draft_deleted_and_refused() {
	at drafted
	git branch -q -D "$(draft_of proposal)"
	exits 0 reeve reject "$(run_of proposal)"
	is rejected "$(state_of proposal)"
	exits 0 kept_by reeve tick
	git rev-parse -q --verify "refs/reeve/rejected/proposal-$(
		run_of proposal).1"
}

# merge_edited COMMAND...: the draft is edited so on its branch, and merged.
merge_edited() {
	local draft
	draft=$(draft_of proposal)
	git switch -q "$draft"
	"$@"
	commit "Edit"
	git switch -q main
	git merge -q --no-ff --no-edit "$draft"
}

# mended FILE: by a later commit, as it was drafted; that is the approval.
mended() {
	is "in review" "$(state_of proposal review)"
	is 0 "$(mails)"
	git checkout -q "$(git log --format=%H --grep '^proposal: ' -n 1)" -- \
		"$1"
	commit "Mend"
	exits 0 reeve tick
	is 1 "$(mails)"
	is done "$(state_of proposal)"
	is "$(git log --format=%H -n 1 --grep '^Mend')" "$(
		git log --format=%B reeve/journal |
			sed -n 's/.*gate.approved.*"commit":"\([0-9a-f]*\)".*/\1/p')"
	sound
}

# nonsense_slip PLACE TEXT SED: merged so, the gate stays closed.
nonsense_slip() {
	local slip
	at drafted
	slip=$(slip_of "$(draft_of proposal)")
	merge_edited sed -i -e "$3" "$slip"
	refuses 0 "$slip:$1: " "$2" reeve tick
	mended "$slip"
}

broken_front_matter() {
	at drafted
	merge_edited sed -i 's/^title: .*/title: "Half a/' \
		projects/acme/proposal.md
	refuses 0 "projects/acme/proposal.md:2:8: " "" reeve tick
	mended projects/acme/proposal.md
}

field_removed() {
	at drafted
	merge_edited sed -i '/^total_cents:/d' projects/acme/proposal.md
	refuses 0 "projects/acme/proposal.md" "total_cents is missing" reeve tick
	mended projects/acme/proposal.md
}

check_fails() {
	at drafted
	merge_edited sed -i 's/^total_cents: .*/total_cents: 7/' \
		projects/acme/proposal.md
	refuses 0 "net and VAT do not add up" "jobs/proposal.yaml" reeve tick
	mended projects/acme/proposal.md
}

# ---- The working tree

# A note waits to be merged, as the tree is dirty where it matters.
dirty_tree() {
	at drafted
	git merge -q --no-ff --no-edit "$(draft_of proposal)"
	mkdir -p projects/acme
	echo "mine" >projects/acme/plan.md
	footprint | grep -v refs/heads/ >../tree
	exits 0 reeve tick
	says "not clean"
	says "try again"
	is mine "$(cat projects/acme/plan.md)"
	is 1 "$(mails)"
	rm projects/acme/plan.md
	exits 0 reeve tick
	git cat-file -e main:projects/acme/plan.md
	has projects/acme/plan.md "2027-03-05"
	is "" "$(git status --porcelain)"
	sound
}

# What is dirty elsewhere, staged or not, stays as it is.
dirty_elsewhere() {
	at drafted
	git merge -q --no-ff --no-edit "$(draft_of proposal)"
	echo "one more line" >>memory/org/terms.md
	echo staged >diary
	git add diary
	git status --porcelain >../dirty
	exits 0 reeve tick
	git cat-file -e main:projects/acme/plan.md
	git status --porcelain | diff ../dirty -
	is done "$(state_of delivery)"
	is 0 "$(git log --format=%s main -- diary | wc -l)"
}

approve_dirty() {
	at drafted
	mkdir -p projects/acme
	echo "mine" >projects/acme/proposal.md
	refuses 2 "not clean" "Commit or stash" \
		reeve approve "$(run_of proposal)"
	is 0 "$(mails)"
}

approve_in_a_merge() {
	at drafted
	git switch -q -c other HEAD~1
	echo other >inbox/intake/acme.yaml
	commit "Other"
	git switch -q main
	git merge other >/dev/null 2>&1 || true
	refuses 2 "a merge is in progress" "Finish it" \
		reeve approve "$(run_of proposal)"
}

approve_conflicting() {
	at drafted
	mkdir -p projects/acme
	echo "mine" >projects/acme/proposal.md
	commit "My own words"
	refuses 2 "projects/acme/proposal.md" "git merge reeve/draft/" \
		reeve approve "$(run_of proposal)"
}

# The owner wrote a plan of their own: it is not written over.
plan_is_the_owners() {
	at drafted
	git merge -q --no-ff --no-edit "$(draft_of proposal)"
	echo "mine" >projects/acme/plan.md
	commit "My own plan"
	exits 0 reeve tick
	says "projects/acme/plan.md"
	says "reeve reject"
	is mine "$(cat projects/acme/plan.md)"
	exits 0 reeve reject "$(run_of delivery)"
	exits 0 kept_by reeve tick
	is "nothing to do" "$(reeve tick)"
}

# ---- At the same time

# A job whose file is merged without a review, and a git that holds the engine
# up in the middle of that: when ../armed is there, it says so in ../here and
# goes on when it reads a line from ../go.
slow_job() {
	mkfifo ../here ../go
	exec 8<>../go # for both, so that nobody has to wait for an end
	put ../bin/git <<-END
		#!/bin/sh
		case "\$*" in
		*"worktree list"*)
			if rm "$PWD/../armed" 2>/dev/null; then
				echo here >"$PWD/../here"
				read -r line <"$PWD/../go"
			fi
			;;
		esac
		exec "$(command -v git)" "\$@"
	END
	chmod +x ../bin/git
	put templates/slow.txt <<<"slowly"
	put jobs/slow.yaml <<-END
		version: 1
		name: slow
		on: { commit: { paths: ["slow/*"] } }
		publish: merge
		steps:
		  - id: slow
		    render: slow.txt
		    artifact: slow.txt
	END
	put slow/1 <<<"one"
	commit "Something slow"
}

# A tick in the background, which is at that point.
begin_tick() {
	touch ../armed
	PATH=$PWD/../bin:$PATH timeout 60 reeve tick >../slow.out 2>&1 &
	tick=$!
	is here "$(timeout 30 cat ../here)"
}

# end_tick STATUS: let it go on, and wait for its end.
end_tick() {
	local status=0
	echo done >&8
	wait $tick || status=$?
	is "$1" $status
}

second_tick() {
	local holder
	at begun
	slow_job
	begin_tick
	holder=$(cut -d ' ' -f 1 .git/reeve/engine)
	SECONDS=0
	exits 75 reeve tick
	[ $SECONDS -le 1 ]
	says "process $holder "
	exits 0 kept_by reeve status
	# What comes meanwhile is seen by the one that runs.
	brief
	exits 75 reeve tick
	end_tick 0
	is "in review" "$(state_of proposal review)"
	is done "$(state_of slow)"
	is "nothing to do" "$(reeve tick)"
	sound
}

commit_meanwhile() {
	local head
	at begun
	slow_job
	begin_tick
	put diary <<<"today"
	sed -i 's/artifact: .*/artifact: other.txt/' jobs/slow.yaml
	commit "The owner goes on"
	head=$(git rev-parse HEAD)
	end_tick 0
	# Merged upon it, and of the job's text when it began.
	is "$head" "$(git rev-parse main~1)"
	is slow.txt "$(git diff --name-only main~1 main)"
	is "" "$(git status --porcelain)"
	exits 0 kept_by reeve tick
	sound
}

killed_meanwhile() {
	at begun
	slow_job
	begin_tick
	kill -KILL "$(cut -d ' ' -f 1 .git/reeve/engine)"
	end_tick 137
	is 0 "$(events draft.merged)"
	exits 0 kept_by reeve status
	begin_tick
	end_tick 0
	is 1 "$(events run.started)"
	is 1 "$(events draft.merged)"
	is slow.txt "$(git diff --name-only main~1 main)"
	sound
}

# ---- Too much of everything

# spends KILOBYTES COMMAND...: no more memory than that; a sanitizer's own is
# not counted.
spends() {
	local most=$1 status=0
	shift
	command time -f %M -o ../spent "$@" >../out 2>../err || status=$?
	! ldd "$(command -v reeve)" | grep -q libasan || return $status
	[ "$(tail -n 1 ../spent)" -le "$most" ] ||
		fail "$* takes $(tail -n 1 ../spent) KB, more than $most"
	return $status
}

# refuses_cheaply TEXT: check does, with no more than 16 MB above what it needs
# for a workspace without that job.
refuses_cheaply() {
	footprint >../before
	spends 24000 reeve check && fail "it is in order"
	footprint | diff ../before -
	says "$1"
}

# loop [KEY...]: a job whose list is the file items.yaml, with these keys.
loop() {
	{
		cat <<-'END'
			version: 1
			name: loop
			on: { manual: true }
			publish: merge
			steps:
			  - id: list
			    read: { path: items.yaml }
			  - id: each
			    for_each: { item: "{{list}}" }
		END
		printf '    %s\n' "$@"
	} | put jobs/loop.yaml
}

# A file of 100 MB is not read at all, neither from the folder nor from git.
job_of_100_mb() {
	at begun
	head -c 100000000 /dev/zero | tr '\0' a >jobs/big.yaml
	refuses_cheaply "jobs/big.yaml:1:1: error: could not read \"jobs/big.yaml\""
	commit "Much"
	spends 24000 reeve tick
	says "the file is longer than 8388608 bytes"
}

# one_let COUNT: a job with so many keys in one map.
one_let() {
	{
		printf 'version: 1\nname: big\non: { manual: true }\n'
		printf 'steps:\n  - id: a\n    let:\n'
		seq -f '      k%.0f: 1' "$1"
	} | put jobs/big.yaml
}

# They are refused where they are too many, before a tree is made of them.
a_million_keys() {
	at begun
	one_let 1000000
	refuses_cheaply "jobs/big.yaml:1:1: error: could not read \"jobs/big.yaml\""
	one_let 400000
	refuses_cheaply \
		"jobs/big.yaml:10007:7: error: more than 10000 keys in one map"
}

nested_deep() {
	at begun
	{
		printf 'version: 1\nname: big\non: { manual: true }\nsteps: '
		head -c 1000000 /dev/zero | tr '\0' '['
	} | put jobs/big.yaml
	refuses_cheaply "jobs/big.yaml:4:"
}

# Each is found, so many are told, and the rest is counted.
names_that_are_wrong() {
	at begun
	{
		printf 'version: 1\nname: big\non: { manual: true }\nsteps:\n'
		seq 1 100000 | sed 's/.*/  - { id: a&, let: { x: nothing.here } }/'
	} | put jobs/big.yaml
	exits 2 kept_by reeve check
	says "jobs/big.yaml:5:25: error: "
	says '"nothing"'
	[ "$(wc -c <../err)" -lt 1000000 ] || fail "it says too much"
	[ "$(wc -c <../out)" -lt 1000000 ] || fail "it says too much"
}

a_cycle_of_many() {
	at begun
	{
		printf 'version: 1\nname: big\non: { manual: true }\nsteps:\n'
		seq 0 9999 | awk '{
			printf "  - { id: a%d, needs: [a%d], let: { x: 1 } }\n",
				$1, ($1 + 1) % 10000
		}'
	} | put jobs/big.yaml
	exits 2 kept_by reeve check
	says "jobs/big.yaml:5:"
}

itself_among_its_steps() {
	at begun
	put jobs/self.yaml <<-'END'
		version: 1
		name: self
		on: { manual: true }
		steps:
		  - id: again
		    job: self
	END
	exits 2 kept_by reeve check
	says "jobs/self.yaml:6:10: "
}

# wrong_items ITEMS MESSAGE [KEY...]: the loop's run fails so.
wrong_items() {
	local items=$1 message=$2
	shift 2
	at begun
	loop "$@"
	put items.yaml <<<"$items"
	commit "A loop"
	exits 1 reeve run loop
	says "jobs/loop.yaml:"
	says "$message"
	is "" "$(git status --porcelain)"
	sound
}

# One more than a loop may have; none of them is begun.
a_million_items_and_one() {
	at begun
	loop 'let: { x: item }'
	sed -i 's/items.yaml/items.json/' jobs/loop.yaml
	{ printf '['; yes 1, | head -n 1000000 | tr -d '\n'; echo '1]'; } \
		>items.json
	commit "A loop"
	footprint >../before
	exits 1 reeve run loop
	says "jobs/loop.yaml:9:23: for_each takes at most 1000000 items"
	says "these are 1000001"
	footprint | diff ../before -
	sound
}

# odd_key KEY TEXT: as a key of a job it is refused at its place, and what is
# said of it cannot touch a terminal.
odd_key() {
	at begun
	printf 'version: 1\nname: odd\non: { manual: true }\n"%b": 1\n' "$1" |
		put jobs/odd.yaml
	exits 2 kept_by reeve check
	says "jobs/odd.yaml:4:"
	says "$2"
	! LC_ALL=C grep -q "[[:cntrl:]]" ../out ../err ||
		fail "a control character is printed"
}

it "no repository" not_a_repository
it "a key that a terminal would obey" odd_key '\\e[31mred' 'unknown key'
it "a key with a line break" odd_key 'a\\nb' 'unknown key'
it "a key with a NUL" odd_key 'a\\0b' 'U+0000'
it "a key that is empty" odd_key '' 'unknown key'
it "a key that turns the text around" odd_key '\\u202Eevil' 'unknown key'
it "a job of 100 MB" job_of_100_mb
it "a job with a million keys" a_million_keys
it "a job of a million lists in each other" nested_deep
it "a job with 100,000 wrong names" names_that_are_wrong
it "a job that waits for itself over 10,000 steps" a_cycle_of_many
it "a job that has itself as a step" itself_among_its_steps
it "a loop over no list" wrong_items "{ a: 1 }" "needs a list" \
	'let: { x: "1" }'
it "a loop over 1,000,001 items" a_million_items_and_one
it "items that have one key" wrong_items "[{ n: a }, { n: a }]" "two items" \
	'key: "{{item.n}}"' 'let: { x: "1" }'
it "items that write one file" wrong_items \
	"[{ n: a, same: x }, { n: b, same: x }]" \
	"is written by" 'key: "{{item.n}}"' 'run: { argv: [echo] }' \
	'artifact: "out/{{item.same}}.txt"'
it "an item that would write elsewhere" wrong_items "[{ n: ../../x }]" \
	"has a slash" 'run: { argv: [echo] }' 'artifact: "out/{{item.n}}.txt"'
it "an item that would write into .git" wrong_items "[{ n: .GIT }]" \
	'the artifact "' 'run: { argv: [echo] }' 'artifact: "{{item.n}}/x"'
it "a bare repository" bare_repository
it "a repository without a journal" no_journal
it "an unborn branch" unborn_branch
it "a branch named reeve" branch_in_the_way
it "init with a detached HEAD" detached_init
it "a tick with a detached HEAD works on the branch" detached_head
it "no reeve.yaml" no_configuration
it "an empty reeve.yaml" empty_configuration
it "an unknown step" wrong 's/needs: \[send\]/needs: [sent]/' sent 13 '"send"'
it "an unknown agent" wrong 's/: proposal-writer/: proposal-writr/' \
	writr 12 '"proposal-writer"'
it "an unknown effect" wrong 's/call: email.send/call: email.sned/' \
	'call: email.sned' 11 '"email.send"'
it "an unknown key" wrong 's/^    artifact:/    artefact:/' \
	artefact 5 '"artifact"'
it "an unknown kind" wrong 's/^    recall:/    recal:/' recal: 5 '"recall"'
it "a cycle of steps" wrong 's/^  - id: context/&\n    needs: [proposal]/' \
	'needs: .proposal' 13 'context -> proposal -> context'
it "an effect without a gate" wrong '/- id: review/,/^$/d' \
	'call: email.send' 11 "gate"
it "an event of a job that is broken" event_of_a_broken_job
it "a template that names a missing value" missing_value
it "a run by hand that does not fit" by_hand
it "an intake file that is no YAML" intake_is_no_yaml
it "an intake file that lacks a field" intake_lacks_a_field
it "a draft branch that was deleted" draft_deleted
it "a deleted draft can be refused" draft_deleted_and_refused
it "a slip that is no YAML" nonsense_slip 3:1 "" '3s/.*/]/'
it "a slip that is another's" nonsense_slip 4:6 "" 's/^run: .*/run: other/'
it "a slip with an effect of its own" nonsense_slip 13:5 "not added" \
	's/^  - id: send/  - id: sent/'
it "a slip with an address that is none" nonsense_slip 16:11 "" \
	's/to: ann@acme.example/to: "not an address"/'
it "a slip with an unknown field" nonsense_slip 13:5 "subject" \
	's/^      subject:/      subjekt:/'
it "an artifact whose front matter does not parse" broken_front_matter
it "an artifact that lacks a field" field_removed
it "an artifact that fails its check" check_fails
it "a working tree that is dirty where it matters" dirty_tree
it "a working tree that is dirty elsewhere" dirty_elsewhere
it "approve with a dirty working tree" approve_dirty
it "approve in the middle of a merge" approve_in_a_merge
it "approve of what conflicts" approve_conflicting
it "a plan of the owner's own is not written over" plan_is_the_owners
it "a second tick while one runs" second_tick
it "a commit during a tick" commit_meanwhile
it "a tick that is killed while it merges" killed_meanwhile
plan
