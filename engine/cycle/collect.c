/*
 * Commits and events become runs.
 *
 * Each is judged by the jobs as they were then: a commit by the tree of that
 * commit, an event by the owner's tip when it was emitted. So looking again
 * (after the view was deleted, or on another machine) gives the same runs, and
 * a trigger that is edited today does not run the past. A job that could not be
 * read then is judged as it is today. The job must still be there today; it
 * runs with today's text.
 *
 * How far the collectors have looked is a note in the view. It is only moved
 * when everything up to there was started; a job that does not parse today
 * holds it, and says so.
 */
#include "engine/cycle/collect.h"

#include <inttypes.h>
#include <string.h>

#include "engine/cycle/schedule.h"
#include "store/base/hash.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"
#include "store/key.h"

void collector_tell(struct collector *collector, struct error *problem)
{
	struct note note = {
		.kind = NOTE_PROBLEM,
		.problem = problem,
	};

	tick_tell(collector->tick, &note);
	collector->tick->problems++;
	collector->held = true;
}

int collector_start(struct collector *collector, const char *name,
                    const struct cause *cause, struct error *err)
{
	auto_errors struct errors errors = { 0 };
	auto_error struct error reason = { 0 };
	struct engine *engine = collector->engine;
	const char *run;
	const struct job *job =
	        workspace_job(engine->tip_workspace, name, &errors);

	if (!job) {
		if (errors.items[0].code != ERR_MISSING)
			collector_tell(collector, &errors.items[0]);
		return 0;
	}
	int started =
	        start_run(engine, collector->arena, job, cause, &run, &reason);
	if (started < 0 && reason.code == ERR_CONFIG) {
		collector_tell(collector, &reason);
		return 0;
	}
	if (started <= 0) {
		if (started < 0)
			error_move(err, &reason);
		return started;
	}
	struct note note = {
		.kind = started == START_SKIPPED ? NOTE_FINISHED : NOTE_STARTED,
		.state = started == START_SKIPPED ? "cancelled" : NULL,
		.run = arena_printf(
		        collector->arena, "%s %s", name,
		        engine_short(engine, collector->arena, run)),
		.text = cause->says,
	};
	tick_tell(collector->tick, &note);
	collector->tick->changes++;
	return 0;
}

const struct job *collector_job(struct collector *collector,
                                const struct past_job *past)
{
	auto_errors struct errors errors = { 0 };
	const struct job *job = past->job;

	if (job)
		return job;
	job = workspace_job(collector->engine->tip_workspace, past->name,
	                    &errors);
	if (!job && errors.items[0].code != ERR_MISSING)
		collector_tell(collector, &errors.items[0]);
	return job;
}

int64_t collector_number(struct collector *collector, const char *name,
                         int64_t otherwise)
{
	const char *note =
	        view_note(collector->engine->view, collector->arena, name);
	int64_t number;

	return note && text_to_int(note, 0, INT64_MAX, &number) ? number
	                                                        : otherwise;
}

int collector_set_number(struct collector *collector, const char *name,
                         int64_t number, struct error *err)
{
	return view_set_note(collector->engine->view, name,
	                     arena_printf(collector->arena, "%" PRId64, number),
	                     err);
}

/* ---- Commits ------------------------------------------------------------- */

static bool is_change(enum change change,
                      const struct tree_difference *difference)
{
	bool was = difference->old_mode != 0;
	bool is = difference->new_mode != 0;

	switch (change) {
	case CHANGE_ADDED:
		return is && !was;
	case CHANGE_MODIFIED:
		return is && was;
	case CHANGE_ANY:
		return is;
	}
	return false;
}

/* 1 when `difference` is what the trigger waits for. */
static int fits(struct collector *collector, const struct trigger *trigger,
                const struct tree_difference *difference, struct error *err)
{
	bool wanted = false;

	if (!is_change(trigger->change, difference))
		return 0;
	for (size_t i = 0; i < trigger->path_count; i++)
		wanted = wanted ||
		         path_matches(trigger->paths[i], difference->path);
	if (!wanted || trigger->drafts)
		return wanted;
	int brought =
	        view_draft_brought(collector->engine->view, difference->path,
	                           &difference->new_oid, err);
	return brought < 0 ? -1 : !brought;
}

