/*
 * git is asked for all of its configuration at once, each value with its scope.
 * A key of the table that the repository sets is set once more, for the
 * command, which is read last: to what the owner says, or to a value that
 * starts nothing. Helpers are a list that an empty value ends: it begins anew
 * with those of the owner.
 *
 * Two things are not read last but first: core.gitProxy, which a variable turns
 * off, and the programs of a remote, for which there are options (remote.c).
 */
#include "engine/io/owner.h"

#include <string.h>
#include <unistd.h>

#include "engine/io/proc.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define LOOK_MS 60000

/* ---- The environment ----------------------------------------------------- */

static bool is_passed_on(const char *entry)
{
	static const char *const names[] = {
		"PATH=",
		"HOME=",
		"USER=",
		"LOGNAME=",
		"EMAIL=",
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
		"GIT_CONFIG_COUNT=",
		"GIT_CONFIG_KEY_",
		"GIT_CONFIG_VALUE_",
		"GIT_PROXY_COMMAND=",
		"GIT_AUTHOR_",
		"GIT_COMMITTER_",
		"GIT_EXEC_PATH=",
		"GIT_CEILING_DIRECTORIES=",
		"GIT_DISCOVERY_ACROSS_FILESYSTEM=",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (text_starts(entry, names[i]))
			return true;
	return false;
}

/* With room for one more. */
static const char **environment(struct arena *arena, size_t *ret_count)
{
	size_t count = 0;
	size_t kept = 0;

	while (environ[count])
		count++;
	const char **result = arena_array(arena, count + 4, sizeof(*result));
	for (size_t i = 0; i < count; i++)
		if (is_passed_on(environ[i]))
			result[kept++] = environ[i];
	result[kept++] = "LC_ALL=C";
	result[kept++] = "GIT_TERMINAL_PROMPT=0"; /* nobody would answer */
	result[kept] = NULL;
	*ret_count = kept;
	return result;
}

const char **owner_environment(struct arena *arena)
{
	size_t ignored;

	return environment(arena, &ignored);
}

/* ---- The configuration --------------------------------------------------- */

struct setting {
	const char *key;
	const char *value; /* NULL: it has none */
	bool is_repos;
};

struct settings {
	struct arena *arena;
	struct setting *items;
	size_t count;
};

enum means {
	MEANS_PROGRAM, /* one value; without the owner's `otherwise` */
	MEANS_HELPERS, /* a list */
	MEANS_FILTER,  /* without it files would be written wrongly */
	MEANS_PROXY,   /* for git://; the first value counts */
};

/* Keys that name what git starts in fetches, pushes and merges. With two parts
 * anything may stand between them. */
static const struct row {
	const char *head, *tail; /* tail NULL: the key itself */
	enum means means;
	const char *otherwise;
} rows[] = {
	{ "core.sshcommand", NULL, MEANS_PROGRAM, "ssh" },
	{ "core.askpass", NULL, MEANS_PROGRAM, "" },
	{ "core.alternaterefscommand", NULL, MEANS_PROGRAM, ":" },
	{ "core.gitproxy", NULL, MEANS_PROXY, NULL },
	{ "credential.helper", NULL, MEANS_HELPERS, NULL },
	{ "credential.", ".helper", MEANS_HELPERS, NULL },
	{ "gpg.program", NULL, MEANS_PROGRAM, "false" },
	{ "gpg.", ".program", MEANS_PROGRAM, "false" },
	{ "gpg.ssh.defaultkeycommand", NULL, MEANS_PROGRAM, "false" },
	{ "filter.", ".clean", MEANS_FILTER, NULL },
	{ "filter.", ".smudge", MEANS_FILTER, NULL },
	{ "filter.", ".process", MEANS_FILTER, NULL },
};

static const struct row *find_row(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].tail ? text_starts(key, rows[i].head) &&
		                           text_ends(key, rows[i].tail)
		                 : strcmp(key, rows[i].head) == 0)
			return &rows[i];
	return NULL;
}

/* "<scope> NUL <key> NEWLINE <value> NUL", again and again. */
static void parse(struct settings *settings, const struct buf *output)
{
	const char *at = output->at;
	const char *end = at + output->len;

	while (at && at < end) {
		const char *scope = at;
		const char *key = scope + strlen(scope) + 1;
		if (key >= end)
			return;
		size_t len = strcspn(key, "\n");
		settings->items =
		        arena_grow(settings->arena, settings->items,
		                   settings->count, sizeof(*settings->items));
		settings->items[settings->count++] = (struct setting){
			.key = arena_strndup(settings->arena, key, len),
			.value = key[len] ? arena_strdup(settings->arena,
			                                 key + len + 1)
			                  : NULL,
			.is_repos = strcmp(scope, "local") == 0 ||
			            strcmp(scope, "worktree") == 0,
		};
		at = key + strlen(key) + 1;
	}
}

