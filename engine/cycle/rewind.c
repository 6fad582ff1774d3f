/*
 * What comes after a step is what waits for it, in the table by which steps
 * begin: by a name, a wall or the order of effects; of a job in the job what is
 * inside, and what waits for the whole. The sections at the end come after all
 * others.
 *
 * A loop with an item that did something which stays done keeps its items, as
 * it is: a list that is made anew could have others.
 */
#include "engine/cycle/rewind.h"

#include "engine/cycle/retry.h"
#include "engine/cycle/run.h"
#include "store/base/text.h"
#include "store/lock.h"

struct rewind {
	struct live_run *run;
	struct rewinding *rewinding;
	/* By step of the job. */
	bool *after;              /* it waits again */
	bool *whole;              /* and so does all that is inside */
	bool *again;              /* its effects are done once more */
	struct value *kept_loops; /* "step item" of loops that stay */
};

static const char *place_of(const struct rewind *rewind,
                            const struct live_step *live)
{
	return arena_printf(&rewind->run->arena, "%s %s", live->step->id,
	                    live->block->item);
}

/* ---- Which steps --------------------------------------------------------- */

/* The step that is meant, which must not be one of a loop's items. */
static const struct step *find_step(const struct rewind *rewind, const char *id,
                                    struct error *err)
{
	const struct job *job = rewind->run->job;
	const struct step *step = job_step(job, id);

	if (!step) {
		error_set(err, ERR_MISSING, "%s has no step \"%s\"",
		          rewind->run->name, id);
		error_hint(err, "\"reeve status %.8s\" lists its steps.",
		           rewind->run->record.id);
		return NULL;
	}
	for (size_t at = step->parent; at != STEP_NONE;
	     at = job->steps[at].parent) {
		if (!job->steps[at].fan)
			continue;
		error_set(err, ERR_STATE,
		          "\"%s\" is a step of each item of "
		          "\"%s\"",
		          id, job->steps[at].id);
		error_hint(err, "Name the loop: \"%s\".", job->steps[at].id);
		return NULL;
	}
	return step;
}

static bool mark(bool *flags, size_t index)
{
	bool is_new = !flags[index];

	flags[index] = true;
	return is_new;
}

static bool mark_whole(struct rewind *rewind, size_t index)
{
	bool is_new = mark(rewind->after, index);

	return mark(rewind->whole, index) || is_new;
}

/* What waits for `step`, is in it, or has it inside; whether any is new. */
static bool spread_from(struct rewind *rewind, const struct step *step)
{
	struct live_run *run = rewind->run;
	size_t index = step->index;
	bool more = false;

	for (size_t i = run->starts[index]; i < run->starts[index + 1]; i++)
		more = mark_whole(rewind, run->dependents[i]) || more;
	for (size_t i = index + 1; rewind->whole[index] && i < step->end; i++)
		more = mark_whole(rewind, i) || more;
	if (step->parent != STEP_NONE)
		more = mark(rewind->after, step->parent) || more;
	return more;
}

static void find_after(struct rewind *rewind, const struct step *to)
{
	const struct job *job = rewind->run->job;
	bool more = true;

	mark_whole(rewind, to->index);
	for (size_t i = 0; i < job->step_count; i++)
		if (job->steps[i].parent == to->parent &&
		    job->steps[i].section > to->section)
			mark_whole(rewind, i);
	while (more) {
		more = false;
		for (size_t i = 0; i < job->step_count; i++)
			if (rewind->after[i] &&
			    spread_from(rewind, &job->steps[i]))
				more = true;
	}
}

/* ---- Effects ------------------------------------------------------------- */

static int name_again(struct rewind *rewind, const char *id, struct error *err)
{
	const struct job *job = rewind->run->job;
	const struct step *step = find_step(rewind, id, err);
	bool acts = false;

	if (!step)
		return -1;
	for (size_t i = step->index; i < step->end; i++) {
		if (!(job->steps[i].kind->flags & KIND_ACTS))
			continue;
		acts = true;
		rewind->again[i] = true;
		if (text_equal(job->steps[i].name, "sequence.next"))
			return error_set(err, ERR_STATE,
			                 "the number of \"%s\" is its own for "
			                 "ever",
			                 job->steps[i].id);
	}
	if (!acts) {
		error_set(err, ERR_STATE,
		          "\"%s\" has no effect to be done "
		          "again",
		          id);
		return error_hint(err, "What computes is looked at by its key "
		                       "in any case.");
	}
	if (!rewind->after[step->index])
		return error_set(err, ERR_STATE,
		                 "\"%s\" does not come after \"%s\"", id,
		                 rewind->rewinding->to);
	return 0;
}

static bool acts(const struct live_step *live)
{
	return (live->step->kind->flags & KIND_ACTS) && !live_is_block(live);
}

/* The loops around what stays done stay. */
static int keep_loops(struct rewind *rewind, const struct live_step *live,
                      struct error *err)
{
	for (const struct live_step *over = live->block->over; over;
	     over = over->block->over) {
		if (!live_is_loop(over) || !rewind->after[over->step->index])
			continue;
		if (!step_is_settled(over->state))
			return error_set(err, ERR_STATE,
			                 "items of \"%s\" are at work",
			                 over->step->id);
		value_map_set(&rewind->run->arena, rewind->kept_loops,
		              place_of(rewind, over),
		              value_bool(&rewind->run->arena, true));
	}
	return 0;
}

