/*
 * reeve explain: an explanation (engine/report) as text. Short facts come
 * first, each in one line; long texts (prompt, payload, output) follow below
 * their names.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/report/explain.h"
#include "store/base/date.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

#define GIVEN_COLUMNS 60 /* of a value that a step was given */

struct page {
	const struct invocation *invocation;
	struct arena *arena;
	struct engine *engine;
	const struct value *map; /* the explanation */
};

static const char *text_of(const struct value *map, const char *name)
{
	return value_get_text(map, name, NULL);
}

/* An instant of the explanation on the owner's clocks. */
static const char *local_time(const struct page *page, const struct value *map,
                              const char *name)
{
	const char *text = text_of(map, name);
	int64_t time_ms;

	if (!text || !date_parse_rfc3339(text, &time_ms))
		return "?";
	return time_text(page->arena, page->engine->env.timezone, time_ms);
}

/* The first line carries the name, the others are below its value. */
static const char *take(const char **name)
{
	const char *once = *name;

	*name = "";
	return once;
}

/* ---- Facts --------------------------------------------------------------- */

static void say_state(const struct page *page)
{
	const char *reason = text_of(page->map, "reason");
	const char *at = text_of(page->map, "at");

	say_fact(page->invocation, "state", "%s%s%s%s%s",
	         value_get_text(page->map, "state", "?"), at ? " on " : "",
	         at ? local_time(page, page->map, "at") : "",
	         reason && *reason ? ": " : "", reason ? reason : "");
	if (text_of(page->map, "key"))
		say_fact(page->invocation, "key", "%s",
		         text_of(page->map, "key"));
}

static void say_origin(const struct page *page)
{
	const struct value *from = value_get(page->map, "from");

	if (from)
		say_fact(page->invocation, "computed by",
		         "step %s of %s-%s on %s",
		         value_get_text(from, "step", "?"),
		         value_get_text(from, "job", "run"),
		         engine_short(page->engine, page->arena,
		                      value_get_text(from, "run", "")),
		         local_time(page, from, "started"));
}

/* How an agent decided, or what a program ran in. */
static void say_record(const struct page *page)
{
	const struct value *record = value_get(page->map, "record");
	const struct value *decision = value_get(record, "decision");

	if (text_of(record, "isolation"))
		say_fact(page->invocation, "isolation", "%s",
		         text_of(record, "isolation"));
	if (!decision)
		return;
	say_fact(page->invocation, "agent", "%s",
	         value_get_text(record, "agent", "?"));
	say_fact(page->invocation, "decision", "%s: %s; its answer %s",
	         value_get_text(decision, "provider", "?"),
	         value_get_text(decision, "why", "?"),
	         value_get_text(decision, "checked", "was not checked"));
	say_fact(page->invocation, "cost", "%s",
	         cost_text(page->arena, text_of(record, "cost")));
}

/* { path: blob id }: files that the result depends on. */
static bool is_files(const struct value *value)
{
	struct oid oid;

	if (value->kind != VALUE_MAP)
		return false;
	for (size_t i = 0; i < value->length; i++)
		if (value->members[i].value->kind != VALUE_STRING ||
		    !oid_from_text(value->members[i].value->text, &oid))
			return false;
	return true;
}

static void say_files(const struct page *page, const char **heading,
                      const struct value *files)
{
	for (size_t i = 0; i < files->length; i++)
		say_fact(page->invocation, take(heading), "%s at %.8s",
		         files->members[i].name, files->members[i].value->text);
}

static void say_given(const struct page *page, const char **heading,
                      const char *prefix, const struct value *map)
{
	for (size_t i = 0; i < map->length; i++) {
		const struct member *member = &map->members[i];
		const char *text =
		        member->value->kind == VALUE_STRING
		                ? member->value->text
		                : json_canonical(page->arena, member->value);
		say_fact(page->invocation, take(heading), "%s%s: %s", prefix,
		         member->name,
		         cut_text(page->arena, text, GIVEN_COLUMNS));
	}
}