static int read_settings(struct settings *settings, const char *dir,
                         struct error *err)
{
	static const char *const argv[] = {
		"git", "config", "--list", "--show-scope", "-z", NULL,
	};
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	const struct proc proc = {
		.argv = argv,
		.env = owner_environment(settings->arena),
		.dir = dir,
		.timeout_ms = LOOK_MS,
	};

	if (proc_run(&proc, &output, err) < 0)
		return error_wrap(err, "could not read git's configuration");
	parse(settings, &output);
	return 0;
}

/* The owner's last word on the key; NULL: they say nothing. */
static const char *owners_value(const struct settings *settings,
                                const char *key)
{
	const char *value = NULL;

	for (size_t i = 0; i < settings->count; i++)
		if (!settings->items[i].is_repos &&
		    strcmp(settings->items[i].key, key) == 0)
			value = settings->items[i].value;
	return value;
}

/* ---- What is said on the command line ------------------------------------ */

static void add(struct arena *arena, struct owner_git *git, const char *option)
{
	git->options = arena_grow(arena, git->options, git->count,
	                          sizeof(*git->options));
	git->options[git->count++] = option;
}

/* A key with a = in it cannot be said here: nothing of it is. */
static void set(struct arena *arena, struct owner_git *git, const char *key,
                const char *value)
{
	if (strchr(key, '='))
		return;
	add(arena, git, "-c");
	add(arena, git, arena_printf(arena, "%s=%s", key, value));
}

static void set_always(struct arena *arena, struct owner_git *git)
{
	static const char *const always[][2] = {
		{ "core.hooksPath", "/dev/null" },
		{ "core.fsmonitor", "false" },
		{ "protocol.file.allow", "user" },
		{ "protocol.ext.allow", "never" },
		{ "submodule.recurse", "false" },
	};

	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		set(arena, git, always[i][0], always[i][1]);
}

static void set_helpers(const struct settings *settings, struct owner_git *git)
{
	set(settings->arena, git, "credential.helper", "");
	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *setting = &settings->items[i];
		const struct row *row = find_row(setting->key);
		if (row && row->means == MEANS_HELPERS && !setting->is_repos &&
		    setting->value)
			set(settings->arena, git, setting->key, setting->value);
	}
}

/* The repository names a program: what holds instead. */
static void take_over(const struct settings *settings, const struct row *row,
                      const char *key, struct owner_git *git)
{
	const char *value = owners_value(settings, key);

	switch (row->means) {
	case MEANS_PROGRAM:
		set(settings->arena, git, key, value ? value : row->otherwise);
		break;
	case MEANS_HELPERS:
		set_helpers(settings, git);
		break;
	case MEANS_FILTER:
		if (value)
			set(settings->arena, git, key, value);
		else
			git->filter = key;
		return;
	case MEANS_PROXY:
		break;
	}
	git->ignored = key;
}

int owner_look(struct arena *arena, const char *dir, struct owner_git *ret,
               struct error *err)
{
	struct settings settings = { .arena = arena };
	struct owner_git git = { 0 };
	size_t count;

	if (read_settings(&settings, dir, err) < 0)
		return -1;
	git.env = environment(arena, &count);
	set_always(arena, &git);
	for (size_t i = 0; i < settings.count; i++) {
		const struct setting *setting = &settings.items[i];
		const struct row *row = find_row(setting->key);
		if (!row || !setting->is_repos)
			continue;
		take_over(&settings, row, setting->key, &git);
		if (row->means != MEANS_PROXY)
			continue;
		git.env[count] = "GIT_PROXY_COMMAND=";
		git.env[count + 1] = NULL;
	}
	add(arena, &git, NULL);
	git.count--;
	*ret = git;
	return 0;
}

/* ---- In a working tree --------------------------------------------------- */

int owner_run(const char *dir, const char *const *args, struct buf *ret_output,
              bool *ret_cut_short, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct owner_git git;
	size_t most = 0;
	size_t count = 0;

	*ret_cut_short = false;
	if (owner_look(&arena, dir, &git, err) < 0)
		return -1;
	if (git.filter) {
		(void)error_set(err, ERR_STATE,
		                "git would run \"%s\", which this repository's "
		                "own configuration names",
		                git.filter);
		return error_hint(err, "Merge by hand, or name it in "
		                       "~/.gitconfig, which is yours.");
	}
	while (args[most])
		most++;
	const char **argv =
	        arena_array(&arena, git.count + most + 2, sizeof(*argv));
	argv[count++] = "git";
	for (size_t i = 0; i < git.count; i++)
		argv[count++] = git.options[i];
	for (size_t i = 0; i <= most; i++)
		argv[count++] = args[i];
	const struct proc proc = {
		.argv = argv,
		.env = git.env,
		.dir = dir,
		.timeout_ms = LOOK_MS,
	};
	return proc_run_part(&proc, ret_output, ret_cut_short, err);
}
