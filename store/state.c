#include "store/state.h"

#include <stddef.h>
#include <string.h>

static const char *const step_names[] = {
	[STEP_WAITING] = "waiting",     [STEP_STARTED] = "started",
	[STEP_IN_REVIEW] = "in review", [STEP_SLEEPING] = "sleeping",
	[STEP_DONE] = "done",           [STEP_REUSED] = "reused",
	[STEP_FAILED] = "failed",       [STEP_SKIPPED] = "skipped",
	[STEP_DECLINED] = "declined",   [STEP_VOID] = "void",
};

static const char *const run_names[] = {
	[RUN_OPEN] = "open",         [RUN_WAITING] = "waiting",
	[RUN_DONE] = "done",         [RUN_FAILED] = "failed",
	[RUN_REJECTED] = "rejected", [RUN_CANCELLED] = "cancelled",
};

static const struct {
	enum step_state state;
	enum step_event event;
	enum step_state next;
} step_table[] = {
	{ STEP_WAITING, STEP_FINISHES, STEP_DONE },
	{ STEP_WAITING, STEP_IS_REUSED, STEP_REUSED },
	{ STEP_WAITING, STEP_FAILS, STEP_FAILED },
	{ STEP_WAITING, STEP_IS_SKIPPED, STEP_SKIPPED },
	{ STEP_WAITING, STEP_IS_INTENDED, STEP_STARTED },
	{ STEP_WAITING, STEP_OPENS, STEP_IN_REVIEW },
	{ STEP_WAITING, STEP_IS_DECLINED, STEP_DECLINED },
	{ STEP_WAITING, STEP_RUN_ENDS, STEP_VOID },
	{ STEP_STARTED, STEP_FINISHES, STEP_DONE },
	{ STEP_STARTED, STEP_FAILS, STEP_FAILED },
	{ STEP_WAITING, STEP_IS_LAID, STEP_SLEEPING },
	{ STEP_SLEEPING, STEP_IS_LAID, STEP_SLEEPING },
	{ STEP_SLEEPING, STEP_FINISHES, STEP_DONE },
	{ STEP_SLEEPING, STEP_IS_REUSED, STEP_REUSED },
	{ STEP_SLEEPING, STEP_FAILS, STEP_FAILED },
	{ STEP_SLEEPING, STEP_IS_SKIPPED, STEP_SKIPPED },
	{ STEP_SLEEPING, STEP_IS_INTENDED, STEP_STARTED },
	{ STEP_SLEEPING, STEP_RUN_ENDS, STEP_VOID },
	{ STEP_STARTED, STEP_IS_LAID, STEP_SLEEPING },
	{ STEP_IN_REVIEW, STEP_FINISHES, STEP_DONE },
	{ STEP_IN_REVIEW, STEP_IS_DECLINED, STEP_DECLINED },
	{ STEP_IN_REVIEW, STEP_RUN_ENDS, STEP_VOID },
	/* The merge left out what the step had drafted. */
	{ STEP_DONE, STEP_IS_DECLINED, STEP_DECLINED },
	{ STEP_REUSED, STEP_IS_DECLINED, STEP_DECLINED },
	{ STEP_FAILED, STEP_IS_RETRIED, STEP_WAITING },
	{ STEP_SKIPPED, STEP_IS_RETRIED, STEP_WAITING },
	{ STEP_VOID, STEP_IS_RETRIED, STEP_WAITING },
	/* Today's text gives it anew. */
	{ STEP_DONE, STEP_IS_RENEWED, STEP_WAITING },
	{ STEP_REUSED, STEP_IS_RENEWED, STEP_WAITING },
	{ STEP_FAILED, STEP_IS_RENEWED, STEP_WAITING },
	{ STEP_SKIPPED, STEP_IS_RENEWED, STEP_WAITING },
	{ STEP_VOID, STEP_IS_RENEWED, STEP_WAITING },
	{ STEP_IN_REVIEW, STEP_IS_RENEWED, STEP_WAITING },
	{ STEP_DONE, STEP_IS_REWOUND, STEP_WAITING },
	{ STEP_REUSED, STEP_IS_REWOUND, STEP_WAITING },
	{ STEP_FAILED, STEP_IS_REWOUND, STEP_WAITING },
	{ STEP_SKIPPED, STEP_IS_REWOUND, STEP_WAITING },
	{ STEP_DECLINED, STEP_IS_REWOUND, STEP_WAITING },
	{ STEP_VOID, STEP_IS_REWOUND, STEP_WAITING },
	{ STEP_IN_REVIEW, STEP_IS_REWOUND, STEP_WAITING },
	{ STEP_SLEEPING, STEP_IS_REWOUND, STEP_WAITING },
};

