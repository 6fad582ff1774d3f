/*
 * Steps that sleep: before another try, or until a time or an event.
 *
 * A pause before a try is drawn between half of it and all of it, so that what
 * failed together does not come back together; each is twice the one before.
 */
#include <inttypes.h>
#include <string.h>

#include "engine/cycle/execute.h"
#include "store/base/text.h"

/* What `retry` says, for the pause after `attempt` failures. */
static int64_t pause_ms(const struct live_run *run, const struct retry *retry,
                        int64_t attempt)
{
	int64_t pause = retry->delay_ms;
	uint32_t chance;

	for (int64_t i = 0; i < attempt && pause < retry->max_delay_ms; i++)
		pause *= 2;
	if (pause > retry->max_delay_ms)
		pause = retry->max_delay_ms;
	clock_random(&run->engine->clock, &chance, sizeof(chance));
	return pause / 2 + (int64_t)(chance % (uint64_t)(pause / 2 + 1));
}

int sleep_before_retry(struct tick *tick, struct live_run *run,
                       struct live_step *live, const struct error *reason,
                       struct error *err)
{
	const struct retry *retry = &live->step->retry;
	struct engine *engine = run->engine;
	struct value *data;

	if (live->attempt >= retry->max ||
	    !(live->step->kind->flags & KIND_COMPUTES))
		return 0;
	live->wake_at = clock_wall_ms(&engine->clock) +
	                pause_ms(run, retry, live->attempt);
	live->attempt++;
	data = execute_about(run, live);
	value_map_int(&run->arena, data, "wake_at", live->wake_at);
	value_map_int(&run->arena, data, "attempt", live->attempt);
	value_map_text(&run->arena, data, "reason", reason->message);
	journal_add(engine->journal, EVENT_STEP_SLEPT,
	            execute_subject(run, live), data);
	run->sleeping += live->state != STEP_SLEEPING;
	live->state = STEP_SLEEPING;
	live->reason = arena_strdup(&run->arena, reason->message);
	run_describe_step(run, live);
	struct note note = {
		.kind = NOTE_STEP,
		.run = run->name,
		.step = live_name(run, live),
		.state = step_state_name(live->state),
		.text = live->reason,
	};
	tick_tell(tick, &note);
	(void)err; /* it is durable with the next flush, before anything acts */
	return 1;
}

void sleep_wake(struct live_run *run, int64_t *ret_next)
{
	int64_t now = clock_wall_ms(&run->engine->clock);

	*ret_next = 0;
	if (run->sleeping == 0)
		return;
	for (struct live_step *live = live_first(run); live;
	     live = live_next(run, live)) {
		if (live->state != STEP_SLEEPING || live->wake_at == 0)
			continue;
		if (live->wake_at <= now)
			live_push(run, live);
		else if (*ret_next == 0 || live->wake_at < *ret_next)
			*ret_next = live->wake_at;
	}
}
