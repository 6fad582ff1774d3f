/*
 * Many runs at a time: each is worked on until all that is left of it waits
 * for a program, and then the next one is; who ends makes room. A run whose
 * steps are all settled is ended there and then.
 *
 * Pauses of under a minute are sat out; longer ones are in the journal, and a
 * later tick goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/cycle/claim.h"
#include "engine/cycle/execute.h"
#include "engine/cycle/outbox.h"
#include "engine/cycle/start.h"
#include "engine/cycle/sync.h"
#include "engine/io/loop.h"
#include "store/base/alloc.h"
#include "store/base/fault.h"

#define SAT_OUT_MS 60000
#define AT_ONCE    64 /* runs that are claimed together */

struct workers {
	struct tick *tick;
	struct live_run **runs;
	size_t count;
	struct live_run **ended; /* from the next flush on */
	size_t ended_count;
};

static void workers_clear(struct workers *workers)
{
	for (size_t i = 0; i < workers->count; i++)
		run_free(workers->runs[i]);
	for (size_t i = 0; i < workers->ended_count; i++)
		run_free(workers->ended[i]);
	free(workers->runs);
	free(workers->ended);
}

/* A run whose pinned files this reeve cannot read waits, and so does one that
 * was approved by a commit that is not here; the others go on. */
static int tell_unreadable(struct tick *tick, const struct run_record *run,
                           struct error *reason, struct error *err)
{
	auto_arena struct arena arena = { 0 };

	if (reason->code != ERR_CONFIG && reason->code != ERR_AWAY) {
		error_move(err, reason);
		return -1;
	}
	struct note note = {
		.kind = NOTE_PROBLEM,
		.run = arena_printf(
		        &arena, "%s %s", run->job,
		        engine_short(tick->engine, &arena, run->id)),
		.problem = reason,
	};
	tick_tell(tick, &note);
	tick->problems++;
	return 0;
}

static bool is_in_review(const struct live_run *run)
{
	for (const struct live_step *live = live_first(run); live;
	     live = live_next(run, live))
		if (live->state == STEP_IN_REVIEW)
			return true;
	return false;
}

enum standing {
	AT_WORK,
	RESTS, /* nothing more can be done in it now */
	ENDS,  /* with the next flush */
};

/* RESTS when the run waits for what a later tick sees, which then looks at it;
 * AT_WORK when the end of a pause is near; -1. */
static int rest(struct tick *tick, struct live_run *run, struct error *err)
{
	struct view *view = run->engine->view;
	int64_t next;

	sleep_wake(run, &next);
	if (run->ready_head < run->ready_count ||
	    (next && next - clock_wall_ms(&run->engine->clock) <= SAT_OUT_MS))
		return AT_WORK;
	/* What it has heard was counted in another order: look again. */
	if (run->restarts != view_restarts(view)) {
		tick->changes++;
		return RESTS;
	}
	if (run->put_off || (run->sleeping == 0 && !is_in_review(run)))
		return RESTS;
	if (view_set_rest(view, run->record.id, run->heard, err) < 0)
		return -1;
	return RESTS;
}

/* -1, or how far it is. */
static int advance(struct tick *tick, struct live_run *run, struct error *err)
{
	struct journal *journal = run->engine->journal;

	if (execute_ready(tick, run, err) < 0)
		return -1;
	if (run->ended)
		return run->running == 0 ? RESTS : AT_WORK;
	if (run->running == 0 && execute_is_over(run))
		return execute_finish(tick, run, err) < 0 ? -1 : ENDS;
	if (run->running > 0)
		return AT_WORK;
	if (run->ready_head < run->ready_count)
		return AT_WORK; /* a last section has begun */
	const char *said = outbox_said(tick->outbox);
	if (journal_pending(journal) > 0 &&
	    journal_flush(
	            journal,
	            said ? said
	                 : arena_printf(&run->arena, "%s: goes on", run->name),
	            err) < 0)
		return -1;
	return rest(tick, run, err);
}

