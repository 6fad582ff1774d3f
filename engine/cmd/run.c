/*
 * reeve run: start one run by hand, and go on with it.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/pairs.h"
#include "engine/cmd/planning.h"
#include "engine/cmd/print.h"
#include "engine/cmd/ticking.h"
#include "engine/cycle/tick.h"

static const struct option_row options[] = {
	{ "plan", 0, NULL, "only say what would happen; nothing does" },
	{ "all", 'a', NULL, "with --plan: list what is reused, too" },
	{ 0 },
};

static int run_command(struct invocation *invocation, struct error *err)
{
	struct value *inputs = pairs_read(invocation, "input", err);
	struct run_record record;
	const char *run;

	if (!inputs)
		return -1;
	if (option_given(invocation, "plan"))
		return plan_aloud(invocation, invocation->args[0], inputs,
		                  option_given(invocation, "all"), err);
	auto_engine struct engine *engine = open_workspace(invocation, err);
	if (!engine)
		return -1;
	if (run_start_by_hand(engine, invocation->arena, invocation->args[0],
	                      inputs, &run, err) < 0)
		return -1;
	if (view_run(engine->view, invocation->arena, run, &record, err) < 0)
		return -1;
	/* By `overlap: skip` it may be over before it began. */
	bool skipped = run_is_over(record.state);
	struct note started = {
		.kind = skipped ? NOTE_FINISHED : NOTE_STARTED,
		.state = skipped ? run_state_name(record.state) : NULL,
		.run = arena_printf(
		        invocation->arena, "%s %s", invocation->args[0],
		        engine_short(engine, invocation->arena, run)),
		.text = skipped ? record.reason : "hand",
	};
	return tick_after(invocation, engine, &started, err);
}

const struct command command_run = {
	.name = "run",
	.synopsis = "JOB [KEY=VALUE]... [--plan]",
	.help = "start one run now",
	.details = "Starts a run of jobs/JOB.yaml as it is committed on your "
	           "branch, with the given\ninputs, and goes on with it until "
	           "it is done or waits for you.",
	.options = options,
	.least = 1,
	.most = (size_t)-1,
	.run = run_command,
};
