/*
 * A step is ready when all that it waits for is settled and the wall above it
 * has been passed. Then it is skipped (something it names has no output, or
 * its `if` is false), or it is a wall (a gate opens when every step above it
 * is settled), or it computes (its key is looked up and only an unknown one is
 * started), or it acts (once, under its effect key).
 *
 * One pass over the steps settles what it can; passes go on as long as one
 * changes something. Steps are in written order and mostly wait for earlier
 * ones, so there are few passes.
 */
#include "engine/cycle/execute.h"

#include <stdlib.h>
#include <string.h>

#include "engine/job/expr.h"
#include "engine/job/field.h"
#include "engine/steps/step.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"
#include "store/key.h"

/* ---- Telling ------------------------------------------------------------- */

static void tell_step(struct tick *tick, const struct live_run *run,
                      const struct live_step *live)
{
	struct note note = {
		.kind = NOTE_STEP,
		.run = run->name,
		.step = live->step->id,
		.state = step_state_name(live->state),
		.text = live->reason,
	};

	tick_tell(tick, &note);
}

struct value *execute_about(struct live_run *run, const char *step)
{
	struct value *data = value_map(&run->arena);

	value_map_text(&run->arena, data, "run", run->record.id);
	if (step) {
		value_map_text(&run->arena, data, "step", step);
		value_map_text(&run->arena, data, "item", "");
	}
	value_map_int(&run->arena, data, "epoch", run->record.epoch);
	return data;
}

static const char *subject_of(struct live_run *run, const char *step)
{
	return arena_printf(&run->arena, "%s/%s", run->record.id, step);
}

static void settle(struct tick *tick, struct live_run *run,
                   struct live_step *live, enum step_state state,
                   const char *reason)
{
	live->state = state;
	live->reason = reason;
	live->at = clock_wall_ms(&run->engine->clock);
	run_describe_step(run, live);
	tell_step(tick, run, live);
	tick->changes++;
}

/* ---- Readiness ----------------------------------------------------------- */

static bool all_settled(const struct live_run *run, const size_t *indexes,
                        size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!step_is_settled(run->steps[indexes[i]].state))
			return false;
	return true;
}

static bool is_ready(const struct live_run *run, const struct live_step *live)
{
	const struct step *step = live->step;

	if (live->state != STEP_WAITING)
		return false;
	if (step->wall != STEP_NONE &&
	    !step_is_settled(run->steps[step->wall].state))
		return false;
	return all_settled(run, step->waits_for, step->wait_count);
}

/* The wall above was not passed: nothing below it begins. */
static const char *closed_wall(struct live_run *run, const struct step *step)
{
	const struct live_step *wall =
	        step->wall == STEP_NONE ? NULL : &run->steps[step->wall];

	if (!wall || wall->state == STEP_DONE)
		return NULL;
	return arena_printf(&run->arena, "the gate \"%s\" was not opened",
	                    wall->step->id);
}

/* Why the step cannot have what it names; NULL when it can. */
static const char *missing_input(struct live_run *run, const struct step *step)
{
	for (size_t i = 0; i < step->depend_count; i++) {
		const struct live_step *on = &run->steps[step->depends_on[i]];
		if (step_has_output(on->state))
			continue;
		return arena_printf(&run->arena, "step \"%s\" %s%s",
		                    on->step->id,
		                    on->state == STEP_FAILED ? "" : "was ",
		                    step_state_name(on->state));
	}
	return NULL;
}

/* The step above that acts failed: what follows it does not begin. */
static const char *broken_order(struct live_run *run, const struct step *step)
{
	if (!(step->kind->flags & KIND_ACTS))
		return NULL;
	for (size_t i = step->index; i-- > 0;) {
		const struct live_step *above = &run->steps[i];
		if (!(above->step->kind->flags & KIND_ACTS))
			continue;
		if (above->state == STEP_FAILED)
			return arena_printf(&run->arena,
			                    "step \"%s\" above it failed",
			                    above->step->id);
		/* One that was left out says nothing of those above it. */
		if (step_has_output(above->state))
			return NULL;
	}
	return NULL;
}