/* A commit, what it changed, and what of that one trigger waits for. */
struct change_set {
	const struct commit *commit;
	const struct tree_difference *all;
	size_t all_count;
	const struct tree_difference **wanted; /* by path */
	size_t wanted_count;
};

static int want(struct collector *collector, const struct trigger *trigger,
                struct change_set *set, struct error *err)
{
	set->wanted = NULL;
	set->wanted_count = 0;
	for (size_t i = 0; i < set->all_count; i++) {
		int wanted = fits(collector, trigger, &set->all[i], err);
		if (wanted < 0)
			return -1;
		if (!wanted)
			continue;
		set->wanted = arena_grow(collector->arena, set->wanted,
		                         set->wanted_count,
		                         sizeof(struct tree_difference *));
		set->wanted[set->wanted_count++] = &set->all[i];
	}
	return 0;
}

static struct cause commit_cause(struct collector *collector,
                                 const struct trigger *trigger,
                                 const struct change_set *set)
{
	struct value *facts = value_map(collector->arena);

	value_map_text(collector->arena, facts, "commit",
	               oid_text(collector->arena, &set->commit->id));
	return (struct cause){
		.kind = "commit",
		.time_ms = set->commit->committer.time_s * 1000,
		.facts = facts,
		.with = trigger->with,
	};
}

static const char *file_id(struct arena *arena,
                           const struct tree_difference *difference)
{
	return arena_printf(arena, "commit:%s:%s", difference->path,
	                    oid_text(arena, &difference->new_oid));
}

static int start_by_file(struct collector *collector, const char *job,
                         const struct trigger *trigger,
                         const struct change_set *set,
                         const struct tree_difference *difference,
                         struct error *err)
{
	struct arena *arena = collector->arena;
	struct cause cause = commit_cause(collector, trigger, set);
	struct value *facts = value_map(arena);

	cause.id = file_id(arena, difference);
	cause.says = difference->path;
	value_map_text(arena, facts, "path", difference->path);
	value_map_text(arena, facts, "blob",
	               oid_text(arena, &difference->new_oid));
	value_map_set(arena, facts, "commit", value_get(cause.facts, "commit"));
	cause.facts = facts;
	return collector_start(collector, job, &cause, err);
}

/* One run for all files that fit. Which files with which content, is what it
 * is known by: the same change brought twice is one trigger. */
static int start_by_commit(struct collector *collector, const char *job,
                           const struct trigger *trigger,
                           const struct change_set *set, struct error *err)
{
	struct arena *arena = collector->arena;
	const struct journal_root *root = collector->engine->env.root;
	struct hasher *hasher = hasher_new(&root->secret, "reeve.files");
	struct cause cause = commit_cause(collector, trigger, set);
	struct value *facts = value_map(arena);
	struct value *paths = value_list(arena);
	char hash[HASH_TEXT_BYTES];

	for (size_t i = 0; i < set->wanted_count; i++) {
		const struct tree_difference *file = set->wanted[i];
		hasher_text(hasher, file->path);
		hasher_text(hasher, oid_text(arena, &file->new_oid));
		value_list_add(arena, paths, value_string(arena, file->path));
	}
	hash_to_text(hasher_finish(hasher), hash);
	cause.id = arena_printf(arena, "files:%s", hash);
	cause.says = set->wanted_count == 1 ? set->wanted[0]->path
	                                    : arena_printf(arena, "%zu files",
	                                                   set->wanted_count);
	value_map_set(arena, facts, "commit", value_get(cause.facts, "commit"));
	value_map_int(arena, facts, "files", (int64_t)set->wanted_count);
	value_map_text(arena, facts, "path", set->wanted[0]->path);
	value_map_set(arena, facts, "paths", paths);
	cause.facts = facts;
	return collector_start(collector, job, &cause, err);
}

