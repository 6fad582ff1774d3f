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
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cycle/start.h"
#include "engine/job/expr.h"
#include "store/base/path.h"
#include "store/base/text.h"

struct collector {
	struct tick *tick;
	struct engine *engine;
	struct arena *arena;
	bool held; /* something could not be started: look again next time */
};

static void tell_problem(struct collector *collector, struct error *problem)
{
	struct note note = {
		.kind = NOTE_PROBLEM,
		.problem = problem,
	};

	tick_tell(collector->tick, &note);
	collector->tick->problems++;
	collector->held = true;
}

/* Start the job of that name as it is today. */
static int start(struct collector *collector, const char *name,
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
			tell_problem(collector, &errors.items[0]);
		return 0;
	}
	int started =
	        start_run(engine, collector->arena, job, cause, &run, &reason);
	if (started < 0 && reason.code == ERR_CONFIG) {
		tell_problem(collector, &reason);
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

/* The workspace as it was in `commit`. */
struct past {
	struct files *files;
	struct workspace *workspace;
	const struct job **jobs;
	size_t count;
};

static void past_clear(struct past *past)
{
	workspace_free(past->workspace);
	files_free(past->files);
}

/* The job as it was; as it is today when it could not be read then; NULL, and
 * told, when it cannot be read now either. */
static const struct job *past_job(struct collector *collector,
                                  struct past *past, const char *name)
{
	auto_errors struct errors ignored = { 0 };
	auto_errors struct errors errors = { 0 };
	const struct job *job = workspace_job(past->workspace, name, &ignored);

	if (job)
		return job;
	job = workspace_job(collector->engine->tip_workspace, name, &errors);
	if (!job && errors.items[0].code != ERR_MISSING)
		tell_problem(collector, &errors.items[0]);
	return job;
}

static int past_open(struct collector *collector, const struct oid *tree,
                     struct past *past, struct error *err)
{
	const char *const *names;
	size_t count;

	past->files = engine_files(collector->engine, tree, NULL, err);
	if (!past->files)
		return -1;
	past->workspace = engine_workspace(collector->engine, past->files);
	if (workspace_jobs(past->workspace, &names, &count, err) < 0)
		return -1;
	past->jobs =
	        arena_array(collector->arena, count + 1, sizeof(struct job *));
	for (size_t i = 0; i < count; i++) {
		const struct job *job = past_job(collector, past, names[i]);
		if (job)
			past->jobs[past->count++] = job;
	}
	return 0;
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

	if (trigger->kind != TRIGGER_COMMIT ||
	    !is_change(trigger->change, difference))
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

static int start_by_commit(struct collector *collector, const char *job,
                           const struct trigger *trigger,
                           const struct tree_difference *difference,
                           const struct commit *commit, struct error *err)
{
	struct arena *arena = collector->arena;
	struct value *facts = value_map(arena);
	const char *blob = oid_text(arena, &difference->new_oid);
	struct cause cause = {
		.kind = "commit",
		.id = arena_printf(arena, "commit:%s:%s", difference->path,
		                   blob),
		.says = difference->path,
		.time_ms = commit->committer.time_s * 1000,
		.facts = facts,
		.with = trigger->with,
	};

	value_map_text(arena, facts, "path", difference->path);
	value_map_text(arena, facts, "blob", blob);
	value_map_text(arena, facts, "commit", oid_text(arena, &commit->id));
	return start(collector, job, &cause, err);
}

static int collect_change(struct collector *collector, struct past *past,
                          const struct tree_difference *difference,
                          const struct commit *commit, struct error *err)
{
	for (size_t i = 0; i < past->count; i++) {
		const struct job *job = past->jobs[i];
		for (size_t n = 0; n < job->trigger_count; n++) {
			int wanted = fits(collector, &job->triggers[n],
			                  difference, err);
			if (wanted < 0)
				return -1;
			if (wanted &&
			    start_by_commit(collector, job->name,
			                    &job->triggers[n], difference,
			                    commit, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int collect_commit(struct collector *collector, const struct oid *id,
                          struct error *err)
{
	struct repo *repo = collector->engine->repo;
	struct arena *arena = collector->arena;
	struct past past CLEANUP(past_clear) = { 0 };
	struct commit commit;
	struct commit before;
	struct tree_difference *differences;
	size_t count;

	if (repo_commit_read(repo, arena, id, &commit, err) < 0)
		return -1;
	bool is_first = commit.parent_count == 0;
	if (!is_first &&
	    repo_commit_read(repo, arena, &commit.parents[0], &before, err) < 0)
		return -1;
	if (repo_tree_diff(repo, arena, is_first ? NULL : &before.tree,
	                   &commit.tree, &differences, &count, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	if (past_open(collector, &commit.tree, &past, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (collect_change(collector, &past, &differences[i], &commit,
		                   err) < 0)
			return -1;
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

/* ---- Events -------------------------------------------------------------- */

static int event_fits(struct collector *collector,
                      const struct trigger *trigger,
                      const struct emitted_record *emitted, struct value *event,
                      struct error *err)
{
	struct value *scope = value_map(collector->arena);

	if (trigger->kind != TRIGGER_EVENT ||
	    !text_equal(trigger->event_type, emitted->type))
		return 0;
	if (!trigger->where)
		return 1;
	value_map_set(collector->arena, scope, "event", event);

	const struct render render = { .scope = scope,
		                       .engine =
		                               collector->engine->env.engine };

	return expr_is_true(trigger->where, &render, err);
}

static int start_by_event(struct collector *collector, const char *job,
                          const struct trigger *trigger,
                          const struct emitted_record *emitted,
                          struct value *event, struct error *err)
{
	struct arena *arena = collector->arena;
	struct value *facts = value_map(arena);
	struct cause cause = {
		.kind = "event",
		.id = arena_printf(arena, "event:%s", emitted->event),
		.says = emitted->type,
		.time_ms = emitted->at,
		.facts = facts,
		.with = trigger->with,
	};

	value_map_text(arena, facts, "type", emitted->type);
	value_map_text(arena, facts, "from_run", emitted->run);
	value_map_set(arena, facts, "event", event);
	return start(collector, job, &cause, err);
}

static int offer_event(struct collector *collector, struct past *past,
                       const struct emitted_record *emitted,
                       struct value *event, struct error *err)
{
	for (size_t i = 0; i < past->count; i++) {
		const struct job *job = past->jobs[i];
		for (size_t n = 0; n < job->trigger_count; n++) {
			auto_error struct error reason = { 0 };
			int wanted = event_fits(collector, &job->triggers[n],
			                        emitted, event, &reason);
			if (wanted < 0)
				tell_problem(collector, &reason);
			if (wanted > 0 &&
			    start_by_event(collector, job->name,
			                   &job->triggers[n], emitted, event,
			                   err) < 0)
				return -1;
		}
	}
	return 0;
}

static int collect_event(struct collector *collector,
                         const struct emitted_record *emitted,
                         struct error *err)
{
	struct engine *engine = collector->engine;
	struct past past CLEANUP(past_clear) = { 0 };
	struct oid tree = engine->tip_tree;
	struct value *event;
	struct commit commit;

	if (repo_object_exists(engine->repo, &emitted->commit)) {
		if (repo_commit_read(engine->repo, collector->arena,
		                     &emitted->commit, &commit, err) < 0)
			return -1;
		tree = commit.tree;
	}
	if (journal_resolve(engine->repo, collector->arena, emitted->data,
	                    &event, err) < 0 ||
	    past_open(collector, &tree, &past, err) < 0)
		return -1;
	return offer_event(collector, &past, emitted, event, err);
}

static int collect_events(struct collector *collector, struct error *err)
{
	struct engine *engine = collector->engine;
	const char *note = view_note(engine->view, collector->arena, "events");
	struct emitted_record *emitted;
	int64_t since = 0;
	size_t count;

	if (note && !text_to_int(note, 0, INT64_MAX, &since))
		since = 0;
	if (view_emitted(engine->view, collector->arena, since, &emitted,
	                 &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (collect_event(collector, &emitted[i], err) < 0)
			return -1;
	if (count == 0 || collector->held)
		return 0;
	return view_set_note(engine->view, "events",
	                     arena_printf(collector->arena, "%" PRId64,
	                                  emitted[count - 1].seq),
	                     err);
}

int triggers_collect(struct tick *tick, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct collector commits = {
		.tick = tick,
		.engine = tick->engine,
		.arena = &arena,
	};
	struct collector events = commits;

	if (engine_look(tick->engine, err) < 0 ||
	    collect_commits(&commits, err) < 0)
		return -1;
	return collect_events(&events, err);
}
