/*
 * The phases are functions; the cycle is the few lines of cycle(). It goes
 * round as long as a round has changed something: an event that a run emits
 * starts another run in the same tick.
 */
#include "engine/cycle/tick.h"

#include <string.h>

#include "engine/bus/bus.h"
#include "engine/cycle/approval.h"
#include "engine/cycle/claim.h"
#include "engine/cycle/execute.h"
#include "engine/cycle/idle.h"
#include "engine/cycle/restore.h"
#include "engine/cycle/start.h"
#include "engine/cycle/sync.h"
#include "store/lock.h"

void tick_tell(struct tick *tick, const struct note *note)
{
	if (tick->tell)
		tick->tell(tick->state, note);
}

void tick_due(struct tick *tick, int64_t at_ms)
{
	if (!tick->due_at || at_ms < tick->due_at)
		tick->due_at = at_ms;
}

/* ---- Recovery ------------------------------------------------------------ */

static int settle_doubt(struct tick *tick, const struct effect_record *effect,
                        struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error problem = { 0 };
	struct engine *engine = tick->engine;
	const struct config *config = engine_config(engine, err);

	if (!config)
		return -1;
	auto_error struct error away = { 0 };
	int settled = bus_settle(&engine->env, config, effect, &away);
	if (settled < 0 && away.code == ERR_AWAY)
		return 0; /* a later tick settles it */
	if (settled < 0)
		error_move(err, &away);
	if (settled != 0) {
		tick->changes += settled > 0;
		return settled < 0 ? -1 : 0;
	}
	error_set(&problem, ERR_STATE,
	          "nobody knows whether %s of step \"%s\" was done",
	          effect->effect, effect->step);
	const char *short_id = engine_short(engine, &arena, effect->run);
	(void)error_hint(&problem,
	                 "Look whether it was, then type: reeve resolve %s "
	                 "%s%s%s --done|--retry|--failed",
	                 short_id, effect->step, *effect->item ? " " : "",
	                 effect->item);
	struct note note = {
		.kind = NOTE_PROBLEM,
		.run = short_id,
		.problem = &problem,
	};
	tick_tell(tick, &note);
	tick->problems++;
	return 0;
}

/* Only those of runs that nobody else is at work on. */
static int settle_doubts(struct tick *tick, struct arena *arena,
                         const struct effect_record *effects, size_t count,
                         struct error *err)
{
	const char **runs = arena_array(arena, count + 1, sizeof(*runs));
	bool *ours = arena_array(arena, count + 1, sizeof(*ours));

	for (size_t i = 0; i < count; i++)
		runs[i] = effects[i].run;
	if (count == 0 || claims_take(tick, runs, count, ours, err) < 0)
		return count == 0 ? 0 : -1;
	for (size_t i = 0; i < count; i++)
		if (ours[i] && settle_doubt(tick, &effects[i], err) < 0)
			return -1;
	return 0;
}

static int recover_phase(struct tick *tick, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct view *view = tick->engine->view;
	struct effect_record *effects;
	size_t count;

	if (view_effects_in_doubt(view, &arena, &effects, &count, err) < 0 ||
	    settle_doubts(tick, &arena, effects, count, err) < 0)
		return -1;
	return restore_all(tick->engine, err);
}

/* ---- The cycle ----------------------------------------------------------- */

static int collect_phase(struct tick *tick, struct error *err)
{
	if (approvals_collect(tick, err) < 0)
		return -1;
	return triggers_collect(tick, err);
}

static int cycle(struct tick *tick, struct error *err)
{
	struct idle idle;
	size_t before;

	/* Locks that a killed push left would be in the way of the fetch. */
	if (repo_sweep_locks(tick->engine->repo, err) < 0 ||
	    sync_begin(tick, err) < 0 || !engine_config(tick->engine, err) ||
	    recover_phase(tick, err) < 0)
		return -1;
	do {
		before = tick->changes;
		tick->problems = 0;
		tick->due_at = 0;
		idle = idle_look(tick->engine);
		if (collect_phase(tick, err) < 0 ||
		    execute_runs(tick, err) < 0 ||
		    publish_pending(tick, err) < 0)
			return -1;
	} while (tick->changes > before);
	idle_leave(tick, &idle);
	return sync_end(tick, err);
}

/* Leave word for whoever holds the lock, and say who that is. */
static int busy(const char *lock_dir, struct error *busy_error,
                struct error *err)
{
	if (busy_error->code == ERR_BUSY && wake_leave(lock_dir, err) < 0)
		return -1;
	error_move(err, busy_error);
	return -1;
}

int tick_run(struct tick *tick, struct error *err)
{
	const char *lock_dir = tick->engine->lock_dir;
	int64_t woken;

	do {
		auto_error struct error reason = { 0 };
		auto_lock struct lock *lock =
		        lock_try(lock_dir, "engine", &reason);
		if (!lock)
			return busy(lock_dir, &reason, err);
		do {
			woken = wake_size(lock_dir);
			if (cycle(tick, err) < 0)
				return -1;
		} while (wake_size(lock_dir) > woken);
		/* The lock is released here; a note that came between the
		 * last look and this is looked for once more. */
	} while (wake_size(lock_dir) > woken);
	return 0;
}
