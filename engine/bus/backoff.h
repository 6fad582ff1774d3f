/*
 * Pauses before another try.
 */
#ifndef BUS_BACKOFF_H
#define BUS_BACKOFF_H

#include <stdint.h>

#include "engine/job/job.h"
#include "store/base/clock.h"

/* The pause after `attempt` tries that failed before (0: none): a time between
 * none and all of `delay`, which doubles with each of them up to `max_delay`.
 * All of it is left to chance, so that what failed together does not come back
 * together. */
int64_t backoff_ms(const struct clock *clock, const struct retry *retry,
                   int64_t attempt);

#endif
