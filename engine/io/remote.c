/*
 * What git says on its standard output is parsed, never what it says for
 * people. Of a push that is a line for each reference (--porcelain),
 *
 *	<flag> TAB <from>:<to> TAB <what happened, or why not>
 *
 * where the flag is a space (fast-forward), * (new) or = (it was there). Any
 * other flag is a refusal; a push without its line has failed, however git
 * exits.
 */
#include "engine/io/remote.h"

#include <string.h>
#include <unistd.h>

#include "engine/io/loop.h"
#include "engine/io/proc.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define LIST_MS     30000
#define TRANSFER_MS 300000
#define SHA256_TEXT 64
#define ARGS_MOST   48

/* ---- The child ----------------------------------------------------------- */

/* What git and its helpers need to reach the network as they do by hand. What
 * is not here stays out: GIT_DIR and GIT_INDEX_FILE of a hook that called us,
 * secrets of jobs, traces. */
static bool is_passed_on(const char *entry)
{
	static const char *const names[] = {
		"PATH=",
		"HOME=",
		"USER=",
		"LOGNAME=",
		"TMPDIR=",
		"LANG=",
		"TZ=",
		"DISPLAY=",
		"WAYLAND_DISPLAY=",
		"DBUS_SESSION_BUS_ADDRESS=",
		"XDG_",
		"SSH_",
		"GNUPGHOME=",
		"GPG_AGENT_INFO=",
		"KRB5",
		"CURL_CA_BUNDLE=",
		"SSL_CERT_",
		"http_proxy=",
		"https_proxy=",
		"HTTPS_PROXY=",
		"all_proxy=",
		"ALL_PROXY=",
		"no_proxy=",
		"NO_PROXY=",
		"GIT_SSH=",
		"GIT_SSH_COMMAND=",
		"GIT_SSH_VARIANT=",
		"GIT_ASKPASS=",
		"GIT_SSL_",
		"GIT_CONFIG_GLOBAL=",
		"GIT_CONFIG_SYSTEM=",
		"GIT_CONFIG_NOSYSTEM=",
		"GIT_PROXY_COMMAND=",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (text_starts(entry, names[i]))
			return true;
	return false;
}

static const char **environment(struct arena *arena)
{
	size_t count = 0;
	size_t kept = 0;

	while (environ[count])
		count++;
	const char **result = arena_array(arena, count + 3, sizeof(*result));
	for (size_t i = 0; i < count; i++)
		if (is_passed_on(environ[i]))
			result[kept++] = environ[i];
	result[kept++] = "LC_ALL=C";
	result[kept++] = "GIT_TERMINAL_PROMPT=0"; /* nobody would answer */
	result[kept] = NULL;
	return result;
}

/* The line that says why, of all that git and its helpers have written. */
static int is_away(const struct remote *remote, const struct error *reason,
                   struct error *err)
{
	const char *why = strstr(reason->message, "fatal: ");
	const char *text = why ? why + strlen("fatal: ") : reason->message;

	(void)error_set(err, ERR_AWAY, "\"%s\" could not be reached: %.*s",
	                remote->name, (int)strcspn(text, "\n"), text);
	return -1;
}

/* Run git with ARGS. Its output is in `ret_output`, also when it has failed:
 * then 0. 1 when it has not, -1 when nobody answered in time. */
static int run_git(const struct remote *remote, const char *const *args,
                   int64_t timeout_ms, struct buf *ret_output,
                   struct error *reason)
{
	static const char *const options[] = {
		"git",
		"-c",
		"core.hooksPath=/dev/null",
		"-c",
		"core.fsmonitor=false",
		"-c",
		"protocol.file.allow=user",
	};
	auto_arena struct arena arena = { 0 };
	const char *argv[ARRAY_LEN(options) + ARGS_MOST + 1];
	size_t count = ARRAY_LEN(options);

	memcpy(argv, options, sizeof(options));
	for (size_t i = 0; args[i] && i < ARGS_MOST; i++)
		argv[count++] = args[i];
	argv[count] = NULL;
	const struct proc proc = {
		.argv = argv,
		.env = environment(&arena),
		.dir = remote->dir,
		.timeout_ms = timeout_ms,
		.max_output = ret_output->max,
	};
	auto_loop struct loop *loop = loop_open(1);
	struct child *started = loop_start(loop, &proc, NULL, reason);
	if (!started || loop_wait(loop, -1, &started, reason) < 0)
		return -1;
	auto_child struct child *child = started;
	const struct buf *output = child_output(child);
	if (output->len)
		buf_add(ret_output, output->at, output->len);
	auto_buf struct buf ignored = buf_make(ret_output->max);
	return child_result(child, &ignored, reason) < 0 ? 0 : 1;
}

/* ---- What is there ------------------------------------------------------- */

static int refuse_sha256(const struct remote *remote, struct error *err)
{
	(void)error_set(err, ERR_STATE,
	                "the repository of \"%s\" has SHA-256 objects",
	                remote->name);
	return error_hint(err, "reeve knows SHA-1 repositories alone.");
}

int remote_list(const struct remote *remote, const char *const *patterns,
                struct arena *arena, struct remote_ref **ret, size_t *ret_count,
                struct error *err)
{
	const char *args[ARGS_MOST + 1] = { "ls-remote", "--refs",
		                            remote->name };
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	auto_error struct error reason = { 0 };
	struct remote_ref *refs = NULL;
	size_t count = 3;

	for (size_t i = 0; patterns[i] && count < ARGS_MOST; i++)
		args[count++] = patterns[i];
	if (run_git(remote, args, LIST_MS, &output, &reason) <= 0)
		return is_away(remote, &reason, err);
	*ret_count = 0;
	char *rest = arena_strdup(arena, output.len ? output.at : "");
	while (rest && *rest) {
		char *name = strsep(&rest, "\n");
		const char *id = strsep(&name, "\t");
		struct remote_ref ref = { .name = name };
		if (strlen(id) == SHA256_TEXT)
			return refuse_sha256(remote, err);
		if (!name || !oid_from_text(id, &ref.oid))
			continue; /* nothing that we have asked for */
		refs = arena_grow(arena, refs, *ret_count, sizeof(*refs));
		refs[(*ret_count)++] = ref;
	}
	*ret = refs;
	return 0;
}

int remote_fetch(const struct remote *remote, const char *const *refspecs,
                 bool deepen, struct error *err)
{
	const char *args[ARGS_MOST + 1] = {
		"fetch",
		"--quiet",
		"--no-tags",
		"--no-prune",
		"--no-write-fetch-head",
		"--no-recurse-submodules",
		"--no-auto-maintenance",
	};
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	auto_error struct error reason = { 0 };
	size_t count = 7;

	if (deepen)
		args[count++] = "--unshallow";
	args[count++] = remote->name;
	for (size_t i = 0; refspecs[i] && count < ARGS_MOST; i++)
		args[count++] = refspecs[i];
	if (run_git(remote, args, TRANSFER_MS, &output, &reason) <= 0)
		return is_away(remote, &reason, err);
	return 0;
}

/* ---- Pushing ------------------------------------------------------------- */

/* The line about `ref`: 1 it was taken, 0 it was not, -1 there is none. */
static int find_word(struct arena *arena, const char *output, const char *ref,
                     const char **ret_reason)
{
	const char *ending = arena_printf(arena, ":%s", ref);
	char *rest = arena_strdup(arena, output);

	while (rest && *rest) {
		char *word = strsep(&rest, "\n");
		const char *flag = strsep(&word, "\t");
		const char *names = word ? strsep(&word, "\t") : NULL;
		if (!names || !text_ends(names, ending) || strlen(flag) != 1)
			continue;
		*ret_reason = word ? word : "it does not say why";
		return strchr(" *=", *flag) != NULL;
	}
	return -1;
}

int remote_push(const struct remote *remote, struct arena *arena,
                const struct oid *tip, const char *ref, const char **ret_reason,
                struct error *err)
{
	const char *const args[] = {
		"push",
		"--porcelain",
		"--no-verify",
		"--no-follow-tags",
		"--no-recurse-submodules",
		remote->name,
		arena_printf(arena, "%s:%s", oid_text(arena, tip), ref),
		NULL,
	};
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	auto_error struct error reason = { 0 };
	int ran = run_git(remote, args, TRANSFER_MS, &output, &reason);

	int word = ran < 0 ? -1
	                   : find_word(arena, output.len ? output.at : "", ref,
	                               ret_reason);
	if (ran > 0 && word > 0)
		return 1;
	if (word == 0)
		return 0;
	if (ran > 0) /* without its line it is no push */
		error_set(&reason, ERR_FAILED, "git says nothing of %s", ref);
	return is_away(remote, &reason, err);
}
