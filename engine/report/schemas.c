/*
 * Most of a schema is made of the tables by field_schema.c. What is added here
 * is what a file's own reader knows beyond them: that an input is a map of
 * rows, that a step has one kind, that `with` has the fields of its effect.
 */
#include "engine/report/schemas.h"

#include <string.h>

#include "engine/bus/bus.h"
#include "engine/bus/connector.h"
#include "engine/job/agent.h"
#include "engine/job/config.h"
#include "engine/job/field_schema.h"
#include "engine/job/job.h"
#include "engine/steps/step.h"
#include "store/base/compiler.h"
#include "store/base/fd.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/path.h"

/* Put `schema` in the place of a property, whose description stays. */
static void refine(struct arena *arena, struct value *properties,
                   const char *name, const struct value *schema)
{
	struct value *old = value_get(properties, name);
	struct value *made = value_map(arena);

	if (value_get(old, "description"))
		value_map_set(arena, made, "description",
		              value_get(old, "description"));
	for (size_t i = 0; i < schema->length; i++)
		value_map_set(arena, made, schema->members[i].name,
		              schema->members[i].value);
	if (value_get(old, "examples"))
		value_map_set(arena, made, "examples",
		              value_get(old, "examples"));
	value_map_set(arena, properties, name, made);
}

/* {"required": [NAME]} */
static struct value *needs(struct arena *arena, const char *name)
{
	struct value *schema = value_map(arena);
	struct value *names = value_list(arena);

	value_list_add(arena, names, value_string(arena, name));
	value_map_set(arena, schema, "required", names);
	return schema;
}

/* ---- Jobs ---------------------------------------------------------------- */

static struct value *effect_names(struct arena *arena)
{
	struct value *names = value_list(arena);

	for (size_t i = 0; bus_effects[i]; i++)
		value_list_add(arena, names,
		               value_string(arena, bus_effects[i]->name));
	return names;
}

/* The map, or a text that is short for it. */
static struct value *or_text(struct arena *arena, struct value *schema)
{
	const struct field text = { .type = FIELD_TEXT };
	struct value *either = value_list(arena);
	struct value *both = value_map(arena);

	value_list_add(arena, either, field_schema(arena, &text));
	value_list_add(arena, either, schema);
	value_map_set(arena, both, "anyOf", either);
	return both;
}

static struct value *kind_schema(struct arena *arena,
                                 const struct step_kind *kind)
{
	bool block = (kind->flags & KIND_BLOCK) != 0;
	const struct field row = {
		.name = kind->name,
		.type = block         ? FIELD_STEPS
		        : kind->names ? FIELD_TEXT
		                      : FIELD_MAP,
		.fields = block || kind->names ? NULL : kind->fields,
		.help = kind->help,
	};
	struct value *schema = field_schema(arena, &row);

	if (kind->names && strcmp(kind->names, "effect") == 0)
		value_map_set(arena, schema, "enum", effect_names(arena));
	return kind->scalar ? or_text(arena, schema) : schema;
}

/* A step that calls the effect has its fields in `with`. */
static struct value *effect_rule(struct arena *arena,
                                 const struct effect *effect)
{
	struct value *rule = value_map(arena);
	struct value *when = needs(arena, "call");
	struct value *name = value_map(arena);
	struct value *call = value_map(arena);
	struct value *then = value_map(arena);
	struct value *with = value_map(arena);
	struct value *fields = fields_schema(arena, effect->fields);

	value_map_text(arena, name, "const", effect->name);
	value_map_set(arena, call, "call", name);
	value_map_set(arena, when, "properties", call);
	if (value_get(fields, "required"))
		then = needs(arena, "with");
	value_map_set(arena, with, "with", fields);
	value_map_set(arena, then, "properties", with);
	value_map_set(arena, rule, "if", when);
	value_map_set(arena, rule, "then", then);
	return rule;
}

static struct value *step_schema(struct arena *arena)
{
	struct value *schema = fields_schema(arena, step_fields);
	struct value *properties = value_get(schema, "properties");
	struct value *kinds = value_list(arena);
	struct value *named = value_list(arena);
	struct value *with = value_map(arena);
	struct value *dependent = value_map(arena);
	struct value *rules = value_list(arena);

	for (size_t i = 0; step_kinds[i]; i++) {
		const struct step_kind *kind = step_kinds[i];
		value_map_set(arena, properties, kind->name,
		              kind_schema(arena, kind));
		value_list_add(arena, kinds, needs(arena, kind->name));
		if (kind->names)
			value_list_add(arena, named, needs(arena, kind->name));
	}
	for (size_t i = 0; bus_effects[i]; i++)
		value_list_add(arena, rules,
		               effect_rule(arena, bus_effects[i]));
	value_map_set(arena, with, "anyOf", named);
	value_map_set(arena, dependent, "with", with);
	value_map_set(arena, schema, "oneOf", kinds);
	value_map_set(arena, schema, "dependentSchemas", dependent);
	value_map_set(arena, schema, "allOf", rules);
	return schema;
}

