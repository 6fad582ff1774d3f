/*
 * Pauses before another try: each may be twice as long as the one before, and
 * chance decides how long it is, so that what failed together does not come
 * back together.
 */
#ifndef BUS_BACKOFF_H
#define BUS_BACKOFF_H

#include <stdint.h>

#include "engine/job/job.h"
#include "store/base/clock.h"

/* The pause before another try, after `attempt` tries that failed before (0:
 * none), of `retry`. */

/* Of an effect: a time between none and all of it. */
int64_t backoff_full_ms(const struct clock *clock, const struct retry *retry,
                        int64_t attempt);
/* Of a step that computes: a time between half and all of it. */
int64_t backoff_half_ms(const struct clock *clock, const struct retry *retry,
                        int64_t attempt);

#endif
