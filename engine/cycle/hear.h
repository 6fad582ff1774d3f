/*
 * Events that a run in memory listens to, at a wait or for its end.
 *
 * An event answers a step when its `answers`, a text or a list of texts, has
 * that step's message_id. Such an event can only have come since the message
 * was sent, so it is looked for from the start of the run on; others since the
 * wait began.
 */
#ifndef CYCLE_HEAR_H
#define CYCLE_HEAR_H

#include "engine/cycle/run.h"
#include "engine/cycle/tick.h"
#include "engine/job/expr.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct hearing {
	const struct live_step *wait; /* that listens; NULL: the run itself */
	const char *type;             /* of events; NULL: any */
	const struct expr *where;     /* names event.*; or NULL */
	const struct live_step *answers; /* the step it answers; or NULL */
};

struct heard {
	const struct emitted_record *emitted;
	const struct value *event; /* what it says */
};

/* The first event that fits, in the run's arena: 1, 0 when none does, -1. One
 * of which the condition cannot say whether it fits does not, and is told. */
int hear(struct tick *tick, struct live_run *run, const struct hearing *hearing,
         struct heard *ret, struct error *err) MUST_CHECK;

#endif
