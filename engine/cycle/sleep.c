/*
 * Steps that sleep: before another try, or until a time or an event.
 */
#include <inttypes.h>
#include <string.h>

#include "engine/bus/backoff.h"
#include "engine/cycle/execute.h"
#include "store/base/date.h"

const char *sleep_time(const struct live_run *run, struct arena *arena,
                       int64_t at_ms)
{
	struct date date;

	zone_local(run->config->timezone, at_ms, &date);
	return arena_printf(arena, "%04d-%02d-%02d %02d:%02d", date.year,
	                    date.month, date.day, date.hour, date.minute);
}

void sleep_fall(struct tick *tick, struct live_run *run, struct live_step *live,
                const struct nap *nap)
{
	run->sleeping += live->state != STEP_SLEEPING;
	live->state = STEP_SLEEPING;
	live->at = clock_wall_ms(&run->engine->clock);
	live->wake_at = nap->wake_at;
	live->attempt = nap->attempt;
	live->reason = arena_strdup(&run->arena, nap->reason);
	if (nap->begun)
		live->output = nap->begun;
	run_describe_step(run, live);
	execute_tell(tick, run, live);
}

void sleep_lay(struct tick *tick, struct live_run *run, struct live_step *live,
               const struct nap *nap)
{
	struct arena *arena = &run->arena;
	struct value *data = execute_about(run, live);

	value_map_int(arena, data, "wake_at", nap->wake_at);
	value_map_int(arena, data, "attempt", nap->attempt);
	value_map_text(arena, data, "reason", nap->reason);
	value_map_set(arena, data, "listens", nap->listens);
	run_share(arena, data, "output", nap->begun);
	journal_add(run->engine->journal, EVENT_STEP_SLEPT,
	            execute_subject(run, live), data);
	sleep_fall(tick, run, live, nap);
}

bool sleep_before_retry(struct tick *tick, struct live_run *run,
                        struct live_step *live, const struct error *reason)
{
	const struct retry *retry = &live->step->retry;

	if (live->attempt >= retry->max ||
	    !(live->step->kind->flags & KIND_COMPUTES))
		return false;
	int64_t wake_at =
	        clock_wall_ms(&run->engine->clock) +
	        backoff_half_ms(&run->engine->clock, retry, live->attempt);
	const struct nap nap = {
		.wake_at = wake_at,
		.attempt = live->attempt + 1,
		.reason = arena_printf(&run->arena, "%s; tried again at %s",
		                       reason->message,
		                       sleep_time(run, &run->arena, wake_at)),
	};
	sleep_lay(tick, run, live, &nap);
	return true;
}

void sleep_wake(struct live_run *run, int64_t *ret_next)
{
	*ret_next = 0;
	if (run->sleeping == 0)
		return;
	int64_t now = clock_wall_ms(&run->engine->clock);
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