static void say_ingredients(const struct page *page)
{
	const struct value *map = value_get(page->map, "ingredients");
	const char *heading = "made from";

	for (size_t i = 0; map && i < map->length; i++) {
		const struct member *member = &map->members[i];
		if (member->value->kind == VALUE_NULL)
			continue;
		if (is_files(member->value))
			say_files(page, &heading, member->value);
		else if (strcmp(member->name, "config") == 0 &&
		         member->value->kind == VALUE_MAP)
			say_given(page, &heading, "", member->value);
		else if (member->value->kind == VALUE_STRING)
			say_fact(page->invocation, take(&heading), "%s: %s",
			         member->name, member->value->text);
		else if (member->value->kind == VALUE_MAP)
			say_given(
			        page, &heading,
			        arena_printf(page->arena, "%s.", member->name),
			        member->value);
	}
}

static void say_chunk(const struct page *page, const char *heading,
                      const struct value *chunk)
{
	const char *under = value_get_text(chunk, "heading", "");
	const char *source = text_of(chunk, "source");

	say_fact(page->invocation, heading, "%s:%lld-%lld%s%s (%s%s%s)",
	         value_get_text(chunk, "path", "?"),
	         (long long)value_get_int(chunk, "first_line", 0),
	         (long long)value_get_int(chunk, "last_line", 0),
	         *under ? "  " : "", under, value_get_text(chunk, "trust", "?"),
	         source ? ", from " : "", source ? source : "");
}

/* What an agent was given of memory; of a recall step, what it found. */
static void say_context(const struct page *page)
{
	const struct value *list = value_get(page->map, "context");
	const char *heading = "recalled";

	if (!list && text_equal(text_of(page->map, "kind"), "recall"))
		list = value_get(page->map, "output");
	for (size_t i = 0; list && list->kind == VALUE_LIST && i < list->length;
	     i++)
		say_chunk(page, take(&heading), list->items[i]);
}

static void say_read(const struct page *page)
{
	const struct value *list = value_get(page->map, "read");
	const char *heading = "read";

	for (size_t i = 0; list && i < list->length; i++)
		say_fact(page->invocation, take(&heading), "%s",
		         list->items[i]->text);
}

static void say_commit(const struct page *page, const char *name,
                       const char *what, const struct value *map)
{
	if (!text_of(map, "commit"))
		return;
	say_fact(page->invocation, name, "%s%sby %s in %.8s on %s", what,
	         *what ? " " : "",
	         author_name(value_get_text(map, "author", NULL)),
	         text_of(map, "commit"), local_time(page, map, "decided"));
}

static void say_artifact(const struct page *page)
{
	const struct value *map = value_get(page->map, "artifact");
	const char *state = value_get_text(map, "state", "");

	if (!map)
		return;
	say_fact(page->invocation, "artifact", "%s, drafted as %.8s",
	         value_get_text(map, "path", "?"),
	         value_get_text(map, "drafted", "?"));
	if (strcmp(state, "open") == 0)
		say_fact(page->invocation, "draft", "%s, not decided yet",
		         value_get_text(map, "branch", "to be merged"));
	else if (strcmp(state, "rejected") == 0)
		say_fact(page->invocation, "rejected", "on %s",
		         local_time(page, map, "decided"));
	else if (!text_of(map, "merged"))
		say_commit(page, "declined", "left out of the merge", map);
	else
		say_commit(page, "merged",
		           value_get_bool(map, "edited", false)
		                   ? "edited and merged"
		                   : "as drafted",
		           map);
}

static void say_gate(const struct page *page)
{
	const struct value *map = value_get(page->map, "gate");
	const struct value *effects = value_get(map, "effects");
	const char *heading = "releases";

	if (!map)
		return;
	say_fact(page->invocation, "asks", "%s (%s)",
	         value_get_text(map, "title", "?"),
	         value_get_text(map, "priority", "normal"));
	say_fact(page->invocation, "opened", "%s, as %s",
	         local_time(page, map, "opened"),
	         value_get_text(map, "branch", "?"));
	if (text_of(map, "due"))
		say_fact(page->invocation, "due", "%s",
		         local_time(page, map, "due"));
	for (size_t i = 0; effects && i < effects->length; i++)
		say_fact(page->invocation, take(&heading), "%s: %s",
		         step_name(
		                 page->arena,
		                 value_get_text(effects->items[i], "step", "?"),
		                 value_get_text(effects->items[i], "item", "")),
		         value_get_text(effects->items[i], "says", "?"));
	say_commit(page, "approved", "", map);
}

