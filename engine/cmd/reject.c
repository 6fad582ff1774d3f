/*
 * reeve reject: refuse a draft. It is kept, nothing of it is done.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/deciding.h"
#include "engine/cmd/opening.h"
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

/* An item that is only part of a draft is declined by approving the rest. */
static int refuse_part(const struct invocation *invocation,
                       const struct draft_record *draft, struct error *err)
{
	const char *item = item_named(invocation);

	if (!item || *draft->item)
		return 0;
	error_set(err, ERR_STATE, "\"%s\" is one of several in this draft",
	          item);
	return error_hint(err,
	                  "Approve the others: reeve approve %.8s "
	                  "--except %s.",
	                  draft->run, item);
}

static int reject_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
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
	if (find_open_draft(invocation, engine, &run, &draft, err) < 0 ||
	    refuse_part(invocation, &draft, err) < 0)
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
	.synopsis = "RUN [ITEM] [-m TEXT]",
	.help = "refuse a draft; nothing of it is done",
	.details = "The run is over. Its draft is kept under "
	           "refs/reeve/rejected/ with your last edits,\nand numbers "
	           "that it took are free again. With ITEM, whose own gate "
	           "waits: the item\nis over, and the others go on.",
	.options = options,
	.least = 1,
	.most = 2,
	.run = reject_command,
};
