#include "engine/agents/ask.h"

#include <string.h>

#include "engine/agents/provider.h"
#include "store/base/yaml.h"

/* With no model configured every agent is answered offline. */
static const struct provider *choose(const struct ask *ask)
{
	(void)ask; /* which is all there is to choose from */
	return &provider_offline;
}

static int add_page(const struct ask *ask, const char *path,
                    struct value *ingredients, struct error *err)
{
	struct page page = ask->page;

	if (!path)
		return 0;
	page.path = path;
	return page_ingredients(&page, ingredients, err);
}

int ask_prepare(const struct ask *ask, struct value *ingredients,
                struct error *err)
{
	struct arena *arena = ask->page.arena;
	const struct agent *agent = ask->agent;
	const struct provider *provider = choose(ask);
	struct value *declared = value_map(arena);

	value_map_text(arena, declared, "name", agent->name);
	value_map_text(arena, declared, "tier", agent->tier);
	if (agent->schema)
		value_map_set(arena, declared, "output",
		              value_copy(arena, agent->schema));
	value_map_set(arena, ingredients, "agent", declared);
	value_map_text(arena, ingredients, "provider", provider->name);
	if (add_page(ask, agent->prompt, ingredients, err) < 0 ||
	    add_page(ask, agent->system, ingredients, err) < 0)
		return -1;
	return provider->prepare(ask, ingredients, err);
}

static int fill_in(const struct ask *ask, const char *path, const char *name,
                   struct value *record, struct error *err)
{
	struct page page = ask->page;
	const char *text;

	if (!path)
		return 0;
	page.path = path;
	if (page_render(&page, &text, err) < 0)
		return error_wrap(err, "the %s of agent \"%s\"", name,
		                  ask->agent->name);
	value_map_text(page.arena, record, name, text);
	return 0;
}

/* A structured answer is Markdown with front matter. */
static struct value *parse(const struct ask *ask, const char *text,
                           struct error *err)
{
	auto_errors struct errors errors = { 0 };
	const struct agent *agent = ask->agent;
	struct arena *arena = ask->page.arena;

	if (!agent->structured)
		return value_string(arena, text);
	const char *name =
	        arena_printf(arena, "the answer of agent %s", agent->name);
	struct value *answer =
	        markdown_parse(arena, name, text, strlen(text), err);
	if (!answer)
		return NULL;
	if (!schema_check(agent->schema, answer, name, &errors)) {
		error_move(err, &errors.items[0]);
		return NULL;
	}
	return answer;
}

static void describe(const struct ask *ask, const struct provider *provider,
                     struct value *record)
{
	struct arena *arena = ask->page.arena;
	struct value *decision = value_map(arena);

	value_map_text(arena, decision, "provider", provider->name);
	value_map_text(arena, decision, "tier", ask->agent->tier);
	value_map_text(arena, decision, "why", "no model is configured");
	value_map_text(arena, decision, "template", ask->agent->offline);
	value_map_text(arena, decision, "checked",
	               ask->agent->structured ? "fits its schema" : "is text");
	value_map_set(arena, record, "decision", decision);
	value_map_text(arena, record, "agent", ask->agent->name);
	value_map_text(arena, record, "cost", "0");
}

int ask_agent(const struct ask *ask, struct value **ret,
              struct value **ret_record, struct error *err)
{
	const struct provider *provider = choose(ask);
	struct value *record = value_map(ask->page.arena);
	const char *text;

	if (fill_in(ask, ask->agent->system, "system", record, err) < 0 ||
	    fill_in(ask, ask->agent->prompt, "prompt", record, err) < 0 ||
	    provider->answer(ask, &text, err) < 0)
		return -1;
	struct value *answer = parse(ask, text, err);
	if (!answer)
		return -1;
	describe(ask, provider, record);
	*ret = answer;
	*ret_record = record;
	return 0;
}
