# A clone whose .git/config was written by somebody else: of all the programs
# that it names none is started.
. "$REEVE_TOP/tests/e2e/lib.sh"
. "$REEVE_TOP/tests/e2e/shared.bash"

# trap_for NAME: a program that leaves a mark, and what is asked of it.
trap_for() {
	cat >"$top_dir/$1" <<-SH
		#!/bin/sh
		echo "$1 \$*" >>$top_dir/marks
		exit 1
	SH
	chmod +x "$top_dir/$1"
	echo "$top_dir/$1"
}

# gated: the company, whose owner is asked first.
gated() {
	shared
	sed -i 's/^  - id: send/  - { id: review, gate: { title: A greeting } }\n&/' \
		a/jobs/greet.yaml
	note one
}

# work: ticks that fetch and push, and a merge into the branch that is checked
# out.
work() {
	cd a
	reeve tick -q || true
	reeve approve "$(run_of greet)" || true
	reeve doctor >/dev/null || true
	cd ..
	[ ! -e marks ] || fail "$(cat marks)"
}

# names KEY [VALUE]: set in the clone's own configuration, %s for the program.
names() {
	local program
	gated
	(cd a && reeve tick -q)
	program=$(trap_for trap)
	mkdir hooks
	for hook in post-merge post-checkout reference-transaction pre-push; do
		cp trap hooks/$hook
	done
	# shellcheck disable=SC2059 # %s is meant
	git -C a config "$1" "$(printf "${2:-%s}" "$program")"
	case $1 in
	core.hooksPath) git -C a config "$1" "$PWD/hooks" ;;
	core.sshCommand) git -C a remote set-url origin ssh://127.0.0.1:1/x ;;
	core.gitProxy) git -C a remote set-url origin git://127.0.0.1:1/x ;;
	filter.*)
		echo '* filter=x' >a/.git/info/attributes ;;
	esac
	work
	# What cannot be left out is said, and the branch is not moved.
	case $1 in
	filter.*)
		cd a
		exits 2 reeve approve "$(run_of greet)"
		says "$1"
		git config --unset "$1" ;;
	esac
}

# So do files that the configuration includes.
included() {
	gated
	printf '[core]\n\tsshCommand = %s\n' "$(trap_for trap)" >more
	git -C a config include.path "$PWD/more"
	git -C a remote set-url origin ssh://127.0.0.1:1/x
	work
	cd a
	reeve tick >../out 2>../err || true
	says "core.sshcommand"
}

# An address that is a command.
address() {
	gated
	git -C a config protocol.ext.allow always
	git -C a remote set-url origin "ext::$(trap_for trap) %S"
	work
}

# The trap is sound: by hand git starts it.
sprung() {
	shared
	git -C a config core.sshCommand "$(trap_for trap)"
	git -C a remote set-url origin ssh://127.0.0.1:1/x
	git -C a ls-remote >/dev/null 2>&1 || true
	[ -e marks ] || fail "git has not started it"
}

it "git by itself starts what is named" sprung
for key in core.hooksPath core.fsmonitor core.sshCommand core.gitProxy \
	core.askPass core.alternateRefsCommand credential.helper \
	gpg.program remote.origin.uploadpack remote.origin.receivepack \
	filter.x.clean filter.x.smudge filter.x.process; do
	it "$key is not started" names "$key"
done
it "nor is what is included" included
it "nor an address that is a command" address
plan
