/*
 * A step that is no block and no wall: configured, looked up when it computes,
 * planned, or done. A step that runs a program is begun and left alone; its
 * `struct work` is the loop's until execute_reap() takes it back.
 */
#include "engine/cycle/work.h"

#include <string.h>

#include "engine/cycle/once.h"
#include "engine/cycle/outbox.h"
#include "engine/cycle/plan.h"
#include "engine/io/loop.h"

/* Whoever shows what runs is called so often. */
#define IDLE_MS 200

void work_free(struct work *work)
{
	if (!work)
		return;
	if (work->step_run.owns_files)
		files_free(work->step_run.files);
	/* One step at a time needs one arena; others may be at work. It lies
	 * in its own. */
	struct live_run *run = work->run;
	struct arena arena = work->arena;
	arena_reset(&arena);
	arena_clear(&run->scratch);
	run->scratch = arena;
}

static struct work *work_new(struct tick *tick, struct live_run *run,
                             struct live_step *live)
{
	struct arena arena = run->scratch;
	struct work *work = arena_new(&arena, struct work);

	run->scratch = (struct arena){ 0 };
	work->tick = tick;
	work->run = run;
	work->live = live;
	work->arena = arena;
	return work;
}

void work_free_auto(struct work **work)
{
	work_free(*work);
}

/* ---- Its result ---------------------------------------------------------- */

static void record_result(struct work *work)
{
	struct live_run *run = work->run;
	struct arena *arena = &work->arena;
	const struct step_run *step_run = &work->step_run;
	struct value *data = execute_about(run, work->live);

	value_map_text(arena, data, "kind", work->live->step->kind->name);
	if (work->key) {
		value_map_text(arena, data, "key", work->key);
		value_map_set(arena, data, "ingredients",
		              step_run->ingredients);
	} else {
		value_map_text(arena, data, "effect_key", step_run->effect_key);
	}
	value_map_set(arena, data, "output", step_run->output);
	value_map_set(arena, data, "record", step_run->record);
	value_map_int(arena, data, "ms",
	              clock_boot_ms(&run->engine->clock) - work->started);
	journal_add(run->engine->journal, EVENT_STEP_FINISHED,
	            execute_subject(run, work->live), data);
}

int work_conclude(struct work *work, struct error *err)
{
	struct live_run *run = work->run;
	struct live_step *live = work->live;

	live->output = work->step_run.output
	                       ? value_copy(&run->arena, work->step_run.output)
	                       : NULL;
	live->key = work->key ? arena_strdup(&run->arena, work->key) : NULL;
	if (execute_accept(run, live, err) < 0)
		return -1;
	if (!work->step_run.journalled)
		record_result(work);
	execute_settle(work->tick, run, live, STEP_DONE, NULL);
	return 0;
}

/* ---- At work ------------------------------------------------------------- */

/* Its program has begun, or ended. */
static void tell_turn(const struct work *work, enum note_kind kind)
{
	struct live_run *run = work->run;
	const struct live_step *next =
	        kind == NOTE_BEGAN ? live_ahead(run, work->live) : NULL;
	struct note note = {
		.kind = kind,
		.run = run->name,
		.step = live_name(run, work->live),
		.text = next ? live_name(run, next) : NULL,
	};

	tick_tell(work->tick, &note);
}

/* A loop does only so many items in one run: false when this is one more. */
static bool within_limit(const struct live_step *live)
{
	struct live_block *block = live->block;
	struct live_step *over = block->over;

	if (!over || !live_is_loop(over) || block->executed)
		return true;
	if (over->step->fan->limit &&
	    over->executed >= (size_t)over->step->fan->limit)
		return false;
	block->executed = true;
	over->executed++;
	return true;
}

static bool runs_program(const struct work *work)
{
	return work->step_run.env->loop && work->live->step->kind->begin;
}

/* Begin it in a free place, for which it may have to wait. */
static int begin(struct work *work, struct error *err)
{
	struct loop *loop = work->step_run.env->loop;

	while (loop_free_places(loop) == 0)
		if (execute_reap(work->tick, -1, err) < 0)
			return -1;
	if (work->live->step->kind->begin(&work->step_run, err) < 0)
		return -1;
	child_set_user(work->step_run.child, work);
	work->run->running++;
	work->live->wake_at = 0; /* nothing wakes it but its end */
	tell_turn(work, NOTE_BEGAN);
	return 0;
}

