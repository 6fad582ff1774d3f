/*
 * Whether a commit that holds a draft's slip fits it: that is then what was
 * approved, file by file and item by item.
 */
#ifndef CYCLE_FIT_H
#define CYCLE_FIT_H

#include "engine/cycle/approval.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* Hold `commit` against `draft`, both of `run`; `ret` lives in the run's arena.
 * ERR_CONFIG with the place of what does not fit: a slip that is none, a file
 * that its step could not have written, an effect that cannot be done. */
int fit_commit(struct live_run *run, const struct draft_record *draft,
               const struct commit *commit, struct approval *ret,
               struct error *err) MUST_CHECK;

#endif
