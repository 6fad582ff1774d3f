/*
 * reeve release: start the many runs that one commit would start, or none.
 */
#include "engine/cycle/release.h"
#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/ticking.h"

static const struct option_row release_options[] = {
	{ "drop", 'd', NULL, "leave them out, for good" },
	{ 0 },
};

static int release_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);

	if (!engine ||
	    flood_decide(engine, invocation->args[0], invocation->args[1],
	                 option_given(invocation, "drop"), err) < 0)
		return -1;
	return tick_aloud(invocation, engine, EXIT_STATUS_DONE, err);
}

const struct command command_release = {
	.name = "release",
	.synopsis = "JOB COMMIT [--drop]",
	.help = "start the many runs that a commit would start",
	.details = "A commit that would start more than 20 runs of a job "
	           "starts none until you say so.\nThis says so; --drop says "
	           "that they are never to start.",
	.options = release_options,
	.least = 2,
	.most = 2,
	.run = release_command,
};
