#include "tests/unit/unit.h"

#include "store/breaker.h"

/* What happens at a time, and what the breaker is right after it. */
struct moment {
	char what; /* 'f'ails, 'a'nswers, 'l'ook */
	int64_t at_ms;
	enum breaker_state state;
	int64_t probe_at;
};

static void play(const struct moment *moments, size_t count)
{
	struct breaker breaker = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct moment *moment = &moments[i];
		if (moment->what == 'f')
			breaker_fail(&breaker, moment->at_ms);
		if (moment->what == 'a')
			breaker_close(&breaker);
		assert_row(i, breaker_state(&breaker, moment->at_ms) ==
		                      moment->state);
		assert_row(i, breaker.probe_at == moment->probe_at);
	}
}

static void test_breaker__failures_in_a_row_open_it(void **state)
{
	static const struct moment moments[] = {
		{ 'f', 1000, BREAKER_CLOSED, 0 },
		{ 'f', 1000, BREAKER_CLOSED, 0 },
		{ 'f', 1000, BREAKER_CLOSED, 0 },
		{ 'f', 1000, BREAKER_CLOSED, 0 },
		{ 'a', 1000, BREAKER_CLOSED, 0 }, /* no longer in a row */
		{ 'f', 1000, BREAKER_CLOSED, 0 },
		{ 'f', 1000, BREAKER_CLOSED, 0 },
		{ 'f', 1000, BREAKER_CLOSED, 0 },
		{ 'f', 1000, BREAKER_CLOSED, 0 },
		{ 'f', 2000, BREAKER_OPEN, 32000 },
		{ 'f', 2001, BREAKER_OPEN, 32000 }, /* was on its way */
		{ 'l', 31999, BREAKER_OPEN, 32000 },
		{ 'l', 32000, BREAKER_HALF_OPEN, 32000 },
		{ 'a', 32000, BREAKER_CLOSED, 0 },
	};

	UNUSED_STATE(state);
	play(moments, ARRAY_LEN(moments));
}

static void test_breaker__a_failed_probe_opens_it_for_longer(void **state)
{
	static const int64_t pauses[] = { 60000,  120000, 240000,
		                          480000, 600000, 600000 };
	struct breaker breaker = { 0 };
	int64_t now = 5000;

	UNUSED_STATE(state);
	for (int i = 0; i < BREAKER_FAILURES; i++)
		breaker_fail(&breaker, now);
	assert_int_equal(breaker.probe_at, now + BREAKER_PAUSE_MS);
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		now = breaker.probe_at;
		breaker_fail(&breaker, now);
		assert_row(i, breaker.probe_at == now + pauses[i]);
		assert_row(i, breaker.since == 5000);
		assert_row(i, breaker_state(&breaker, now) == BREAKER_OPEN);
	}
	breaker_close(&breaker);
	assert_int_equal(breaker_state(&breaker, now), BREAKER_CLOSED);
	assert_int_equal(breaker.trips, 0);
}