/* What to type about one of which nobody knows whether it was done. */
static void say_remedy(const struct page *page, const struct value *effect)
{
	const char *item = value_get_text(page->map, "item", "");

	if (!text_equal(text_of(effect, "state"), "intended"))
		return;
	say_fact(page->invocation, "key", "%s", text_of(effect, "key"));
	say_fact(page->invocation, "in doubt",
	         "reeve resolve %.8s %s%s%s --done|--retry|--failed",
	         value_get_text(page->map, "run", "RUN"),
	         value_get_text(page->map, "step", "STEP"), *item ? " " : "",
	         item);
}

static void say_effect(const struct page *page)
{
	const struct value *effect = value_get(page->map, "effect");
	const struct value *released = value_get(page->map, "released");

	if (effect) {
		say_fact(page->invocation, "effect", "%s, %s%s%s",
		         value_get_text(effect, "effect", "?"),
		         value_get_text(effect, "state", "?"),
		         text_of(effect, "how") ? ": " : "",
		         value_get_text(effect, "how", ""));
		say_fact(page->invocation, "intended", "%s",
		         local_time(page, effect, "intended"));
		if (text_of(effect, "endpoint"))
			say_fact(page->invocation, "endpoint", "%s",
			         text_of(effect, "endpoint"));
		if (text_of(effect, "tried"))
			say_fact(
			        page->invocation, "tried", "%s: %s",
			        local_time(page, effect, "tried"),
			        value_get_text(effect, "problem", "no answer"));
		if (text_of(effect, "verdict"))
			say_fact(page->invocation, "resolved", "by hand, as %s",
			         text_of(effect, "verdict"));
		say_remedy(page, effect);
	}
	if (!released)
		return;
	say_fact(page->invocation, "slip", "%s",
	         value_get_text(released, "slip", "?"));
	say_commit(page, "released", "", released);
}

/* ---- Texts --------------------------------------------------------------- */

static void say_text(const struct page *page, const char *name,
                     const struct value *value)
{
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);
	auto_error struct error ignored = { 0 }; /* then as JSON */

	if (!value || value->kind == VALUE_NULL)
		return;
	if (value->kind == VALUE_STRING)
		buf_add_text(&text, value->text);
	else if (yaml_write(&text, value, &ignored) < 0)
		json_write(&text, value, JSON_PRETTY);
	if (text.len == 0)
		return;
	say_tinted(page->invocation, TINT_BOLD, "\n%s\n", name);
	say_indented(page->invocation, 4, text.at);
}

static void say_texts(const struct page *page)
{
	const struct value *record = value_get(page->map, "record");

	say_text(page, "system", value_get(record, "system"));
	say_text(page, "prompt", value_get(record, "prompt"));
	say_text(page, "payload", value_path(page->map, "effect.payload"));
	/* What these put out is among the facts. */
	if (!text_equal(text_of(page->map, "kind"), "recall") &&
	    !text_equal(text_of(page->map, "kind"), "gate"))
		say_text(page,
		         value_get(page->map, "effect") ? "result" : "output",
		         value_get(page->map, "output"));
}

static void print_step(const struct page *page, const struct run_record *run)
{
	say_tinted(page->invocation, TINT_BOLD, "%s",
	           step_name(page->arena,
	                     value_get_text(page->map, "step", "?"),
	                     value_get_text(page->map, "item", "")));
	say(page->invocation, "  %s of %s: %s\n\n",
	    value_get_text(page->map, "kind", "step"),
	    run_label(page->engine, page->arena, run), run_heading(run));
	say_state(page);
	say_origin(page);
	say_record(page);
	say_gate(page);
	say_effect(page);
	say_artifact(page);
	say_read(page);
	say_context(page);
	say_ingredients(page);
	say_texts(page);
}

