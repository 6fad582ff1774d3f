# The same company by each road to its remote: path, git daemon, https and ssh.
. "$REEVE_TOP/tests/e2e/lib.sh"
. "$REEVE_TOP/tests/e2e/shared.bash"

each_ticks() {
	(cd a && reeve tick -q)
	(cd b && reeve tick -q)
}

# The other side refuses the first pushes, for no reason of ours.
refused_push() {
	fate refused refused
	(cd a && exits 0 reeve tick)
	is "" "$(cat fate)"
	each_ticks
}

# It takes the push, and nobody hears of it.
lost_push() {
	fate lost
	(cd a && exits 0 reeve tick)
	is "" "$(cat fate)"
	is "$1" "$(sent)"
	each_ticks
}

# a is stopped while its push is on its way, for longer than its claim lasts; b
# takes over and sends; a wakes and begins nothing.
paused_holder() {
	local holder
	rm -f stopped
	fate stopped
	(cd a && exec reeve tick >../a.out 2>&1) &
	holder=$!
	until [ -e stopped ]; do
		kill -0 $holder || fail "$(cat a.out)"
		sleep 0.05
	done
	# b looks until the claim has lapsed on its own clock. What a has begun
	# is then a doubt to it, and nothing that it would send.
	for _ in $(seq 60); do
		(cd b && reeve tick >../b.out 2>&1) || true
		! grep -q "nobody knows whether" b.out || break
		sleep 0.1
	done
	grep -q "nobody knows whether" b.out || fail "$(cat b.out)"
	kill -CONT $holder
	wait $holder || true
	settled
}

# All of that by one road, which FUNCTION opens: it sets `url`, and what the
# owner's git needs to go there is in ~/.gitconfig.
by() {
	shared
	fates
	"$@"
	for at in a b; do
		git -C $at remote set-url origin "$url"
	done
	note one
	(cd a && reeve tick) &
	local first=$!
	(cd b && reeve tick) &
	wait $first $!
	each_ticks
	is 1 "$(sent)"
	note two
	refused_push
	is 2 "$(sent)"
	note three
	lost_push 2
	is 3 "$(sent)"
	sed -i 's/claim: 1m/claim: 3s/' a/reeve.yaml
	note four
	paused_holder
	is 4 "$(sent)"
	git clone -q "${url#../}" c
	git -C c remote set-url origin "$url"
	(cd c && exits 0 reeve tick)
	is "$(git -C a rev-parse reeve/journal)" \
		"$(git -C c rev-parse reeve/journal)"
}

path() {
	url=../hub.git
}

# served COMMAND...: a server whose pid is in the file served/pid; its address
# becomes `url`. It ends with the test.
served() {
	local status=0
	url=$("$@") || status=$?
	[ $status -ne 77 ] || skip "$url"
	[ $status -eq 0 ] || fail "$url"
	# shellcheck disable=SC2064 # this server
	trap "kill $(cat "$top_dir/served/pid")" EXIT
}

daemon() {
	local port
	[ -x "$(git --exec-path)/git-daemon" ] || skip "no git daemon"
	mkdir served
	for _ in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 10000))
		git daemon --reuseaddr --listen=127.0.0.1 --port=$port \
			--base-path="$PWD" --export-all --enable=receive-pack \
			--pid-file="$PWD/served/pid" --detach "$PWD" && break
	done
	url=git://127.0.0.1:$port/hub.git
	until git ls-remote "$url" >/dev/null 2>&1; do
		sleep 0.05
	done
	# shellcheck disable=SC2064 # this server
	trap "kill $(cat served/pid)" EXIT
}

# own_home: the owner's files of this test alone.
own_home() {
	mkdir home
	cp "$HOME/.gitconfig" home
	export HOME=$PWD/home
}

# The password comes from a helper of the owner's.
https() {
	own_home
	served "$REEVE_TOP/tests/servers/githttps.sh" served .
	url=$url/hub.git
	git -C hub.git config http.receivepack true
	put home/password <<-'SH'
		#!/bin/sh
		[ "$1" = get ] && echo username=ada && echo password=secret
	SH
	chmod +x home/password
	git config --global http.sslCAInfo "$PWD/served/ca.pem"
	git config --global credential.helper "$PWD/home/password"
}

# The owner's key and the hosts that they know.
ssh_server() {
	own_home
	served "$REEVE_TOP/tests/servers/gitssh.sh" served
	url=$url$PWD/hub.git
	git config --global core.sshCommand "ssh -F $PWD/served/config"
}

# away HINT: it cannot be reached, which is one line with what to do; work goes
# on, and what is sent waits.
away() {
	cd a
	exits 0 reeve tick
	is 1 "$(grep -c "could not be reached" ../err)"
	is 1 "$(grep -c "effects wait" ../err)"
	has ../err "$1"
	is 1 "$(events step.finished)"
	is 0 "$(sent)"
	cd ..
}

# broken ROAD HINT COMMAND...: what COMMAND does to it is told, and when that is
# mended all is done.
broken() {
	local road=$1 hint=$2
	shift 2
	shared
	note one
	"$road"
	git -C a remote set-url origin "$url"
	cp -a served served.whole
	cp -a home home.whole
	"$@"
	away "$hint"
	rm -rf served home
	mv served.whole served
	mv home.whole home
	(cd a && exits 0 reeve tick)
	is 1 "$(sent)"
}

wrong_password() {
	sed -i s/secret/guess/ home/password
}

no_password() {
	git config --global --unset credential.helper
}

wrong_authority() {
	cp served/other.pem served/ca.pem
}

unknown_host() {
	: >served/known_hosts
}

unknown_key() {
	ssh-keygen -q -t ed25519 -N '' -f served/other
	mv served/other served/id
}

# Nobody listens there.
no_server() {
	git config --global url.https://127.0.0.1:1/.insteadOf \
		"${url%hub.git}"
}

it "by path: at once, refused, lost, taken over" by path
it "by git daemon" by daemon
it "by https, with a password" by https
it "by ssh, with a key" by ssh_server
it "a password that is wrong is told" broken https \
	"Its server does not take the password" wrong_password
it "one that nobody has, too" broken https "git has no password" no_password
it "so is an authority that git does not trust" broken https \
	"http.sslCAInfo in ~/.gitconfig" wrong_authority
it "a host that is not known" broken ssh_server "accept its key" unknown_host
it "a key that the server does not know" broken ssh_server \
	"does not know your key" unknown_key
it "a server that is gone" broken https "effects wait" no_server
plan
