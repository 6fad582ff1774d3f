/*
 * One function per group fills in its words from a table. Examples are made of
 * the examples of fields: of a step those that it cannot do without, of a file
 * all of them.
 */
#include "engine/cmd/words.h"

#include <string.h>

#include "engine/bus/bus.h"
#include "engine/bus/connector.h"
#include "engine/cycle/engine.h"
#include "engine/job/agent.h"
#include "engine/job/config.h"
#include "engine/job/format.h"
#include "engine/job/job.h"
#include "engine/job/workspace.h"
#include "engine/steps/step.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/text.h"

struct collector {
	struct arena *arena;
	struct workspace *workspace; /* for shapes, which ask it for agents */
	struct word *words;
	size_t count;
};

static void add(struct collector *collector, struct word word)
{
	collector->words = arena_grow(collector->arena, collector->words,
	                              collector->count, sizeof(word));
	collector->words[collector->count++] = word;
}

/* ---- Examples ------------------------------------------------------------ */

static void add_row(struct buf *text, const char *indent,
                    const struct field *row)
{
	buf_printf(text, "%s%s: %s\n", indent,
	           field_is_any(row) ? "name" : row->name, row->example);
}

/* The rows that must be there, or else the first one. */
static void add_needed(struct buf *text, const char *indent,
                       const struct field *fields)
{
	const struct field *first = NULL;
	bool any = false;

	for (const struct field *row = fields; row->name; row++) {
		if (row->later || !row->example)
			continue;
		first = first ? first : row;
		if (row->required)
			add_row(text, indent, row);
		any |= row->required;
	}
	if (!any && first)
		add_row(text, indent, first);
}

static const char *file_example(struct arena *arena, const struct field *fields)
{
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);

	for (const struct field *row = fields; row->name; row++)
		if (!row->later && row->example)
			add_row(&text, "", row);
	return arena_strndup(arena, text.at, text.len);
}

/* "- id: send", "  call: email.send", "  with:", … */
static const char *step_example(struct arena *arena, const char *kind,
                                const char *name, const struct field *fields)
{
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);

	buf_printf(&text, "- id: example\n  %s:%s%s\n", kind, name ? " " : "",
	           name ? name : "");
	if (name && fields && fields->name)
		buf_add_text(&text, "  with:\n");
	if (fields)
		add_needed(&text, "    ", fields);
	return arena_strndup(arena, text.at, text.len);
}

/* ---- Kinds --------------------------------------------------------------- */

/* What a kind's scalar may be, and what comes out where only that says it. */
static const struct {
	const char *names;
	const char *example;
	const char *result;
} named[] = {
	{ "agent", "proposal-writer", "as the agent's output declares" },
	{ "effect", "email.send", "as the effect gives" },
	{ "event", "proposal.accepted", NULL },
	{ "template", "ledger-entry.journal", NULL },
};

static void add_shape(struct collector *collector, struct word *word,
                      const struct step_kind *kind)
{
	const struct step step = {
		.id = "example",
		.kind = kind,
		.name = "",
		.config = value_map(collector->arena),
	};
	const struct shape *shape =
	        kind->shape ? kind->shape(collector->workspace, &step,
	                                  collector->arena)
	                    : NULL;

	word->result = "any value";
	if (shape && shape->kind == SHAPE_TEXT)
		word->result = "a text";
	if (shape && shape->kind == SHAPE_LIST)
		word->result = "a list";
	if (!shape || shape->kind != SHAPE_MAP)
		return;
	word->result = "a map";
	word->results = shape->fields;
	word->result_count = shape->count;
}

static void add_kind(struct collector *collector, const struct step_kind *kind)
{
	struct word word = {
		.name = kind->name,
		.group = "kind",
		.help = kind->help,
		.fields = kind->fields,
	};
	const char *name = kind->names;

	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		if (!text_equal(named[i].names, kind->names))
			continue;
		name = named[i].example;
		word.result = named[i].result;
	}
	if (!word.result)
		add_shape(collector, &word, kind);
	word.example =
	        step_example(collector->arena, kind->name, name, kind->fields);
	add(collector, word);
}

static void add_kinds(struct collector *collector)
{
	for (size_t i = 0; step_kinds[i]; i++)
		add_kind(collector, step_kinds[i]);
}

/* ---- Effects, connectors, formats, files --------------------------------- */

static void add_effects(struct collector *collector)
{
	for (size_t i = 0; bus_effects[i]; i++) {
		const struct effect *effect = bus_effects[i];
		struct word word = {
			.name = effect->name,
			.group = "effect",
			.help = effect->help,
			.fields = effect->fields,
			.result = effect->command ? "a text, or JSON, or a map "
			                            "with files"
			                          : "a map",
			.results = effect->results,
			.example = step_example(collector->arena, "call",
			                        effect->name, effect->fields),
		};
		while (effect->results[word.result_count].name)
			word.result_count++;
		add(collector, word);
	}
}

static void add_connectors(struct collector *collector)
{
	struct arena *arena = collector->arena;
	const char *last = NULL; /* a family stands together */

	for (size_t i = 0; connectors[i]; i++) {
		auto_buf struct buf text = buf_make(LIMIT_OUTPUT);
		const char *family = connectors[i]->family;
		const struct field *settings = connectors[i]->settings;
		if (!family || text_equal(family, last))
			continue;
		last = family;
		buf_printf(&text, "connectors:\n  %s:\n", family);
		if (connectors[i]->entry) {
			settings = settings->fields;
			buf_add_text(&text, "    NAME:\n");
		}
		add_needed(&text, connectors[i]->entry ? "      " : "    ",
		           settings);
		add(collector,
		    (struct word){
		            .name = family,
		            .group = "connector",
		            .help = arena_printf(arena,
		                                 "how %s is done, in "
		                                 "reeve.yaml",
		                                 connectors[i]->effect.name),
		            .fields = settings,
		            .example = arena_strndup(arena, text.at, text.len),
		    });
	}
}

static void add_formats(struct collector *collector)
{
	for (size_t i = 0; i < function_count; i++)
		add(collector,
		    (struct word){
		            .name = functions[i].name,
		            .group = functions[i].apply ? "format" : "function",
		            .help = functions[i].help,
		            .example = arena_printf(collector->arena, "%s\n",
		                                    functions[i].example),
		    });
}

static const struct {
	const char *name;
	const char *help;
	const struct field *fields;
} tables[] = {
	{ "agent", "agents/NAME.yaml: a declared actor", agent_fields },
	{ "input", "each input of a job", input_fields },
	{ "job", "jobs/NAME.yaml: triggers, inputs, steps", job_fields },
	{ "reeve.yaml", "the workspace's settings", config_fields },
	{ "step", "the keys of every step of a job", step_fields },
};

static void add_files(struct collector *collector)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		add(collector,
		    (struct word){
		            .name = tables[i].name,
		            .group = "file",
		            .help = tables[i].help,
		            .fields = tables[i].fields,
		            .example = file_example(collector->arena,
		                                    tables[i].fields),
		    });
}

const struct word *words_list(struct arena *arena, size_t *ret_count)
{
	const struct language language = engine_language();
	auto_files struct files *found = engine_work_files(arena, ".");
	auto_workspace struct workspace *workspace =
	        workspace_new(found, &language);
	struct collector collector = {
		.arena = arena,
		.workspace = workspace,
	};

	add_files(&collector);
	add_kinds(&collector);
	add_effects(&collector);
	add_connectors(&collector);
	add_formats(&collector);
	*ret_count = collector.count;
	return collector.words;
}
