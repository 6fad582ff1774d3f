# What an editor says about the files that reeve init makes: it finds their
# schema by their first line, without a network.
#
# The server that editors ask is of npm. It is installed into the build once;
# where there is no node, or no npm registry, these tests are skipped.
. "$REEVE_TOP/tests/e2e/lib.sh"

kept=$REEVE_TOP/build/editor
server=$kept/node_modules/yaml-language-server/bin/yaml-language-server

# A half of an installation is never seen under its name.
install_server() {
	local new=$PWD/new authorities=/etc/ssl/certs/ca-certificates.crt
	[ ! -e "$server" ] || return 0
	command -v node npm >/dev/null || return 1
	[ -e "$authorities" ] || authorities=
	timeout 60 npm install --no-audit --no-fund --ignore-scripts \
		--fetch-retries=0 ${authorities:+--cafile="$authorities"} \
		--prefix "$new" yaml-language-server@1 >/dev/null 2>&1 || return 1
	mkdir -p "$(dirname "$kept")"
	mv -T "$new" "$kept" 2>/dev/null || [ -e "$server" ]
}

look_at() {
	timeout 60 node "$REEVE_TOP/tests/e2e/editor.mjs" "$server" "$@" |
		LC_ALL=C sort >../said
}

made_files_are_clean() {
	reeve init -q --template consultant
	look_at reeve.yaml jobs/proposal.yaml jobs/billing.yaml \
		jobs/delivery.yaml
	is "" "$(cat ../said)"
}

unknown_keys_are_shown() {
	reeve init -q --template consultant
	sed -i 's/^publish:/publsh:/; s/expect:/expct:/' jobs/delivery.yaml
	sed -i 's/^policy:/polcy:/' reeve.yaml
	look_at reeve.yaml jobs/delivery.yaml
	is 3 "$(wc -l <../said)"
	has ../said "jobs/delivery.yaml:16: Property publsh is not allowed"
	has ../said "jobs/delivery.yaml:25: Property expct is not allowed"
	has ../said "Property polcy is not allowed"
}

schemas_come_back() {
	reeve init -q --template consultant
	commit "Begin"
	cp -R .reeve/schema ../schema
	rm -rf .reeve
	reeve rebuild -q
	diff -r ../schema .reeve/schema
	for kind in agent job; do
		diff "$REEVE_TOP/docs/schema/$kind.json" \
			".reeve/schema/$kind.json"
	done
}

# asks NAME FUNCTION: one that needs the server.
asks() {
	if [ -e "$server" ]; then
		it "$@"
	else
		tests=$((tests + 1))
		echo "ok $tests - $1 # skip no yaml-language-server"
	fi
}

install_server || true
asks "an editor finds nothing wrong in what init makes" made_files_are_clean
asks "an editor shows keys that are unknown" unknown_keys_are_shown
it "rebuild makes the schemas again" schemas_come_back
plan
