/*
 * reeve reject: refuse a draft. It is kept, nothing of it is done.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/deciding.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cycle/approval.h"

static void print_rejected(struct invocation *invocation, struct engine *engine,
                           const struct run_record *run, const char *kept)
{
	struct arena *arena = invocation->arena;
	struct value *map = value_map(arena);

	if (invocation->json) {
		value_map_text(arena, map, "run", run->id);
		value_map_text(arena, map, "kept", kept);
		print_json(invocation, map);
	} else if (!invocation->quiet) {
		say(invocation, "rejected %s\n", run_label(engine, arena, run));
		if (kept)
			say(invocation, "the draft is kept as %s\n", kept);
	}
}

static int reject_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = engine_open(".", err);
	struct run_record run;
	struct draft_record draft;
	struct rejection rejection = {
		.run = &run,
		.draft = &draft,
		.reason = option_get(invocation, "message"),
	};
	const char *kept;

	if (!engine)
		return -1;
	if (find_open_draft(invocation, engine, invocation->args[0], &run,
	                    &draft, err) < 0)
		return -1;
	if (approval_reject(engine, &rejection, invocation->arena, &kept, err) <
	    0)
		return -1;
	print_rejected(invocation, engine, &run, kept);
	return EXIT_STATUS_DONE;
}

static const struct option_row options[] = {
	{ "message", 'm', "TEXT", "why; it is kept with the draft" },
	{ 0 },
};

const struct command command_reject = {
	.name = "reject",
	.synopsis = "RUN [-m TEXT]",
	.help = "refuse a draft; nothing of it is done",
	.details = "The run is over. Its draft is kept under "
	           "refs/reeve/rejected/ with your last edits,\nand numbers "
	           "that it took are free again.",
	.options = options,
	.least = 1,
	.most = 1,
	.run = reject_command,
};