static void say(const struct rewind *rewind, struct value *list,
                const struct live_step *live)
{
	const struct step *step = live->step;
	struct arena *arena = rewind->rewinding->arena;

	value_list_add(arena, list,
	               value_printf(arena, "%s by %s",
	                            text_equal(step->kind->name, "call")
	                                    ? step->name
	                                    : step->kind->name,
	                            live_name(rewind->run, live)));
}

static int look_at_effects(struct rewind *rewind, struct error *err)
{
	struct live_run *run = rewind->run;

	for (const struct live_step *live = live_first(run); live;
	     live = live_next(run, live)) {
		if (!rewind->after[live->step->index] || !acts(live))
			continue;
		if (live->state == STEP_STARTED)
			return error_set(err, ERR_STATE,
			                 "nobody knows whether \"%s\" was done",
			                 live_name(run, live));
		if (live->state != STEP_DONE)
			continue;
		if (rewind->again[live->step->index]) {
			say(rewind, rewind->rewinding->repeated, live);
			continue;
		}
		say(rewind, rewind->rewinding->kept, live);
		if (keep_loops(rewind, live, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- The event ----------------------------------------------------------- */

static bool is_kept(const struct rewind *rewind, const struct live_step *live)
{
	for (; live; live = live->block->over)
		if (live_is_loop(live) &&
		    value_get(rewind->kept_loops, place_of(rewind, live)))
			return true;
	return false;
}

static bool is_rewound(const struct rewind *rewind,
                       const struct live_step *live)
{
	if (!rewind->after[live->step->index] || is_kept(rewind, live) ||
	    live->state == STEP_WAITING || live->state == STEP_STARTED)
		return false;
	return !acts(live) || live->state != STEP_DONE ||
	       rewind->again[live->step->index];
}

static struct value *rewound_steps(const struct rewind *rewind)
{
	struct live_run *run = rewind->run;
	struct arena *arena = &run->arena;
	struct value *list = value_list(arena);

	for (const struct live_step *live = live_first(run); live;
	     live = live_next(run, live)) {
		if (!is_rewound(rewind, live))
			continue;
		struct value *place = value_map(arena);
		value_map_text(arena, place, "step", live->step->id);
		value_map_text(arena, place, "item", live->block->item);
		value_list_add(arena, list, place);
	}
	return list;
}

static struct value *passes(const struct rewind *rewind)
{
	const struct live_run *run = rewind->run;
	struct arena *arena = &rewind->run->arena;
	struct value *list = value_list(arena);

	for (size_t i = 0; i < run->job->step_count; i++) {
		const char *id = run->job->steps[i].id;
		if (!rewind->again[i])
			continue;
		struct value *row = value_map(arena);
		value_map_text(arena, row, "step", id);
		value_map_int(arena, row, "pass",
		              value_get_int(run->passes, id, 0) + 1);
		value_list_add(arena, list, row);
	}
	return list;
}

static int journal_rewind(struct rewind *rewind, struct error *err)
{
	struct live_run *run = rewind->run;
	struct engine *engine = run->engine;
	struct arena *arena = &run->arena;
	struct value *data = value_map(arena);

	value_map_text(arena, data, "run", run->record.id);
	value_map_int(arena, data, "epoch", run->record.epoch);
	value_map_text(arena, data, "to", rewind->rewinding->to);
	value_map_set(arena, data, "steps", rewound_steps(rewind));
	value_map_set(arena, data, "again", passes(rewind));
	if (rewind->rewinding->with_text &&
	    retry_add_text(run, rewind->after, data, err) < 0)
		return -1;
	journal_add(engine->journal, EVENT_RUN_REWOUND, run->record.id, data);
	return journal_flush(engine->journal,
	                     arena_printf(arena, "%s: back to %s", run->name,
	                                  rewind->rewinding->to),
	                     err);
}

static int name_all_again(struct rewind *rewind, struct error *err)
{
	const struct value *list = rewind->rewinding->again;

	for (size_t i = 0; list && i < list->length; i++)
		if (name_again(rewind, list->items[i]->text, err) < 0)
			return -1;
	return 0;
}

int run_rewind(struct engine *engine, const struct run_record *record,
               struct rewinding *rewinding, struct error *err)
{
	auto_lock struct lock *lock = lock_try(engine->lock_dir, "engine", err);
	auto_run struct live_run *run = NULL;

	if (!lock || engine_look(engine, err) < 0)
		return -1;
	run = run_load(engine, record->id, err);
	if (!run)
		return -1;
	struct arena *arena = &run->arena;
	size_t count = run->job->step_count;
	struct rewind rewind = {
		.run = run,
		.rewinding = rewinding,
		.after = arena_array(arena, count, 1),
		.whole = arena_array(arena, count, 1),
		.again = arena_array(arena, count, 1),
		.kept_loops = value_map(arena),
	};
	rewinding->kept = value_list(rewinding->arena);
	rewinding->repeated = value_list(rewinding->arena);
	const struct step *to = find_step(&rewind, rewinding->to, err);
	if (!to)
		return -1;
	find_after(&rewind, to);
	if (name_all_again(&rewind, err) < 0 ||
	    look_at_effects(&rewind, err) < 0 ||
	    journal_rewind(&rewind, err) < 0)
		return -1;
	return retry_set_aside(run, err);
}
