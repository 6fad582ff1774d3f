/*
 * The folder is .reeve/try/<job>, made anew by each try of that job, so that
 * what the last one wrote can be looked at. It is an ordinary workspace whose
 * HEAD is on no branch of ours: so no working tree holds the owner's branch
 * back, and merges move it as they are.
 *
 * The loop is a tick's, for one run: execute and publish; merge what waits for
 * the owner; when nothing moves any more, let time pass until the next step
 * wakes. A run that waits for an event nobody gave stays as it is.
 */
#include "engine/cycle/try.h"

#include <string.h>

#include "engine/cycle/approval.h"
#include "engine/cycle/execute.h"
#include "engine/cycle/outcome.h"
#include "engine/io/proc.h"
#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/lock.h"

#define MOST_ROUNDS 10000
#define SLIPS       "actions/"

/* Time that passes when it is told to. */
struct passing {
	struct clock clock; /* that it goes on from */
	int64_t offset;
};

struct attempt {
	const struct trial *trial;
	const char *dir;
	struct engine *engine; /* of the try */
	struct passing time;
	struct oid begin; /* the tree it began with */
	const char *run;
};

static void attempt_clear(struct attempt *attempt)
{
	engine_close(attempt->engine);
}

/* ---- Time ---------------------------------------------------------------- */

static int64_t wall_ms(void *state)
{
	const struct passing *time = state;

	return clock_wall_ms(&time->clock) + time->offset;
}

static int64_t boot_ms(void *state)
{
	const struct passing *time = state;

	return clock_boot_ms(&time->clock);
}

static void random_bytes(void *state, void *bytes, size_t len)
{
	const struct passing *time = state;

	clock_random(&time->clock, bytes, len);
}

static void pass(void *state, int64_t ms)
{
	struct passing *time = state;

	time->offset += ms;
}

static void set_clock(struct attempt *attempt)
{
	struct clock *clock = &attempt->engine->clock;

	attempt->time.clock = *clock;
	if (attempt->trial->at_ms)
		attempt->time.offset =
		        attempt->trial->at_ms - clock_wall_ms(clock);
	*clock = (struct clock){ wall_ms, boot_ms, random_bytes, &attempt->time,
		                 pass };
}

/* ---- The repository ------------------------------------------------------ */

static int put(struct attempt *attempt, const char *path, const char *text,
               struct error *err)
{
	return file_replace(arena_printf(attempt->trial->arena, "%s/.git/%s",
	                                 attempt->dir, path),
	                    text, strlen(text), 0644, err);
}

static int borrow_objects(struct attempt *attempt, struct error *err)
{
	struct arena *arena = attempt->trial->arena;
	const char *git_dir = arena_printf(arena, "%s/.git", attempt->dir);
	const char *objects =
	        arena_printf(arena, "%s/objects\n",
	                     repo_common_dir(attempt->trial->engine->repo));

	if (dir_make(arena_printf(arena, "%s/objects/info", git_dir), err) <
	            0 ||
	    dir_make(arena_printf(arena, "%s/info", git_dir), err) < 0)
		return -1;
	/* The try itself lies in the working tree that it takes in. */
	if (put(attempt, "info/exclude", "/.reeve/\n", err) < 0)
		return -1;
	return put(attempt, "objects/info/alternates", objects, err);
}

/* git of the try's repository over the workspace's files. */
static int git(struct attempt *attempt, const char *const *words,
               struct buf *ret, struct error *err)
{
	struct arena *arena = attempt->trial->arena;
	const char *dir = attempt->trial->engine->env.work_dir;
	const char *args[8] = {
		arena_printf(arena, "--git-dir=%s/.git", attempt->dir),
		arena_printf(arena, "--work-tree=%s", dir),
	};
	size_t count = 2;

	for (size_t i = 0; words[i] && count < ARRAY_LEN(args) - 1; i++)
		args[count++] = words[i];
	return proc_git(dir, args, ret, err);
}

/* The working tree as it is now, as a tree of the try. */
static int write_tree(struct attempt *attempt, struct error *err)
{
	static const char *const add[] = { "add", "-A", NULL };
	static const char *const write[] = { "write-tree", NULL };
	auto_buf struct buf ignored = buf_make(LIMIT_OUTPUT);
	auto_buf struct buf id = buf_make(LIMIT_OUTPUT);

	if (git(attempt, add, &ignored, err) < 0 ||
	    git(attempt, write, &id, err) < 0)
		return -1;
	id.at[strcspn(id.at, "\n")] = '\0';
	if (!oid_from_text(id.at, &attempt->begin))
		return error_set(err, ERR_SYSTEM,
		                 "git does not say which tree it wrote");
	return 0;
}

