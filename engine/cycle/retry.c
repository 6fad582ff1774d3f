/*
 * Which steps wait again is decided here, where the job's walls are known, and
 * named in the event; the fold only moves them.
 *
 * An effect that failed was refused: nothing left, so its intent is forgotten
 * with the failure and there may be another. One of which nobody knows whether
 * it was done has not failed, and stays in doubt.
 *
 * With another text of the job, steps that are done wait again, too, as long
 * as their keys can tell whether they would give the same: what computes. The
 * rows of their items go, for there may be others. Nobody executes meanwhile.
 */
#include "engine/cycle/retry.h"

#include <string.h>

#include "engine/cycle/run.h"
#include "engine/cycle/start.h"
#include "store/base/date.h"
#include "store/base/json.h"
#include "store/base/text.h"
#include "store/draft.h"
#include "store/lock.h"

/* Whether a wall below it, in its block or in one around it, was passed. */
static bool is_behind_wall(const struct live_step *live)
{
	while (live) {
		const struct live_block *block = live->block;
		for (size_t i = live->step->end; i < block->end; i++) {
			const struct live_step *below =
			        &block->steps[i - block->first];
			if (below->step && below->state == STEP_DONE &&
			    (below->step->kind->flags & KIND_WALL))
				return true;
		}
		live = block->over;
	}
	return false;
}

static bool is_tried_again(const struct live_step *live)
{
	switch (live->state) {
	case STEP_FAILED:
	case STEP_SKIPPED:
	case STEP_VOID:
		return !is_behind_wall(live);
	case STEP_WAITING:
	case STEP_STARTED:
	case STEP_IN_REVIEW:
	case STEP_SLEEPING:
	case STEP_DONE:
	case STEP_REUSED:
	case STEP_DECLINED:
		break;
	}
	return false;
}

static void add_place(struct live_run *run, struct value *list,
                      const struct live_step *live, bool anew)
{
	struct arena *arena = &run->arena;
	struct value *place = value_map(arena);

	value_map_text(arena, place, "step", live->step->id);
	value_map_text(arena, place, "item", live->block->item);
	if (anew)
		value_map_set(arena, place, "anew", value_bool(arena, true));
	value_list_add(arena, list, place);
}

static struct value *places(struct live_run *run)
{
	struct value *list = value_list(&run->arena);

	for (const struct live_step *live = live_first(run); live;
	     live = live_next(run, live))
		if (is_tried_again(live))
			add_place(run, list, live, false);
	return list;
}

int run_retry(struct engine *engine, const struct run_record *record,
              struct error *err)
{
	auto_run struct live_run *run = NULL;

	if (record->state != RUN_FAILED)
		return error_set(
		        err, ERR_STATE, "%s %s has not failed: it is %s",
		        record->job,
		        engine_short(engine, &engine->arena, record->id),
		        run_state_name(record->state));
	run = run_load(engine, record->id, err);
	if (!run)
		return -1;
	struct value *data = value_map(&run->arena);
	value_map_text(&run->arena, data, "run", record->id);
	value_map_set(&run->arena, data, "steps", places(run));
	journal_add(engine->journal, EVENT_RUN_RETRIED, record->id, data);
	return journal_flush(
	        engine->journal,
	        arena_printf(&run->arena, "%s: tried again", run->name), err);
}

/* ---- With today's text --------------------------------------------------- */

struct renewal {
	struct live_run *run;
	const struct job *job; /* of today */
	struct value *merged;  /* "step item" of files that are merged */
	/* By step of the run's text: it stays as it is, since a loop of which
	 * something is done needs it. */
	bool *held;
};

static const char *place_name(const struct renewal *renewal, const char *step,
                              const char *item)
{
	return arena_printf(&renewal->run->arena, "%s %s", step, item);
}

/* What the owner's branch has already is not drafted a second time. */
static int find_merged(struct renewal *renewal, struct error *err)
{
	struct live_run *run = renewal->run;
	struct arena *arena = &run->arena;

	renewal->merged = value_map(arena);
	for (size_t i = 0; i < run->draft_count; i++) {
		struct artifact_record *files;
		size_t count;
		if (!draft_was_merged(run->drafts[i].state))
			continue;
		if (view_artifacts(run->engine->view, arena, &run->drafts[i],
		                   &files, &count, err) < 0)
			return -1;
		for (size_t n = 0; n < count; n++)
			if (!files[n].lapsed)
				value_map_set(arena, renewal->merged,
				              place_name(renewal, files[n].step,
				                         files[n].item),
				              value_bool(arena, true));
	}
	return 0;
}