/* A gate opens only when nothing above it has failed. */
static const char *failure_above(struct live_run *run, const struct step *gate)
{
	for (size_t i = 0; i < gate->index; i++)
		if (run->steps[i].state == STEP_FAILED)
			return arena_printf(&run->arena,
			                    "step \"%s\" above it failed",
			                    run->steps[i].step->id);
	return NULL;
}

/* ---- Outcomes without a result ------------------------------------------- */

static void skip(struct tick *tick, struct live_run *run,
                 struct live_step *live, const char *reason)
{
	struct value *data = execute_about(run, live->step->id);

	value_map_text(&run->arena, data, "reason", reason);
	journal_add(run->engine->journal, EVENT_STEP_SKIPPED,
	            subject_of(run, live->step->id), data);
	settle(tick, run, live, STEP_SKIPPED, reason);
}

/* The message as it is kept and shown: with the place it speaks of. */
static const char *reason_of(struct live_run *run, const struct error *err)
{
	if (!err->file || !err->pos.line)
		return arena_strdup(&run->arena, err->message);
	return arena_printf(&run->arena, "%s:%u:%u: %s", err->file,
	                    err->pos.line, err->pos.column, err->message);
}

static void fail(struct tick *tick, struct live_run *run,
                 struct live_step *live, struct error *reason)
{
	struct value *data = execute_about(run, live->step->id);
	const char *text = reason_of(run, reason);

	value_map_text(&run->arena, data, "reason", text);
	value_map_text(&run->arena, data, "key", NULL);
	journal_add(run->engine->journal, EVENT_STEP_FAILED,
	            subject_of(run, live->step->id), data);
	settle(tick, run, live, STEP_FAILED, text);
}

/* Failures of a step end the step; of the machine, the tick. */
static bool ends_the_step(const struct error *err)
{
	switch (err->code) {
	case ERR_CONFIG:
	case ERR_FAILED:
	case ERR_LIMIT:
	case ERR_MISSING:
		return true;
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_STATE:
	case ERR_CONFLICT:
	case ERR_BUSY:
	case ERR_SYSTEM:
	case ERR_CORRUPT:
		break;
	}
	return false;
}

/* ---- Artifacts and checks ------------------------------------------------ */

/* The slashes of a path template that stand outside of its tags. */
static size_t own_slashes(const char *source)
{
	size_t count = 0;

	for (const char *c = source; *c; c++) {
		const char *end = text_starts(c, "{{") ? strstr(c, "}}") : NULL;
		if (end)
			c = end + 1;
		else
			count += *c == '/';
	}
	return count;
}

/* A tag yields one segment: a value must not choose the folder. */
static int one_segment_each(const struct step *step, const char *path,
                            struct error *err)
{
	if (own_slashes(path) <= own_slashes(step->artifact->text))
		return 0;
	error_set(err, ERR_FAILED, "a value in the artifact \"%s\" has a slash",
	          path);
	return error_hint(err, "Use | slug in the tag.");
}

/* Where the artifact goes, and that it can be written there. */
static int place_artifact(struct live_run *run, struct live_step *live,
                          struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	const struct step *step = live->step;
	const char *path = NULL;

	if (step->artifact) {
		if (run_text(run, step, step->artifact, &path, err) < 0 ||
		    one_segment_each(step, path, err) < 0)
			return -1;
		if (path_check_artifact(path, err) < 0) {
			err->code = ERR_FAILED;
			return error_wrap(err, "the artifact \"%s\"", path);
		}
	} else if (text_equal(step->kind->name, "remember")) {
		path = value_get_text(live->output, "path", NULL);
	}
	if (!path)
		return 0;
	for (size_t i = 0; i < run->job->step_count; i++)
		if (&run->steps[i] != live &&
		    text_equal(run->steps[i].path, path))
			return error_set(err, ERR_FAILED,
			                 "the artifact \"%s\" is written by "
			                 "step \"%s\" too",
			                 path, run->steps[i].step->id);
	live->path = path;
	return run_artifact(run, live, &bytes, err);
}

int execute_checks(struct live_run *run, const struct step *step,
                   struct error *err)
{
	const struct render render = run_render(run, step);

