# shellcheck shell=bash
# Requests to a world that misbehaves: what becomes of each, when it is tried
# again, what waits and for what, and what nobody may ever see.
. "$REEVE_TOP/tests/e2e/lib.sh"

canary=sesame-street+4711/very=secret
export CRM=$canary

# world [CERTIFICATE KEY]: one that answers, until the shell ends; its folder is
# world, its port is port.
world() {
	mkdir -p "$top/$tests/world"
	python3 "$REEVE_TOP/tests/servers/http.py" "$top/$tests/world" "$@" &
	trap "kill $!" EXIT
	for _ in {1..400}; do
		[ ! -e "$top/$tests/world/port" ] || break
		kill -0 $! || fail "no world"
		sleep 0.05
	done
	port=$(cat "$top/$tests/world/port")
}

# clock INSTANT: what follows happens then; a second passes at each look.
clock() {
	export REEVE_TEST_CLOCK=$1
	export REEVE_TEST_SEED=$((${REEVE_TEST_SEED:-0} + 1))
}

# company [SCHEME]: a workspace whose endpoint NAME is /NAME of the world.
company() {
	mkdir company
	cd company
	git init -q
	{
		cat <<-'END'
			version: 1
			policy: [{ effect: "http.*", then: auto }]
			connectors:
			  http:
		END
		while read -r name settings; do
			echo "    $name: { url: \"${1:-http}://127.0.0.1:$port/$name\"${settings:+, $settings} }"
		done
	} | put reeve.yaml
	commit "Begin"
	reeve init -q
	[ -z "$(git status --porcelain)" ] || commit "Be a workspace"
}

# job NAME [KEY...]: with the steps of standard input.
job() {
	local name=$1
	shift
	{
		printf '%s\n' "version: 1" "name: $name" "on: { manual: true }" \
			"may: { http.post: 100 }" "$@" "steps:"
		cat
	} | put "jobs/$name.yaml"
	commit "The job $name"
}

# post NAME [RETRIES]: a job that posts to the endpoint of its name.
post() {
	job "$1" <<-END
		  - id: send
		    ${2:+retry: $2}
		    call: http.post
		    with: { endpoint: $1, path: /things, json: { name: "$1" } }
	END
}

# script NAME LINE...: what the world does with requests to /NAME.
script() {
	local name=$1
	shift
	printf '%s\n' "$@" >"../world/$name"
}

# took NAME WHAT: how many requests the world logged so.
took() {
	[ ! -e ../world/log ] || grep -c "^[A-Z]* /$1[/?].* $2\$" ../world/log ||
		true
	[ -e ../world/log ] || echo 0
}

# state NAME: of the job's step `send`.
state() {
	state_of "$1" send
}

# ---- One request ----

it_is_sent() {
	world
	company <<-'END'
		shop headers: { Authorization: "Bearer {{secret.CRM}}" }, idempotency: Idempotency-Key
	END
	job shop <<-'END'
		  - id: send
		    call: http.post
		    with:
		      endpoint: shop
		      path: /things
		      query: { "a b": "c&d", n: 1 }
		      headers: { X-Note: "for {{run.job}}" }
		      json: { name: "Ann & Bob", list: [1, 2.50] }
		  - id: next
		    call: http.post
		    with: { endpoint: shop, path: "/things/{{send.id}}", body: "{{send.status}} {{send.json.id}}" }
	END
	exits 0 reeve check
	exits 0 reeve run shop
	is 2 "$(took shop accepted)"
	has ../world/log "POST /shop/things?a%20b=c%26d&n=1 "
	has ../world/seen '"x-note": "for shop"'
	has ../world/seen "\"authorization\": \"Bearer $canary\""
	has ../world/seen "b'{\"name\":\"Ann & Bob\",\"list\":[1,2.50]}'"
	has ../world/seen "POST /shop/things/1 "
	has ../world/seen "b'201 1'"
	is 2 "$(cut -d' ' -f3 ../world/log | sort -u | wc -l)"
	sound
}
it "a request is sent, and the next step has its answer" it_is_sent

