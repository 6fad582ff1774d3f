/*
 * The owner's answer to a commit that would start very many runs of a job.
 */
#ifndef CYCLE_RELEASE_H
#define CYCLE_RELEASE_H

#include <stdbool.h>

#include "engine/cycle/engine.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/repo.h"

/* Journal that the runs of `job` by `commit` start, or with `drop` that they do
 * not; the next tick acts by it. `commit` is its id or the beginning of it, at
 * least 7 digits, of a commit of the owner's branch since `init`. ERR_STATE
 * when it was decided before, or no runs wait for it. Takes only the append
 * lock. */
int flood_decide(struct engine *engine, const char *job, const char *commit,
                 bool drop, struct error *err) MUST_CHECK;

#endif
