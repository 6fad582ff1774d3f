/*
 * The library reaches the engine as a table (engine/job/library.h) with the
 * repository's paths; here they become workspace paths: jobs/agents/x.yaml is
 * agents/x.yaml, templates/… stays. `check` lays the table itself under the
 * working tree. A run is pinned to a git tree of it, written once, so that a
 * newer reeve finishes an old run with the texts that it began with.
 */
#include "engine/cycle/engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/bus/bus.h"
#include "engine/cycle/offer.h"
#include "engine/cycle/sync.h"
#include "engine/io/checkout.h"
#include "engine/io/http.h"
#include "engine/io/loop.h"
#include "engine/io/secret.h"
#include "engine/job/check.h"
#include "engine/job/library.h"
#include "engine/steps/step.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/program.h"
#include "store/base/text.h"

#define LIBRARY_AGENTS    "jobs/agents/"
#define LIBRARY_TEMPLATES "templates/"
#define LIBRARY_SCAFFOLDS "templates/workspace/"

struct language engine_language(void)
{
	return (struct language){
		.kinds = step_kinds,
		.effects = bus_effects,
	};
}

/* ---- The library --------------------------------------------------------- */

/* The workspace path of a library file; NULL: it is none of a workspace's. */
static const char *library_path(const char *path)
{
	if (text_starts(path, LIBRARY_AGENTS))
		return path + strlen("jobs/");
	if (text_starts(path, LIBRARY_SCAFFOLDS))
		return NULL;
	return text_starts(path, LIBRARY_TEMPLATES) ? path : NULL;
}

/* The rows under their workspace paths, sorted as the table is, on the heap. */
static struct file_row *library_rows(size_t *ret_count)
{
	struct file_row *rows =
	        mem_zalloc(library_file_count + 1, sizeof(*rows));
	size_t count = 0;

	for (size_t i = 0; i < library_file_count; i++) {
		const struct library_file *file = &library_files[i];
		const char *path = library_path(file->path);
		if (path)
			rows[count++] = (struct file_row){ path, file->bytes,
				                           file->len };
	}
	*ret_count = count;
	return rows;
}

#define LIBRARY_NOTE "library"

/* "<program> <tree>": what this program knows of the tree; NULL: nothing. */
static const char *program_note(struct arena *arena, const struct oid *tree)
{
	char text[HASH_TEXT_BYTES];
	struct hash program;

	if (!program_hash(&program))
		return NULL;
	hash_to_text(program, text);
	return arena_printf(arena, "%s %s", text, oid_text(arena, tree));
}

/* Whether this program has written it before, and it is still there. */
static bool is_library_known(struct engine *engine, struct arena *arena)
{
	const char *note = view_note(engine->view, arena, LIBRARY_NOTE);
	const char *tree = note ? strchr(note, ' ') : NULL;
	struct oid oid;

	if (!tree || !oid_from_text(tree + 1, &oid) ||
	    !text_equal(program_note(arena, &oid), note) ||
	    !repo_object_exists(engine->repo, &oid))
		return false;
	engine->library = oid;
	return true;
}

static int write_library(struct engine *engine, struct arena *arena,
                         struct error *err)
{
	size_t count;
	auto_free struct file_row *rows = library_rows(&count);
	struct tree_change *changes =
	        arena_array(arena, count, sizeof(*changes));

	for (size_t i = 0; i < count; i++) {
		changes[i].path = rows[i].path;
		changes[i].mode = 0100644;
		if (repo_blob_write(engine->repo, rows[i].bytes, rows[i].len,
		                    &changes[i].oid, err) < 0)
			return -1;
	}
	return repo_tree_write(engine->repo, NULL, changes, count,
	                       &engine->library, err);
}

int engine_library(struct engine *engine, struct oid *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *note;

	if (oid_is_zero(&engine->library) &&
	    !is_library_known(engine, &arena)) {
		if (write_library(engine, &arena, err) < 0)
			return -1;
		note = program_note(&arena, &engine->library);
		if (note &&
		    view_set_note(engine->view, LIBRARY_NOTE, note, err) < 0)
			return -1;
	}
	*ret = engine->library;
	return 0;
}

