/*
 * Going on with a run that failed, as it was pinned; or with one that is not
 * over, with today's text of its job.
 */
#ifndef CYCLE_RETRY_H
#define CYCLE_RETRY_H

#include "engine/cycle/engine.h"
#include "engine/cycle/run.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/view.h"

/* Journal that `run` is open again: the next tick tries what failed, of a loop
 * the items that did, and what was skipped or never begun because of them.
 * What is done stays done; so does everything above a wall that was passed.
 * ERR_STATE when it has not failed. Takes only the append lock. */
int run_retry(struct engine *engine, const struct run_record *run,
              struct error *err) MUST_CHECK;

/* The same with the text and the files of the owner's branch as it is now,
 * also of a run that is not over. What only computes is looked at anew, which
 * gives what it gave where nothing has changed; an open gate opens anew, and
 * its draft is withdrawn and kept. What acted stays done, and so does what
 * stands above a wall that was passed. ERR_STATE when the run is over and has
 * not failed, or when the text above a gate that was approved has changed: what
 * was approved was something else. ERR_BUSY while another engine is at work. */
int run_renew(struct engine *engine, const struct run_record *run,
              struct error *err) MUST_CHECK;

/* What a rewind has in common with it. Put into `data` what the run goes on
 * with: today's text and files. Of the gates that were approved those must have
 * the same steps above them that are not to open anew, which `opened` says by
 * step. */
int retry_add_text(struct live_run *run, const bool *opened, struct value *data,
                   struct error *err) MUST_CHECK;
/* Set the branches of those drafts aside that were open when the run was
 * loaded, and are withdrawn now. */
int retry_set_aside(struct live_run *run, struct error *err) MUST_CHECK;

#endif
