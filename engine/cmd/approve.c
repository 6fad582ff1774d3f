/*
 * reeve approve: merge a draft, as git merge would, and go on.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/deciding.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/ticking.h"
#include "engine/cycle/approval.h"
#include "engine/cycle/narrow.h"

/* What --only and --except ask for; false when neither was given. */
static bool read_narrowing(const struct invocation *invocation,
                           const struct draft_record *draft,
                           struct narrowing *ret)
{
	const char *except = option_get(invocation, "except");
	const char *only = option_get(invocation, "only");

	if (!only && !except && item_named(invocation) && !*draft->item)
		only = item_named(invocation);
	ret->except = except != NULL;
	ret->names = except ? except : only;
	return ret->names != NULL;
}

/* What was left out is declined, and that is never silent. */
static const char *left_out(struct arena *arena,
                            const struct narrowing *narrowing)
{
	const char *text = "";

	for (size_t i = 0; i < narrowing->count && i < 5; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : "",
		                    narrowing->left_out[i]);
	if (narrowing->count == 0)
		return "";
	return arena_printf(arena, "; %zu declined: %s%s", narrowing->count,
	                    text, narrowing->count > 5 ? ", …" : "");
}

/* The branch is the owner's to push, and another machine waits for it. */
static const char *hint_push(struct engine *engine, struct arena *arena)
{
	auto_error struct error unread = { 0 };
	const struct config *config = engine_config_seen(engine, &unread);

	if (!config || !config->remote)
		return NULL;
	return arena_printf(arena,
	                    "Other machines see it after \"git push %s %s\".",
	                    config->remote, engine->branch);
}

static int check_options(const struct invocation *invocation,
                         const struct draft_record *draft, struct error *err)
{
	if (option_given(invocation, "only") &&
	    option_given(invocation, "except"))
		return error_set(err, ERR_USAGE,
		                 "--only and --except exclude each other");
	if (draft->branch)
		return 0;
	error_set(err, ERR_STATE, "this draft merges itself");
	return error_hint(err, "reeve tick tries again.");
}

static int approve_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct arena *arena = invocation->arena;
	struct run_record run;
	struct draft_record draft;
	struct narrowing narrowing = { 0 };
	struct merging merging = { .run = &run, .draft = &draft };
	struct oid commit;

	if (!engine ||
	    find_open_draft(invocation, engine, &run, &draft, err) < 0 ||
	    check_options(invocation, &draft, err) < 0)
		return -1;
	if (read_narrowing(invocation, &draft, &narrowing))
		merging.narrowing = &narrowing;
	if (approval_merge(engine, arena, &merging, &commit, err) < 0)
		return -1;
	struct note merged = {
		.kind = NOTE_MERGED,
		.run = arena_printf(arena, "%s %s", run.job,
		                    engine_short(engine, arena, run.id)),
		.text = arena_printf(arena, "%s into %s as %.8s%s",
		                     draft.branch, engine->branch,
		                     oid_text(arena, &commit),
		                     left_out(arena, &narrowing)),
		.hint = hint_push(engine, arena),
	};
	if (!option_given(invocation, "no-tick"))
		return tick_after(invocation, engine, &merged, err);
	tell_news(invocation, engine, &merged);
	return EXIT_STATUS_DONE;
}

static const struct option_row options[] = {
	{ "only", 0, "ITEMS", "of its items only these, as acme,globex" },
	{ "except", 0, "ITEMS", "all its items but these" },
	{ "no-tick", 0, NULL, "only merge; the next tick goes on" },
	{ 0 },
};

const struct command command_approve = {
	.name = "approve",
	.synopsis = "RUN [ITEM]",
	.help = "merge a draft and go on",
	.details = "Merges the run's draft branch into yours, as git merge "
	           "--no-ff would, and releases\nwhat its slip says. A draft "
	           "that you have edited is merged as you left it.\n\n"
	           "Where a gate decides by item, --only and --except leave "
	           "out files and entries of\nthe other items, which "
	           "declines them. ITEM is one that waits at its own gate,\n"
	           "or short for --only.",
	.options = options,
	.least = 1,
	.most = 2,
	.run = approve_command,
};