# Whatever comes, nobody waits for long, and nobody takes it for done.
it_is_in_doubt() {
	local name
	world
	company <<-'END'
		unread timeout: 1s
		torn timeout: 1s
		lost timeout: 1s
		cut timeout: 1s
		half timeout: 1s
		never timeout: 1s
		drip timeout: 1s
		endless timeout: 30s
		long timeout: 30s
		bomb timeout: 30s
		headers timeout: 30s
		noise timeout: 30s
		failed timeout: 30s
	END
	# One job each, so that all are under way together.
	for name in unread torn lost cut half never drip endless long bomb \
		headers noise failed; do
		script $name $name
		printf '%s\n' "version: 1" "name: $name" \
			"on: { event: { type: go } }" "may: [http.post]" steps: \
			"  - { id: send, call: http.post, with: { endpoint: $name, path: /x } }" |
			put jobs/$name.yaml
	done
	script failed "failed 500"
	commit "Jobs"
	reeve emit go
	(
		# The sanitizers need more.
		ldd "$(command -v reeve)" | grep -q libasan || ulimit -v 800000
		exec reeve tick
	) >../out 2>&1 ||
		fail "it took too much"
	for name in unread torn lost cut half never drip endless long bomb \
		headers noise failed; do
		is "$name started" "$name $(state $name)"
	done
	reeve >../desk
	has ../desk "In doubt"
	has ../desk "http.post of send"
	reeve status --json >../status
	for name in cut half never drip endless long bomb headers noise failed; do
		is "$name 1" "$name $(took $name accepted)"
		exits 0 reeve resolve "$(run_of $name)" send --done
	done
	script lost ok
	exits 0 reeve resolve "$(run_of lost)" send --retry
	reeve tick
	is done "$(state lost)"
	is 1 "$(took lost accepted)"
	is 13 "$(git log --format=%B reeve/journal -- |
		grep -c '"outcome":"unanswered"')"
	sound
}
it "what is not answered as it should be is in doubt" it_is_in_doubt

it_is_refused() {
	world
	company <<-'END'
		no
		away
		gone
	END
	for name in no away gone; do
		post $name
	done
	script no "status 422"
	script away "to http://localhost:$port/elsewhere/x"
	script gone "status 404"
	job fine <<-'END'
		  - id: send
		    call: http.post
		    with: { endpoint: gone, path: /x, expect: [404, 410] }
	END
	exits 1 reeve run no
	says 'no refused it (422): {"error":"no"}'
	exits 1 reeve run away
	says "away wants it elsewhere (302, http://localhost:$port/elsewhere/x)"
	is 0 "$(took elsewhere .*)"
	exits 1 reeve run gone
	exits 0 reeve run fine
	is 3 "$(events effect.failed)"
	is 0 "$(events effect.tried)"
	sound
}
it "what is refused has failed, and redirects are not followed" it_is_refused

# ---- Another try ----

it_waits_as_it_is_told() {
	world
	company <<-'END'
		soon
		later
		dated
		greedy
		down
	END
	for name in soon later dated greedy down; do
		post $name
	done
	script soon "status 429" "status 425" "status 408" ok
	script later "status 429 Retry-After:600" ok
	script dated "status 503 Retry-After:Mon,_23_Nov_2026_10:40:00_GMT" ok
	script greedy "status 429 Retry-After:999999" ok
	clock 2026-11-23T10:00:00Z
	exits 0 reeve run soon
	is done "$(state soon)"
	is 3 "$(events effect.tried)"
	for name in later dated greedy; do
		exits 0 reeve run $name
		is "$name sleeping" "$name $(state $name)"
	done
	reeve status "$(run_of later)" >../out
	has ../out "later asks for patience (429)"
	has ../out "tried again at 2026-11-23T10:1"
	clock 2026-11-23T10:09:00Z
	exits 0 reeve tick
	is 0 "$(took later accepted)"
	clock 2026-11-23T10:11:30Z
	exits 0 reeve tick
	is done "$(state later)"
	is sleeping "$(state dated)"
	clock 2026-11-23T10:41:30Z
	exits 0 reeve tick
	is done "$(state dated)"
	is sleeping "$(state greedy)"
	# Nobody is waited for longer than an hour.
	clock 2026-11-23T11:05:00Z
	exits 0 reeve tick
	is done "$(state greedy)"
	for name in soon later dated greedy; do
		is "$name 1" "$name $(took $name accepted)"
	done
	sound
}
it "who asks for patience is asked again when they say" it_waits_as_it_is_told

