/*
 * reeve cancel: end a run that is not over.
 */
#include "engine/cycle/cancel.h"
#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cmd/undoing.h"

static int refuse_over(struct invocation *invocation, struct engine *engine,
                       const struct run_record *run, struct error *err)
{
	const char *label = run_label(engine, invocation->arena, run);

	error_set(err, ERR_STATE, "%s is over: it is %s", label,
	          run_state_name(run->state));
	return error_hint(err, "\"reeve log %s\" tells what happened.", label);
}

static void tell_cancelled(struct invocation *invocation, struct engine *engine,
                           const struct run_record *run,
                           const struct cancel_undo *undo)
{
	struct arena *arena = invocation->arena;
	struct value *map = value_map(arena);

	value_map_text(arena, map, "run", run->id);
	/* A tick that follows has the one document to say. */
	if (invocation->json && undo->outcome == UNDO_STARTED)
		return;
	if (invocation->json)
		print_json(invocation, map);
	else if (!invocation->quiet)
		say(invocation, "cancelled %s\n",
		    run_label(engine, arena, run));
}

/* The run is cancelled: its undo's draft is opened by a tick. */
static int go_on(struct invocation *invocation, struct engine *engine,
                 const struct run_record *run, struct cancel_undo *undo,
                 struct error *err)
{
	if (undo->problem.code != ERR_NONE) {
		error_move(err, &undo->problem);
		return error_wrap(err, "%s is cancelled, and not undone",
		                  run_label(engine, invocation->arena, run));
	}
	if (undo->outcome == UNDO_NOTHING)
		tell_undone(invocation, &undo->undone);
	return undo->outcome == UNDO_STARTED
	               ? undo_go_on(invocation, engine, &undo->undone, err)
	               : EXIT_STATUS_DONE;
}

static int cancel_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct cancel_undo undo = { .arena = invocation->arena };
	bool undoes = option_given(invocation, "undo");
	const char *text = option_get(invocation, "message");
	struct run_record run;

	if (!engine || view_find_run(engine->view, invocation->arena,
	                             invocation->args[0], &run, err) < 0)
		return -1;
	int cancelled = run_cancel(engine, &run, text ? text : "by hand",
	                           undoes ? &undo : NULL, err);
	if (cancelled < 0)
		return -1;
	if (!cancelled)
		return refuse_over(invocation, engine, &run, err);
	tell_cancelled(invocation, engine, &run, &undo);
	return undoes ? go_on(invocation, engine, &run, &undo, err)
	              : EXIT_STATUS_DONE;
}

static const struct option_row options[] = {
	{ "message", 'm', "TEXT", "why; it is kept as the reason" },
	{ "undo", 0, NULL, "open a draft that takes back what it did" },
	{ 0 },
};

const struct command command_cancel = {
	.name = "cancel",
	.synopsis = "RUN [-m TEXT] [--undo]",
	.help = "end a run that is not over",
	.details = "Its open drafts are withdrawn and kept under "
	           "refs/reeve/rejected/. What it did stays\ndone, unless "
	           "--undo opens the draft of \"reeve undo\".",
	.options = options,
	.least = 1,
	.most = 1,
	.run = cancel_command,
};
