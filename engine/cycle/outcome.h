/*
 * What came of a run's steps, tried or in history.
 */
#ifndef CYCLE_OUTCOME_H
#define CYCLE_OUTCOME_H

#include "engine/cycle/engine.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* Set in `map`, whose arena it is: `steps`, a list of { step, item, kind,
 * state, reason }, and `effects`, a list of { step, item, effect, …what was
 * sent }, both in the order of the job. */
int outcome_steps(struct engine *engine, struct arena *arena, const char *run,
                  struct value *map, struct error *err) MUST_CHECK;

#endif
