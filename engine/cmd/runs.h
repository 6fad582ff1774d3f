/*
 * Runs as people name them on the command line and read them in what it says.
 */
#ifndef CMD_RUNS_H
#define CMD_RUNS_H

#include "engine/cycle/engine.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/view.h"

/* "proposal-7k2fq0ab", in `arena`: one word, which every command takes. */
const char *run_label(struct engine *engine, struct arena *arena,
                      const struct run_record *run);

/* Its title, or its job's name while it has none. */
const char *run_heading(const struct run_record *run);

/* "because PATH was committed", "by the event TYPE", "by hand"; in `arena`. */
const char *run_cause(struct arena *arena, const struct value *trigger);

/* Whether it goes on, or may, by another text of its job than the owner's
 * branch has now: 1, 0 (also when there is none there), -1. */
int run_is_on_older_text(struct engine *engine, const struct run_record *run,
                         struct error *err) MUST_CHECK;

/* Who merged, from the address of a commit's author: "reeve" for its own
 * merges and for none. */
const char *author_name(const char *address);

/* "report", "report of acme"; in `arena`. `item` may be NULL or "". */
const char *step_name(struct arena *arena, const char *id, const char *item);

/* The step of `run` that people call `id`: "report", or of an item
 * "report/acme" or "report of acme"; with `item` (else NULL) its step of that
 * item. In `arena`. NULL with ERR_MISSING and the nearest as a hint; with
 * ERR_USAGE when it has several items and none was named. */
const struct step_record *runs_find_step(struct engine *engine,
                                         struct arena *arena,
                                         const struct run_record *run,
                                         const char *id, const char *item,
                                         struct error *err) MUST_CHECK;

#endif
