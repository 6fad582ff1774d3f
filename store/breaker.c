/*
 * Failures that were on their way when the breaker opened say nothing new: only
 * one that comes after `probe_at` was a probe.
 */
#include "store/breaker.h"

static int64_t pause_ms(int64_t trips)
{
	int64_t pause = BREAKER_PAUSE_MS;

	while (trips-- > 0 && pause < BREAKER_LONGEST_MS)
		pause *= 2;
	return pause < BREAKER_LONGEST_MS ? pause : BREAKER_LONGEST_MS;
}

void breaker_fail(struct breaker *breaker, int64_t at_ms)
{
	breaker->failures++;
	switch (breaker_state(breaker, at_ms)) {
	case BREAKER_CLOSED:
		if (breaker->failures < BREAKER_FAILURES)
			return;
		breaker->since = at_ms;
		break;
	case BREAKER_OPEN:
		return;
	case BREAKER_HALF_OPEN:
		breaker->trips++;
	}
	breaker->probe_at = at_ms + pause_ms(breaker->trips);
}

void breaker_close(struct breaker *breaker)
{
	*breaker = (struct breaker){ 0 };
}

enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_ms)
{
	if (breaker->probe_at == 0)
		return BREAKER_CLOSED;
	return now_ms < breaker->probe_at ? BREAKER_OPEN : BREAKER_HALF_OPEN;
}

const char *breaker_state_name(enum breaker_state state)
{
	static const char *const names[] = {
		[BREAKER_CLOSED] = "closed",
		[BREAKER_OPEN] = "open",
		[BREAKER_HALF_OPEN] = "half open",
	};

	return names[state];
}
