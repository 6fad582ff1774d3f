#include "tests/unit/unit.h"

#include "store/base/clock.h"

/* Set both variables (NULL removes one) and ask for the clock. */
static int make_clock(struct clock *ret, struct clock_state *state,
                      const char *instant, const char *seed, struct error *err)
{
	int result;

	if (instant != NULL)
		(void)setenv("REEVE_TEST_CLOCK", instant, 1);
	if (seed != NULL)
		(void)setenv("REEVE_TEST_SEED", seed, 1);
	result = clock_system(ret, state, err);
	(void)unsetenv("REEVE_TEST_CLOCK");
	(void)unsetenv("REEVE_TEST_SEED");
	return result;
}

static void test_clock__real_one_runs(void **state)
{
	auto_error struct error err = { 0 };
	struct clock_state own;
	struct clock clock;
	int64_t wall_ms;
	int64_t boot_ms;

	UNUSED_STATE(state);
	assert_int_equal(make_clock(&clock, &own, NULL, NULL, &err), 0);
	wall_ms = clock_wall_ms(&clock);
	boot_ms = clock_boot_ms(&clock);
	assert_true(wall_ms > INT64_C(1700000000000)); /* it is after 2023 */
	assert_true(boot_ms >= 0 && boot_ms < wall_ms);
	assert_true(clock_boot_ms(&clock) >= boot_ms);
	assert_int_equal(make_clock(&clock, &own, "", "", &err), 0);
	assert_true(clock_wall_ms(&clock) > INT64_C(1700000000000));
}

static void test_clock__kernel_s_bytes_differ(void **state)
{
	auto_error struct error err = { 0 };
	unsigned char first[1000] = { 0 };
	unsigned char second[1000] = { 0 };
	struct clock_state own;
	struct clock clock;

	UNUSED_STATE(state);
	assert_int_equal(make_clock(&clock, &own, NULL, NULL, &err), 0);
	clock_random(&clock, first, sizeof(first));
	clock_random(&clock, second, sizeof(second));
	assert_memory_not_equal(first, second, sizeof(first));
	assert_memory_not_equal(first + 900, second + 900, 100);
}

static void test_clock__test_clock_steps_a_second_a_look(void **state)
{
	auto_error struct error err = { 0 };
	struct clock_state own;
	struct clock clock;

	UNUSED_STATE(state);
	assert_int_equal(
	        make_clock(&clock, &own, "2026-11-22T09:00:00Z", NULL, &err),
	        0);
	assert_int_equal(clock_wall_ms(&clock), INT64_C(1795338000000));
	assert_int_equal(clock_wall_ms(&clock), INT64_C(1795338001000));
	assert_int_equal(clock_wall_ms(&clock), INT64_C(1795338002000));
	assert_true(clock_boot_ms(&clock) < INT64_C(1795338000000));
}

static void test_clock__boot_clock_can_begin_elsewhere(void **state)
{
	auto_error struct error err = { 0 };
	struct clock_state own;
	struct clock clock;

	UNUSED_STATE(state);
	assert_int_equal(setenv("REEVE_TEST_BOOT", "5000000000000", 1), 0);
	assert_int_equal(make_clock(&clock, &own, NULL, NULL, &err), 0);
	assert_int_equal(unsetenv("REEVE_TEST_BOOT"), 0);
	int64_t boot_ms = clock_boot_ms(&clock);
	assert_true(boot_ms >= INT64_C(5000000000000));
	assert_true(boot_ms < INT64_C(5000003600000));

	assert_int_equal(setenv("REEVE_TEST_BOOT", "soon", 1), 0);
	assert_int_equal(make_clock(&clock, &own, NULL, NULL, &err), -1);
	assert_int_equal(unsetenv("REEVE_TEST_BOOT"), 0);
	assert_non_null(strstr(err.message, "\"soon\""));
}

static void test_clock__seed_makes_the_bytes(void **state)
{
	/* The first numbers of splitmix64 from the seed 1234567, the lowest
	 * byte first: 6457827717110365317, 3203168211198807973. */
	static const unsigned char wanted[16] = {
		0x85, 0xfc, 0x08, 0xfb, 0x17, 0xd0, 0x9e, 0x59,
		0xa5, 0x0f, 0x54, 0x58, 0x84, 0xf0, 0x73, 0x2c,
	};
	auto_error struct error err = { 0 };
	unsigned char bytes[16];
	struct clock_state own;
	struct clock clock;

	UNUSED_STATE(state);
	assert_int_equal(make_clock(&clock, &own, NULL, "1234567", &err), 0);
	clock_random(&clock, bytes, 16);
	assert_memory_equal(bytes, wanted, 16);

	assert_int_equal(make_clock(&clock, &own, NULL, "1234567", &err), 0);
	clock_random(&clock, bytes, 3);
	clock_random(&clock, bytes + 3, 8);
	assert_memory_equal(bytes, wanted, 3);
	assert_memory_equal(bytes + 3, wanted + 8, 8);
}

static void test_clock__malformed_variables_are_errors(void **state)
{
	static const struct {
		const char *instant;
		const char *seed;
	} cases[] = {
		{ "yesterday", NULL },
		{ "2026-11-22", NULL },
		{ "1970-01-01T00:00:00Z", NULL },
		{ NULL, "0" },
		{ NULL, "-1" },
		{ NULL, "abc" },
		{ NULL, "99999999999999999999" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error err = { 0 };
		struct clock_state own;
		struct clock clock;

		assert_row(i, make_clock(&clock, &own, cases[i].instant,
		                         cases[i].seed, &err) == -1);
		assert_row(i, err.code == ERR_USAGE);
	}
}
