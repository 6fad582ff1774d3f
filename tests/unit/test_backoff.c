#include "tests/unit/unit.h"

#include "engine/bus/backoff.h"

/* Chance, as the test wants it. */
static void random_of(void *state, void *bytes, size_t len)
{
	const uint32_t *value = state;

	assert_int_equal(len, sizeof(*value));
	memcpy(bytes, value, len);
}

static void test_backoff__doubles_up_to_its_longest(void **state)
{
	static const struct retry retry = {
		.max = 9,
		.delay_ms = 1000,
		.max_delay_ms = 5000,
	};
	static const int64_t longest[] = { 1000, 2000, 4000, 5000, 5000 };
	uint32_t chance;
	const struct clock clock = { .random = random_of, .state = &chance };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(longest); i++) {
		int64_t attempt = (int64_t)i;
		chance = 0;
		assert_row(i, backoff_full_ms(&clock, &retry, attempt) == 0);
		assert_row(i, backoff_half_ms(&clock, &retry, attempt) ==
		                      longest[i] / 2);
		chance = (uint32_t)longest[i];
		assert_row(i, backoff_full_ms(&clock, &retry, attempt) ==
		                      longest[i]);
		chance = (uint32_t)longest[i] / 2;
		assert_row(i, backoff_half_ms(&clock, &retry, attempt) ==
		                      longest[i]);
		chance = UINT32_MAX;
		assert_row(i, backoff_full_ms(&clock, &retry, attempt) <=
		                      longest[i]);
	}
}

static void test_backoff__no_delay_is_no_pause(void **state)
{
	static const struct retry retry = { .max = 3 };
	uint32_t chance = 77;
	const struct clock clock = { .random = random_of, .state = &chance };

	UNUSED_STATE(state);
	assert_int_equal(backoff_full_ms(&clock, &retry, 0), 0);
	assert_int_equal(backoff_half_ms(&clock, &retry, 4), 0);
}
