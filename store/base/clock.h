/*
 * Time and chance, each behind a table of functions, so that a test owns them.
 *
 * The wall clock is for display and for nominal times; durations, deadlines
 * and leases use the boot clock, which no one can set. Values are in
 * milliseconds. Random bytes name things; nothing is secret by them.
 *
 * For tests of the whole binary, REEVE_TEST_CLOCK=2026-11-22T09:00:00Z makes
 * the wall clock begin there, one second later at each look, and
 * REEVE_TEST_SEED=N makes random bytes a function of N and their order.
 * REEVE_TEST_BOOT=N makes the boot clock begin at N; it goes on as ever.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "store/base/compiler.h"
#include "store/base/error.h"

struct clock {
	int64_t (*wall_ms)(void *state); /* since 1970-01-01T00:00:00Z */
	int64_t (*boot_ms)(void *state); /* CLOCK_BOOTTIME */
	void (*random)(void *state, void *bytes, size_t len);
	void *state;
	/* MAY: let so much time pass. NULL: it does by itself. */
	void (*pause)(void *state, int64_t ms);
};

int64_t clock_wall_ms(const struct clock *clock);
int64_t clock_boot_ms(const struct clock *clock);
void clock_random(const struct clock *clock, void *bytes, size_t len);
/* Sleep; a signal may end it earlier. A test's time only goes on. */
void clock_pause(const struct clock *clock, int64_t ms);

/* The state of clock_system() and of a test's clock. */
struct clock_state {
	int64_t next_ms;       /* 0: the real one */
	uint64_t seed;         /* 0: the kernel's */
	int64_t boot_shift_ms; /* added to the real one */
};

/* The machine's clocks, or those of the two variables above. `state` is the
 * caller's and must outlive the result. -1 if a variable is not well-formed. */
int clock_system(struct clock *ret, struct clock_state *state,
                 struct error *err) MUST_CHECK;

#endif