/* ---- Runs ---------------------------------------------------------------- */

static void print_steps(const struct page *page)
{
	const struct value *steps = value_get(page->map, "steps");
	struct table table = {
		.arena = page->arena,
		.columns = 4,
		.indent = 2,
	};

	for (size_t i = 0; i < steps->length; i++) {
		const struct value *row = steps->items[i];
		enum step_state state = STEP_WAITING;
		const char *name = value_get_text(row, "state", "");
		(void)step_state_from_name(name, &state); /* it is one */
		table_add(&table, TINT_BOLD, "%s",
		          step_name(page->arena, value_get_text(row, "id", "?"),
		                    value_get_text(row, "item", "")));
		table_add(&table, TINT_DIM, "%s",
		          value_get_text(row, "kind", "?"));
		table_add(&table, step_tint(state), "%s", name);
		table_add(&table, TINT_NONE, "%s",
		          value_get_text(row, "reason", ""));
	}
	say(page->invocation, "\n");
	table_print(page->invocation, &table);
	say(page->invocation, "\n\"reeve explain %s STEP\" says more.\n",
	    engine_short(page->engine, page->arena,
	                 value_get_text(page->map, "run", "")));
}

static void print_run(const struct page *page, const struct run_record *run)
{
	const struct value *inputs = value_get(page->map, "inputs");
	const char *heading = "inputs";

	say_tinted(page->invocation, TINT_BOLD, "%s", run_heading(run));
	say(page->invocation, "  %s, %s\n\n",
	    run_label(page->engine, page->arena, run),
	    run_state_name(run->state));
	say_fact(page->invocation, "started", "%s, %s",
	         local_time(page, page->map, "started"),
	         run_cause(page->arena, run->trigger));
	say_fact(page->invocation, "pinned to", "%.8s",
	         value_get_text(page->map, "commit", "?"));
	if (inputs && inputs->kind == VALUE_MAP)
		say_given(page, &heading, "", inputs);
	if (run->finished_at)
		say_fact(page->invocation, "finished", "%s",
		         local_time(page, page->map, "finished"));
	if (run->reason)
		say_fact(page->invocation, "reason", "%s", run->reason);
	print_steps(page);
}

static int explain(struct page *page, const struct run_record *run,
                   struct error *err)
{
	const struct invocation *invocation = page->invocation;
	const struct step_record *step = NULL;
	bool one = invocation->count > 1;

	if (one) {
		step = runs_find_step(
		        page->engine, page->arena, run, invocation->args[1],
		        invocation->count > 2 ? invocation->args[2] : NULL,
		        err);
		if (!step)
			return -1;
	}
	page->map =
	        one ? explain_step(&page->engine->env, page->arena, run, step,
	                           err)
	            : explain_run(&page->engine->env, page->arena, run, err);
	if (!page->map)
		return -1;
	if (invocation->json)
		print_json(invocation, page->map);
	else if (one)
		print_step(page, run);
	else
		print_run(page, run);
	return EXIT_STATUS_DONE;
}

static int run_explain(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct run_record run;

	if (!engine || view_find_run(engine->view, invocation->arena,
	                             invocation->args[0], &run, err) < 0)
		return -1;
	struct page page = {
		.invocation = invocation,
		.arena = invocation->arena,
		.engine = engine,
	};
	return explain(&page, &run, err);
}

const struct command command_explain = {
	.name = "explain",
	.synopsis = "RUN [STEP [ITEM]]",
	.help = "say why a run or a step is what it is",
	.details = "Of a step: what its result was made from, what an "
	           "agent was asked and given,\n"
	           "what was done in the world and who released it. It "
	           "reads the record; nothing\n"
	           "is computed again. The step of one item of a loop is "
	           "\"report acme\" or report/acme.",
	.least = 1,
	.most = 3,
	.run = run_explain,
};