/* Whether something was done that is not done twice. */
static bool is_final(const struct live_step *live)
{
	return live->step->kind->flags & (KIND_ACTS | KIND_WALL) &&
	       (live->state == STEP_DONE || live->state == STEP_STARTED ||
	        live->state == STEP_SLEEPING);
}

/* A loop or a job of which a part is final keeps its items, and these come
 * from the steps that it waits for. */
static void find_held(struct renewal *renewal)
{
	struct live_run *run = renewal->run;
	const struct job *job = run->job;
	bool changed = true;

	renewal->held = arena_array(&run->arena, job->step_count, 1);
	for (const struct live_step *live = live_first(run); live;
	     live = live_next(run, live))
		for (const struct live_step *over = live->block->over;
		     over && is_final(live); over = over->block->over)
			renewal->held[over->step->index] = true;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < job->step_count; i++)
			for (size_t n = 0;
			     renewal->held[i] && n < job->steps[i].wait_count;
			     n++) {
				bool *on =
				        &renewal->held[job->steps[i]
				                               .waits_for[n]];
				changed = changed || !*on;
				*on = true;
			}
	}
}

/* Whether it is in a loop or a job that is held. */
static bool is_held(const struct renewal *renewal, const struct live_step *live)
{
	while (live && !renewal->held[live->step->index])
		live = live->block->over;
	return live != NULL;
}

static bool is_renewed(const struct renewal *renewal,
                       const struct live_step *live)
{
	switch (live->state) {
	case STEP_DONE:
	case STEP_REUSED:
		if (live->step->kind->flags & (KIND_ACTS | KIND_WALL))
			return false;
		break;
	case STEP_FAILED:
	case STEP_SKIPPED:
	case STEP_VOID:
	case STEP_IN_REVIEW:
		break;
	case STEP_WAITING:
	case STEP_STARTED:
	case STEP_SLEEPING:
	case STEP_DECLINED:
		return false;
	}
	return !is_behind_wall(live) && !is_held(renewal, live) &&
	       !value_get(renewal->merged, place_name(renewal, live->step->id,
	                                              live->block->item));
}

/* What is held fast is at least tried again where it failed; a gate that is
 * open there stays so. */
static struct value *renewed_places(struct renewal *renewal)
{
	struct live_run *run = renewal->run;
	struct value *list = value_list(&run->arena);

	for (const struct live_step *live = live_first(run); live;
	     live = live_next(run, live))
		if (is_renewed(renewal, live))
			add_place(run, list, live, true);
		else if (is_tried_again(live))
			add_place(run, list, live, false);
	return list;
}

/* ---- Whether today's text may follow ------------------------------------- */

static bool is_same_step(struct arena *arena, const struct step *one,
                         const struct step *other)
{
	return text_equal(one->id, other->id) && one->kind == other->kind &&
	       text_equal(one->name, other->name) &&
	       text_equal(json_canonical(arena, one->config),
	                  json_canonical(arena, other->config));
}

/* Above a gate that was approved stands what its approval was about. */
static int check_above(const struct renewal *renewal,
                       const struct live_gate *gate, struct error *err)
{
	struct arena *arena = &renewal->run->arena;
	const struct job *was = renewal->run->job;
	const struct job *is = renewal->job;
	const struct step *step;

	for (size_t i = 0; i <= gate->step->step->index; i++) {
		step = &is->steps[i < is->step_count ? i : is->step_count - 1];
		if (i < is->step_count &&
		    is_same_step(arena, &was->steps[i], step))
			continue;
		error_at(err, ERR_STATE, step->path, step->pos,
		         "this is not the text above the gate \"%s\" that was "
		         "approved",
		         gate->step->step->id);
		return error_hint(err,
		                  "Start a new run for it, or go on as it "
		                  "was, with: reeve retry %.8s.",
		                  renewal->run->record.id);
	}
	return 0;
}

static int check_text(const struct renewal *renewal, struct error *err)
{
	const struct live_run *run = renewal->run;

	for (size_t i = 0; i < run->gate_count; i++)
		if (check_above(renewal, &run->gates[i], err) < 0)
			return -1;
	return 0;
}

static int find_job(struct renewal *renewal, struct error *err)
{
	auto_errors struct errors errors = { 0 };
	struct engine *engine = renewal->run->engine;

	renewal->job = workspace_job(engine->tip_workspace,
	                             renewal->run->record.job, &errors);
	if (!renewal->job) {
		error_move(err, &errors.items[0]);
		return -1;
	}
	return engine_prove(engine, renewal->job, err);
}

/* ---- Its event ----------------------------------------------------------- */

/* What the run was given, as far as today's job takes it. */
static const struct value *find_inputs(const struct renewal *renewal,
                                       struct error *err)
{
	struct live_run *run = renewal->run;
	const struct value *had = run->record.inputs;
	struct value *given = value_map(&run->arena);
	struct cause cause = {
		.facts = run->record.trigger,
		.given = given,
		.time_ms = run->record.started_at,
	};

