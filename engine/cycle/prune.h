/*
 * The files of a loop with `prune: true` whose items are gone.
 */
#ifndef CYCLE_PRUNE_H
#define CYCLE_PRUNE_H

#include <stddef.h>

#include "engine/cycle/run.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* A file that a run of this job brought for an item that is gone. */
struct pruned {
	const char *step;
	const char *item;
	const char *path;
};

/* Those of `step`, which is the loop `live` or stands in it, that the owner's
 * branch has as they were merged, and that no step of this run writes; in the
 * run's arena: how many, or -1. The path of one that was edited since goes into
 * `left`, a list, instead. What an earlier draft of this run has is left
 * out. */
int prune_find(struct live_run *run, const struct live_step *live,
               const struct step *step, struct value *left, struct pruned **ret,
               struct error *err) MUST_CHECK;

#endif
