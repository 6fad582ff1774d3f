/*
 * When reeve has something to do by the clock alone.
 */
#ifndef CYCLE_SCHEDULE_H
#define CYCLE_SCHEDULE_H

#include <stdint.h>

#include "engine/cycle/engine.h"

/* The first instant at which a schedule of the owner's tip, as it was last
 * looked at, or a batch of events starts a run; INT64_MAX: none does. 0 when
 * that is not known, so that a tick has to look. Costs three questions to the
 * view. */
int64_t schedules_next(struct engine *engine);

#endif
