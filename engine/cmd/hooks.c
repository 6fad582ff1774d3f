/*
 * reeve hooks: git tells reeve that something was committed or merged.
 *
 * A hook of ours is a small script that begins with a line of ours, by which
 * it is known again. A hook of the owner's that is in its place is kept beside
 * it as NAME.before-reeve and run first, with the same arguments and input;
 * uninstalling puts it back.
 *
 * Where hooks are, git is asked scope by scope: our own calls of git turn
 * hooks off on their command line, and that line must not count.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/print.h"
#include "engine/io/proc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/repo.h"

#define MARK      "# Made by \"reeve hooks install\"."
#define KEPT      ".before-reeve"
#define HOOK_MODE 0755

static const char *const names[] = {
	"post-commit",
	"post-merge",
	"post-rewrite",
};

/* Before and behind the quoted path of the program. The hook returns at once;
 * what git has set for itself is not for the tick. */
static const char script_head[] =
        "#!/bin/sh\n" MARK " \"reeve hooks uninstall\" takes it away.\n"
        "# After a commit or a merge it starts what is due, in the "
        "background.\n"
        "[ ! -x \"$0" KEPT "\" ] || \"$0" KEPT "\" \"$@\"\n"
        "[ -z \"${REEVE_HOOK:-}\" ] || exit 0\n"
        "reeve=";

static const char script_tail[] =
        "\n[ -x \"$reeve\" ] || reeve=$(command -v reeve) || exit 0\n"
        "top=$(git rev-parse --show-toplevel) && cd \"$top\" || exit 0\n"
        "unset $(git rev-parse --local-env-vars)\n"
        "mkdir -p .reeve || exit 0\n"
        "start=nohup\n"
        "command -v setsid >/dev/null && start=setsid\n"
        "REEVE_HOOK=1 $start \"$reeve\" tick -q </dev/null "
        ">>.reeve/hook.log 2>&1 &\n"
        "exit 0\n";

enum hook_state {
	HOOK_ABSENT,
	HOOK_OURS,
	HOOK_FOREIGN,
};

struct hooks {
	const struct invocation *invocation;
	struct arena *arena;
	struct repo *repo;
	const char *dir;
};

/* ---- Where hooks are ----------------------------------------------------- */

/* core.hooksPath of one scope: the path, or NULL when it is not set there. */
static const char *configured(const struct hooks *hooks, const char *scope)
{
	const char *const args[] = {
		"config", scope, "--type=path", "--get", "core.hooksPath", NULL,
	};
	auto_buf struct buf output = buf_make(LIMIT_TREE_PATH);
	auto_error struct error ignored = { 0 }; /* git says "not set" so */

	if (proc_git(repo_work_dir(hooks->repo), args, &output, &ignored) < 0)
		return NULL;
	size_t len = strcspn(output.at, "\n");
	return len ? arena_strndup(hooks->arena, output.at, len) : NULL;
}

static bool is_inside(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return text_starts(path, dir) && (path[len] == '/' || !path[len]);
}

/* A folder of hooks that other repositories use, too, is not ours to change. */
static int outside(struct error *err, const char *path)
{
	error_set(err, ERR_STATE,
	          "git takes its hooks from \"%s\", outside of this "
	          "repository",
	          path);
	return error_hint(err,
	                  "Give this repository hooks of its own with \"git "
	                  "config --local core.hooksPath .git/hooks\", or "
	                  "call \"reeve tick -q\" from the hooks there.");
}

static int find_dir(struct hooks *hooks, struct error *err)
{
	static const char *const scopes[] = { "--local", "--global",
		                              "--system" };
	const char *work = repo_work_dir(hooks->repo);
	const char *common = repo_common_dir(hooks->repo);
	const char *path = NULL;

	for (size_t i = 0; !path && i < ARRAY_LEN(scopes); i++)
		path = configured(hooks, scopes[i]);
	if (!path) {
		hooks->dir = arena_printf(hooks->arena, "%s/hooks", common);
		return 0;
	}
	if (*path != '/')
		path = arena_printf(hooks->arena, "%s/%s", work, path);
	if (!is_inside(path, work) && !is_inside(path, common))
		return outside(err, path);
	if (strstr(path, "/../"))
		return outside(err, path);
	hooks->dir = path;
	return 0;
}

static int open_hooks(struct hooks *hooks, struct error *err)
{
	hooks->repo = repo_open(".", err);
	if (!hooks->repo)
		return -1;
	if (!repo_is_bare(hooks->repo))
		return find_dir(hooks, err);
	error_set(err, ERR_STATE, "this is a bare repository");
	return error_hint(err, "Run reeve in a clone with a working tree.");
}

static const char *path_of(const struct hooks *hooks, const char *name)
{
	return arena_printf(hooks->arena, "%s/%s", hooks->dir, name);
}

static const char *kept_path(const struct hooks *hooks, const char *name)
{
	return arena_printf(hooks->arena, "%s/%s" KEPT, hooks->dir, name);
}

static int look(const struct hooks *hooks, const char *name,
                enum hook_state *ret, struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
	auto_error struct error reason = { 0 };

	if (file_read(path_of(hooks, name), &text, &reason) == 0) {
		*ret = strstr(text.at, MARK) ? HOOK_OURS : HOOK_FOREIGN;
		return 0;
	}
	if (reason.code == ERR_MISSING) {
		*ret = HOOK_ABSENT;
		return 0;
	}
	error_move(err, &reason);
	return -1;
}

/* ---- Installing ---------------------------------------------------------- */

static const char *own_path(struct arena *arena)
{
	char path[LIMIT_TREE_PATH];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));

	/* Without it the script looks for reeve by its name. */
	return len > 0 && (size_t)len < sizeof(path)
	               ? arena_strndup(arena, path, (size_t)len)
	               : "reeve";
}

