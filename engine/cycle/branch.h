/*
 * Moving the owner's branch: the one thing of theirs that reeve ever moves.
 *
 * A branch that is checked out in a worktree is moved by `git merge --ff-only`
 * run there, hooks off, when no operation is in progress; git itself refuses
 * when a touched path is not clean. One that is checked out nowhere is moved
 * by compare-and-swap.
 */
#ifndef CYCLE_BRANCH_H
#define CYCLE_BRANCH_H

#include "engine/cycle/engine.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* Move the branch from the engine's tip to its descendant `commit`. ERR_STATE
 * with the reason and what to do when the working tree does not allow it now;
 * ERR_CONFLICT when the branch has moved meanwhile. Nothing has changed then.
 */
int branch_advance(struct engine *engine, const struct oid *commit,
                   struct error *err) MUST_CHECK;

/* Whether the reference is checked out in a worktree: 1, 0, -1. */
int branch_is_out(struct engine *engine, const char *ref,
                  struct error *err) MUST_CHECK;

/* Delete the branch `name` (short) if its tip is in `merged` or still `tip`,
 * and it is checked out nowhere; else it stays. */
int branch_drop(struct engine *engine, const char *name, const struct oid *tip,
                const struct oid *merged, struct error *err) MUST_CHECK;

#endif
