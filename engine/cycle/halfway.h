/*
 * A move of the owner's branch that was killed half way.
 *
 * Where the branch is checked out it is git that moves it: files first, then
 * the index, then the branch. A machine that stops in between leaves a working
 * tree that is neither the old nor the new one, and locks that nobody holds.
 * A note tells of the move while it lasts; who finds one takes back what was
 * done of it, as long as nobody else has touched the files meanwhile.
 */
#ifndef CYCLE_HALFWAY_H
#define CYCLE_HALFWAY_H

#include "engine/cycle/engine.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* The branch is about to be moved from the engine's tip to `commit`, in the
 * working tree `dir`. */
int halfway_begin(struct engine *engine, const char *dir,
                  const struct oid *commit, struct error *err) MUST_CHECK;
/* It was, or git has refused. */
void halfway_end(struct engine *engine);

/* Take back what is half done. Usually there is nothing. ERR_STATE when a git
 * command is at work there. */
int halfway_mend(struct engine *engine, struct error *err) MUST_CHECK;

#endif
