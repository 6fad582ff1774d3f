/*
 * Many runs at a time: each is worked on until all that is left of it waits
 * for a program, and then the next one is; who ends makes room. A run whose
 * steps are all settled is ended there and then.
 *
 * Pauses of under a minute are sat out; longer ones are in the journal, and a
 * later tick goes on.
 */
#include <poll.h>
#include <stdlib.h>

#include "engine/cycle/execute.h"
#include "engine/cycle/start.h"
#include "engine/io/loop.h"
#include "store/base/alloc.h"

#define SAT_OUT_MS 60000

struct workers {
	struct tick *tick;
	struct live_run **runs;
	size_t count;
};

static void workers_clear(struct workers *workers)
{
	for (size_t i = 0; i < workers->count; i++)
		run_free(workers->runs[i]);
	free(workers->runs);
}

/* A run whose pinned files this reeve cannot read waits; the others go on. */
static int tell_unreadable(struct tick *tick, const struct run_record *run,
                           struct error *reason, struct error *err)
{
	auto_arena struct arena arena = { 0 };

	if (reason->code != ERR_CONFIG) {
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

/* 1 when it is over, or nothing more can be done in it now; 0 while it is at
 * work. */
static int advance(struct tick *tick, struct live_run *run, struct error *err)
{
	struct journal *journal = run->engine->journal;

	if (execute_ready(tick, run, err) < 0)
		return -1;
	while (run->running == 0 && execute_is_over(run))
		return execute_finish(tick, run, err) < 0 ? -1 : 1;
	if (run->running > 0)
		return 0;
	if (run->ready_head < run->ready_count)
		return 0; /* a last section has begun */
	if (journal_pending(journal) > 0 &&
	    journal_flush(journal,
	                  arena_printf(&run->arena, "%s: goes on", run->name),
	                  err) < 0)
		return -1;
	return run->sleeping == 0;
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
	if (wake_at) {
		pause = wake_at - clock_wall_ms(&tick->engine->clock);
		pause = pause < 0 ? 0 : pause;
	}
	if (running(workers) > 0)
		return execute_reap(tick, pause, err) < 0 ? -1 : 1;
	if (pause < 0 || pause > SAT_OUT_MS)
		return 0;
	(void)poll(NULL, 0, (int)pause); /* earlier is no harm */
	return 1;
}

static void drop(struct workers *workers, size_t i)
{
	run_free(workers->runs[i]);
	workers->runs[i] = workers->runs[--workers->count];
}

/* Every run that is at work, as far as it goes now. */
static int advance_all(struct workers *workers, struct error *err)
{
	for (size_t i = 0; i < workers->count;) {
		int rests = advance(workers->tick, workers->runs[i], err);
		if (rests < 0)
			return -1;
		if (rests)
			drop(workers, i);
		else
			i++;
	}
	return 0;
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

static int take_on(struct workers *workers, const struct run_record *record,
                   struct error *err)
{
	auto_error struct error reason = { 0 };
	struct live_run *run =
	        run_load(workers->tick->engine, record->id, &reason);

	if (!run)
		return tell_unreadable(workers->tick, record, &reason, err);
	workers->runs = mem_grow(workers->runs, workers->count,
	                         sizeof(struct live_run *));
	workers->runs[workers->count++] = run;
	return advance_all(workers, err);
}

/* A run that waits for the owner has nothing to do until that is journalled. */
int execute_runs(struct tick *tick, struct error *err)
{
	CLEANUP(workers_clear) struct workers workers = { .tick = tick };
	auto_arena struct arena arena = { 0 };
	struct run_record *runs;
	size_t count;

	if (view_runs(tick->engine->view, &arena, RUNS_NOT_OVER, &runs, &count,
	              err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int queued = run_is_queued(tick->engine, &runs[i], err);
		if (queued < 0)
			return -1;
		if (runs[i].state == RUN_OPEN && !queued &&
		    take_on(&workers, &runs[i], err) < 0)
			return -1;
	}
	return work_off(&workers, err);
}