/* The earliest time at which a sleeper of them is to be woken; 0: none. */
static int64_t wake_all(struct workers *workers)
{
	int64_t earliest = 0;

	for (size_t i = 0; i < workers->count; i++) {
		int64_t next;
		sleep_wake(workers->runs[i], &next);
		if (next && (!earliest || next < earliest))
			earliest = next;
	}
	return earliest;
}

static bool is_any_ready(const struct workers *workers)
{
	for (size_t i = 0; i < workers->count; i++)
		if (workers->runs[i]->ready_head <
		    workers->runs[i]->ready_count)
			return true;
	return false;
}

static size_t running(const struct workers *workers)
{
	size_t count = 0;

	for (size_t i = 0; i < workers->count; i++)
		count += workers->runs[i]->running;
	return count;
}

/* Wait for what comes first, a program's end or the end of a pause: 1, or 0
 * when nothing will come while this tick is there. */
static int await(struct workers *workers, struct error *err)
{
	struct tick *tick = workers->tick;
	int64_t wake_at = wake_all(workers);
	int64_t pause = -1;

	if (is_any_ready(workers))
		return 1;
	int sent = outbox_send(tick, err);
	if (sent != 0)
		return sent;
	if (outbox_flush(tick, err) < 0)
		return -1;
	if (wake_at) {
		pause = wake_at - clock_wall_ms(&tick->engine->clock);
		pause = pause < 0 ? 0 : pause;
	}
	if (running(workers) > 0)
		return execute_reap(tick, pause, err) < 0 ? -1 : 1;
	if (pause < 0 || pause > SAT_OUT_MS)
		return 0;
	clock_pause(&tick->engine->clock, pause);
	return 1;
}

/* The run at `i` is worked on no longer. */
static struct live_run *take_out(struct workers *workers, size_t i)
{
	struct live_run *run = workers->runs[i];

	workers->runs[i] = workers->runs[--workers->count];
	return run;
}

