/*
 * Ending a run that is not over.
 */
#ifndef CYCLE_CANCEL_H
#define CYCLE_CANCEL_H

#include "engine/cycle/engine.h"
#include "engine/cycle/undo.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/view.h"

/* What is asked for besides, and what came of it. */
struct cancel_undo {
	struct arena *arena;
	enum undo outcome;    /* of run_undo() */
	struct undone undone; /* in `arena` */
	struct error problem; /* that it cannot be undone; the caller clears */
};

/* Journal that `run` is cancelled for `reason` (a clause for people), and with
 * it that its open drafts are: their branches are withdrawn and kept under
 * refs/reeve/rejected/, as those of a rejection. What was done in the world
 * stays done; an effect that is in doubt is still settled later.
 *
 * With `undo` (else NULL) the run that takes it back is started in the same
 * commit; when there can be none, the run is cancelled all the same.
 *
 * 1 when it was cancelled, 0 when it was over already (nothing is written), -1.
 * Takes only the append lock. When the process dies between journal and
 * branches, the run is cancelled and the branches are left to look at. */
int run_cancel(struct engine *engine, const struct run_record *run,
               const char *reason, struct cancel_undo *undo,
               struct error *err) MUST_CHECK;

/* Add the events of that to the journal without flushing, for a caller that
 * has more to say in the same commit. */
void run_cancel_add(struct engine *engine, const char *run, const char *reason);

#endif
