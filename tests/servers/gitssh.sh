#!/bin/bash
# Git by ssh on 127.0.0.1: an sshd of its own, with keys made here.
#
#	gitssh.sh DIR            prints the address to which a path is added
#	kill $(cat DIR/pid)      stops it
#
# In DIR are the owner's key `id`, `known_hosts` and `config` (ssh -F DIR/config
# needs no more). Exits 77 when there is no sshd.
set -eu
dir=$(realpath -m "${1:?usage: gitssh.sh DIR}")
sshd=$(PATH=$PATH:/usr/sbin command -v sshd) && command -v ssh >/dev/null || {
	echo "no sshd: install openssh-server and openssh-client"
	exit 77
}
mkdir -p "$dir"
[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
for key in host id; do
	ssh-keygen -q -t ed25519 -N '' -C "$key" -f "$dir/$key"
done
cat >"$dir/sshd_config" <<-CONF
	ListenAddress 127.0.0.1
	HostKey $dir/host
	PidFile $dir/pid
	AuthorizedKeysFile $dir/id.pub
	PermitRootLogin prohibit-password
	PasswordAuthentication no
	KbdInteractiveAuthentication no
	UsePAM no
	StrictModes no
CONF
for _ in 1 2 3 4 5 6 7 8; do
	port=$((20000 + RANDOM % 10000))
	"$sshd" -f "$dir/sshd_config" -p $port -E "$dir/log" 2>>"$dir/log" &&
		break
	port=
done
[ -n "$port" ] || { cat "$dir/log"; exit 1; }
until [ -s "$dir/pid" ]; do :; done
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$dir/host.pub")" >"$dir/known_hosts"
cat >"$dir/config" <<-CONF
	Host *
	IdentityFile $dir/id
	IdentitiesOnly yes
	UserKnownHostsFile $dir/known_hosts
	GlobalKnownHostsFile /dev/null
	StrictHostKeyChecking yes
	BatchMode yes
	LogLevel ERROR
CONF
echo "ssh://$(id -un)@127.0.0.1:$port"
