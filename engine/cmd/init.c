/*
 * reeve init: a workspace, in a new or an existing repository.
 *
 * Only what is missing is made: a file of the owner's is never written over,
 * and a workspace that is there gets a template's files only when asked to.
 * In a clone whose remote has a journal that journal is taken, for there is
 * one root only.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/print.h"
#include "engine/io/proc.h"
#include "engine/io/remote.h"
#include "engine/job/library.h"
#include "engine/report/schemas.h"
#include "store/base/clock.h"
#include "store/base/fault.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/journal.h"
#include "store/repo.h"

static const struct scaffold {
	const char *name;
	const char *jobs[4]; /* of the library, NULL-terminated */
} scaffolds[] = {
	{ "blank", { NULL } },
	{ "consultant", { "proposal", "billing", "delivery", NULL } },
};

struct init {
	struct invocation *invocation;
	const struct scaffold *scaffold;
	struct repo *repo;
	const char *dir; /* the working tree */
	struct value *made;
	bool was_there; /* a workspace; no template was asked for */
	bool journal_made, journal_taken;
};

/* ---- Files --------------------------------------------------------------- */

/* With the line that tells editors its schema. */
static int make_file(struct init *init, const char *path, const void *bytes,
                     size_t len, struct error *err)
{
	struct arena *arena = init->invocation->arena;
	const char *full = arena_printf(arena, "%s/%s", init->dir, path);
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
	auto_error struct error reason = { 0 };

	buf_add_text(&text, schema_line(arena, path));
	buf_add(&text, bytes, len);
	if (file_create(full, text.at, text.len, 0644, &reason) < 0) {
		if (reason.code == ERR_CONFLICT)
			return 0;
		error_move(err, &reason);
		return -1;
	}
	value_list_add(arena, init->made, value_string(arena, path));
	return 0;
}

static bool has_line(const char *text, const char *line, size_t len)
{
	while (text && *text) {
		size_t end = strcspn(text, "\n");
		if (end == len && memcmp(text, line, len) == 0)
			return true;
		text += end + (text[end] == '\n');
	}
	return false;
}

/* Add the lines that the owner's .gitignore lacks. */
static int ignore_lines(struct init *init, const struct library_file *file,
                        struct error *err)
{
	struct arena *arena = init->invocation->arena;
	const char *full = arena_printf(arena, "%s/.gitignore", init->dir);
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
	auto_error struct error reason = { 0 };
	const char *line = (const char *)file->bytes;

	/* Until it is there, nothing hides what is left of an earlier try. */
	file_sweep(full);
	if (file_read(full, &text, &reason) < 0 && reason.code != ERR_MISSING) {
		error_move(err, &reason);
		return -1;
	}
	size_t before = text.len;
	if (text.len && text.at[text.len - 1] != '\n')
		buf_add_char(&text, '\n');
	while (*line) {
		size_t len = strcspn(line, "\n");
		if (len && !has_line(text.at, line, len)) {
			buf_add(&text, line, len);
			buf_add_char(&text, '\n');
		}
		line += len + (line[len] == '\n');
	}
	if (text.len <= before + 1)
		return 0;
	value_list_add(arena, init->made, value_string(arena, ".gitignore"));
	return file_replace(full, text.at, text.len, 0644, err);
}

static int make_scaffold(struct init *init, struct error *err)
{
	struct arena *arena = init->invocation->arena;
	const char *folder = arena_printf(arena, "templates/workspace/%s/",
	                                  init->scaffold->name);

	for (size_t i = 0; i < library_file_count; i++) {
		const struct library_file *file = &library_files[i];
		if (!text_starts(file->path, folder))
			continue;
		const char *path = file->path + strlen(folder);
		bool ignores = strcmp(path, "gitignore") == 0;
		if (init->was_there && !ignores)
			continue;
		int status = ignores ? ignore_lines(init, file, err)
		                     : make_file(init, path, file->bytes,
		                                 file->len, err);
		if (status < 0)
			return -1;
	}
	return 0;
}