/* The table, kept for as long as the process: it is a view of constants. */
static struct files *built_in(struct arena *arena)
{
	size_t count;
	auto_free struct file_row *rows = library_rows(&count);
	struct file_row *kept = arena_array(arena, count, sizeof(*kept));

	memcpy(kept, rows, count * sizeof(*kept));
	return files_from_table(kept, count);
}

struct files *engine_files(struct engine *engine, const struct oid *tree,
                           const struct oid *library, struct error *err)
{
	struct files *under;

	if (library && !oid_is_zero(library) &&
	    !repo_object_exists(engine->repo, library)) {
		error_set(err, ERR_CORRUPT,
		          "the library that a run is pinned to is gone");
		return NULL;
	}
	if (library && !oid_is_zero(library))
		under = files_from_tree(engine->repo, library);
	else
		under = built_in(&engine->arena);
	return files_overlay(files_from_tree(engine->repo, tree), under);
}

struct workspace *engine_workspace(struct engine *engine, struct files *files)
{
	struct workspace *workspace = workspace_new(files, &engine->language);

	workspace_cache(workspace, engine->job_cache);
	return workspace;
}

struct files *engine_work_files(struct arena *arena, const char *work_dir)
{
	return files_overlay(files_from_dir(work_dir), built_in(arena));
}

/* ---- The owner's branch -------------------------------------------------- */

static void forget_tip(struct engine *engine)
{
	workspace_free(engine->tip_workspace);
	files_free(engine->tip_files);
	free(engine->proved);
	engine->proved = NULL;
	engine->proved_count = 0;
	engine->tip_workspace = NULL;
	engine->tip_files = NULL;
	memset(&engine->tip, 0, sizeof(engine->tip));
}

/* What the remote has of the branch counts, too, as long as it holds ours. */
static int look_ahead(struct engine *engine, struct oid *tip, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct oid theirs;

	engine->own_tip = *tip;
	if (!engine->sharing)
		return 0;
	int found = repo_ref_read(
	        engine->repo,
	        sync_tracking(engine->sharing, &arena, engine->branch_ref),
	        &theirs, err);
	if (found <= 0 || oid_equal(&theirs, tip))
		return found < 0 ? -1 : 0;
	int ahead = repo_is_ancestor(engine->repo, tip, &theirs, err);
	if (ahead > 0)
		*tip = theirs;
	return ahead < 0 ? -1 : 0;
}

int engine_look(struct engine *engine, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct commit commit;
	struct oid tip;
	int found = repo_ref_read(engine->repo, engine->branch_ref, &tip, err);

	if (found < 0)
		return -1;
	if (found == 0) {
		error_set(err, ERR_STATE, "the branch \"%s\" has no commit yet",
		          engine->branch);
		return error_hint(err, "Commit the workspace first: git add -A "
		                       "&& git commit.");
	}
	if (look_ahead(engine, &tip, err) < 0)
		return -1;
	if (oid_equal(&tip, &engine->tip))
		return 0;
	forget_tip(engine);
	if (repo_commit_read(engine->repo, &arena, &tip, &commit, err) < 0)
		return -1;
	engine->tip_files = engine_files(engine, &commit.tree, NULL, err);
	if (!engine->tip_files)
		return -1;
	engine->tip_workspace = engine_workspace(engine, engine->tip_files);
	engine->tip = tip;
	engine->tip_tree = commit.tree;
	return 0;
}

int engine_prove(struct engine *engine, const struct job *job,
                 struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	auto_errors struct errors warnings = { 0 };
	const char *name = arena_printf(&arena, "proved %s", job->name);
	const char *proof = program_note(&arena, &engine->tip_tree);

	for (size_t i = 0; i < engine->proved_count; i++)
		if (engine->proved[i] == job)
			return 0;
	/* A large job takes longer to prove than to go through. */
	if (proof && text_equal(view_note(engine->view, &arena, name), proof))
		return 0;
	check_job(engine->tip_workspace, job, &errors, &warnings);
	if (errors.count > 0) {
		errors_sort(&errors);
		error_move(err, &errors.items[0]);
		return -1;
	}
	engine->proved = mem_grow(engine->proved, engine->proved_count,
	                          sizeof(struct job *));
	engine->proved[engine->proved_count++] = job;
	return proof ? view_set_note(engine->view, name, proof, err) : 0;
}