	for (size_t i = 0; i < step->check_count; i++) {
		const struct condition *check = &step->checks[i];
		int holds = expr_is_true(check->expr, &render, err);
		if (holds < 0)
			return error_wrap(err, "the check \"%s\"",
			                  check->message);
		if (!holds)
			return error_at(err, ERR_FAILED, run->job->path,
			                check->pos, "%s", check->message);
	}
	return 0;
}

/* With its output in the scope: the artifact's place, then the checks. */
static int accept(struct live_run *run, struct live_step *live,
                  struct error *err)
{
	enum step_state before = live->state;

	live->state = STEP_DONE;
	run_describe_step(run, live);
	int status = place_artifact(run, live, err);
	if (status == 0)
		status = execute_checks(run, live->step, err);
	live->state = before;
	if (status < 0)
		live->path = NULL;
	return status;
}

/* ---- Computing ----------------------------------------------------------- */

static int compute_key(struct live_run *run, struct step_run *step_run,
                       const char **ret, struct error *err)
{
	struct arena *arena = &run->arena;
	const struct step_kind *kind = step_run->step->kind;

	value_map_set(arena, step_run->ingredients, "config",
	              value_copy(arena, step_run->config));
	value_map_text(arena, step_run->ingredients, "name", step_run->name);
	value_map_text(arena, step_run->ingredients, "locale",
	               run->config->locale);
	if (!step_run->step->strict)
		value_map_set(arena, step_run->ingredients, "strict",
		              value_bool(arena, false));
	if (kind->prepare && kind->prepare(step_run, err) < 0)
		return -1;
	*ret = key_content(arena, &run->engine->env.root->secret, kind->name,
	                   kind->format, step_run->ingredients);
	return 0;
}

/* The same ingredients, not only the same hash of them. */
static int same_ingredients(struct live_run *run,
                            const struct step_record *result,
                            const struct value *ingredients, struct error *err)
{
	struct engine *engine = run->engine;
	struct value *known;
	struct event *event = journal_event_at(engine->journal, &run->arena,
	                                       &result->place, err);

	if (!event || journal_member(engine->repo, &run->arena, event->data,
	                             "ingredients", &known, err) < 0)
		return -1;
	return known && value_equal(known, ingredients);
}

/* 1 when the journal has the result of the key, and it was taken. */
static int reuse(struct tick *tick, struct live_run *run,
                 struct live_step *live, const struct value *ingredients,
                 struct error *err)
{
	struct step_record result;
	struct value *output;
	int found = view_result(run->engine->view, &run->arena, live->key,
	                        &result, err);

	if (found > 0)
		found = same_ingredients(run, &result, ingredients, err);
	if (found <= 0)
		return found;
	if (journal_resolve(run->engine->repo, &run->arena, result.output,
	                    &output, err) < 0)
		return -1;
	live->output = output;
	live->event = result.event;
	if (accept(run, live, err) < 0)
		return -1;
	live->unreported = true;
	settle(tick, run, live, STEP_REUSED, NULL);
	tick->changes--; /* nothing was written */
	return 1;
}

static void record_result(struct live_run *run, const struct live_step *live,
                          const struct step_run *step_run, int64_t ms)
{
	struct arena *arena = &run->arena;
	struct value *data = execute_about(run, live->step->id);

	value_map_text(arena, data, "kind", live->step->kind->name);
	if (live->step->kind->flags & KIND_COMPUTES) {
		value_map_text(arena, data, "key", live->key);
		value_map_set(arena, data, "ingredients",
		              step_run->ingredients);
	} else {
		value_map_text(arena, data, "effect_key", step_run->effect_key);
	}
	value_map_set(arena, data, "output", step_run->output);
	value_map_set(arena, data, "record", step_run->record);
	value_map_int(arena, data, "ms", ms);
	journal_add(run->engine->journal, EVENT_STEP_FINISHED,
	            subject_of(run, live->step->id), data);
}

/* Carry the step out; its failure is in `err`, with ends_the_step(). */
static int carry_out(struct tick *tick, struct live_run *run,
                     struct live_step *live, struct error *err)
{
	const struct step_kind *kind = live->step->kind;
	struct step_run step_run;
	int64_t started = clock_boot_ms(&run->engine->clock);

