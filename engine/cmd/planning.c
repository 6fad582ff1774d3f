/*
 * A plan as text: each run with a table of its steps, the effects as blocks
 * below it, and a line that counts.
 */
#include "engine/cmd/planning.h"

#include <string.h>
#include <unistd.h>

#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cycle/plan.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

static const struct {
	enum plan_action action;
	enum tint tint;
} tints[] = {
	{ PLAN_RUN, TINT_BOLD },    { PLAN_REUSE, TINT_DIM },
	{ PLAN_OPEN, TINT_YELLOW }, { PLAN_WAIT, TINT_YELLOW },
	{ PLAN_LATER, TINT_DIM },   { PLAN_SKIP, TINT_DIM },
	{ PLAN_FAIL, TINT_RED },
};

static enum tint tint_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(tints); i++)
		if (strcmp(plan_action_word(tints[i].action), word) == 0)
			return tints[i].tint;
	return TINT_NONE;
}

static const char *joined(struct arena *arena, const struct value *list,
                          const char *before)
{
	const char *text = "";

	for (size_t i = 0; list && i < list->length; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : before,
		                    list->items[i]->text);
	return text;
}

/* Why, or behind what, or what a gate would ask. */
static const char *remark_of(struct arena *arena, const struct value *row)
{
	const char *title = value_get_text(row, "title", NULL);
	const struct value *why = value_get(row, "because");

	if (why && why->length)
		return joined(arena, why, "");
	if (title)
		return title;
	return joined(arena, value_get(row, "after"), "after ");
}

static const char *place_of(struct arena *arena, const struct value *row)
{
	const char *item = value_get_text(row, "item", NULL);
	const char *step = value_get_text(row, "step", "?");

	return item ? arena_printf(arena, "%s of %s", step, item) : step;
}

static void print_effect(const struct invocation *invocation,
                         const struct value *row)
{
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);
	auto_error struct error ignored = { 0 }; /* it was YAML before */
	const char *effect = value_get_text(row, "effect", NULL);
	const char *problem = value_get_text(row, "problem", NULL);
	const struct value *payload = value_get(row, "payload");

	if (!effect)
		return;
	say(invocation, "\n  %s: ", place_of(invocation->arena, row));
	say_tinted(invocation, TINT_BOLD, "%s", effect);
	say(invocation, "%s\n", payload ? "" : ", as far as it is known");
	if (yaml_write(&text, payload ? payload : value_get(row, "with"),
	               &ignored) == 0)
		say_indented(invocation, 4, text.at);
	if (problem)
		say(invocation, "    problem: %s\n", problem);
}

static void print_run(const struct invocation *invocation,
                      struct engine *engine, const struct value *run)
{
	struct arena *arena = invocation->arena;
	const struct value *rows = value_get(run, "steps");
	const char *id = value_get_text(run, "run", NULL);
	struct table table = { .arena = arena, .columns = 4, .indent = 2 };

	say_tinted(invocation, TINT_BOLD, "%s", value_get_text(run, "job", ""));
	if (id)
		say(invocation, " %s\n", engine_short(engine, arena, id));
	else
		say(invocation, ", started %s\n",
		    run_cause(arena, value_get(run, "trigger")));
	for (size_t i = 0; i < rows->length; i++) {
		const struct value *row = rows->items[i];
		const char *action = value_get_text(row, "action", "");
		table_add(&table, TINT_NONE, "%s", place_of(arena, row));
		table_add(&table, TINT_DIM, "%s",
		          value_get_text(row, "kind", ""));
		table_add(&table, tint_of(action), "%s", action);
		table_add(&table, TINT_NONE, "%s", remark_of(arena, row));
	}
	table_print(invocation, &table);
	for (size_t i = 0; i < rows->length; i++)
		print_effect(invocation, rows->items[i]);
}

static void print_counts(const struct invocation *invocation,
                         const struct plan *plan)
{
	const char *gap = ": ";

	if (plan->runs->length == 0) {
		say(invocation, "nothing to do\n");
		return;
	}
	say(invocation, "%s",
	    count_text(invocation->arena, plan->steps, "step", "steps"));
	for (size_t i = 0; i < PLAN_ACTIONS; i++) {
		if (plan->counts[i] == 0)
			continue;
		say(invocation, "%s%zu %s", gap, plan->counts[i],
		    plan_action_word((enum plan_action)i));
		gap = ", ";
	}
	say(invocation, "\n");
}

static void print_as_json(const struct invocation *invocation,
                          const struct plan *plan)
{
	struct arena *arena = invocation->arena;
	struct value *map = value_map(arena);

	value_map_set(arena, map, "runs", plan->runs);
	value_map_int(arena, map, "steps", (int64_t)plan->steps);
	for (size_t i = 0; i < PLAN_ACTIONS; i++)
		value_map_int(arena, map, plan_action_word((enum plan_action)i),
		              (int64_t)plan->counts[i]);
	print_json(invocation, map);
}

static void print_plan(const struct invocation *invocation,
                       const struct plan *plan)
{
	for (size_t i = 0; i < plan->runs->length && !invocation->quiet; i++) {
		print_run(invocation, plan->engine, plan->runs->items[i]);
		say(invocation, "\n");
	}
	print_counts(invocation, plan);
}

static void tell(void *state, const struct note *note)
{
	const struct plan *plan = state;
	const char *run = note->run ? note->run : "";

	print_problem(stderr, print_in_colour(stderr),
	              arena_printf(plan->arena, "%s%s", run, *run ? ": " : ""),
	              "waiting", plan->engine->env.work_dir, note->problem);
}

int plan_aloud(struct invocation *invocation, const char *job,
               const struct value *inputs, bool all, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct plan plan = {
		.engine = engine,
		.arena = invocation->arena,
		.all = !invocation->quiet &&
		       (all || invocation->json || isatty(STDOUT_FILENO)),
		.tell = tell,
		.state = &plan,
	};

	if (!engine)
		return -1;
	int status = job ? plan_by_hand(&plan, job, inputs, err)
	                 : plan_tick(&plan, err);
	if (status < 0)
		return -1;
	if (invocation->json)
		print_as_json(invocation, &plan);
	else
		print_plan(invocation, &plan);
	return EXIT_STATUS_DONE;
}
