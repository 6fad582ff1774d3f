/*
 * What would happen, without anything of it happening.
 *
 * A plan is a rehearsal (engine_rehearse()): triggers start their runs, merges
 * approve their gates and steps are looked up as in a tick, and nothing of it
 * is kept. What costs nothing and touches nothing (a file is read, a query
 * asked, a template filled in) is done, so that more is known below it; a
 * program, an agent, an effect, a gate or a wait is where a branch of the plan
 * ends, and what stands below it is said to come later.
 *
 * A plan is a value, so that text and JSON cannot differ:
 *
 *	{ runs: [ { run, job, started, steps: [ row ] } ], steps, run, … }
 *	row: { step, item, kind, action, because, after, title, effect, with,
 *	       payload, problem }
 */
#ifndef CYCLE_PLAN_H
#define CYCLE_PLAN_H

#include "engine/cycle/run.h"
#include "engine/cycle/tick.h"
#include "engine/steps/step.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

enum plan_action {
	PLAN_RUN,   /* it would be done */
	PLAN_REUSE, /* its result is known */
	PLAN_OPEN,  /* a gate would */
	PLAN_WAIT,  /* for a merge, a time, an event */
	PLAN_LATER, /* it waits for one that would run */
	PLAN_SKIP,
	PLAN_FAIL,
	PLAN_ACTIONS,
};

const char *plan_action_word(enum plan_action action);

struct plan {
	struct engine *engine;
	struct arena *arena; /* of the rows */
	bool all;            /* rows for what is reused, too */
	/* Told of problems alone; may be NULL. */
	void (*tell)(void *state, const struct note *note);
	void *state;
	/* Filled in. */
	struct value *runs;
	size_t steps;
	size_t counts[PLAN_ACTIONS];
	/* The plan's own, while it is made. */
	struct live_run *run;
	int64_t began;
};

/* Plan a tick: of the runs that are open, and of those that would start. The
 * engine is only good for closing after it. */
int plan_tick(struct plan *plan, struct error *err) MUST_CHECK;
/* Plan one run of `job`, started by hand with `inputs`. */
int plan_by_hand(struct plan *plan, const char *job, const struct value *inputs,
                 struct error *err) MUST_CHECK;

/* ---- For work.c and execute.c ---- */

/* The step has no result to reuse, or is not one that computes: 1 when the plan
 * ends at it, 0 when it is to be done, -1. `key` may be NULL. */
int plan_at_step(struct plan *plan, struct live_step *live,
                 const struct step_run *step_run, const char *key,
                 struct error *err) MUST_CHECK;
/* A gate or a wait is reached. */
int plan_at_wall(struct plan *plan, struct live_run *run,
                 struct live_step *live, struct error *err) MUST_CHECK;

#endif
