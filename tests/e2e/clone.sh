# Two machines: what the journal has is not done again.
. "$REEVE_TOP/tests/e2e/lib.sh"

# The company and a bare repository that it is pushed to, with its journal.
stage_pushed() {
	mkdir company
	cp -R "$examples/consultant/." company
	git init -q --bare hub.git
	cd company
	git init -q
	reeve init -q --template consultant
	commit "Begin"
	brief
	reeve tick
	git remote add origin ../hub.git
	git push -q origin main reeve/journal
}

# Both, and a clone with the journal of the hub.
two() {
	at pushed
	git clone -q hub.git ../second
	cd ../second
}

init_takes_the_journal() {
	two
	exits 2 kept_by reeve tick
	says "reeve init"
	exits 0 reeve init
	says "remote's"
	is "$(git rev-parse origin/reeve/journal)" \
		"$(git rev-parse reeve/journal)"
	is "" "$(git status --porcelain)"
	is "in review" "$(state_of proposal review)"
	sound
}

# A clone of one branch has not heard of the journal: the remote is asked, so
# that there is no second one.
init_asks_the_remote() {
	at pushed
	git clone -q --single-branch hub.git ../second
	cd ../second
	git config remote.origin.url ../company/gone.git
	exits 2 reeve init
	says '"origin" could not be reached'
	says "reeve init --offline"
	git show-ref -q --verify refs/heads/reeve/journal &&
		fail "there is a second journal"
	git config remote.origin.url ../company/hub.git
	exits 0 reeve init
	says "remote's"
	is "$(git -C ../company/hub.git rev-parse reeve/journal)" \
		"$(git rev-parse reeve/journal)"
}

# As CI systems make them, of a company that names its remote.
remote_named() {
	at pushed
	cd company
	echo "remote: origin" >>reeve.yaml
	commit "A remote"
	git push -q origin main
	cd ..
	git -C hub.git config uploadpack.allowFilter true
}

partial_clone() {
	remote_named
	git clone -q --filter=blob:none "file://$PWD/hub.git" third
	cd third
	exits 2 kept_by reeve tick
	says "partial clone"
	git fetch -q --refetch --no-filter
	git config --unset remote.origin.promisor
	exits 0 reeve tick
	is "in review" "$(state_of proposal review)"
	sound
}

shallow_clone() {
	remote_named
	git clone -q --depth 1 "file://$PWD/hub.git" third
	cd third
	exits 0 reeve tick
	is false "$(git rev-parse --is-shallow-repository)"
	is "in review" "$(state_of proposal review)"
	sound
}

detached_clone() {
	remote_named
	git clone -q --depth 1 "file://$PWD/hub.git" third
	cd third
	git checkout -q --detach
	exits 2 kept_by reeve tick
	says "HEAD is detached"
	git switch -q main
	exits 0 reeve tick
}

init_is_idempotent() {
	two
	reeve init -q
	exits 0 kept_by reeve init
	exits 0 kept_by reeve init --template consultant
}

# The trigger is known, so is its run; nothing starts.
same_commit_starts_nothing() {
	two
	reeve init -q
	exits 0 kept_by reeve tick
	is 1 "$(events run.started)"
	is 4 "$(events step.finished)"
}

# The same brief by another commit, in a clone whose history lacks the first.
same_brief_runs_no_step() {
	local before
	two
	reeve init -q
	git switch -q -C main "$(git rev-list --max-parents=0 main)"
	brief
	exits 0 reeve tick
	is 1 "$(events run.started)"
	is 4 "$(events step.finished)"
	# A run of its own is told apart, and computes nothing either.
	before=$(events step.finished)
	exits 0 reeve run proposal brief=inbox/intake/acme.yaml
	is 2 "$(events run.started)"
	is "$before" "$(events step.finished)"
	is reused "$(state_of proposal sums)"
	is reused "$(state_of proposal context)"
	is reused "$(state_of proposal proposal)"
	is "in review" "$(state_of proposal review)"
	sound
}

# Who has the journal and the merge goes on where the other one stopped.
second_goes_on() {
	local draft
	two
	draft=$(git -C ../company/company branch --list 'reeve/draft/*' \
		--format '%(refname:short)')
	git -C ../company/company push -q origin "$draft"
	git fetch -q
	reeve init -q
	git merge -q --no-ff --no-edit "origin/$draft"
	exits 0 reeve tick
	is done "$(state_of proposal)"
	is 1 "$(mails)"
	is "in review" "$(state_of billing review)"
	sound
}

# The view of the first machine follows a journal that another one continued.
first_follows() {
	second_goes_on
	git push -q origin main reeve/journal
	cd ../company/company
	git pull -q --ff-only origin main
	git fetch -q origin reeve/journal:reeve/journal
	exits 0 reeve tick
	is 0 "$(mails)"
	is done "$(state_of proposal)"
	is 1 "$(events effect.intended)"
	sound
}

it "init in a clone takes the journal of the remote" init_takes_the_journal
it "init asks a remote that was not heard of" init_asks_the_remote
it "a partial clone is refused, with what to type" partial_clone
it "a shallow clone is deepened" shallow_clone
it "a detached HEAD without a journal is told" detached_clone
it "init changes nothing the second time" init_is_idempotent
it "the commit of a known run starts nothing" same_commit_starts_nothing
it "the same brief in a clone runs no step again" same_brief_runs_no_step
it "a clone goes on after the merge" second_goes_on
it "the first machine follows the journal, sends nothing" first_follows
plan
