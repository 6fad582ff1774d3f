# Git's hooks start the tick: a commit or a merge is all that the owner types.
. "$REEVE_TOP/tests/e2e/lib.sh"

# awaited COMMAND...: and whatever it started in the background. All of that
# inherits the writing end of a pipe, whose reader sees its end when the last
# of them is gone.
awaited() {
	local reader
	mkfifo ../alive
	timeout 60 cat ../alive &
	reader=$!
	"$@" 9>../alive
	wait $reader
	rm ../alive
}

# A workspace with the hooks, and one of the owner's own before them, which
# counts in ../calls.
hooked() {
	at begun
	put .git/hooks/post-commit <<-END
		#!/bin/sh
		echo post-commit >>"$PWD/../calls"
	END
	put .git/hooks/post-merge <<-END
		#!/bin/sh
		echo "post-merge \$1" >>"$PWD/../calls"
	END
	chmod +x .git/hooks/post-*
	find .git/hooks -type f | xargs sha256sum >../hooks
	exits 0 reeve hooks install
	touch ../calls
}

commit_starts_the_tick() {
	hooked
	awaited brief
	is "in review" "$(state_of proposal review)"
	is "" "$(cat .reeve/hook.log)"
	is "nothing to do" "$(reeve tick)"
}

merge_starts_the_tick() {
	local tip
	hooked
	awaited brief
	tip=$(git rev-parse "$(draft_of proposal)")
	awaited git merge -q --ff-only "$tip"
	is 1 "$(mails)"
	is "in review" "$(state_of billing review)"
	is "" "$(git status --porcelain)"
	# The engine merged a note and a plan of its own, and told nobody.
	is 2 "$(git log --format=%s --author reeve@localhost "$tip..main" |
		wc -l)"
	is "post-commit;post-merge 0;" "$(tr '\n' ';' <../calls)"
	is "nothing to do" "$(reeve tick)"
	sound
}

amend_starts_the_tick() {
	hooked
	date >diary
	awaited commit "A day"
	sed 's/acme/globex/g' "$examples/briefs/acme.yaml" \
		>inbox/intake/globex.yaml
	git add -A
	awaited git commit -q --amend --no-edit
	is "in review" "$(state_of proposal review)"
	is 1 "$(events run.started)"
}

hooks_are_chained() {
	hooked
	awaited brief
	is post-commit "$(cat ../calls)"
	exits 0 reeve hooks install
	date >diary
	awaited commit "A day"
	is 2 "$(wc -l <../calls)"
}

# A hook of the owner's that fails keeps nothing from being done.
failing_hook() {
	hooked
	echo 'exit 3' >>.git/hooks/post-commit.before-reeve
	awaited brief
	is "in review" "$(state_of proposal review)"
}

uninstall_restores() {
	hooked
	exits 0 reeve hooks uninstall
	find .git/hooks -type f | xargs sha256sum | diff ../hooks -
	awaited brief
	is 0 "$(events run.started)"
	is post-commit "$(cat ../calls)"
}

# A commit in the middle of a tick starts one that finds the workspace taken;
# the first one sees to it.
several_commits() {
	hooked
	awaited eval 'brief; brief globex; brief initech'
	is 3 "$(events run.started)"
	is 3 "$(events gate.opened)"
	is "nothing to do" "$(reeve tick)"
	sound
}

# In a linked worktree of another branch it starts nothing, and breaks nothing.
linked_worktree() {
	hooked
	git worktree add -q -b side ../side
	cd ../side
	awaited brief
	cd ../company
	is 0 "$(events run.started)"
	awaited git merge -q --ff-only side
	is "in review" "$(state_of proposal review)"
}

it "a commit starts the tick" commit_starts_the_tick
it "a merge starts it, the engine's own merges do not" merge_starts_the_tick
it "an amended commit starts it" amend_starts_the_tick
it "the owner's hooks still run" hooks_are_chained
it "an owner's hook that fails is no obstacle" failing_hook
it "uninstalling puts everything back" uninstall_restores
it "several commits at once all count" several_commits
it "a commit in a linked worktree" linked_worktree
plan