static struct value *may_schema(struct arena *arena)
{
	struct value *schema = schema_text(
	        arena, "{\"anyOf\":["
	               "{\"type\":\"object\",\"additionalProperties\":"
	               "{\"type\":\"integer\",\"minimum\":1}},"
	               "{\"type\":\"array\"}]}");
	struct value *either = value_get(schema, "anyOf");
	struct value *words = value_map(arena);

	value_map_set(arena, words, "enum", effect_names(arena));
	value_map_set(arena, either->items[0], "propertyNames", words);
	value_map_set(arena, either->items[1], "items",
	              value_copy(arena, words));
	return schema;
}

static struct value *job_schema(struct arena *arena)
{
	struct value *schema = fields_schema(arena, job_fields);
	struct value *properties = value_get(schema, "properties");
	struct value *inputs = schema_text(arena, "{\"type\":\"object\"}");
	struct value *definitions = value_map(arena);

	value_map_set(arena, inputs, "additionalProperties",
	              fields_schema(arena, input_fields));
	refine(arena, properties, "inputs", inputs);
	refine(arena, properties, "may", may_schema(arena));
	value_map_set(arena, definitions, "step", step_schema(arena));
	value_map_set(arena, schema, "$defs", definitions);
	return schema;
}

/* ---- Agents and reeve.yaml ----------------------------------------------- */

static struct value *agent_schema(struct arena *arena)
{
	struct value *schema = fields_schema(arena, agent_fields);

	refine(arena, value_get(schema, "properties"), "output",
	       schema_text(arena, "{\"anyOf\":[{\"const\":\"text\"},"
	                          "{\"type\":\"object\"}]}"));
	return schema;
}

static struct value *workspace_schema(struct arena *arena)
{
	struct value *schema = fields_schema(arena, config_fields);
	struct value *families = value_map(arena);
	struct value *map = schema_text(arena, "{\"type\":\"object\"}");

	for (size_t i = 0; connectors[i]; i++)
		if (connectors[i]->family)
			value_map_set(
			        arena, families, connectors[i]->family,
			        fields_schema(arena, connectors[i]->settings));
	value_map_set(arena, map, "properties", families);
	value_map_set(arena, map, "additionalProperties",
	              value_bool(arena, false));
	refine(arena, value_get(schema, "properties"), "connectors", map);
	return schema;
}

/* ---- All of them --------------------------------------------------------- */

const struct schema_row schema_rows[] = {
	{ "agent", "agents/*.yaml", "docs/schema/agent.json", agent_schema },
	{ "job", "jobs/*.yaml", "docs/schema/job.json", job_schema },
	{ "workspace", "reeve.yaml", "docs/schema/reeve.json",
	  workspace_schema },
};
const size_t schema_count = ARRAY_LEN(schema_rows);

struct value *schema_make(struct arena *arena, const struct schema_row *row)
{
	struct value *whole = value_map(arena);
	const struct value *schema = row->make(arena);

	value_map_text(arena, whole, "$schema",
	               "https://json-schema.org/draft/2020-12/schema");
	value_map_text(arena, whole, "title",
	               arena_printf(arena, "reeve: %s", row->files));
	for (size_t i = 0; i < schema->length; i++)
		value_map_set(arena, whole, schema->members[i].name,
		              schema->members[i].value);
	return whole;
}

/* ---- Editors ------------------------------------------------------------- */

/* "job.json" of "docs/schema/job.json". */
static const char *file_name(const struct schema_row *row)
{
	return strrchr(row->copy, '/') + 1;
}

const char *schema_line(struct arena *arena, const char *path)
{
	for (size_t i = 0; i < schema_count; i++)
		if (path_matches(schema_rows[i].files, path))
			return arena_printf(arena,
			                    "# yaml-language-server: "
			                    "$schema=%s.reeve/schema/%s\n",
			                    strchr(path, '/') ? "../" : "",
			                    file_name(&schema_rows[i]));
	return "";
}

int schemas_put(const char *dir, struct error *err)
{
	for (size_t i = 0; i < schema_count; i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
		const struct schema_row *row = &schema_rows[i];
		const char *folder =
		        arena_printf(&arena, "%s/.reeve/schema", dir);

		json_write(&text, schema_make(&arena, row), JSON_PRETTY);
		buf_add_char(&text, '\n');
		if (dir_make(folder, err) < 0 ||
		    file_put(arena_printf(&arena, "%s/%s", folder,
		                          file_name(row)),
		             text.at, text.len, 0644, err) < 0)
			return -1;
	}
	return 0;
}