const struct config *engine_config(struct engine *engine, struct error *err)
{
	auto_errors struct errors errors = { 0 };

	if (engine_look(engine, err) < 0)
		return NULL;
	const struct config *config =
	        workspace_config(engine->tip_workspace, &errors);
	if (!config)
		error_move(err, &errors.items[0]);
	else if (!text_equal(config->timezone, engine->env.timezone))
		engine->env.timezone =
		        arena_strdup(&engine->arena, config->timezone);
	return config;
}

const struct config *engine_config_seen(struct engine *engine,
                                        struct error *err)
{
	auto_errors struct errors ignored = { 0 };

	if (engine->tip_workspace) {
		const struct config *config =
		        workspace_config(engine->tip_workspace, &ignored);
		if (config)
			return config;
	}
	return engine_config(engine, err);
}

/* ---- Opening ------------------------------------------------------------- */

const char *engine_source(struct arena *arena)
{
	char host[256] = "localhost";

	if (gethostname(host, sizeof(host) - 1) < 0)
		return "/reeve/localhost";
	return arena_printf(arena, "/reeve/%s", host);
}

/* A clone that was made with --filter fetches what it lacks when git looks at
 * it; we would find holes. */
static int refuse_partial(const struct engine *engine, struct error *err)
{
	auto_free char *path =
	        mem_printf("%s/config", repo_common_dir(engine->repo));
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
	auto_error struct error ignored = { 0 }; /* it was opened already */

	if (file_read(path, &text, &ignored) < 0 ||
	    !strcasestr(text.at, "promisor = true"))
		return 0;
	(void)error_set(err, ERR_STATE,
	                "this is a partial clone, which lacks files that reeve "
	                "reads");
	return error_hint(err, "Clone it without --filter; or type: git fetch "
	                       "--refetch --no-filter && git config --unset "
	                       "remote.origin.promisor");
}

static int open_repo(struct engine *engine, const char *dir, struct error *err)
{
	engine->repo = repo_open(dir, err);
	if (!engine->repo)
		return -1;
	if (repo_is_bare(engine->repo)) {
		error_set(err, ERR_STATE, "this is a bare repository");
		return error_hint(err, "Run reeve in a clone with a working "
		                       "tree.");
	}
	if (refuse_partial(engine, err) < 0)
		return -1;
	engine->lock_dir =
	        mem_printf("%s/reeve", repo_common_dir(engine->repo));
	engine->state_dir =
	        mem_printf("%s/.reeve", repo_work_dir(engine->repo));
	auto_free char *jobs = mem_printf("%s/jobs", engine->state_dir);
	engine->job_cache = job_cache_open(jobs);
	return 0;
}

/* A fresh clone takes the journal of its remote; what none has, journal_root()
 * says. */
static int first_journal(struct engine *engine, struct error *err)
{
	struct oid tip;
	int there = journal_tip(engine->journal, &tip, err);

	if (there != 0)
		return there < 0 ? -1 : 0;
	return sync_first_journal(engine, err) < 0 ? -1 : 0;
}

static int open_journal(struct engine *engine, struct error *err)
{
	const struct journal_root *root;

	engine->source = engine_source(&engine->arena);
	engine->journal =
	        journal_open(engine->repo, &engine->clock, engine->source, err);
	if (!engine->journal || first_journal(engine, err) < 0 ||
	    journal_root(engine->journal, &root, err) < 0)
		return -1;
	engine->branch = root->branch;
	engine->branch_ref =
	        arena_printf(&engine->arena, "refs/heads/%s", root->branch);
	engine->env.root = root;
	return 0;
}

