/*
 * The commands: one row each, sorted by name; first `reeve` alone, which has
 * none.
 */
#include "engine/cmd/commands.h"

/* clang-format off */
const struct command *const commands[] = {
	&command_alone,
	&command_adopt,
	&command_approve,
	&command_cancel,
	&command_check,
	&command_doctor,
	&command_emit,
	&command_explain,
	&command_hooks,
	&command_init,
	&command_log,
	&command_names,
	&command_rebuild,
	&command_recall,
	&command_reject,
	&command_release,
	&command_replay,
	&command_resolve,
	&command_retry,
	&command_review,
	&command_rewind,
	&command_run,
	&command_schema,
	&command_show,
	&command_status,
	&command_test,
	&command_tick,
	&command_try,
	&command_undo,
	&command_why,
	NULL,
};
/* clang-format on */
