/*
 * reeve cancel: end a run that is not over.
 */
#include "engine/cycle/cancel.h"
#include "engine/cmd/commands.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"

static int cancel_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = engine_open(".", err);
	struct arena *arena = invocation->arena;
	const char *text = option_get(invocation, "message");
	struct run_record run;

	if (!engine || view_find_run(engine->view, arena, invocation->args[0],
	                             &run, err) < 0)
		return -1;
	int cancelled = run_cancel(engine, &run, text ? text : "by hand", err);
	if (cancelled < 0)
		return -1;
	if (!cancelled) {
		error_set(err, ERR_STATE, "%s is over: it is %s",
		          run_label(engine, arena, &run),
		          run_state_name(run.state));
		return error_hint(err, "\"reeve log %s\" tells what happened.",
		                  run_label(engine, arena, &run));
	}
	if (invocation->json) {
		struct value *map = value_map(arena);
		value_map_text(arena, map, "run", run.id);
		print_json(invocation, map);
	} else if (!invocation->quiet) {
		say(invocation, "cancelled %s\n",
		    run_label(engine, arena, &run));
	}
	return EXIT_STATUS_DONE;
}

static const struct option_row options[] = {
	{ "message", 'm', "TEXT", "why; it is kept as the reason" },
	{ 0 },
};

const struct command command_cancel = {
	.name = "cancel",
	.synopsis = "RUN [-m TEXT]",
	.help = "end a run that is not over",
	.details = "Its open drafts are withdrawn and kept under "
	           "refs/reeve/rejected/. What it did stays\ndone.",
	.options = options,
	.least = 1,
	.most = 1,
	.run = cancel_command,
};
