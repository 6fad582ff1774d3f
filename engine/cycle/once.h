/*
 * `once`: the occasion of an effect, for all runs. What was done under its name
 * is not done again: a later step takes the earlier result as its own.
 *
 * The name is taken by the intent and given back when the effect fails. It
 * belongs to one effect: a mail and an event may be of one occasion.
 */
#ifndef CYCLE_ONCE_H
#define CYCLE_ONCE_H

#include "engine/cycle/run.h"
#include "engine/cycle/tick.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* 1 when it was done before, and the step is settled by that; 0 when it is to
 * be done, under `*ret_occasion`, in the run's arena; -1. ERR_FAILED while
 * nobody knows whether it was done. */
int once_look(struct tick *tick, struct live_run *run, struct live_step *live,
              const char **ret_occasion, struct error *err) MUST_CHECK;

#endif
