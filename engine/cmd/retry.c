/*
 * reeve retry: go on with a run that failed.
 */
#include "engine/cycle/retry.h"
#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cmd/ticking.h"
#include "store/base/text.h"

static const struct option_row options[] = {
	{ "with", 0, "BRANCH",
	  "go on with today's job and files; BRANCH is the owner's" },
	{ 0 },
};

/* As it was pinned, or with what the owner's branch says now. */
static int go_on(const struct invocation *invocation, struct engine *engine,
                 const struct run_record *run, struct error *err)
{
	const char *with = option_get(invocation, "with");

	if (!with)
		return run_retry(engine, run, err);
	if (text_equal(with, engine->branch))
		return run_renew(engine, run, err);
	error_set(err, ERR_USAGE, "\"%s\" is not the owner's branch", with);
	return error_hint(err, "Write --with %s.", engine->branch);
}

static int retry_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct arena *arena = invocation->arena;
	struct run_record run;

	if (!engine || view_find_run(engine->view, arena, invocation->args[0],
	                             &run, err) < 0)
		return -1;
	if (go_on(invocation, engine, &run, err) < 0)
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
	        "done stays done, and what was approved stays approved.\n"
	        "With --with main, also of a run that waits: it goes on with "
	        "the job and the files\nof your branch as it is now. Steps "
	        "that compute are looked at anew, an open gate is\ndrafted "
	        "anew.",
	.options = options,
	.least = 1,
	.most = 1,
	.run = retry_command,
};
