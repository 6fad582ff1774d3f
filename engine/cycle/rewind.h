/*
 * Going back to a step of a run, and on from there.
 */
#ifndef CYCLE_REWIND_H
#define CYCLE_REWIND_H

#include <stdbool.h>

#include "engine/cycle/engine.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/view.h"

struct rewinding {
	const char *to;            /* the step */
	const struct value *again; /* list of steps whose effects are done once
	                              more; or NULL */
	bool with_text; /* with the job and the files of the owner's branch */
	/* What came of it, lists of texts for people in `arena`: effects that
	 * stay as they were done, and those that will be done once more. */
	struct arena *arena;
	struct value *kept;
	struct value *repeated;
};

/* Journal that `run`, over or not, is open and that the step, and all that
 * comes after it, waits again. What computes is looked at by its key; a gate
 * opens anew, and its approval counts no more; files that were merged stay
 * where they are. An effect that was done stays done, unless it is named.
 * ERR_MISSING when there is no such step; ERR_STATE when that cannot be, with
 * the reason; ERR_BUSY while another engine is at work. */
int run_rewind(struct engine *engine, const struct run_record *run,
               struct rewinding *rewinding, struct error *err) MUST_CHECK;

#endif
