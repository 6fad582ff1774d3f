/*
 * reeve approve: merge a draft, as git merge would, and go on.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/deciding.h"
#include "engine/cmd/ticking.h"
#include "engine/cycle/approval.h"

static int approve_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = engine_open(".", err);
	struct run_record run;
	struct draft_record draft;
	struct oid commit;

	if (!engine)
		return -1;
	if (find_open_draft(invocation, engine, invocation->args[0], &run,
	                    &draft, err) < 0)
		return -1;
	if (!draft.branch) {
		error_set(err, ERR_STATE, "this draft merges itself");
		return error_hint(err, "reeve tick tries again.");
	}
	if (approval_merge(engine, &run, &draft, &commit, err) < 0)
		return -1;
	struct note merged = {
		.kind = NOTE_MERGED,
		.run = arena_printf(
		        invocation->arena, "%s %s", run.job,
		        engine_short(engine, invocation->arena, run.id)),
		.text = arena_printf(invocation->arena, "%s into %s as %.8s",
		                     draft.branch, engine->branch,
		                     oid_text(invocation->arena, &commit)),
	};
	if (!option_given(invocation, "no-tick"))
		return tick_after(invocation, engine, &merged, err);
	tell_news(invocation, engine, &merged);
	return EXIT_STATUS_DONE;
}

static const struct option_row options[] = {
	{ "no-tick", 0, NULL, "only merge; the next tick goes on" },
	{ 0 },
};

const struct command command_approve = {
	.name = "approve",
	.synopsis = "RUN",
	.help = "merge a draft and go on",
	.details = "Merges the run's draft branch into yours, as git merge "
	           "--no-ff would, and releases\nwhat its slip says. A draft "
	           "that you have edited is merged as you left it.",
	.options = options,
	.least = 1,
	.most = 1,
	.run = approve_command,
};
