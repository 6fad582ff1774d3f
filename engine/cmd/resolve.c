/*
 * reeve resolve: the owner's word on effects of which nobody knows whether they
 * were done.
 */
#include <string.h>

#include "engine/bus/bus.h"
#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cmd/ticking.h"
#include "store/base/json.h"
#include "store/base/text.h"

static const struct {
	const char *option;
	enum bus_verdict verdict;
	const char *says;
} verdicts[] = {
	{ "done", BUS_DONE, "is taken as done" },
	{ "retry", BUS_RETRY, "is sent again, with the same key" },
	{ "failed", BUS_FAILED, "is taken as not done" },
};

struct resolving {
	struct invocation *invocation;
	struct engine *engine;
	struct run_record run;
	struct effect_record *doubts; /* those that are meant */
	size_t count;
};

/* The one verdict that was given; -1 and err unless there is just one. */
static int find_verdict(const struct invocation *invocation, size_t *ret,
                        struct error *err)
{
	size_t given = 0;

	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		if (!option_given(invocation, verdicts[i].option))
			continue;
		*ret = i;
		given++;
	}
	if (given == 1)
		return 0;
	return error_set(err, ERR_USAGE,
	                 "say one of --done, --retry and --failed");
}

/* What --result says, or NULL. */
static int read_result(const struct invocation *invocation, size_t verdict,
                       const struct value **ret, struct error *err)
{
	const char *text = option_get(invocation, "result");

	*ret = NULL;
	if (!text)
		return 0;
	if (verdicts[verdict].verdict != BUS_DONE)
		return error_set(err, ERR_USAGE, "--result goes with --done");
	*ret = json_parse(invocation->arena, "--result", text, strlen(text),
	                  err);
	if (*ret)
		return 0;
	err->code = ERR_USAGE;
	return -1;
}

/* ---- Which are meant ----------------------------------------------------- */

static bool is_meant(const struct resolving *resolving,
                     const struct effect_record *effect)
{
	const char **args = resolving->invocation->args;
	size_t count = resolving->invocation->count;

	return text_equal(effect->run, resolving->run.id) &&
	       (count < 2 || text_equal(effect->step, args[1])) &&
	       (count < 3 || text_equal(effect->item, args[2]));
}

static int refuse_none(const struct resolving *resolving, struct error *err)
{
	const struct invocation *invocation = resolving->invocation;
	const char *label = run_label(resolving->engine, invocation->arena,
	                              &resolving->run);

	if (invocation->count < 2)
		error_set(err, ERR_STATE, "nothing of %s is in doubt", label);
	else
		error_set(err, ERR_STATE,
		          "no effect of step \"%s\" of %s is in doubt",
		          step_name(invocation->arena, invocation->args[1],
		                    invocation->count > 2 ? invocation->args[2]
		                                          : ""),
		          label);
	return error_hint(err, "\"reeve\" lists what is in doubt.");
}

static int find_doubts(struct resolving *resolving, struct error *err)
{
	const struct invocation *invocation = resolving->invocation;
	struct effect_record *all;
	size_t count;

	if (view_effects_in_doubt(resolving->engine->view, invocation->arena,
	                          &all, &count, err) < 0)
		return -1;
	resolving->doubts = arena_array(invocation->arena, count + 1,
	                                sizeof(*resolving->doubts));
	for (size_t i = 0; i < count; i++)
		if (is_meant(resolving, &all[i]))
			resolving->doubts[resolving->count++] = all[i];
	if (resolving->count == 0)
		return refuse_none(resolving, err);
	if (resolving->count == 1 || option_given(invocation, "all"))
		return 0;
	error_set(err, ERR_STATE, "%zu effects are meant, from %s to %s",
	          resolving->count,
	          step_name(invocation->arena, resolving->doubts[0].step,
	                    resolving->doubts[0].item),
	          step_name(invocation->arena,
	                    resolving->doubts[resolving->count - 1].step,
	                    resolving->doubts[resolving->count - 1].item));
	return error_hint(err, "Name the step and the item, or say --all.");
}

/* ---- Settling ------------------------------------------------------------ */

static int settle(const struct resolving *resolving, size_t verdict,
                  const struct value *result, struct error *err)
{
	struct invocation *invocation = resolving->invocation;
	struct engine *engine = resolving->engine;
	const struct config *config = engine_config(engine, err);

	if (!config)
		return -1;
	for (size_t i = 0; i < resolving->count; i++) {
		const struct effect_record *effect = &resolving->doubts[i];
		if (bus_resolve(&engine->env, config, effect,
		                verdicts[verdict].verdict, result,
		                option_get(invocation, "message"), err) < 0)
			return -1;
		struct note news = {
			.kind = NOTE_STEP,
			.run = run_label(engine, invocation->arena,
			                 &resolving->run),
			.step = step_name(invocation->arena, effect->step,
			                  effect->item),
			.state = verdicts[verdict].option,
			.text = arena_printf(invocation->arena, "%s %s",
			                     effect->effect,
			                     verdicts[verdict].says),
		};
		if (i + 1 == resolving->count)
			return tick_after(invocation, engine, &news, err);
		tell_news(invocation, engine, &news);
	}
	return EXIT_STATUS_DONE;
}

static int resolve_command(struct invocation *invocation, struct error *err)
{
	const struct value *result;
	size_t verdict = 0;

	if (find_verdict(invocation, &verdict, err) < 0 ||
	    read_result(invocation, verdict, &result, err) < 0)
		return -1;
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct resolving resolving = {
		.invocation = invocation,
		.engine = engine,
	};
	if (!engine ||
	    view_find_run(engine->view, invocation->arena, invocation->args[0],
	                  &resolving.run, err) < 0 ||
	    find_doubts(&resolving, err) < 0)
		return -1;
	return settle(&resolving, verdict, result, err);
}

static const struct option_row options[] = {
	{ "done", 'd', NULL, "it was done: the run goes on" },
	{ "retry", 'r', NULL, "send it again, with the same key" },
	{ "failed", 'f', NULL, "it was not done, and is not to be" },
	{ "result", 0, "JSON", "with --done: what it gave, for later steps" },
	{ "all", 'a', NULL, "all that are meant, if there are several" },
	{ "message", 'm', "TEXT", "why; it is kept" },
	{ 0 },
};

const struct command command_resolve = {
	.name = "resolve",
	.synopsis = "RUN [STEP [ITEM]] --done|--retry",
	.help = "settle an effect that is in doubt",
	.details =
	        "An effect that was begun, and of which nobody knows whether "
	        "it was done, is never\nrepeated by itself. Look in the "
	        "world (\"reeve explain RUN STEP\" shows what was\nsent, and "
	        "its key), then say what is so. Without --result, what is "
	        "taken as done\ngave what its payload shows.",
	.options = options,
	.least = 1,
	.most = 3,
	.run = resolve_command,
};