static int write_branch(struct attempt *attempt, struct repo *repo,
                        struct error *err)
{
	static const struct oid none = { 0 };
	struct engine *engine = attempt->trial->engine;
	struct commit commit = {
		.tree = attempt->begin,
		.parents = &engine->tip,
		.parent_count = oid_is_zero(&engine->tip) ? 0 : 1,
		.message = "The working tree, to be tried\n",
	};
	struct oid id;

	if (repo_identity(engine->repo, attempt->trial->arena,
	                  &commit.author.name, &commit.author.email, err) < 0)
		return -1;
	commit.author.time_s = clock_wall_ms(&engine->clock) / 1000;
	commit.committer = commit.author;
	commit.message_len = strlen(commit.message);
	if (repo_commit_write(repo, &commit, &id, err) < 0)
		return -1;
	return repo_ref_swap(repo, engine->branch_ref, &id, &none, "try", err);
}

static int write_journal(struct attempt *attempt, struct repo *repo,
                         struct error *err)
{
	static const struct oid none = { 0 };
	struct engine *engine = attempt->trial->engine;
	struct oid tip;

	if (attempt->trial->anew) {
		auto_journal struct journal *journal =
		        journal_open(repo, &engine->clock, "/reeve/try", err);
		return journal ? journal_create(journal, engine->branch, NULL,
		                                err)
		               : -1;
	}
	int found = journal_tip(engine->journal, &tip, err);
	if (found <= 0)
		return found;
	return repo_ref_swap(repo, JOURNAL_REF, &tip, &none, "try", err);
}

/* Who merges is the owner, or who else may approve. */
static int write_identity(struct attempt *attempt, struct error *err)
{
	struct engine *engine = attempt->trial->engine;
	const struct config *config = engine_config(engine, err);
	auto_buf struct buf ignored = buf_make(LIMIT_OUTPUT);
	const char *name;
	const char *email;

	if (!config || repo_identity(engine->repo, attempt->trial->arena, &name,
	                             &email, err) < 0)
		return -1;
	if (config->approver_count > 0)
		email = config->approvers[0];

	const char *const names[] = { "config", "user.name", name, NULL };
	const char *const emails[] = { "config", "user.email", email, NULL };
	if (git(attempt, names, &ignored, err) < 0)
		return -1;
	return git(attempt, emails, &ignored, err);
}

static int make_repository(struct attempt *attempt, struct error *err)
{
	if (dir_remove(attempt->dir, err) < 0 ||
	    dir_make(attempt->dir, err) < 0)
		return -1;
	struct repo *empty = repo_create(attempt->dir, "reeve-try", err);
	if (!empty)
		return -1;
	repo_close(empty);
	if (borrow_objects(attempt, err) < 0 ||
	    write_identity(attempt, err) < 0 || write_tree(attempt, err) < 0)
		return -1;
	auto_repo struct repo *repo = repo_open(attempt->dir, err);
	if (!repo || write_branch(attempt, repo, err) < 0)
		return -1;
	return write_journal(attempt, repo, err);
}

/* ---- Running ------------------------------------------------------------- */

static int begin(struct attempt *attempt, struct error *err)
{
	const struct trial *trial = attempt->trial;

	if (make_repository(attempt, err) < 0)
		return -1;
	attempt->engine = engine_open(attempt->dir, err);
	if (!attempt->engine)
		return -1;
	set_clock(attempt);
	attempt->engine->env.trying = true;
	return run_start_by_hand(attempt->engine, trial->arena, trial->job,
	                         trial->inputs, &attempt->run, err);
}

/* Merge what waits for the owner: how many drafts, or -1. */
static int merge_drafts(struct attempt *attempt, struct tick *tick,
                        struct error *err)
{
	struct engine *engine = attempt->engine;
	struct arena *arena = attempt->trial->arena;
	struct draft_record *drafts;
	struct run_record run;
	struct oid commit;
	size_t count;
	int merged = 0;

