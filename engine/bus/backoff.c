#include "engine/bus/backoff.h"

int64_t backoff_ms(const struct clock *clock, const struct retry *retry,
                   int64_t attempt)
{
	int64_t longest = retry->delay_ms;
	uint64_t chance;

	for (int64_t i = 0; i < attempt && longest < retry->max_delay_ms; i++)
		longest *= 2;
	if (longest > retry->max_delay_ms)
		longest = retry->max_delay_ms;
	clock_random(clock, &chance, sizeof(chance));
	return longest > 0 ? (int64_t)(chance % ((uint64_t)longest + 1)) : 0;
}
