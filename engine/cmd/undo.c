/*
 * reeve undo: open a draft that takes back what a run did.
 */
#include "engine/cycle/undo.h"
#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cmd/ticking.h"
#include "engine/cmd/undoing.h"

static int refuse_open(struct invocation *invocation, struct engine *engine,
                       const struct run_record *run, struct error *err)
{
	const char *label = run_label(engine, invocation->arena, run);

	error_set(err, ERR_STATE, "%s is not over: it is %s", label,
	          run_state_name(run->state));
	return error_hint(err, "Cancel it first: reeve cancel %s.", label);
}

static int refuse_known(struct invocation *invocation, struct engine *engine,
                        const struct run_record *undo, struct error *err)
{
	const char *label = run_label(engine, invocation->arena, undo);

	switch (undo->state) {
	case RUN_OPEN:
	case RUN_WAITING:
		error_set(err, ERR_STATE, "its draft is there: %s", label);
		return error_hint(err, "\"reeve review %s\" shows it.", label);
	case RUN_FAILED:
		error_set(err, ERR_STATE, "undoing it failed: %s", label);
		return error_hint(err, "Go on with it: reeve retry %s.", label);
	case RUN_DONE:
	case RUN_REJECTED:
	case RUN_CANCELLED:
		break;
	}
	error_set(err, ERR_STATE, "it was undone by %s", label);
	return error_hint(err, "\"reeve log %s\" tells what happened.", label);
}

void tell_undone(struct invocation *invocation, const struct undone *undone)
{
	say_each(invocation, undone->left, "left, edited since");
	say_each(invocation, undone->stays, "stays");
}

int undo_go_on(struct invocation *invocation, struct engine *engine,
               const struct undone *undone, struct error *err)
{
	struct arena *arena = invocation->arena;
	struct note started = {
		.kind = NOTE_STARTED,
		.run = arena_printf(
		        arena, "%s %s", undone->run.job,
		        engine_short(engine, arena, undone->run.id)),
		.text = "hand",
	};

	tell_undone(invocation, undone);
	return tick_after(invocation, engine, &started, err);
}

static int refuse_nothing(struct invocation *invocation, struct engine *engine,
                          const struct run_record *run,
                          const struct undone *undone, struct error *err)
{
	tell_undone(invocation, undone);
	error_set(err, ERR_STATE, "nothing of %s can be undone",
	          run_label(engine, invocation->arena, run));
	return error_hint(err, "Files go back as long as nobody edits them; an "
	                       "effect needs an \"undo\" in its step.");
}

static int undo_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct arena *arena = invocation->arena;
	struct undone undone;
	struct run_record run;

	if (!engine || view_find_run(engine->view, arena, invocation->args[0],
	                             &run, err) < 0)
		return -1;
	if (!run_is_over(run.state))
		return refuse_open(invocation, engine, &run, err);
	int outcome = run_undo(engine, arena, &run, &undone, err);
	if (outcome < 0)
		return -1;
	if (outcome == UNDO_KNOWN)
		return refuse_known(invocation, engine, &undone.run, err);
	if (outcome == UNDO_NOTHING)
		return refuse_nothing(invocation, engine, &run, &undone, err);
	return undo_go_on(invocation, engine, &undone, err);
}

const struct command command_undo = {
	.name = "undo",
	.synopsis = "RUN",
	.help = "open a draft that takes back what a run did",
	.details = "The draft puts back the files that the run merged, but for "
	           "those edited since, and\nits slip lists the compensations, "
	           "last first: what the steps say under \"undo\".\nMerging it "
	           "carries them out. What has no compensation stays.",
	.least = 1,
	.most = 1,
	.run = undo_command,
};