# faults: how often somebody failed to answer.
faults() {
	git log --format=%B reeve/journal -- | grep -c '"fault":true' || true
}

# Of eight runs that need a server which is down, five ask it. Then it is left
# alone, and one asks when its time has come.
it_opens_and_closes() {
	local i
	world
	company <<-'END'
		dead
		fine
	END
	script dead "status 503 Retry-After:1"
	for i in 1 2 3 4 5 6 7 8; do
		job dead$i <<-END
			  - id: send
			    retry: { max: 9, delay: 10h, max_delay: 20h }
			    call: http.post
			    with: { endpoint: dead, path: /$i }
		END
	done
	post fine
	for i in 1 2 3 4 5 6 7 8; do
		clock 2026-11-23T10:00:0${i}Z
		exits 0 reeve run dead$i
		is sleeping "$(state dead$i)"
	done
	# A tick sits out less than a minute, so some have asked in between.
	[ "$(faults)" -ge 5 ] && [ "$(faults)" -lt 8 ] || fail "$(faults) faults"
	local before
	before=$(faults)
	reeve >../out
	has ../out "dead"
	has ../out "open since"
	reeve status "$(run_of dead8)" >../out
	has ../out "dead fails since 2026-11-23T10:00"
	exits 0 reeve run fine
	is done "$(state fine)"
	# One looks, and finds nobody; then another, when that one's time is up.
	clock 2026-11-24T12:00:00Z
	exits 0 reeve tick
	[ "$(faults)" -gt "$before" ] && [ "$(faults)" -lt $((before + 4)) ] ||
		fail "$(faults) faults, before $before"
	for i in 1 2 3 4 5 6 7 8; do
		is sleeping "$(state dead$i)"
	done
	# It is there again.
	script dead ok
	clock 2026-11-28T11:40:00Z
	exits 0 reeve tick
	for i in 1 2 3 4 5 6 7 8; do
		is done "$(state dead$i)"
		is 1 "$(grep -c "^POST /dead/$i .* accepted" ../world/log)"
	done
	reeve >../out
	lacks ../out "open since"
	sound
}
it "who fails is left alone, and asked by one" it_opens_and_closes

it_keeps_its_rate() {
	world
	company <<-'END'
		slow rate: 2/h
	END
	printf '%s\n' a b c d e >items.csv
	sed -i '1i name' items.csv
	job slow <<-'END'
		  - id: items
		    read: { path: items.csv, columns: { name: slug } }
		  - id: send
		    for_each: { item: "{{items}}" }
		    key: "{{item.name}}"
		    call: http.post
		    with: { endpoint: slow, path: "/{{item.name}}" }
	END
	clock 2026-11-23T10:00:00Z
	exits 0 reeve run slow
	is 2 "$(took slow accepted)"
	reeve status "$(run_of slow)" >../out
	has ../out "slow gets no more than 2/h"
	clock 2026-11-23T10:40:00Z
	exits 0 reeve tick
	is 2 "$(took slow accepted)"
	clock 2026-11-23T11:02:00Z
	exits 0 reeve tick
	is 4 "$(took slow accepted)"
	clock 2026-11-23T12:04:00Z
	exits 0 reeve tick
	is 5 "$(took slow accepted)"
	sound
}
it "a rate holds, over ticks" it_keeps_its_rate

it_is_side_by_side() {
	world
	company <<-'END'
		both
	END
	seq 1 20 | sed '1i n' >items.csv
	job both <<-'END'
		  - id: items
		    read: { path: items.csv, columns: { n: integer } }
		  - id: send
		    for_each: { item: "{{items}}" }
		    key: "{{item.n}}"
		    steps:
		      - id: one
		        call: http.post
		        with: { endpoint: both, path: "/one/{{item.n}}" }
		      - id: two
		        call: http.post
		        with: { endpoint: both, path: "/two/{{one.id}}" }
	END
	script both "meet 20"
	exits 0 reeve run both
	is 40 "$(took both accepted)"
	is 20 "$(head -n 20 ../world/log | grep -c /one/)"
	sound
}
it "requests of different items are under way together" it_is_side_by_side

