# A long history, as a stream for git fast-import: runs of thirteen events each
# behind what the journal holds, in commits of so many events.
#
#	awk -v n=EVENTS -v each=EVENTS_A_COMMIT -v from=COMMIT -f history.awk

# 26 characters that differ from the first on, as those of hashes do.
function name(number, kind,    mixed, text, i) {
	mixed = (number * 2654435761 + kind * 40503) % 4294967296
	for (i = 0; i < 7; i++) {
		text = text substr("0123456789abcdefghjkmnpqrstvwxyz", \
			mixed % 32 + 1, 1)
		mixed = int(mixed / 32)
	}
	return text sprintf("%d%018d", kind, number)
}

function object(number) {
	return sprintf("%040x", number)
}

# One event; a commit when there are enough.
function event(type, step, data,    line) {
	line = "{\"specversion\":\"1.0\",\"id\":\"" name(++events, 1) \
		"\",\"source\":\"/reeve/bench\",\"type\":\"dev.reeve." type \
		"\",\"time\":\"2026-01-01T00:00:00Z\",\"subject\":\"" run \
		(step == "" ? "" : "/" step) "\",\"data\":{" data ",\"v\":1}}\n"
	lines = lines line
	if (++waiting >= each)
		commit()
}

function commit(    message) {
	if (!waiting)
		return
	message = "history " substr(run, 1, 8) "\n\n" lines
	print "commit refs/heads/reeve/journal"
	print "committer reeve <reeve@localhost> 1767225600 +0000"
	printf "data %d\n%s", length(message), message
	if (from != "")
		print "from " from
	from = lines = ""
	waiting = 0
}

function in_run(step, rest) {
	return "\"epoch\":0,\"item\":\"\"," rest ",\"run\":\"" run "\"" \
		(step == "" ? "" : ",\"step\":\"" step "\"")
}

function finished(step, kind) {
	event("step.finished", step, "\"epoch\":0," \
		"\"ingredients\":{\"config\":{\"path\":\"in/" runs ".md\"}}," \
		"\"item\":\"\",\"key\":\"" name(++keys, 2) "\",\"kind\":\"" \
		kind "\",\"ms\":2,\"output\":{\"text\":\"what " step \
		" came to in the run of that number: " runs "\"},\"run\":\"" \
		run "\",\"step\":\"" step "\"")
}

function whole_run(    key, i) {
	run = name(++runs, 3)
	event("run.started", "", "\"commit\":\"" object(runs) \
		"\",\"epoch\":0,\"inputs\":{\"brief\":\"in/" runs ".md\"}," \
		"\"job\":\"proposal\",\"library\":\"" object(1) \
		"\",\"run\":\"" run "\",\"run_title\":\"proposal\"," \
		"\"steps\":[{\"id\":\"brief\",\"kind\":\"read\"}," \
		"{\"id\":\"sums\",\"kind\":\"let\"}," \
		"{\"id\":\"page\",\"kind\":\"render\"}," \
		"{\"id\":\"text\",\"kind\":\"agent\"}," \
		"{\"id\":\"review\",\"kind\":\"gate\"}," \
		"{\"id\":\"send\",\"kind\":\"call\"}," \
		"{\"id\":\"told\",\"kind\":\"emit\"}],\"tree\":\"" \
		object(2) "\",\"trigger\":{\"id\":\"hand:" runs \
		"\",\"kind\":\"hand\",\"time\":\"2026-01-01T00:00:00Z\"}")
	finished("brief", "read")
	finished("sums", "let")
	finished("page", "render")
	finished("text", "agent")
	event("gate.opened", "review", "\"artifacts\":[{\"blob\":\"" \
		object(runs) "\",\"item\":\"\",\"path\":\"out/" runs \
		".md\",\"step\":\"page\"}],\"base\":\"" object(3) \
		"\",\"branch\":\"reeve/draft/proposal-" substr(run, 1, 8) \
		".1\",\"effects\":[]," in_run("", "\"n\":1," \
		"\"priority\":\"normal\"") ",\"run_title\":\"proposal\"," \
		"\"slip\":\"actions/" runs ".yaml\",\"step\":\"review\"," \
		"\"tip\":\"" object(4) "\",\"title\":\"proposal\"")
	event("gate.approved", "review", "\"artifacts\":[{\"blob\":\"" \
		object(runs) "\",\"edited\":0,\"item\":\"\",\"merged\":\"" \
		object(runs) "\",\"path\":\"out/" runs ".md\",\"step\":" \
		"\"page\"}],\"author\":\"ada@example.com\",\"commit\":\"" \
		object(5) "\",\"declined\":[]," in_run("review", "\"n\":1," \
		"\"output\":{\"commit\":\"" object(5) "\"},\"revision\":1"))
	key = name(runs, 4)
	event("effect.intended", "send", "\"effect\":\"email.send\"," \
		"\"effect_key\":\"" key "\"," in_run("send", "\"payload\":" \
		"{\"subject\":\"number " runs "\",\"to\":[\"a@example.com\"]}") \
		",\"verify\":\"look\"")
	event("effect.done", "send", "\"effect\":\"email.send\"," \
		"\"effect_key\":\"" key "\",\"how\":\"sent\"," \
		in_run("send", "\"result\":{\"file\":\"outbox/" runs "\"}"))
	key = name(runs, 5)
	event("event.emitted", "told", "\"commit\":\"" object(5) \
		"\",\"effect_key\":\"" key "\",\"event\":{\"n\":" runs "}," \
		in_run("told", "\"output\":{\"id\":\"" key "\"}") \
		",\"type\":\"proposal.told\"")
	event("run.finished", "", "\"epoch\":0,\"run\":\"" run \
		"\",\"run_title\":\"proposal\",\"state\":\"done\"")
}

BEGIN {
	while (events < n)
		whole_run()
	commit()
}