	if (execute_configure(run, live->step, &step_run, err) < 0)
		return -1;
	if (kind->flags & KIND_COMPUTES) {
		if (compute_key(run, &step_run, &live->key, err) < 0)
			return -1;
		int reused = reuse(tick, run, live, step_run.ingredients, err);
		if (reused != 0)
			return reused < 0 ? -1 : 0;
	}
	if (kind->start(&step_run, err) < 0)
		return -1;
	live->output = step_run.output;
	if (accept(run, live, err) < 0)
		return -1;
	if (!step_run.journalled)
		record_result(run, live, &step_run,
		              clock_boot_ms(&run->engine->clock) - started);
	settle(tick, run, live, STEP_DONE, NULL);
	return 0;
}

/* ---- One step ------------------------------------------------------------ */

/* 1 when it is to be done, 0 when it was skipped, -1. */
static int is_wanted(struct tick *tick, struct live_run *run,
                     struct live_step *live, struct error *err)
{
	const struct step *step = live->step;
	const char *reason = closed_wall(run, step);

	if (!reason)
		reason = missing_input(run, step);
	if (!reason)
		reason = broken_order(run, step);
	if (!reason && (step->kind->flags & KIND_WALL))
		reason = failure_above(run, step);
	if (!reason && step->condition) {
		const struct render render = run_render(run, step);
		int wanted = expr_is_true(step->condition, &render, err);
		if (wanted < 0)
			return error_wrap(err, "the condition of step \"%s\"",
			                  step->id);
		if (!wanted)
			reason = "its condition is false";
	}
	if (!reason)
		return 1;
	skip(tick, run, live, reason);
	return 0;
}

/* An effect may have settled its step in the journal although this process
 * goes on with an error: the row is what counts. */
static bool is_settled_in_journal(struct live_run *run, struct live_step *live)
{
	auto_error struct error ignored = { 0 };
	struct step_record *rows;
	size_t count;

	if (view_steps(run->engine->view, &run->arena, run->record.id, &rows,
	               &count, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (text_equal(rows[i].step, live->step->id) &&
		    rows[i].state != STEP_WAITING) {
			live->state = rows[i].state;
			live->reason = rows[i].reason;
			live->at = rows[i].at;
			return true;
		}
	return false;
}

static int advance_step(struct tick *tick, struct live_run *run,
                        struct live_step *live, struct error *err)
{
	auto_error struct error reason = { 0 };
	int wanted = is_wanted(tick, run, live, &reason);
	int status = wanted < 0 ? -1 : 0;

	if (wanted > 0 && (live->step->kind->flags & KIND_WALL))
		status = gate_open(tick, run, live, &reason);
	else if (wanted > 0)
		status = carry_out(tick, run, live, &reason);
	if (status == 0)
		return 0;
	if (!ends_the_step(&reason)) {
		error_move(err, &reason);
		return error_wrap(err, "%s, step \"%s\"", run->name,
		                  live->step->id);
	}
	if (is_settled_in_journal(run, live)) {
		run_describe_step(run, live);
		tell_step(tick, run, live);
		return 0;
	}
	fail(tick, run, live, &reason);
	return 0;
}

/* ---- The run ----------------------------------------------------------- */

static bool is_over(const struct live_run *run)
{
	for (size_t i = 0; i < run->job->step_count; i++)
		if (!step_is_settled(run->steps[i].state))
			return false;
	return true;
}

int execute_run(struct tick *tick, const char *id, struct error *err)
{
	auto_run struct live_run *run = run_load(tick->engine, id, err);
	bool moved = true;

	if (!run)
		return -1;
	while (moved) {
		moved = false;
		for (size_t i = 0; i < run->job->step_count; i++) {
			struct live_step *live = &run->steps[i];
			if (!is_ready(run, live))
				continue;
			if (advance_step(tick, run, live, err) < 0)
				return -1;
			moved = true;
		}
	}
	if (is_over(run))
		return execute_finish(tick, run, err);
	if (journal_pending(run->engine->journal) == 0)
		return 0;
	return journal_flush(
	        run->engine->journal,
	        arena_printf(&run->arena, "%s: goes on", run->name), err);
}
