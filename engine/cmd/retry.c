/*
 * reeve retry: go on with a run that failed.
 */
#include "engine/cycle/retry.h"
#include "engine/cmd/commands.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cmd/ticking.h"

static int retry_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = engine_open(".", err);
	struct arena *arena = invocation->arena;
	struct run_record run;

	if (!engine || view_find_run(engine->view, arena, invocation->args[0],
	                             &run, err) < 0)
		return -1;
	if (run_retry(engine, &run, err) < 0)
		return -1;
	struct note again = {
		.kind = NOTE_STARTED,
		.run = arena_printf(arena, "%s %s", run.job,
		                    engine_short(engine, arena, run.id)),
		.text = "retry",
	};
	return tick_after(invocation, engine, &again, err);
}

const struct command command_retry = {
	.name = "retry",
	.synopsis = "RUN",
	.help = "go on with a run that failed",
	.details =
	        "Tries the steps that failed once more, of a loop only the "
	        "items that did, and what\nwas skipped because of them, with "
	        "the job and the files that the run began with.\nWhat is "
	        "done stays done, and what was approved stays approved.",
	.least = 1,
	.most = 1,
	.run = retry_command,
};
