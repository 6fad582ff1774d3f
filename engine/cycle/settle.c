/*
 * The end of a step, as it is journalled and told: settled in any way, skipped,
 * or failed, after which it may be tried again.
 */
#include <string.h>

#include "engine/cycle/claim.h"
#include "engine/cycle/execute.h"
#include "store/base/text.h"

/* ---- What every event says ----------------------------------------------- */

struct value *execute_about(struct live_run *run, const struct live_step *live)
{
	struct value *data = value_map(&run->arena);

	value_map_text(&run->arena, data, "run", run->record.id);
	if (live) {
		value_map_text(&run->arena, data, "step", live->step->id);
		value_map_text(&run->arena, data, "item", live->block->item);
	}
	value_map_int(&run->arena, data, "epoch", run->record.epoch);
	return data;
}

const char *execute_subject(struct live_run *run, const struct live_step *live)
{
	const char *item = live->block->item;

	return arena_printf(&run->arena, "%s/%s%s%s", run->record.id,
	                    live->step->id, *item ? "/" : "", item);
}

/* ---- Settled ------------------------------------------------------------- */

void execute_tell(struct tick *tick, struct live_run *run,
                  const struct live_step *live)
{
	struct note note = {
		.kind = NOTE_STEP,
		.run = run->name,
		.step = live_name(run, live),
		.state = step_state_name(live->state),
		.text = live->reason,
	};

	tick_tell(tick, &note);
}

void execute_settle(struct tick *tick, struct live_run *run,
                    struct live_step *live, enum step_state state,
                    const char *reason)
{
	run->sleeping -= live->state == STEP_SLEEPING;
	live->state = state;
	live->reason = reason;
	live->at = clock_wall_ms(&run->engine->clock);
	run_describe_step(run, live);
	execute_tell(tick, run, live);
	tick->changes++;
	live_settled(run, live);
}

void execute_skip(struct tick *tick, struct live_run *run,
                  struct live_step *live, const char *reason)
{
	struct value *data = execute_about(run, live);

	value_map_text(&run->arena, data, "reason", reason);
	journal_add(run->engine->journal, EVENT_STEP_SKIPPED,
	            execute_subject(run, live), data);
	execute_settle(tick, run, live, STEP_SKIPPED, reason);
}

/* ---- Failed -------------------------------------------------------------- */

/* The message as it is kept and shown: with the place it speaks of, and what
 * helps. */
static const char *reason_of(struct live_run *run, const struct error *err)
{
	struct arena *arena = &run->arena;
	const char *text = err->message;

	if (err->file && err->pos.line)
		text = arena_printf(arena, "%s:%u:%u: %s", err->file,
		                    err->pos.line, err->pos.column, text);
	if (err->hint)
		text = arena_printf(arena, "%s. %s", text, err->hint);
	return arena_strdup(arena, text);
}

void execute_fail(struct tick *tick, struct live_run *run,
                  struct live_step *live, const struct error *reason,
                  struct value *items)
{
	struct value *data = execute_about(run, live);
	const char *text = reason_of(run, reason);

	value_map_text(&run->arena, data, "reason", text);
	value_map_set(&run->arena, data, "output", items);
	journal_add(run->engine->journal, EVENT_STEP_FAILED,
	            execute_subject(run, live), data);
	if (live->block->over && live->block->over->step->fan &&
	    !live->step->continue_on_error)
		live->block->over->stopped = live->block->over->step->fan->stop;
	execute_settle(tick, run, live, STEP_FAILED, text);
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
	case ERR_AWAY:
	case ERR_SYSTEM:
	case ERR_CORRUPT:
		break;
	}
	return false;
}

/* An effect may have settled its step in the journal although this process
 * goes on with an error: the row is what counts. Without `may_settle` only that
 * it was begun is taken over. */
static bool follow_journal(struct tick *tick, struct live_run *run,
                           struct live_step *live, bool may_settle)
{
	auto_error struct error ignored = { 0 };
	struct step_record *rows;
	size_t count;

	if (!(live->step->kind->flags & KIND_ACTS) ||
	    view_steps(run->engine->view, &run->arena, run->record.id, &rows,
	               &count, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(rows[i].step, live->step->id) ||
		    !text_equal(rows[i].item, live->block->item) ||
		    rows[i].state == STEP_WAITING ||
		    rows[i].state == STEP_SLEEPING)
			continue;
		if (step_is_settled(rows[i].state)) {
			if (!may_settle)
				return false;
			execute_settle(tick, run, live, rows[i].state,
			               rows[i].reason);
		} else {
			run->sleeping -= live->state == STEP_SLEEPING;
			live->state = rows[i].state;
			live->reason = rows[i].reason;
		}
		return true;
	}
	return false;
}

/* An effect that may not begin now: a later tick goes on with it. What is done
 * and not confirmed, a number say, is nothing yet that others may build on. */
static int put_off(struct tick *tick, struct live_run *run,
                   struct live_step *live, struct error *err)
{
	(void)follow_journal(tick, run, live, false); /* it may be intended */
	run->put_off = true;
	/* One that woke to be sent again is not to be woken once more now. */
	if (live->state == STEP_SLEEPING)
		live->wake_at = 0;
	tick->problems++;
	int ours = claim_holds(run->engine, run->record.id, err);
	run->ended |= ours == 0; /* for this tick, it is another engine's */
	return ours < 0 ? -1 : 0;
}

int execute_take_failure(struct tick *tick, struct live_run *run,
                         struct live_step *live, struct error *reason,
                         struct error *err)
{
	if (reason->code == ERR_AWAY)
		return put_off(tick, run, live, err);
	if (!ends_the_step(reason)) {
		error_move(err, reason);
		return error_wrap(err, "%s, step \"%s\"", run->name,
		                  live_name(run, live));
	}
	if (follow_journal(tick, run, live, true))
		return 0;
	if (sleep_before_retry(tick, run, live, reason))
		return 0;
	execute_fail(tick, run, live, reason, NULL);
	return 0;
}