/* It was not done: not yet, or not at all. */
static void leave(struct work *work)
{
	struct live_run *run = work->run;
	const char *reason = arena_strdup(&run->arena, work->step_run.reason);
	const struct nap nap = {
		.wake_at = work->step_run.wake_at,
		.attempt = work->live->attempt,
		.reason = reason,
	};

	if (nap.wake_at)
		sleep_lay(work->tick, run, work->live, &nap);
	else
		execute_skip(work->tick, run, work->live, reason);
}

/* 1 when nothing is to be done: it was done before, its result is known, or
 * the plan ends here. */
static int is_spared(struct work *work, struct error *err)
{
	struct live_run *run = work->run;
	struct live_step *live = work->live;
	const char *occasion;

	int spared = once_look(work->tick, run, live, &occasion, err);
	if (spared != 0)
		return spared;
	if (execute_configure(run, live, &work->arena, &work->step_run, err) <
	    0)
		return -1;
	work->step_run.once = occasion;
	work->step_run.round = outbox_round(work->tick->outbox);
	if (live->step->kind->flags & KIND_COMPUTES) {
		if (work_find_key(work, err) < 0)
			return -1;
		spared = work_reuse(work, err);
	}
	if (spared != 0 || !work->tick->plan)
		return spared;
	return plan_at_step(work->tick->plan, live, &work->step_run, work->key,
	                    err);
}

/* Do the step, or begin it: then `*place` is another's, and NULL. */
static int carry_out(struct work **place, struct error *err)
{
	struct work *work = *place;
	int spared = is_spared(work, err);

	if (spared != 0)
		return spared < 0 ? -1 : 0;
	work->started = clock_boot_ms(&work->run->engine->clock);
	if (!within_limit(work->live)) {
		execute_skip(work->tick, work->run, work->live,
		             "as many items as a run may do are done");
		return 0;
	}
	if (runs_program(work)) {
		if (begin(work, err) < 0)
			return -1;
		*place = NULL;
		return 0;
	}
	if (work->live->step->kind->start(&work->step_run, err) < 0)
		return -1;
	if (work->step_run.delivery || work->step_run.later) {
		*place = NULL;
		return outbox_put(work, err);
	}
	if (work->step_run.reason) {
		leave(work);
		return 0;
	}
	return work_conclude(work, err);
}

int work_do(struct tick *tick, struct live_run *run, struct live_step *live,
            struct error *err)
{
	CLEANUP(work_free_auto)
	struct work *work = work_new(tick, run, live);

	return carry_out(&work, err);
}

int work_answer(struct tick *tick, struct live_run *run, struct live_step *live,
                const struct value *answer, struct error *err)
{
	CLEANUP(work_free_auto)
	struct work *work = work_new(tick, run, live);

	work->started = clock_boot_ms(&run->engine->clock);
	work->step_run.output = value_copy(&work->arena, answer);
	return work_conclude(work, err);
}

/* ---- Its end ------------------------------------------------------------- */

/* loop_wait(), in pieces when somebody wants to be called in between. */
static int wait_for_one(struct tick *tick, int64_t timeout_ms,
                        struct child **ret, struct error *err)
{
	struct loop *loop = tick->engine->env.loop;
	int ended = 0;

	if (!tick->idle)
		return loop_wait(loop, timeout_ms, ret, err);
	do {
		int64_t piece = timeout_ms;
		if (piece < 0 || piece > IDLE_MS)
			piece = IDLE_MS;
		ended = loop_wait(loop, piece, ret, err);
		if (timeout_ms > 0)
			timeout_ms -= piece;
		if (ended == 0)
			tick->idle(tick->state);
	} while (ended == 0 && timeout_ms != 0 && loop_running(loop) > 0);
	return ended;
}

int execute_reap(struct tick *tick, int64_t timeout_ms, struct error *err)
{
	struct child *child;
	int ended = wait_for_one(tick, timeout_ms, &child, err);

	if (ended <= 0)
		return ended;
	if (ended == LOOP_GUEST)
		return outbox_land(tick, err) < 0 ? -1 : 1;
	CLEANUP(work_free_auto) struct work *work = child_user(child);
	auto_error struct error reason = { 0 };
	work->run->running--;
	tell_turn(work, NOTE_ENDED);
	work->step_run.child = child;
	if (work->run->ended) {
		(void)work->live->step->kind->finish(&work->step_run, &reason);
		return 1; /* nobody waits for it any more */
	}
	if ((work->live->step->kind->finish(&work->step_run, &reason) < 0 ||
	     work_conclude(work, &reason) < 0) &&
	    execute_take_failure(tick, work->run, work->live, &reason, err) < 0)
		return -1;
	return 1;
}
