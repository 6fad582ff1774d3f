/*
 * One JSON text per type says what a value of it is; what a row adds (bounds,
 * words, the rows of a map) is put into its copy.
 */
#include "engine/job/field_schema.h"

#include <assert.h>
#include <string.h>

#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/yaml.h"

#define TEXT     "{\"type\":\"string\"}"
#define NAME     "{\"type\":\"string\",\"pattern\":\"^[a-z][a-z0-9_]*$\"}"
#define DURATION "{\"type\":\"string\",\"pattern\":\"^[0-9]+[smhd]$\"}"
#define LISTS    "{\"type\":\"array\",\"items\":" TEXT "}"

static const char *const shapes[] = {
	[FIELD_TEXT] = TEXT,
	[FIELD_NAME] = NAME,
	[FIELD_TEMPLATE] = TEXT,
	[FIELD_EXPRESSION] = "{\"type\":[\"string\",\"number\",\"boolean\"]}",
	[FIELD_QUERY] = TEXT,
	[FIELD_BOOL] = "{\"type\":\"boolean\"}",
	[FIELD_INT] = "{\"type\":\"integer\"}",
	[FIELD_MONEY] = "{\"type\":\"number\",\"minimum\":0}",
	[FIELD_DURATION] = DURATION,
	[FIELD_PERIOD] = "{\"type\":\"string\","
	                 "\"pattern\":\"^[0-9]+([smhd]| workdays?)$\"}",
	[FIELD_WORD] = "{}",
	[FIELD_EMAIL] = TEXT,
	[FIELD_PATH] = TEXT,
	[FIELD_TEXTS] = "{\"anyOf\":[" TEXT "," LISTS "]}",
	[FIELD_NAMES] = "{\"type\":\"array\",\"items\":" NAME "}",
	[FIELD_TEMPLATES] = "{\"anyOf\":[" TEXT "," LISTS "]}",
	[FIELD_MAP] = "{\"type\":\"object\"}",
	[FIELD_MAPS] = "{\"type\":\"object\"}",
	[FIELD_TYPES] =
	        "{\"type\":\"object\",\"additionalProperties\":" TEXT "}",
	[FIELD_STEP] = NAME,
	[FIELD_STEPS] = "{\"type\":\"array\",\"minItems\":1,"
	                "\"items\":{\"$ref\":\"#/$defs/step\"}}",
	[FIELD_CACHE] = "{\"anyOf\":[{\"type\":\"boolean\"}," DURATION "]}",
	[FIELD_RETRY] = "{\"type\":\"integer\"}",
	[FIELD_ANY] = "{}",
};

struct value *schema_text(struct arena *arena, const char *json)
{
	auto_error struct error err = { 0 };
	struct value *schema =
	        json_parse(arena, "a schema", json, strlen(json), &err);

	assert(schema);
	return schema;
}

static void add_members(struct arena *arena, struct value *map,
                        const struct value *from)
{
	for (size_t i = 0; i < from->length; i++)
		value_map_set(arena, map, from->members[i].name,
		              from->members[i].value);
}

static void add_bounds(struct arena *arena, struct value *map,
                       const struct field *field)
{
	if (field->min == 0 && field->max == 0)
		return;
	value_map_int(arena, map, "minimum", field->min);
	value_map_int(arena, map, "maximum", field->max);
}

static void add_words(struct arena *arena, struct value *map,
                      const char *const *words)
{
	struct value *list = value_list(arena);

	for (size_t i = 0; words[i]; i++)
		value_list_add(arena, list, value_string(arena, words[i]));
	value_map_set(arena, map, "enum", list);
}

static struct value *either(struct arena *arena, struct value *one,
                            struct value *other)
{
	struct value *list = value_list(arena);
	struct value *schema = value_map(arena);

	value_list_add(arena, list, one);
	value_list_add(arena, list, other);
	value_map_set(arena, schema, "anyOf", list);
	return schema;
}

/* A map, or a list of such maps. */
static struct value *one_or_many(struct arena *arena, struct value *one)
{
	struct value *list = schema_text(arena, "{\"type\":\"array\"}");

	value_map_set(arena, list, "items", value_copy(arena, one));
	return either(arena, one, list);
}

/* The schema of the value alone. */
static struct value *shape_schema(struct arena *arena,
                                  const struct field *field)
{
	struct value *schema = schema_text(arena, shapes[field->type]);

	if (field->type == FIELD_INT || field->type == FIELD_RETRY)
		add_bounds(arena, schema, field);
	if (field->type == FIELD_WORD)
		add_words(arena, schema, field->words);
	if (field->type == FIELD_RETRY && field->fields)
		return either(arena, schema,
		              fields_schema(arena, field->fields));
	if (field->fields)
		schema = fields_schema(arena, field->fields);
	if (field->type == FIELD_MAPS)
		schema = one_or_many(arena, schema);
	return schema;
}

/* A row's default or example as a value; what is not YAML is a text. */
static struct value *written(struct arena *arena, const char *text)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        yaml_parse(arena, "a field", text, strlen(text), 1, &err);

	return value ? value : value_string(arena, text);
}

struct value *field_schema(struct arena *arena, const struct field *field)
{
	struct value *schema = value_map(arena);

	value_map_text(arena, schema, "description", field->help);
	add_members(arena, schema, shape_schema(arena, field));
	if (field->otherwise)
		value_map_set(arena, schema, "default",
		              written(arena, field->otherwise));
	if (field->example) {
		struct value *list = value_list(arena);
		value_list_add(arena, list, written(arena, field->example));
		value_map_set(arena, schema, "examples", list);
	}
	return schema;
}

struct value *fields_schema(struct arena *arena, const struct field *fields)
{
	struct value *schema = schema_text(arena, "{\"type\":\"object\"}");
	struct value *properties = value_map(arena);
	struct value *required = value_list(arena);
	struct value *others = value_bool(arena, false);

	for (const struct field *row = fields; row->name; row++) {
		if (row->later)
			continue;
		if (field_is_any(row)) {
			others = field_schema(arena, row);
			continue;
		}
		value_map_set(arena, properties, row->name,
		              field_schema(arena, row));
		if (row->required)
			value_list_add(arena, required,
			               value_string(arena, row->name));
	}
	value_map_set(arena, schema, "properties", properties);
	if (required->length > 0)
		value_map_set(arena, schema, "required", required);
	value_map_set(arena, schema, "additionalProperties", others);
	return schema;
}
