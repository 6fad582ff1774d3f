/*
 * The life of steps and runs: one table each of {state, event, next}.
 *
 * What is not in the table does not happen: the fold (view.h) voids an event
 * that has no row for the state it meets, and doctor names it.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <stdbool.h>

#include "store/base/compiler.h"

enum step_state {
	STEP_WAITING,
	STEP_STARTED,   /* an effect's intent is there, its result is not */
	STEP_IN_REVIEW, /* a gate that waits for its merge */
	STEP_SLEEPING,  /* until a time or an event, or before a next try */
	STEP_DONE,
	STEP_REUSED,
	STEP_FAILED,
	STEP_SKIPPED,
	STEP_DECLINED,
	STEP_VOID, /* its run ended before it could begin */
};

enum step_event {
	STEP_FINISHES,
	STEP_IS_REUSED,
	STEP_FAILS,
	STEP_IS_SKIPPED,
	STEP_IS_INTENDED,
	STEP_OPENS,   /* a gate */
	STEP_IS_LAID, /* to sleep */
	STEP_IS_DECLINED,
	STEP_RUN_ENDS,
	STEP_IS_RETRIED,
	STEP_IS_RENEWED, /* with another text of the job */
	STEP_IS_REWOUND,
};

enum run_state {
	RUN_OPEN,
	RUN_WAITING, /* for the owner */
	RUN_DONE,
	RUN_FAILED,
	RUN_REJECTED,
	RUN_CANCELLED,
};

enum run_event {
	RUN_OPENS_GATE,
	RUN_GATE_DECIDED,
	RUN_IS_DONE,
	RUN_FAILS,
	RUN_IS_REJECTED,
	RUN_IS_CANCELLED,
	RUN_IS_RETRIED,
	RUN_IS_RENEWED,
	RUN_IS_REWOUND,
};

const char *step_state_name(enum step_state state); /* "in review" */
const char *run_state_name(enum run_state state);
bool step_state_from_name(const char *name, enum step_state *ret);
bool run_state_from_name(const char *name, enum run_state *ret);

/* The next state; false when the pair is not in the table. */
bool step_next(enum step_state state, enum step_event event,
               enum step_state *ret);
bool run_next(enum run_state state, enum run_event event, enum run_state *ret);

/* Nothing more will happen to it in this run. */
bool step_is_settled(enum step_state state);
/* It has an output that others may use. */
bool step_has_output(enum step_state state);
bool run_is_over(enum run_state state);

#endif
