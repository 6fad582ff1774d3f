/*
 * reeve tick: do everything that is due, then exit.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/planning.h"
#include "engine/cmd/ticking.h"
#include "engine/cycle/idle.h"

static const struct option_row options[] = {
	{ "plan", 0, NULL, "only say what would happen; nothing does" },
	{ "offline", 0, NULL, "ask no remote; effects wait" },
	{ "all", 'a', NULL, "with --plan: list what is reused, too" },
	{ 0 },
};

static int tick_command(struct invocation *invocation, struct error *err)
{
	if (option_given(invocation, "plan"))
		return plan_aloud(invocation, NULL, NULL,
		                  option_given(invocation, "all"), err);
	if (idle_holds(".")) {
		tell_nothing(invocation);
		return EXIT_STATUS_DONE;
	}
	auto_engine struct engine *engine = open_workspace(invocation, err);
	if (!engine)
		return -1;
	engine->offline = option_given(invocation, "offline");
	return tick_aloud(invocation, engine, EXIT_STATUS_BUSY, err);
}

const struct command command_tick = {
	.name = "tick",
	.synopsis = "[--plan] [--offline]",
	.help = "do everything that is due, then exit",
	.details =
	        "Looks for merges, commits and events, goes on with every run "
	        "until it is done or\nwaits for you, and publishes. It is safe "
	        "at any time, from anywhere, any number\nof times: when "
	        "nothing is due it does nothing.\n\nAnother engine that holds "
	        "the workspace is told to look again, and this one\nexits "
	        "with status 75.\n\nWith --plan nothing happens: it says of "
	        "each step whether it would run, and why,\nor whether its "
	        "result is known, and shows what each effect would send.\n\n"
	        "With a remote in reeve.yaml it is asked first and told "
	        "last; while it cannot be\nreached, or with --offline, work "
	        "goes on and effects wait.",
	.options = options,
	.run = tick_command,
};
