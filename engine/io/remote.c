/*
 * What git says on its standard output is parsed, never what it says for
 * people. Of a push that is a line for each reference (--porcelain),
 *
 *	<flag> TAB <from>:<to> TAB <what happened, or why not>
 *
 * where the flag is a space (fast-forward), * (new), = (it was there) or - (it
 * is gone, and the name before the colon empty). Any
 * other flag is a refusal; a push without its line has failed, however git
 * exits.
 *
 * The programs of the other side are named here: at a path they run on this
 * machine, and the repository's word on them does not count (owner.h).
 */
#include "engine/io/remote.h"

#include <string.h>

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

/* What git says, and what may help. */
static const struct {
	const char *says;
	const char *hint;
} helps[] = {
	{ "Host key verification failed",
	  "See that it is the right host, and accept its key by hand" },
	{ "Permission denied", "Its server does not know your key: look" },
	{ "Authentication failed",
	  "Its server does not take the password: look" },
	{ "could not read Username", "git has no password for it: look" },
	{ "could not read Password", "git has no password for it: look" },
	{ "certificate",
	  "git does not trust the server's certificate; the authority of your "
	  "own is http.sslCAInfo in ~/.gitconfig. Look" },
	{ "not found", "Look at its address" },
	{ "does not appear to be a git repository", "Look at its address" },
};

static const char *help_for(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(helps); i++)
		if (strstr(text, helps[i].says))
			return helps[i].hint;
	return NULL;
}

/* The line that says why, of all that git and its helpers have written: ssh's
 * own stands above git's. */
static const char *line_of(struct arena *arena, const char *text)
{
	static const char vague[] = "fatal: Could not read from remote";
	const char *why = strstr(text, "fatal: ");
	const char *end = why ? why : text;

	if (!why || !text_starts(why, vague) || why == text)
		return arena_strndup(
		        arena, why ? why + strlen("fatal: ") : text,
		        strcspn(why ? why + strlen("fatal: ") : text, "\n"));
	while (end > text && end[-1] == '\n')
		end--;
	const char *from = end;
	while (from > text && from[-1] != '\n')
		from--;
	return arena_strndup(arena, from, (size_t)(end - from));
}

static int is_away(const struct remote *remote, const struct error *reason,
                   struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *help = help_for(reason->message);

	(void)error_set(err, ERR_AWAY, "\"%s\" could not be reached: %s",
	                remote->name, line_of(&arena, reason->message));
	if (remote->git.ignored)
		return error_hint(err,
		                  "\"%s\" of this repository's own "
		                  "configuration is not used: set it in "
		                  "~/.gitconfig, which is yours.",
		                  remote->git.ignored);
	return help ? error_hint(err, "%s: git ls-remote %s.", help,
	                         remote->name)
	            : -1;
}

/* Run git with ARGS. Its output is in `ret_output`, also when it has failed:
 * then 0. 1 when it has not, -1 when nobody answered in time. */
static int run_git(struct remote *remote, const char *const *args,
                   int64_t timeout_ms, struct buf *ret_output,
                   struct error *reason)
{
	auto_arena struct arena arena = { 0 };
	struct owner_git *git = &remote->git;
	size_t count = 0;

	if (!git->options &&
	    owner_look(remote->arena, remote->dir, git, reason) < 0)
		return -1;
	const char **argv =
	        arena_array(&arena, git->count + ARGS_MOST + 2, sizeof(*argv));
	argv[count++] = "git";
	for (size_t i = 0; i < git->count; i++)
		argv[count++] = git->options[i];
	for (size_t i = 0; args[i] && i < ARGS_MOST; i++)
		argv[count++] = args[i];
	const struct proc proc = {
		.argv = argv,
		.env = git->env,
		.dir = remote->dir,
		.timeout_ms =
		        remote->timeout_ms ? remote->timeout_ms : timeout_ms,
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

int remote_list(struct remote *remote, const char *const *patterns,
                struct arena *arena, struct remote_ref **ret, size_t *ret_count,
                struct error *err)
{
	const char *args[ARGS_MOST + 1] = {
		"ls-remote",
		"--refs",
		"--upload-pack=git-upload-pack",
		remote->name,
	};
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	auto_error struct error reason = { 0 };
	struct remote_ref *refs = NULL;
	size_t count = 4;

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

int remote_fetch(struct remote *remote, const char *const *refspecs,
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
		"--upload-pack=git-upload-pack",
	};
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	auto_error struct error reason = { 0 };
	size_t count = 8;

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
		return strchr(" *=-", *flag) != NULL;
	}
	return -1;
}

/* Push what `spec` says of `ref`. As remote_push(). */
static int push(struct remote *remote, struct arena *arena, const char *lease,
                const char *spec, const char *ref, const char **ret_reason,
                struct error *err)
{
	const char *const args[] = {
		"push",
		"--porcelain",
		"--no-verify",
		"--no-follow-tags",
		"--no-recurse-submodules",
		"--receive-pack=git-receive-pack",
		lease,
		remote->name,
		spec,
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

int remote_push(struct remote *remote, struct arena *arena,
                const struct oid *tip, const char *ref, const char **ret_reason,
                struct error *err)
{
	return push(remote, arena, "--no-force-with-lease",
	            arena_printf(arena, "%s:%s", oid_text(arena, tip), ref),
	            ref, ret_reason, err);
}

int remote_delete(struct remote *remote, struct arena *arena, const char *ref,
                  const struct oid *tip, const char **ret_reason,
                  struct error *err)
{
	return push(remote, arena,
	            arena_printf(arena, "--force-with-lease=%s:%s", ref,
	                         oid_text(arena, tip)),
	            arena_printf(arena, ":%s", ref), ref, ret_reason, err);
}