static int make_jobs(struct init *init, struct error *err)
{
	struct arena *arena = init->invocation->arena;

	for (size_t n = 0; init->scaffold->jobs[n]; n++) {
		const char *name = init->scaffold->jobs[n];
		const char *from =
		        arena_printf(arena, "jobs/workflows/%s.yaml", name);
		for (size_t i = 0; i < library_file_count; i++) {
			const struct library_file *file = &library_files[i];
			if (strcmp(file->path, from) != 0)
				continue;
			if (make_file(init,
			              arena_printf(arena, "jobs/%s.yaml", name),
			              file->bytes, file->len, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* ---- The repository ------------------------------------------------------ */

/* Of its own, with a working tree or bare; not a folder inside of one. */
static bool is_repository(struct arena *arena, const char *dir)
{
	return file_exists(arena_printf(arena, "%s/.git", dir)) ||
	       (file_exists(arena_printf(arena, "%s/HEAD", dir)) &&
	        file_exists(arena_printf(arena, "%s/objects", dir)));
}

static int open_or_create(struct init *init, struct error *err)
{
	struct invocation *invocation = init->invocation;
	const char *dir = invocation->count ? invocation->args[0] : ".";
	auto_error struct error reason = { 0 };

	/* A folder that is named becomes a repository of its own, even inside
	 * another; without a name we are where we are. */
	if (invocation->count && !is_repository(invocation->arena, dir)) {
		if (dir_make(dir, err) < 0)
			return -1;
		init->repo = repo_create(dir, "main", err);
		return init->repo ? 0 : -1;
	}
	init->repo = repo_open(dir, &reason);
	if (init->repo)
		return 0;
	if (is_repository(invocation->arena, dir)) {
		error_move(err, &reason);
		return -1;
	}
	init->repo = repo_create(dir, "main", err);
	return init->repo ? 0 : -1;
}

/* The owner's branch, which must be able to live beside reeve/journal. */
static int find_branch(struct init *init, const char **ret, struct error *err)
{
	struct oid ignored;

	if (repo_is_bare(init->repo)) {
		error_set(err, ERR_STATE, "this is a bare repository");
		return error_hint(err, "Run reeve init in a clone with a "
		                       "working tree.");
	}
	if (repo_head_branch(init->repo, init->invocation->arena, ret, err) < 0)
		return -1;
	if (!*ret) {
		error_set(err, ERR_STATE,
		          "HEAD is detached, so it names no "
		          "branch of yours");
		return error_hint(err, "Switch to your branch first: git "
		                       "switch main.");
	}
	int found =
	        repo_ref_read(init->repo, "refs/heads/reeve", &ignored, err);
	if (found <= 0)
		return found;
	error_set(err, ERR_STATE,
	          "there is a branch named \"reeve\", where the folder of "
	          "reeve's own branches must be");
	return error_hint(err, "Rename it: git branch -m reeve other-name.");
}

/* ---- The journal --------------------------------------------------------- */

struct remote_journal {
	struct oid tip;
	bool found;
};

static int is_remote_journal(void *state, const char *name,
                             const struct oid *oid)
{
	struct remote_journal *remote = state;

	if (!text_ends(name, "/reeve/journal"))
		return 0;
	remote->tip = *oid;
	remote->found = true;
	return 1;
}

/* The remotes of the repository, one a line; empty when git names none. */
static char *remotes_of(const struct init *init)
{
	static const char *const args[] = { "remote", NULL };
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	auto_error struct error ignored = { 0 }; /* a new repository has none */

	if (proc_git(init->dir, args, &output, &ignored) < 0 || !output.len)
		return arena_strdup(init->invocation->arena, "");
	return arena_strdup(init->invocation->arena, output.at);
}

/* There must be no second root: every remote is asked for a journal, and the
 * first that has one is fetched. */
static int ask_remotes(struct init *init, struct error *err)
{
	struct arena *arena = init->invocation->arena;
	static const char *const patterns[] = { JOURNAL_REF, NULL };
	char *rest = remotes_of(init);

	while (rest && *rest) {
		struct remote remote = {
			.dir = init->dir,
			.name = strsep(&rest, "\n"),
			.arena = arena,
		};
		const char *const specs[] = {
			arena_printf(arena,
			             "+" JOURNAL_REF
			             ":refs/remotes/%s/reeve/journal",
			             remote.name),
			NULL,
		};
		struct remote_ref *refs;
		size_t count;
		auto_error struct error reason = { 0 };
		if (remote_list(&remote, patterns, arena, &refs, &count,
		                &reason) < 0) {
			(void)error_set(err, ERR_STATE,
			                "%s; it may have a journal",
			                reason.message);
			return error_hint(err, "There must be one only. When "
			                       "it has none: reeve init "
			                       "--offline.");
		}
		if (count > 0)
			return remote_fetch(&remote, specs, false, err);
	}
	return 0;
}

static int take_journal(struct init *init, const struct oid *tip,
                        struct error *err)
{
	const struct oid nothing = { 0 };

	init->journal_taken = true;
	return repo_ref_swap(init->repo, JOURNAL_REF, tip, &nothing,
	                     "reeve init: from the remote", err);
}

static int make_journal(struct init *init, const char *branch,
                        struct error *err)
{
	struct clock_state state;
	struct clock clock;
	struct remote_journal remote = { 0 };
	struct oid tip;

	if (clock_system(&clock, &state, err) < 0)
		return -1;
	auto_journal struct journal *journal =
	        journal_open(init->repo, &clock, "/reeve/init", err);
	if (!journal)
		return -1;
	int there = journal_tip(journal, &tip, err);
	if (there != 0)
		return there < 0 ? -1 : 0;
	if (!option_given(init->invocation, "offline") &&
	    ask_remotes(init, err) < 0)
		return -1;
	if (repo_ref_list(init->repo, "refs/remotes/", is_remote_journal,
	                  &remote, err) < 0)
		return -1;
	if (remote.found)
		return take_journal(init, &remote.tip, err);
	int born = repo_ref_read(
	        init->repo,
	        arena_printf(init->invocation->arena, "refs/heads/%s", branch),
	        &tip, err);
	if (born < 0)
		return -1;
	init->journal_made = true;
	return journal_create(journal, branch, born ? &tip : NULL, err);
}

/* ---- The command --------------------------------------------------------- */

static void print_made(const struct init *init, const char *branch)
{
	const struct invocation *invocation = init->invocation;
	struct arena *arena = invocation->arena;
	struct value *map = value_map(arena);

	if (invocation->json) {
		value_map_text(arena, map, "folder", init->dir);
		value_map_text(arena, map, "branch", branch);
		value_map_set(arena, map, "made", init->made);
		value_map_set(arena, map, "journal",
		              value_bool(arena, init->journal_made));
		print_json(invocation, map);
		return;
	}
	if (invocation->quiet)
		return;
	say(invocation, "workspace %s, branch %s\n", init->dir, branch);
	for (size_t i = 0; i < init->made->length; i++)
		say(invocation, "  %s\n", init->made->items[i]->text);
	if (init->journal_made)
		say(invocation, "the journal begins on reeve/journal\n");
	if (init->journal_taken)
		say(invocation, "the journal is the remote's\n");
	if (init->made->length)
		say(invocation, "next: look at reeve.yaml, then git add -A && "
		                "git commit\n");
	else if (!init->journal_made && !init->journal_taken)
		say(invocation, "nothing was missing\n");
}

static const struct scaffold *find_scaffold(const char *name, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(scaffolds); i++)
		if (strcmp(scaffolds[i].name, name) == 0)
			return &scaffolds[i];
	error_set(err, ERR_USAGE, "there is no workspace template \"%s\"",
	          name);
	error_hint(err, "There are: blank, consultant.");
	return NULL;
}

static int init_command(struct invocation *invocation, struct error *err)
{
	const char *name = option_get(invocation, "template");
	struct init init = {
		.invocation = invocation,
		.scaffold = find_scaffold(name ? name : "blank", err),
		.made = value_list(invocation->arena),
	};
	const char *branch = NULL;

	if (!init.scaffold || open_or_create(&init, err) < 0)
		return -1;
	auto_repo struct repo *repo = init.repo;
	if (find_branch(&init, &branch, err) < 0)
		return -1;
	init.dir = repo_work_dir(repo);
	init.was_there =
	        !name && file_exists(arena_printf(invocation->arena,
	                                          "%s/reeve.yaml", init.dir));
	if (make_scaffold(&init, err) < 0 || make_jobs(&init, err) < 0 ||
	    schemas_put(init.dir, err) < 0 || FAULT_FAILS("init.files", err) ||
	    make_journal(&init, branch, err) < 0)
		return -1;
	print_made(&init, branch);
	return EXIT_STATUS_DONE;
}

static const struct option_row options[] = {
	{ "offline", 0, NULL, "ask no remote whether it has a journal" },
	{ "template", 't', "NAME", "blank (the default) or consultant" },
	{ 0 },
};

const struct command command_init = {
	.name = "init",
	.synopsis = "[DIR] [--template NAME] [--offline]",
	.help = "make a workspace, from a template",
	.details = "Makes what is missing of a workspace in DIR, or here: a "
	           "Git repository, the\ntemplate's files, the journal. Files "
	           "that are there stay as they are.\nA "
	           "remote that has a journal already gives it; one that does "
	           "not answer is an error.\n\nTemplates:\n"
	           "  blank       reeve.yaml and a place for memory\n"
	           "  consultant  proposals, invoices, plans and the books",
	.options = options,
	.most = 1,
	.run = init_command,
};