	if (view_run(engine->view, arena, attempt->run, &run, err) < 0 ||
	    view_run_drafts(engine->view, arena, attempt->run, &drafts, &count,
	                    err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (drafts[i].state != DRAFT_OPEN || !drafts[i].branch)
			continue;
		struct merging merging = { .run = &run, .draft = &drafts[i] };
		if (approval_merge(engine, arena, &merging, &commit, err) < 0)
			return -1;
		merged++;
	}
	if (merged > 0 &&
	    (engine_look(engine, err) < 0 || approvals_collect(tick, err) < 0))
		return -1;
	return merged;
}

/* Let time pass until the run's next step wakes: 1, 0 when none will, -1. */
static int wake_next(struct attempt *attempt, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct engine *engine = attempt->engine;
	int64_t now = clock_wall_ms(&engine->clock);
	struct step_record *steps;
	int64_t next = 0;
	size_t count;

	if (view_steps(engine->view, &arena, attempt->run, &steps, &count,
	               err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (steps[i].state == STEP_SLEEPING && steps[i].wake_at &&
		    (!next || steps[i].wake_at < next))
			next = steps[i].wake_at;
	if (next > now)
		attempt->time.offset += next - now;
	return next > 0;
}

static int is_over(struct attempt *attempt, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct run_record run;

	if (view_run(attempt->engine->view, &arena, attempt->run, &run, err) <
	    0)
		return -1;
	return run_is_over(run.state);
}

/* One turn: 1 when there may be more to do, 0, -1. */
static int turn(struct attempt *attempt, struct tick *tick, struct error *err)
{
	size_t changes = tick->changes;

	if (execute_runs(tick, err) < 0 || publish_pending(tick, err) < 0)
		return -1;
	int merged = merge_drafts(attempt, tick, err);
	if (merged < 0)
		return -1;
	int over = is_over(attempt, err);
	if (over < 0 || merged > 0)
		return over < 0 ? -1 : 1;
	if (over)
		return 0;
	if (tick->changes > changes)
		return 1;
	return wake_next(attempt, err);
}

static int run_to_its_end(struct attempt *attempt, struct error *err)
{
	struct tick tick = {
		.engine = attempt->engine,
		.only = attempt->run,
		.answers = attempt->trial->answers,
		.tell = attempt->trial->tell,
		.state = attempt->trial->state,
	};
	int more = 1;

	for (int i = 0; more > 0 && i < MOST_ROUNDS; i++)
		more = turn(attempt, &tick, err);
	return more < 0 ? -1 : 0;
}

/* ---- What came of it ----------------------------------------------------- */

/* The files that were merged, but for the slips. */
static int add_artifacts(struct attempt *attempt, struct value *map,
                         struct error *err)
{
	struct arena *arena = attempt->trial->arena;
	struct engine *engine = attempt->engine;
	struct value *files = value_map(arena);
	struct tree_difference *changes;
	size_t count;

	if (engine_look(engine, err) < 0 ||
	    repo_tree_diff(engine->repo, arena, &attempt->begin,
	                   &engine->tip_tree, &changes, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);
		if (text_starts(changes[i].path, SLIPS) ||
		    changes[i].new_mode == 0)
			continue;
		if (repo_blob_read(engine->repo, &changes[i].new_oid, &bytes,
		                   err) < 0)
			return -1;
		value_map_set(arena, files, changes[i].path,
		              value_bytes(arena, bytes.at, bytes.len));
	}
	value_map_set(arena, map, "artifacts", files);
	return 0;
}

static struct value *outcome(struct attempt *attempt, struct error *err)
{
	struct arena *arena = attempt->trial->arena;
	struct value *map = value_map(arena);
	struct run_record run;

	if (view_run(attempt->engine->view, arena, attempt->run, &run, err) < 0)
		return NULL;
	value_map_text(arena, map, "job", run.job);
	value_map_text(arena, map, "state", run_state_name(run.state));
	value_map_text(arena, map, "reason", run.reason);
	value_map_text(arena, map, "dir", attempt->dir);
	if (outcome_steps(attempt->engine, arena, attempt->run, map, err) < 0 ||
	    add_artifacts(attempt, map, err) < 0)
		return NULL;
	return map;
}

struct value *try_job(const struct trial *trial, struct error *err)
{
	struct engine *engine = trial->engine;
	CLEANUP(attempt_clear) struct attempt attempt = { .trial = trial };

	if (engine_look(engine, err) < 0)
		return NULL;
	auto_lock struct lock *lock = lock_try(
	        arena_printf(trial->arena, "%s/try", engine->state_dir), "lock",
	        err);
	if (!lock)
		return NULL;
	attempt.dir = arena_printf(trial->arena, "%s/try/%s", engine->state_dir,
	                           text_slug(trial->arena, trial->job));
	if (begin(&attempt, err) < 0 || run_to_its_end(&attempt, err) < 0)
		return NULL;
	return outcome(&attempt, err);
}