# ---- Doubt ----

it_looks() {
	world
	company <<-'END'
		there timeout: 1s, idempotency: Idempotency-Key, verify: { path: "/find?key={{key}}", done: json.total = 1, not_done: json.total = 0 }
		absent timeout: 1s, idempotency: Idempotency-Key, verify: { path: "/find?key={{key}}", done: json.total = 1, not_done: json.total = 0 }
		unsure timeout: 1s, verify: { path: "/find?key=none", done: json.total = 1 }
	END
	for name in there absent unsure; do
		post $name
	done
	script there cut ok
	script absent lost ok
	script unsure cut ok
	for name in there absent unsure; do
		exits 0 reeve run $name
	done
	exits 0 reeve tick
	is done "$(state there)"
	is done "$(state absent)"
	is started "$(state unsure)"
	has ../world/log "GET /there/find?key="
	for name in there absent unsure; do
		is "$name 1" "$name $(took $name accepted)"
	done
	is 1 "$(git log --format=%B reeve/journal -- | grep -c '"how":"found done"')"
	sound
}
it "a doubt is settled by looking" it_looks

it_repeats() {
	world
	company <<-'END'
		again timeout: 1s, idempotency: Idempotency-Key
		once timeout: 1s
	END
	post again
	post once
	script again cut cut ok
	script once cut ok
	exits 0 reeve run again
	exits 0 reeve run once
	for _ in 1 2 3; do
		reeve tick >../out 2>&1 || true
	done
	is done "$(state again)"
	is 1 "$(took again accepted)"
	is 2 "$(took again again)"
	is started "$(state once)"
	is 1 "$(took once accepted)"
	sound
}
it "a request is repeated only where its key is known" it_repeats

it_is_killed() {
	world
	company <<-'END'
		slow timeout: 20s
	END
	post slow
	script slow never
	reeve run slow >../out 2>&1 &
	local reeve=$!
	for _ in {1..400}; do
		[ "$(took slow accepted)" -eq 0 ] || break
		sleep 0.05
	done
	# Nobody who looks gets to know the secret, nor anybody who is started.
	kill -9 $reeve
	wait $reeve 2>/dev/null || true
	script slow ok
	exits 0 reeve tick
	is started "$(state slow)"
	is 1 "$(took slow accepted)"
	exits 0 reeve resolve "$(run_of slow)" send --done
	sound
}
it "who is killed while a request is under way is in doubt" it_is_killed

it_is_stopped() {
	world
	company <<-'END'
		slow timeout: 20s
	END
	post slow
	script slow never
	reeve run slow >../out 2>&1 &
	local reeve=$!
	for _ in {1..400}; do
		[ "$(took slow accepted)" -eq 0 ] || break
		sleep 0.05
	done
	kill -TERM $reeve
	wait $reeve && fail "it went on"
	has ../out "stopped by SIGTERM"
	is started "$(state slow)"
	sound
}
it "who is told to stop does" it_is_stopped

# ---- Secrets ----

# spellings: the canary, as it may be written.
spellings() {
	python3 - "$canary" <<-'END'
		import base64, json, sys, urllib.parse
		plain = sys.argv[1]
		print(plain)
		print(plain.encode().hex())
		print(urllib.parse.quote(plain, safe=""))
		print(json.dumps(plain)[1:-1])
		for before in range(3):
		    text = base64.b64encode(b"x" * before + plain.encode()).decode()
		    print(text[4:-4])
		    print(text[4:-4].replace("+", "-").replace("/", "_"))
	END
}

# everything: all that reeve has left, objects of git inflated.
everything() {
	cat ../out ../err ../said 2>/dev/null || true
	git cat-file --batch-all-objects --batch
	find . -type f -not -path './.git/objects/*' -exec cat {} +
}

