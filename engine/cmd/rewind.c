/*
 * reeve rewind: go back to a step of a run, and on from there.
 */
#include "engine/cycle/rewind.h"
#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cmd/ticking.h"
#include "store/base/text.h"

static const struct option_row options[] = {
	{ "to", 0, "STEP", "the step to go on from" },
	{ "again", 0, "STEP", "do its effects once more; several by commas" },
	{ "with", 0, "BRANCH",
	  "go on with today's job and files; BRANCH is the owner's" },
	{ 0 },
};

/* "send,note" as a list. */
static struct value *list_of(struct arena *arena, const char *text)
{
	struct value *list = value_list(arena);
	char *rest = text ? arena_strdup(arena, text) : NULL;

	while (rest)
		value_list_add(arena, list,
		               value_string(arena, strsep(&rest, ",")));
	return list;
}

static int read_options(const struct invocation *invocation,
                        const struct engine *engine, struct rewinding *ret,
                        struct error *err)
{
	const char *with = option_get(invocation, "with");

	ret->to = option_get(invocation, "to");
	ret->again =
	        list_of(invocation->arena, option_get(invocation, "again"));
	ret->with_text = with != NULL;
	if (!ret->to) {
		error_set(err, ERR_USAGE,
		          "rewind needs the step to go on from");
		return error_hint(err, "Write --to STEP.");
	}
	if (!with || text_equal(with, engine->branch))
		return 0;
	error_set(err, ERR_USAGE, "\"%s\" is not the owner's branch", with);
	return error_hint(err, "Write --with %s.", engine->branch);
}

static int rewind_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct arena *arena = invocation->arena;
	struct rewinding rewinding = { .arena = arena };
	struct run_record run;

	if (!engine || read_options(invocation, engine, &rewinding, err) < 0 ||
	    view_find_run(engine->view, arena, invocation->args[0], &run, err) <
	            0 ||
	    run_rewind(engine, &run, &rewinding, err) < 0)
		return -1;
	say_each(invocation, rewinding.kept, "stays done");
	say_each(invocation, rewinding.repeated, "done again");
	struct note back = {
		.kind = NOTE_STARTED,
		.run = arena_printf(arena, "%s %s", run.job,
		                    engine_short(engine, arena, run.id)),
		.text = arena_printf(arena, "rewind to %s", rewinding.to),
	};
	return tick_after(invocation, engine, &back, err);
}

const struct command command_rewind = {
	.name = "rewind",
	.synopsis = "RUN --to STEP",
	.help = "go back to a step of a run, and on from there",
	.details =
	        "The step and all that comes after it wait again; results "
	        "before it are kept. What\ncomputes is looked at by its key, "
	        "a gate opens anew. Effects that were done are\nlisted and "
	        "stay done, but for those of steps named with --again. With "
	        "--with main\nthe run goes on with the job and the files of "
	        "your branch as it is now.",
	.options = options,
	.least = 1,
	.most = 1,
	.run = rewind_command,
};