static int open_view(struct engine *engine, struct error *err)
{
	auto_free char *path = mem_printf("%s/view.db", engine->state_dir);

	if (dir_make(engine->state_dir, err) < 0)
		return -1;
	engine->view = view_open(path, engine->repo, &engine->view_moved, err);
	if (!engine->view)
		return -1;
	journal_follow(engine->journal, view_sink(engine->view),
	               view_cursor(engine->view));
	return journal_catch_up(engine->journal, err);
}

/* The branch and the time zone are the owner's to say, once there is a
 * reeve.yaml to say it in. */
static void read_settings(struct engine *engine)
{
	auto_error struct error ignored = { 0 }; /* commands that need it ask */
	const struct config *config = engine_config(engine, &ignored);

	if (config)
		secrets_hide(engine->env.secrets, config->connectors);
	if (!config || !config->branch ||
	    text_equal(config->branch, engine->branch))
		return;
	engine->branch = arena_strdup(&engine->arena, config->branch);
	engine->branch_ref =
	        arena_printf(&engine->arena, "refs/heads/%s", engine->branch);
	forget_tip(engine);
}

/* How many programs run side by side: as the owner says, else one for each
 * processor. */
static size_t places(struct engine *engine)
{
	auto_error struct error ignored = { 0 };
	const struct config *config = engine_config(engine, &ignored);
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (config && config->jobs > 0)
		return (size_t)config->jobs;
	return processors > 0 ? (size_t)processors : 1;
}

static const struct value *redact(const void *state, struct arena *arena,
                                  const struct value *data)
{
	const struct secrets *secrets = state;

	return secrets_redact_value(secrets, arena, data);
}

struct engine *engine_open(const char *dir, struct error *err)
{
	auto_engine struct engine *engine = mem_zalloc(1, sizeof(*engine));

	engine->language = engine_language();
	engine->env.timezone = "UTC";
	engine->env.engine = expr_engine_new();
	if (clock_system(&engine->clock, &engine->clock_state, err) < 0 ||
	    open_repo(engine, dir, err) < 0 || open_journal(engine, err) < 0 ||
	    open_view(engine, err) < 0)
		return NULL;
	engine->env.repo = engine->repo;
	engine->env.journal = engine->journal;
	engine->env.view = engine->view;
	engine->env.clock = &engine->clock;
	engine->env.work_dir = repo_work_dir(engine->repo);
	engine->env.state_dir = engine->state_dir;
	engine->env.checkouts =
	        checkouts_open(engine->state_dir, &engine->env.root->secret);
	engine->env.secrets = secrets_open();
	journal_redact(engine->journal, redact, engine->env.secrets);
	read_settings(engine);
	if (sync_open(engine, err) < 0)
		return NULL;
	engine->env.loop = loop_open(places(engine));
	engine->env.http = http_open(engine->env.loop);
	return steal(&engine);
}

int engine_rehearse(struct engine *engine, struct error *err)
{
	if (view_rehearse(engine->view, err) < 0)
		return -1;
	journal_rehearse(engine->journal);
	sync_close(engine); /* nobody else hears of it */
	engine->rehearsing = true;
	return 0;
}

void engine_close(struct engine *engine)
{
	if (!engine)
		return;
	sync_close(engine);
	forget_tip(engine);
	job_cache_close(engine->job_cache);
	http_close(engine->env.http);
	loop_close(engine->env.loop);
	secrets_close(engine->env.secrets);
	checkouts_close(engine->env.checkouts);
	expr_engine_free(engine->env.engine);
	view_close(engine->view);
	journal_close(engine->journal);
	repo_close(engine->repo);
	arena_clear(&engine->past_arena);
	arena_clear(&engine->arena);
	free(engine->lock_dir);
	free(engine->state_dir);
	free(engine);
}

void engine_close_auto(struct engine **engine)
{
	engine_close(*engine);
}

const char *engine_short(struct engine *engine, struct arena *arena,
                         const char *run)
{
	return view_short_id(engine->view, arena, run);
}
