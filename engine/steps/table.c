/*
 * The kinds of steps: one row each, sorted by name.
 */
#include "engine/steps/kinds.h"

/* clang-format off */
const struct step_kind *const step_kinds[] = {
	&step_agent,
	&step_call,
	&step_emit,
	&step_gate,
	&step_job,
	&step_let,
	&step_query,
	&step_read,
	&step_recall,
	&step_remember,
	&step_render,
	&step_run_program,
	&step_steps,
	&step_wait,
	NULL,
};
/* clang-format on */
