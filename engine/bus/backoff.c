#include "engine/bus/backoff.h"

static int64_t longest_ms(const struct retry *retry, int64_t attempt)
{
	int64_t longest = retry->delay_ms;

	for (int64_t i = 0; i < attempt && longest < retry->max_delay_ms; i++)
		longest *= 2;
	return longest < retry->max_delay_ms ? longest : retry->max_delay_ms;
}

static int64_t chance_ms(const struct clock *clock, int64_t most)
{
	uint32_t chance;

	clock_random(clock, &chance, sizeof(chance));
	return most > 0 ? (int64_t)(chance % ((uint64_t)most + 1)) : 0;
}

int64_t backoff_full_ms(const struct clock *clock, const struct retry *retry,
                        int64_t attempt)
{
	return chance_ms(clock, longest_ms(retry, attempt));
}

int64_t backoff_half_ms(const struct clock *clock, const struct retry *retry,
                        int64_t attempt)
{
	int64_t half = longest_ms(retry, attempt) / 2;

	return half + chance_ms(clock, half);
}
