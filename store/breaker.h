/*
 * The circuit breaker of an endpoint: a server that keeps failing is left
 * alone for a while, so that what needs others goes on.
 *
 *	closed     it is asked
 *	open       it is not asked before `probe_at`
 *	half open  that time has come: one may ask; its answer closes the
 *	           breaker, its failure opens it for twice as long
 *
 * It is a fold of what the journal says about the endpoint (view_fold_effect),
 * so that a new process knows it. These numbers are all there is to set.
 */
#ifndef STORE_BREAKER_H
#define STORE_BREAKER_H

#include <stdint.h>

/* So many failures in a row open it. */
#define BREAKER_FAILURES 5
/* So long it stays open at first, and at most. */
#define BREAKER_PAUSE_MS   30000
#define BREAKER_LONGEST_MS 600000

enum breaker_state {
	BREAKER_CLOSED,
	BREAKER_OPEN,
	BREAKER_HALF_OPEN,
};

struct breaker {
	int64_t failures; /* in a row */
	int64_t since;    /* when it opened; 0: it is closed */
	int64_t probe_at; /* 0: it is closed */
	int64_t trips;    /* probes that failed since it opened */
};

/* The endpoint did not answer, or said that it cannot, at `at_ms`. */
void breaker_fail(struct breaker *breaker, int64_t at_ms);
/* It answered, whatever it said. */
void breaker_close(struct breaker *breaker);

enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_ms);
/* "closed", "open", "half open" */
const char *breaker_state_name(enum breaker_state state);

#endif
