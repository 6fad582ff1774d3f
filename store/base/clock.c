/*
 * One table of functions for both clocks: a state of zero asks the machine, a
 * test's state counts on from what it was set to.
 */
#include "store/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "store/base/date.h"
#include "store/base/text.h"

enum {
	TEST_STEP_MS = 1000
};

#define BOOT_MAX_MS (INT64_C(1) << 50)

static int64_t ask(clockid_t id)
{
	struct timespec now;
	int result = clock_gettime(id, &now);

	assert(result == 0); /* both clocks are always there on Linux */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall_ms(void *opaque)
{
	struct clock_state *state = opaque;
	int64_t now = state->next_ms;

	if (now == 0)
		return ask(CLOCK_REALTIME);
	state->next_ms += TEST_STEP_MS;
	return now;
}

static int64_t system_boot_ms(void *opaque)
{
	const struct clock_state *state = opaque;

	/* Even a test's goes on by itself: programs have deadlines. */
	return ask(CLOCK_BOOTTIME) + state->boot_shift_ms;
}

static void kernel_random(unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t count = getrandom(bytes, len, 0);

		if (count < 0 && errno == EINTR)
			continue;
		assert(count > 0); /* it cannot fail in another way */
		bytes += count;
		len -= (size_t)count;
	}
}

/* splitmix64: the seed counts in steps of the golden ratio, and the mixed
 * count is the number. */
static uint64_t next_number(uint64_t *seed)
{
	uint64_t mixed = *seed += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ mixed >> 31;
}

/* Eight bytes of each number, the lowest first; a rest is dropped. */
static void seeded_random(uint64_t *seed, unsigned char *bytes, size_t len)
{
	uint64_t number = 0;

	for (size_t i = 0; i < len; i++) {
		if (i % sizeof(number) == 0)
			number = next_number(seed);
		bytes[i] = (unsigned char)number;
		number >>= 8;
	}
}

static void system_random(void *opaque, void *bytes, size_t len)
{
	struct clock_state *state = opaque;

	if (state->seed == 0)
		kernel_random(bytes, len);
	else
		seeded_random(&state->seed, bytes, len);
}

int64_t clock_wall_ms(const struct clock *clock)
{
	return clock->wall_ms(clock->state);
}

int64_t clock_boot_ms(const struct clock *clock)
{
	return clock->boot_ms(clock->state);
}

void clock_random(const struct clock *clock, void *bytes, size_t len)
{
	clock->random(clock->state, bytes, len);
}

static void system_pause(void *opaque, int64_t ms)
{
	struct clock_state *state = opaque;

	if (state->next_ms != 0)
		state->next_ms += ms;
	else
		(void)poll(NULL, 0, (int)ms); /* earlier is no harm */
}

void clock_pause(const struct clock *clock, int64_t ms)
{
	if (clock->pause != NULL)
		clock->pause(clock->state, ms);
}

/* A variable's value; NULL when it is not set or empty. */
static const char *variable(const char *name)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

int clock_system(struct clock *ret, struct clock_state *state,
                 struct error *err)
{
	const char *instant = variable("REEVE_TEST_CLOCK");
	const char *number = variable("REEVE_TEST_SEED");
	const char *boot = variable("REEVE_TEST_BOOT");
	int64_t next_ms = 0;
	int64_t seed = 0;
	int64_t boot_ms = 0;

	/* Zero means "the real one", so neither can begin there. */
	if (instant != NULL &&
	    (!date_parse_rfc3339(instant, &next_ms) || next_ms <= 0))
		return error_set(err, ERR_USAGE,
		                 "REEVE_TEST_CLOCK is \"%s\", which is no "
		                 "instant such as 2026-11-22T09:00:00Z",
		                 instant);
	if (number != NULL && !text_to_int(number, 1, INT64_MAX, &seed))
		return error_set(err, ERR_USAGE,
		                 "REEVE_TEST_SEED is \"%s\", which is no "
		                 "positive number",
		                 number);
	if (boot != NULL && !text_to_int(boot, 1, BOOT_MAX_MS, &boot_ms))
		return error_set(err, ERR_USAGE,
		                 "REEVE_TEST_BOOT is \"%s\", which is no "
		                 "positive number of milliseconds",
		                 boot);
	*state = (struct clock_state){
		.next_ms = next_ms,
		.seed = (uint64_t)seed,
		.boot_shift_ms =
		        boot != NULL ? boot_ms - ask(CLOCK_BOOTTIME) : 0,
	};
	*ret = (struct clock){
		.wall_ms = system_wall_ms,
		.pause = system_pause,
		.boot_ms = system_boot_ms,
		.random = system_random,
		.state = state,
	};
	return 0;
}
