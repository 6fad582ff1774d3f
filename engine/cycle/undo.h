/*
 * Undoing what a run did: a run of its own, whose draft reverts the files and
 * releases the compensations.
 */
#ifndef CYCLE_UNDO_H
#define CYCLE_UNDO_H

#include "engine/cycle/drafting.h"
#include "engine/cycle/engine.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/view.h"

enum undo {
	UNDO_NOTHING, /* it did nothing that can be undone */
	UNDO_KNOWN,   /* the undo was there already */
	UNDO_STARTED,
};

/* What undoing a run comes to; in the caller's arena. */
struct undone {
	struct run_record run;     /* the undo, but for UNDO_NOTHING */
	const struct value *left;  /* paths of files that were edited since */
	const struct value *stays; /* what has no compensation, for people */
};

/* Start the run that undoes `record`, unless there is one that was neither
 * refused nor cancelled. An enum undo, or -1: ERR_STATE when `record` is an
 * undo itself. `ret` has `left` and `stays` only of what is looked at now, so
 * not with UNDO_KNOWN. */
int run_undo(struct engine *engine, struct arena *arena,
             const struct run_record *record, struct undone *ret,
             struct error *err) MUST_CHECK;

/* Of a run that undoes another: put the files back, in a commit of the draft,
 * and what is left as it is and what stays into `about`. Of any other run
 * nothing. */
int undo_draft(struct live_run *run, struct drafting *drafting,
               struct value *about, struct error *err) MUST_CHECK;

#endif