/* Runs that end together share a flush. */
static int end_runs(struct workers *workers, struct error *err)
{
	struct tick *tick = workers->tick;
	struct live_run **ended = workers->ended;
	size_t count = workers->ended_count;

	if (!count)
		return 0;
	const char *subject = execute_finish_subject(ended[0]);
	if (count > 1)
		subject = arena_printf(&ended[0]->arena,
		                       "%s, and %zu more are over", subject,
		                       count - 1);
	if (FAULT_FAILS("run.ending", err) ||
	    journal_flush(tick->engine->journal, subject, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		execute_tell_finished(tick, ended[i]);
		run_free(ended[i]);
	}
	workers->ended_count = 0;
	return 0;
}

/* Every run that is at work, as far as it goes now. */
static int advance_all(struct workers *workers, struct error *err)
{
	for (size_t i = 0; i < workers->count;) {
		int far = advance(workers->tick, workers->runs[i], err);
		if (far < 0)
			return -1;
		if (far == AT_WORK) {
			i++;
			continue;
		}
		struct live_run *run = take_out(workers, i);
		if (far == RESTS) {
			run_free(run);
			continue;
		}
		workers->ended = mem_grow(workers->ended, workers->ended_count,
		                          sizeof(struct live_run *));
		workers->ended[workers->ended_count++] = run;
	}
	return end_runs(workers, err);
}

static int work_off(struct workers *workers, struct error *err)
{
	int comes;

	do {
		if (advance_all(workers, err) < 0)
			return -1;
		comes = await(workers, err);
	} while (comes > 0);
	return comes;
}

/* Begin with one that is ours. */
static int put_to_work(struct workers *workers, struct live_run *run,
                       struct error *err)
{
	if (ending_look(workers->tick, run, err) < 0) {
		run_free(run);
		return -1;
	}
	workers->runs = mem_grow(workers->runs, workers->count,
	                         sizeof(struct live_run *));
	workers->runs[workers->count++] = run;
	return advance_all(workers, err);
}

/* Load it, as it stands. NULL in `ret` when it cannot be, which is told, or
 * when nothing can be done in it that a claim would be worth. */
static int load(struct tick *tick, const struct run_record *record,
                struct live_run **ret, struct error *err)
{
	auto_error struct error reason = { 0 };
	struct engine *engine = tick->engine;
	int64_t heard;

	*ret = NULL;
	if (sync_is_unsure(engine, record->id)) {
		tick->problems++;
		return 0;
	}
	if (view_last_emitted(engine->view, &heard, err) < 0)
		return -1;
	auto_run struct live_run *run = run_load(engine, record->id, &reason);
	if (!run)
		return tell_unreadable(tick, record, &reason, err);
	run->heard = heard;
	run->restarts = view_restarts(engine->view);
	if (engine->sharing && !execute_has_work(run))
		return rest(tick, run, err) < 0 ? -1 : 0;
	*ret = steal(&run);
	return 0;
}

/* Of the runs that were loaded, those that are ours. Their epoch is that of
 * the claim. */
static int claim_all(struct tick *tick, struct live_run **runs, size_t count,
                     struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *ids[AT_ONCE] = { NULL };
	bool ours[AT_ONCE] = { false };

	for (size_t i = 0; i < count; i++)
		ids[i] = runs[i]->record.id;
	if (claims_take(tick, ids, count, ours, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct run_record now;
		if (view_run(tick->engine->view, &arena, ids[i], &now, err) < 0)
			return -1;
		runs[i]->record.epoch = now.epoch;
		if (!ours[i]) {
			run_free(runs[i]);
			runs[i] = NULL;
		}
	}
	return 0;
}

/* Runs that wait for a claim, which they get together. */
struct batch {
	struct live_run *runs[AT_ONCE];
	size_t count;
};

static void batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		run_free(batch->runs[i]);
	batch->count = 0;
}

static int work_on_batch(struct workers *workers, struct batch *batch,
                         struct error *err)
{
	if (claim_all(workers->tick, batch->runs, batch->count, err) < 0)
		return -1;
	for (size_t i = 0; i < batch->count; i++) {
		struct live_run *run = batch->runs[i];
		batch->runs[i] = NULL;
		if (run && put_to_work(workers, run, err) < 0)
			return -1;
	}
	batch->count = 0;
	return 0;
}

static int take_on(struct workers *workers, struct batch *batch,
                   const struct run_record *record, struct error *err)
{
	/* Alone there is nobody to ask, and memory to be spared. */
	size_t most = workers->tick->engine->sharing ? AT_ONCE : 1;
	struct live_run *run;

	if (load(workers->tick, record, &run, err) < 0)
		return -1;
	if (run)
		batch->runs[batch->count++] = run;
	return batch->count == most ? work_on_batch(workers, batch, err) : 0;
}

/* When the first of all that sleep wakes, somebody must look. */
static int tell_due(struct tick *tick, struct error *err)
{
	int64_t at;
	int sleeps = view_wake(tick->engine->view, &at, err);

	if (sleeps > 0)
		tick_due(tick, at);
	return sleeps < 0 ? -1 : 0;
}

/* A run that waits for the owner has nothing to do until that is journalled. */
int execute_runs(struct tick *tick, struct error *err)
{
	CLEANUP(workers_clear) struct workers workers = { .tick = tick };
	CLEANUP(batch_clear) struct batch batch = { .count = 0 };
	CLEANUP(outbox_close) struct tick *holder = outbox_open(tick);
	auto_arena struct arena arena = { 0 };
	struct run_record *runs;
	size_t count;

	if (view_runs_due(tick->engine->view, &arena,
	                  clock_wall_ms(&tick->engine->clock), &runs, &count,
	                  err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (tick->only && strcmp(tick->only, runs[i].id) != 0)
			continue;
		int queued = run_is_queued(tick->engine, &runs[i], err);
		if (queued < 0)
			return -1;
		if (!queued && take_on(&workers, &batch, &runs[i], err) < 0)
			return -1;
	}
	if (work_on_batch(&workers, &batch, err) < 0)
		return -1;
	return work_off(&workers, err) < 0 ? -1 : tell_due(holder, err);
}
