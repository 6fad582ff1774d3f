/*
 * Going on with a run that failed, as it was pinned.
 */
#ifndef CYCLE_RETRY_H
#define CYCLE_RETRY_H

#include "engine/cycle/engine.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/view.h"

/* Journal that `run` is open again: the next tick tries what failed, of a loop
 * the items that did, and what was skipped or never begun because of them.
 * What is done stays done; so does everything above a wall that was passed.
 * ERR_STATE when it has not failed. Takes only the append lock. */
int run_retry(struct engine *engine, const struct run_record *run,
              struct error *err) MUST_CHECK;

#endif
