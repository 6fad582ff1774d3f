/*
 * A step at work: what work.c does with it and reuse.c looks up for it. What
 * the other rooms of the tick may ask is in execute.h.
 */
#ifndef CYCLE_WORK_H
#define CYCLE_WORK_H

#include <stdint.h>

#include "engine/cycle/execute.h"
#include "engine/cycle/run.h"
#include "engine/cycle/tick.h"
#include "engine/steps/step.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* What a step needs until its end; the loop keeps it while a program runs. */
struct work {
	struct arena arena;
	struct tick *tick;
	struct live_run *run;
	struct live_step *live;
	struct step_run step_run;
	const char *key;        /* of a step that computes */
	struct oid ingredients; /* of a blob of their canonical JSON */
	int64_t started;
};

/* Do the step, or begin its program; a result that is known is taken. */
int work_do(struct tick *tick, struct live_run *run, struct live_step *live,
            struct error *err) MUST_CHECK;
/* As if it had been done, and had given `answer`. */
int work_answer(struct tick *tick, struct live_run *run, struct live_step *live,
                const struct value *answer, struct error *err) MUST_CHECK;

void work_free(struct work *work);
void work_free_auto(struct work **work);
/* Its output is there: what is left is the same for all kinds. */
int work_conclude(struct work *work, struct error *err) MUST_CHECK;

/* ---- For work.c (reuse.c) ---- */

/* Find all that the step depends on, and the key that this makes. */
int work_find_key(struct work *work, struct error *err) MUST_CHECK;
/* 1 when the journal has the result of the key, and it was taken; 0, -1. */
int work_reuse(struct work *work, struct error *err) MUST_CHECK;

#endif
