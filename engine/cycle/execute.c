/*
 * A step is looked at when all that it waits for is settled. Then it is skipped
 * (wanted.c), or it is a wall (a gate opens when every step above it is
 * settled), or a block (whose steps are looked at in their turn), or it
 * computes or acts (work.c).
 */
#include "engine/cycle/execute.h"

#include <string.h>

#include "engine/cycle/plan.h"
#include "engine/cycle/work.h"
#include "store/base/limits.h"

/* So many events may wait for a flush while nothing needs one. */
#define PENDING_EVENTS 1000

/* ---- Blocks -------------------------------------------------------------- */

/* The parts that failed, the first few by name: 1, or 0 when none did. */
static int name_failures(struct live_run *run, const struct live_step *live,
                         struct error *err)
{
	auto_buf struct buf names = buf_make(LIMIT_ERROR_TEXT);
	const struct live_step *first = NULL;
	size_t failed = 0;

	for (size_t i = 0; i < live->part_count; i++) {
		const struct live_step *one = live_failure(live->parts[i]);
		if (!one)
			continue;
		first = first ? first : one;
		if (failed++ < 5)
			buf_printf(&names, "%s%s", failed > 1 ? ", " : "",
			           one->block->item);
	}
	if (!first)
		return 0;
	if (!live_is_loop(live))
		error_set(err, ERR_FAILED, "%s: %s", first->step->local,
		          first->reason);
	else
		error_set(err, ERR_FAILED,
		          "%zu of %zu items failed (%s%s), first %s: %s",
		          failed, live->part_count, names.at,
		          failed > 5 ? ", …" : "", live_name(run, first),
		          first->reason);
	return 1;
}

static int finish_block(struct tick *tick, struct live_run *run,
                        struct live_step *live, struct error *err)
{
	auto_error struct error reason = { 0 };
	struct value *items = live_is_loop(live) ? live_items(run, live) : NULL;

	if (name_failures(run, live, &reason) &&
	    !live->step->continue_on_error) {
		execute_fail(tick, run, live, &reason, items);
		return 0;
	}
	live->output = live_gather(run, live, err);
	if (!live->output)
		return -1;
	struct value *data = execute_about(run, live);
	value_map_text(&run->arena, data, "kind", live->step->kind->name);
	value_map_set(&run->arena, data, "output", items);
	live->state = STEP_DONE;
	run_describe_step(run, live);
	/* Those of a step alone in its loop were asked of each item. */
	if (live->step->end > live->step->index + 1 &&
	    execute_checks(run, live, err) < 0) {
		live->state = STEP_WAITING;
		return -1;
	}
	journal_add(run->engine->journal, EVENT_STEP_FINISHED,
	            execute_subject(run, live), data);
	execute_settle(tick, run, live, STEP_DONE, NULL);
	return 0;
}

static int advance_block(struct tick *tick, struct live_run *run,
                         struct live_step *live, struct error *err)
{
	if (!live->unfolded && live_unfold(run, live, err) < 0)
		return -1;
	if (live->parts_open == 0)
		return finish_block(tick, run, live, err);
	if (live->parts_begun == 0)
		live_activate_parts(run, live);
	return 0;
}

/* ---- One step ------------------------------------------------------------ */

/* What was said in the step's place, or NULL. */
static const struct value *answer_for(const struct tick *tick,
                                      struct live_run *run,
                                      const struct live_step *live)
{
	const char *item = live->block->item;
	const struct value *answer = NULL;

	if (!tick->answers || live_is_block(live))
		return NULL;
	if (*item)
		answer = value_get(tick->answers,
		                   arena_printf(&run->arena, "%s/%s",
		                                live->step->id, item));
	return answer ? answer : value_get(tick->answers, live->step->id);
}

/* Whether it waits for something that is not here: a merge, a time. A `wait`
 * looks for itself. */
static bool is_waiting_for(const struct live_run *run,
                           const struct live_step *live)
{
	return live->state == STEP_IN_REVIEW || live->state == STEP_STARTED ||
	       (live->state == STEP_SLEEPING &&
	        !(live->step->kind->flags & KIND_PASSES) &&
	        (live->wake_at == 0 ||
	         live->wake_at > clock_wall_ms(&run->engine->clock)));
}

/* It is to be done: who does that? */
static int carry_on(struct tick *tick, struct live_run *run,
                    struct live_step *live, struct error *err)
{
	unsigned flags = live->step->kind->flags;
	const struct value *answer = answer_for(tick, run, live);

	if (answer)
		return work_answer(tick, run, live, answer, err);
	if (live_is_block(live))
		return advance_block(tick, run, live, err);
	if (flags & KIND_PASSES)
		return wait_advance(tick, run, live, err);
	if (!(flags & KIND_WALL))
		return work_do(tick, run, live, err);
	return tick->plan ? plan_at_wall(tick->plan, run, live, err)
	                  : gate_open(tick, run, live, err);
}

bool execute_has_work(struct live_run *run)
{
	int64_t ignored;

	if (!run->root->active)
		live_activate(run, run->root);
	sleep_wake(run, &ignored);
	for (size_t i = run->ready_head; i < run->ready_count; i++)
		if (!step_is_settled(run->ready[i]->state) &&
		    !is_waiting_for(run, run->ready[i]))
			return true;
	return run->job->ending_count > 0 || execute_is_over(run);
}

static int advance_step(struct tick *tick, struct live_run *run,
                        struct live_step *live, struct error *err)
{
	auto_error struct error reason = { 0 };
	int wanted = 1;

	if (is_waiting_for(run, live) || step_is_settled(live->state))
		return 0;
	int ended = live->step->kind->flags & (KIND_WALL | KIND_ACTS)
	                    ? ending_look(tick, run, err)
	                    : 0;
	if (ended != 0)
		return ended < 0 ? -1 : 0;
	if (!live->unfolded)
		wanted = execute_is_wanted(tick, run, live, &reason);
	if (wanted == 0 ||
	    (wanted > 0 && carry_on(tick, run, live, &reason) == 0))
		return 0;
	return execute_take_failure(tick, run, live, &reason, err);
}

/* ---- The run ------------------------------------------------------------- */

/* A journal that waits too long makes a crash dear. */
static int flush_now_and_then(struct live_run *run, struct error *err)
{
	struct journal *journal = run->engine->journal;

	if (journal_pending(journal) < PENDING_EVENTS)
		return 0;
	return journal_flush(
	        journal, arena_printf(&run->arena, "%s: goes on", run->name),
	        err);
}

int execute_ready(struct tick *tick, struct live_run *run, struct error *err)
{
	struct live_step *live;

	if (!run->root->active)
		live_activate(run, run->root);
	while (!run->ended && (live = live_pop(run)) != NULL)
		if (advance_step(tick, run, live, err) < 0 ||
		    flush_now_and_then(run, err) < 0)
			return -1;
	return 0;
}

bool execute_is_over(struct live_run *run)
{
	return !live_goes_on(run, run->root);
}