/* ---- Floods: a commit that would start very many runs -------------------- */

/* How many of the runs are not there yet. */
static int count_new(struct collector *collector, const char *job,
                     const struct change_set *set, size_t *ret,
                     struct error *err)
{
	struct engine *engine = collector->engine;
	struct run_record known;

	*ret = 0;
	for (size_t i = 0; i < set->wanted_count; i++) {
		const char *run =
		        key_run(collector->arena, &engine->env.root->secret,
		                job, file_id(collector->arena, set->wanted[i]));
		int there = view_run(engine->view, collector->arena, run,
		                     &known, err);
		if (there < 0)
			return -1;
		*ret += there == 0;
	}
	return 0;
}

static void ask_about(struct collector *collector, const char *job,
                      const struct change_set *set, size_t count)
{
	auto_error struct error problem = { 0 };
	const char *commit = oid_text(collector->arena, &set->commit->id);

	error_set(&problem, ERR_STATE,
	          "commit %.12s would start %zu runs of \"%s\"; none of them "
	          "is started",
	          commit, count, job);
	error_hint(&problem,
	           "Start them with \"reeve release %s %.12s\", or leave them "
	           "out with \"reeve release --drop %s %.12s\".",
	           job, commit, job, commit);
	collector_tell(collector, &problem);
}

/* 1 when the runs may start. */
static int may_start(struct collector *collector, const char *job,
                     const struct change_set *set, struct error *err)
{
	const char *verdict;
	size_t count;

	if (set->wanted_count <= LIMIT_FLOOD)
		return 1;
	int decided = view_flood(collector->engine->view, collector->arena, job,
	                         &set->commit->id, &verdict, err);
	if (decided != 0)
		return decided < 0 ? -1 : text_equal(verdict, "released");
	if (count_new(collector, job, set, &count, err) < 0)
		return -1;
	if (count <= LIMIT_FLOOD)
		return 1;
	ask_about(collector, job, set, count);
	return 0;
}

/* Whether it was decided is known to who asks. */
static int count_flood(struct collector *collector, const char *job,
                       const struct trigger *trigger,
                       const struct change_set *set, struct error *err)
{
	size_t count = 0;

	if (trigger->per_commit)
		return 0;
	if (count_new(collector, job, set, &count, err) < 0)
		return -1;
	if (count > LIMIT_FLOOD)
		collector->flood += count;
	return 0;
}

static int collect_trigger(struct collector *collector, const char *job,
                           const struct trigger *trigger,
                           struct change_set *set, struct error *err)
{
	if (want(collector, trigger, set, err) < 0)
		return -1;
	if (set->wanted_count == 0)
		return 0;
	if (collector->asked)
		return count_flood(collector, job, trigger, set, err);
	if (trigger->per_commit)
		return start_by_commit(collector, job, trigger, set, err);
	int may = may_start(collector, job, set, err);
	for (size_t i = 0; may > 0 && i < set->wanted_count; i++)
		if (start_by_file(collector, job, trigger, set, set->wanted[i],
		                  err) < 0)
			return -1;
	return may < 0 ? -1 : 0;
}

static int collect_job(struct collector *collector, const struct past_job *past,
                       struct change_set *set, struct error *err)
{
	const struct job *job = collector_job(collector, past);

	for (size_t i = 0; job && i < job->trigger_count; i++)
		if (job->triggers[i].kind == TRIGGER_COMMIT &&
		    collect_trigger(collector, job->name, &job->triggers[i],
		                    set, err) < 0)
			return -1;
	return 0;
}