static const struct {
	enum run_state state;
	enum run_event event;
	enum run_state next;
} run_table[] = {
	{ RUN_OPEN, RUN_OPENS_GATE, RUN_WAITING },
	{ RUN_WAITING, RUN_OPENS_GATE, RUN_WAITING },
	{ RUN_WAITING, RUN_GATE_DECIDED, RUN_OPEN },
	{ RUN_OPEN, RUN_IS_DONE, RUN_DONE },
	{ RUN_OPEN, RUN_FAILS, RUN_FAILED },
	{ RUN_WAITING, RUN_FAILS, RUN_FAILED },
	{ RUN_OPEN, RUN_IS_REJECTED, RUN_REJECTED },
	{ RUN_WAITING, RUN_IS_REJECTED, RUN_REJECTED },
	{ RUN_OPEN, RUN_IS_CANCELLED, RUN_CANCELLED },
	{ RUN_WAITING, RUN_IS_CANCELLED, RUN_CANCELLED },
	{ RUN_FAILED, RUN_IS_RETRIED, RUN_OPEN },
	{ RUN_OPEN, RUN_IS_RENEWED, RUN_OPEN },
	{ RUN_WAITING, RUN_IS_RENEWED, RUN_OPEN },
	{ RUN_FAILED, RUN_IS_RENEWED, RUN_OPEN },
	{ RUN_OPEN, RUN_IS_REWOUND, RUN_OPEN },
	{ RUN_WAITING, RUN_IS_REWOUND, RUN_OPEN },
	{ RUN_DONE, RUN_IS_REWOUND, RUN_OPEN },
	{ RUN_FAILED, RUN_IS_REWOUND, RUN_OPEN },
	{ RUN_REJECTED, RUN_IS_REWOUND, RUN_OPEN },
	{ RUN_CANCELLED, RUN_IS_REWOUND, RUN_OPEN },
};

const char *step_state_name(enum step_state state)
{
	return step_names[state];
}

const char *run_state_name(enum run_state state)
{
	return run_names[state];
}

bool step_state_from_name(const char *name, enum step_state *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(step_names); i++)
		if (strcmp(step_names[i], name) == 0) {
			*ret = (enum step_state)i;
			return true;
		}
	return false;
}

bool run_state_from_name(const char *name, enum run_state *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(run_names); i++)
		if (strcmp(run_names[i], name) == 0) {
			*ret = (enum run_state)i;
			return true;
		}
	return false;
}

bool step_next(enum step_state state, enum step_event event,
               enum step_state *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(step_table); i++)
		if (step_table[i].state == state &&
		    step_table[i].event == event) {
			*ret = step_table[i].next;
			return true;
		}
	return false;
}

bool run_next(enum run_state state, enum run_event event, enum run_state *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(run_table); i++)
		if (run_table[i].state == state &&
		    run_table[i].event == event) {
			*ret = run_table[i].next;
			return true;
		}
	return false;
}

bool step_is_settled(enum step_state state)
{
	return state >= STEP_DONE;
}

bool step_has_output(enum step_state state)
{
	return state == STEP_DONE || state == STEP_REUSED;
}

bool run_is_over(enum run_state state)
{
	return state >= RUN_DONE;
}