	(void)date_parse_rfc3339(value_get_text(run->names, "time", ""),
	                         &cause.time_ms); /* else when it began */
	for (size_t i = 0; had && i < had->length; i++)
		if (job_input(renewal->job, had->members[i].name))
			run_share(&run->arena, given, had->members[i].name,
			          had->members[i].value);
	return start_inputs(run->engine, &run->arena, renewal->job, &cause,
	                    run->record.id, err);
}

/* The text and the files that the run goes on with. */
static int add_text(const struct renewal *renewal, struct value *data,
                    struct error *err)
{
	struct live_run *run = renewal->run;
	struct engine *engine = run->engine;
	struct arena *arena = &run->arena;
	const struct value *inputs = find_inputs(renewal, err);
	struct oid library;

	if (!inputs || engine_library(engine, &library, err) < 0)
		return -1;
	const char *library_id = oid_text(arena, &library);
	value_map_text(arena, data, "commit", oid_text(arena, &engine->tip));
	value_map_text(arena, data, "tree", oid_text(arena, &engine->tip_tree));
	value_map_text(arena, data, "library", library_id);
	run_share(arena, data, "inputs", inputs);
	value_map_set(arena, data, "order", start_steps(arena, renewal->job));
	value_map_set(arena, data, "listens",
	              start_listens(arena, renewal->job));
	journal_keep(engine->journal,
	             arena_printf(arena, "pins/%s", run->record.id),
	             &engine->tip_tree, 040000);
	journal_keep(engine->journal,
	             arena_printf(arena, "library/%s", library_id), &library,
	             040000);
	return 0;
}

int retry_add_text(struct live_run *run, const bool *opened, struct value *data,
                   struct error *err)
{
	struct renewal renewal = { .run = run };

	if (find_job(&renewal, err) < 0)
		return -1;
	for (size_t i = 0; i < run->gate_count; i++)
		if (!opened[run->gates[i].step->step->index] &&
		    check_above(&renewal, &run->gates[i], err) < 0)
			return -1;
	return add_text(&renewal, data, err);
}

static int journal_renewal(struct renewal *renewal, struct error *err)
{
	struct live_run *run = renewal->run;
	struct engine *engine = run->engine;
	struct arena *arena = &run->arena;
	struct value *data = value_map(arena);

	value_map_text(arena, data, "run", run->record.id);
	value_map_int(arena, data, "epoch", run->record.epoch);
	value_map_set(arena, data, "steps", renewed_places(renewal));
	if (add_text(renewal, data, err) < 0)
		return -1;
	journal_add(engine->journal, EVENT_RUN_RETRIED, run->record.id, data);
	return journal_flush(engine->journal,
	                     arena_printf(arena, "%s: goes on with %s %.8s",
	                                  run->name, engine->branch,
	                                  oid_text(arena, &engine->tip)),
	                     err);
}

int retry_set_aside(struct live_run *run, struct error *err)
{
	struct draft_record *drafts;
	size_t count;

	if (view_run_drafts(run->engine->view, &run->arena, run->record.id,
	                    &drafts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && i < run->draft_count; i++)
		if (drafts[i].state == DRAFT_WITHDRAWN &&
		    run->drafts[i].state == DRAFT_OPEN &&
		    !draft_set_aside(run->engine->repo, &run->arena,
		                     drafts[i].branch + strlen(DRAFT_BRANCHES),
		                     &drafts[i].tip, err))
			return -1;
	return 0;
}

static int check_state(struct engine *engine, const struct run_record *record,
                       struct error *err)
{
	if (record->state == RUN_FAILED || !run_is_over(record->state))
		return 0;
	return error_set(err, ERR_STATE, "%s %s is over: it is %s", record->job,
	                 engine_short(engine, &engine->arena, record->id),
	                 run_state_name(record->state));
}

int run_renew(struct engine *engine, const struct run_record *record,
              struct error *err)
{
	auto_lock struct lock *lock = lock_try(engine->lock_dir, "engine", err);
	auto_run struct live_run *run = NULL;

	if (!lock || check_state(engine, record, err) < 0 ||
	    engine_look(engine, err) < 0)
		return -1;
	run = run_load(engine, record->id, err);
	if (!run)
		return -1;
	struct renewal renewal = { .run = run };
	if (find_job(&renewal, err) < 0 || check_text(&renewal, err) < 0 ||
	    find_merged(&renewal, err) < 0)
		return -1;
	find_held(&renewal);
	if (journal_renewal(&renewal, err) < 0)
		return -1;
	return retry_set_aside(run, err);
}