static int collect_commit(struct collector *collector, const struct oid *id,
                          struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct collector inner = *collector;
	struct repo *repo = collector->engine->repo;
	struct change_set set = { 0 };
	struct tree_difference *differences;
	struct commit commit;
	struct commit before;
	const struct past *past;

	inner.arena = &arena;
	if (repo_commit_read(repo, &arena, id, &commit, err) < 0)
		return -1;
	bool is_first = commit.parent_count == 0;
	if (!is_first && repo_commit_read(repo, &arena, &commit.parents[0],
	                                  &before, err) < 0)
		return -1;
	if (repo_tree_diff(repo, &arena, is_first ? NULL : &before.tree,
	                   &commit.tree, &differences, &set.all_count, err) < 0)
		return -1;
	if (set.all_count == 0)
		return 0;
	past = past_of(collector->engine, &commit.tree, err);
	if (!past)
		return -1;
	set.commit = &commit;
	set.all = differences;
	for (size_t i = 0; i < past->count; i++) {
		const struct past_job *job = &past->jobs[i];
		if (inner.asked && !text_equal(inner.asked, job->name))
			continue;
		if (collect_job(&inner, job, &set, err) < 0)
			return -1;
	}
	collector->held = inner.held;
	collector->flood = inner.flood;
	return 0;
}

int flood_count(struct engine *engine, const char *job,
                const struct oid *commit, size_t *ret, struct error *err)
{
	struct tick unheard = { .engine = engine };
	struct collector collector = {
		.tick = &unheard,
		.engine = engine,
		.asked = job,
	};

	if (collect_commit(&collector, commit, err) < 0)
		return -1;
	*ret = collector.flood;
	return 0;
}

/* Whether the commit is from before `init`; only asked when the owner's branch
 * was rewritten, so that the line does not lead to where we had looked. */
static int is_old(struct collector *collector, const struct oid *commit,
                  const struct oid *since, struct error *err)
{
	return repo_is_ancestor(collector->engine->repo, commit, since, err);
}

static int collect_line(struct collector *collector, const struct oid *since,
                        const struct oid *commits, size_t count,
                        struct error *err)
{
	struct commit first;

	if (count == 0)
		return 0;
	if (repo_commit_read(collector->engine->repo, collector->arena,
	                     &commits[0], &first, err) < 0)
		return -1;
	bool direct = !since || (first.parent_count &&
	                         oid_equal(&first.parents[0], since));
	for (size_t i = 0; i < count; i++) {
		int old =
		        direct ? 0 : is_old(collector, &commits[i], since, err);
		if (old < 0)
			return -1;
		if (!old && collect_commit(collector, &commits[i], err) < 0)
			return -1;
	}
	return 0;
}

static int collect_commits(struct collector *collector, struct error *err)
{
	struct engine *engine = collector->engine;
	const struct journal_root *root = engine->env.root;
	const char *note = view_note(engine->view, collector->arena, "commits");
	struct oid since = root->tip;
	struct oid *commits;
	size_t count;

	if (note && !oid_from_text(note, &since))
		since = root->tip;
	if (!oid_is_zero(&since) && !repo_object_exists(engine->repo, &since))
		since = root->tip;
	if (oid_equal(&since, &engine->tip))
		return 0;
	const struct oid *until = oid_is_zero(&since) ? NULL : &since;
	if (repo_first_parents(engine->repo, collector->arena, &engine->tip,
	                       until, &commits, &count, err) < 0 ||
	    collect_line(collector, until, commits, count, err) < 0)
		return -1;
	if (collector->held)
		return 0;
	return view_set_note(engine->view, "commits",
	                     oid_text(collector->arena, &engine->tip), err);
}

int triggers_collect(struct tick *tick, struct error *err)
{
	static int (*const collectors[])(struct collector * collector,
	                                 struct error * err) = {
		collect_commits,
		events_collect,
		batches_collect,
		slots_collect,
	};

	if (engine_look(tick->engine, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(collectors); i++) {
		auto_arena struct arena arena = { 0 };
		struct collector collector = {
			.tick = tick,
			.engine = tick->engine,
			.arena = &arena,
		};
		if (collectors[i](&collector, err) < 0)
			return -1;
	}
	/* What is not known is looked at again at once. */
	int64_t next_ms = schedules_next(tick->engine);
	if (next_ms != INT64_MAX)
		tick_due(tick, next_ms > 0 ? next_ms : 1);
	return 0;
}