it_keeps_secrets() {
	clock 2026-11-23T10:00:00Z
	world
	company <<-'END'
		echo headers: { Authorization: "Bearer {{secret.CRM}}", X-Key: "{{secret.TOLD}}" }
		no headers: { Authorization: "Bearer {{secret.CRM}}" }
		poor headers: { Authorization: "{{secret.NOWHERE}}" }, timeout: 1s
	END
	echo 'secrets: { TOLD: { command: [printf, "told-by-a-program"] } }' >>reeve.yaml
	commit "Secrets"
	script echo echo
	script no "to http://localhost:$port/elsewhere"
	job echo <<-'END'
		  - id: send
		    call: http.post
		    with: { endpoint: echo, path: /x, json: "{{run.id}}" }
		  - id: look
		    run:
		      script: |
		        env
		        tr '\0' '\n' </proc/$PPID/environ || true
		        cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\0' '\n' || true
		        printf '%s\n' "$SAID"
		    env: { SAID: "{{send.json | json}}" }
		    artifact: said.txt
	END
	post no
	post poor 1
	exits 0 reeve run echo
	cat ../out ../err >../said
	has ../world/seen "Bearer $canary"
	has ../world/seen "told-by-a-program"
	exits 1 reeve run no
	exits 1 reeve run poor
	says 'there is no secret "NOWHERE"'
	reeve explain "$(run_of echo)" send >>../said 2>&1
	reeve log >>../said
	reeve status --json "$(run_of echo)" >>../said
	everything >../everything
	spellings >../spellings
	is "" "$(grep -aoF -f ../spellings ../everything | head -n 3)"
	git log --format=%B reeve/journal -- >../journal
	has ../journal "{{secret.CRM}}"
	is "" "$(grep -aoF told-by-a-program ../journal | head -n 1)"
	is 0 "$(took elsewhere .*)"
	sound
}
it "a secret is seen by its host alone" it_keeps_secrets

# The command line and the environment of all that run meanwhile.
it_hides_from_others() {
	world
	company <<-'END'
		slow timeout: 20s, headers: { Authorization: "Bearer {{secret.CRM}}" }
	END
	post slow
	script slow never
	reeve run slow >../out 2>&1 &
	local reeve=$!
	for _ in {1..400}; do
		[ "$(took slow accepted)" -eq 0 ] || break
		sleep 0.05
	done
	tr '\0' '\n' <"/proc/$reeve/environ" >../environ 2>/dev/null || true
	tr '\0' '\n' <"/proc/$reeve/cmdline" >../cmdline
	grep -s "^Dumpable\|^CoreDumping" "/proc/$reeve/status" || true
	kill -9 $reeve
	wait $reeve 2>/dev/null || true
	lacks ../environ "$canary"
	lacks ../cmdline "$canary"
}
it "nobody reads it from outside" it_hides_from_others

# ---- TLS and names ----

it_wants_tls() {
	clock 2026-11-23T10:00:00Z
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
		-addext subjectAltName=IP:127.0.0.1 2>/dev/null
	world "$PWD/cert.pem" "$PWD/key.pem"
	company https <<-'END'
		shop headers: { Authorization: "Bearer {{secret.CRM}}" }
	END
	post shop 1
	exits 1 reeve run shop
	says "shop was not reached: its certificate is not trusted"
	is 0 "$(took shop .*)"
	clock 2026-11-23T11:00:00Z
	SSL_CERT_FILE=$PWD/../cert.pem exits 0 reeve run shop
	is 1 "$(took shop accepted)"
	sed -i "s|https://127.0.0.1:$port/shop|https://no.such.host.invalid/shop|" reeve.yaml
	commit "Elsewhere"
	clock 2026-11-23T12:00:00Z
	exits 1 reeve run shop
	says "shop was not reached: its name is not known"
	sed -i "s|https://no.such.host.invalid|http://shop.example|" reeve.yaml
	exits 2 reeve check
	says "would carry a secret over a line that anybody reads"
}
it "nothing is sent to who is not who they should be" it_wants_tls

plan
