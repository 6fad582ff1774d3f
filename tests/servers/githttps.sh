#!/bin/bash
# Git by https on 127.0.0.1: lighttpd before git's own http-backend, with a
# certificate of an authority made here. Every request needs the password
# "secret" of "ada".
#
#	githttps.sh DIR ROOT     prints the address of the folder ROOT
#	kill $(cat DIR/pid)      stops it
#
# DIR/ca.pem is the authority (http.sslCAInfo), DIR/other.pem another one.
# Exits 77 when there is no lighttpd with TLS.
set -eu
dir=$(realpath -m "${1:?usage: githttps.sh DIR ROOT}")
root=$(realpath "${2:?usage: githttps.sh DIR ROOT}")
lighttpd=$(PATH=$PATH:/usr/sbin command -v lighttpd) &&
	[ -e /usr/lib/lighttpd/mod_openssl.so ] &&
	command -v openssl >/dev/null || {
	echo "no https server: install lighttpd and lighttpd-mod-openssl"
	exit 77
}
[ -x "$(git --exec-path)/git-http-backend" ] || {
	echo "no git http-backend"
	exit 77
}
mkdir -p "$dir"
for name in ca other; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 2 -subj "/CN=$name" -keyout "$dir/$name.key" \
		-out "$dir/$name.pem" 2>/dev/null
done
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-subj /CN=localhost -keyout "$dir/key.pem" -out "$dir/csr" 2>/dev/null
openssl x509 -req -in "$dir/csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" \
	-set_serial 1 -days 2 -out "$dir/cert.pem" 2>/dev/null \
	-extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1")
echo "ada:secret" >"$dir/users"
for _ in 1 2 3 4 5 6 7 8; do
	port=$((20000 + RANDOM % 10000))
	cat >"$dir/conf" <<-CONF
		server.modules = ( "mod_auth", "mod_authn_file", "mod_alias",
			"mod_setenv", "mod_cgi", "mod_openssl" )
		server.document-root = "$root"
		server.bind = "127.0.0.1"
		server.port = $port
		server.errorlog = "$dir/log"
		server.pid-file = "$dir/pid"
		server.upload-dirs = ( "$dir" )
		ssl.engine = "enable"
		ssl.privkey = "$dir/key.pem"
		ssl.pemfile = "$dir/cert.pem"
		alias.url = ( "/" => "$(git --exec-path)/git-http-backend/" )
		cgi.assign = ( "" => "" )
		setenv.set-environment = (
			"GIT_PROJECT_ROOT" => "$root",
			"GIT_HTTP_EXPORT_ALL" => "1",
			"PATH" => "$PATH",
		)
		auth.backend = "plain"
		auth.backend.plain.userfile = "$dir/users"
		auth.require = ( "" => ( "method" => "basic", "realm" => "git",
			"require" => "valid-user" ) )
	CONF
	"$lighttpd" -f "$dir/conf" 2>>"$dir/log" >&2 && break
	port=
done
[ -n "$port" ] || { cat "$dir/log"; exit 1; }
until [ -s "$dir/pid" ]; do :; done
echo "https://127.0.0.1:$port"
