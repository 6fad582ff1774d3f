/*
 * reeve tick: do everything that is due, then exit.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/ticking.h"
#include "engine/cycle/idle.h"

static int tick_command(struct invocation *invocation, struct error *err)
{
	if (idle_holds(".")) {
		tell_nothing(invocation);
		return EXIT_STATUS_DONE;
	}
	auto_engine struct engine *engine = engine_open(".", err);
	if (!engine)
		return -1;
	return tick_aloud(invocation, engine, EXIT_STATUS_BUSY, err);
}

const struct command command_tick = {
	.name = "tick",
	.synopsis = "",
	.help = "do everything that is due, then exit",
	.details =
	        "Looks for merges, commits and events, goes on with every run "
	        "until it is done or\nwaits for you, and publishes. It is safe "
	        "at any time, from anywhere, any number\nof times: when "
	        "nothing is due it does nothing.\n\nAnother engine that holds "
	        "the workspace is told to look again, and this one\nexits "
	        "with status 75.",
	.run = tick_command,
};