/* In single quotes, for a shell. */
static void add_quoted(struct buf *buf, const char *text)
{
	buf_add_char(buf, '\'');
	for (; *text; text++)
		if (*text == '\'')
			buf_add_text(buf, "'\\''");
		else
			buf_add_char(buf, *text);
	buf_add_char(buf, '\'');
}

static int keep_foreign(const struct hooks *hooks, const char *name,
                        struct error *err)
{
	const char *kept = kept_path(hooks, name);

	if (!file_exists(kept))
		return file_move(path_of(hooks, name), kept, err);
	error_set(err, ERR_CONFLICT,
	          "cannot keep the hook \"%s\": \"%s\" is there already", name,
	          kept);
	return error_hint(err, "Look at both and remove one of them.");
}

static int install(const struct hooks *hooks, const char *name,
                   struct error *err)
{
	auto_buf struct buf script = buf_make(LIMIT_YAML_FILE);
	enum hook_state state;

	if (look(hooks, name, &state, err) < 0)
		return -1;
	if (state == HOOK_FOREIGN && keep_foreign(hooks, name, err) < 0)
		return -1;
	buf_add_text(&script, script_head);
	add_quoted(&script, own_path(hooks->arena));
	buf_add_text(&script, script_tail);
	return file_replace(path_of(hooks, name), script.at, script.len,
	                    HOOK_MODE, err);
}

static int uninstall(const struct hooks *hooks, const char *name,
                     struct error *err)
{
	const char *kept = kept_path(hooks, name);
	enum hook_state state;

	if (look(hooks, name, &state, err) < 0)
		return -1;
	if (state != HOOK_OURS)
		return 0;
	if (file_exists(kept))
		return file_move(kept, path_of(hooks, name), err);
	return dir_remove(path_of(hooks, name), err);
}

static int do_nothing(const struct hooks *hooks, const char *name,
                      struct error *err)
{
	(void)hooks;
	(void)name;
	(void)err;
	return 0;
}

/* ---- The command --------------------------------------------------------- */

static const struct verb {
	const char *name;
	int (*apply)(const struct hooks *hooks, const char *name,
	             struct error *err);
	bool silent; /* says nothing with -q */
} verbs[] = {
	{ "install", install, true },
	{ "status", do_nothing, false },
	{ "uninstall", uninstall, true },
};

static const struct verb *find_verb(const char *word, struct error *err)
{
	const char *words[ARRAY_LEN(verbs)];

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].name, word) == 0)
			return &verbs[i];
		words[i] = verbs[i].name;
	}
	const char *near = text_nearest(word, words, ARRAY_LEN(words));
	error_set(err, ERR_USAGE, "there is no \"reeve hooks %s\"", word);
	if (near)
		error_hint(err, "Did you mean \"reeve hooks %s\"?", near);
	else
		error_hint(err, "There are: install, status, uninstall.");
	return NULL;
}

static const char *state_name(enum hook_state state)
{
	switch (state) {
	case HOOK_ABSENT:
		return "not installed";
	case HOOK_OURS:
		return "installed";
	case HOOK_FOREIGN:
		return "somebody else's";
	}
	return "unknown";
}

static void add_hook(const struct hooks *hooks, const char *name,
                     enum hook_state state, struct table *table,
                     struct value *list)
{
	struct value *row = value_map(hooks->arena);
	bool kept = file_exists(kept_path(hooks, name));

	table_add(table, TINT_BOLD, "%s", name);
	table_add(table, state == HOOK_OURS ? TINT_GREEN : TINT_DIM, "%s",
	          state_name(state));
	table_add(table, TINT_DIM, "%s", kept ? "runs " KEPT " first" : "");
	value_map_text(hooks->arena, row, "name", name);
	value_map_text(hooks->arena, row, "path", path_of(hooks, name));
	value_map_text(hooks->arena, row, "state", state_name(state));
	value_map_set(hooks->arena, row, "chained",
	              value_bool(hooks->arena, kept));
	value_list_add(hooks->arena, list, row);
}

static int report(const struct hooks *hooks, const struct verb *verb,
                  struct error *err)
{
	const struct invocation *invocation = hooks->invocation;
	struct table table = { .arena = hooks->arena, .columns = 3 };
	struct value *list = value_list(hooks->arena);
	enum hook_state state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (look(hooks, names[i], &state, err) < 0)
			return -1;
		add_hook(hooks, names[i], state, &table, list);
	}
	if (invocation->json)
		print_json(invocation, list);
	else if (!verb->silent || !invocation->quiet)
		table_print(invocation, &table);
	return 0;
}

static int run_hooks(struct invocation *invocation, struct error *err)
{
	struct hooks hooks = {
		.invocation = invocation,
		.arena = invocation->arena,
	};
	const struct verb *verb = find_verb(invocation->args[0], err);
	int status = verb ? open_hooks(&hooks, err) : -1;
	auto_repo struct repo *repo = hooks.repo;

	for (size_t i = 0; status == 0 && i < ARRAY_LEN(names); i++)
		status = verb->apply(&hooks, names[i], err);
	if (status < 0 || !repo || report(&hooks, verb, err) < 0)
		return -1;
	return EXIT_STATUS_DONE;
}

const struct command command_hooks = {
	.name = "hooks",
	.synopsis = "install|uninstall|status",
	.help = "let commits and merges start what is due",
	.details = "Installs the git hooks post-commit, post-merge and "
	           "post-rewrite. Each starts\n"
	           "\"reeve tick -q\" in the background, with its output"
	           " in .reeve/hook.log. A hook\n"
	           "of yours stays and runs first.",
	.least = 1,
	.most = 1,
	.run = run_hooks,
};
