/*
 * A type is a row: a word and a question about one value.
 */
#include "engine/job/type.h"

#include <assert.h>
#include <string.h>

#include "store/base/date.h"
#include "store/base/path.h"
#include "store/base/text.h"

static bool is_any(const struct value *value)
{
	return value != NULL;
}

static bool is_boolean(const struct value *value)
{
	return value->kind == VALUE_BOOL;
}

static bool is_date(const struct value *value)
{
	struct date date;

	return value->kind == VALUE_STRING && date_parse(value->text, &date);
}

static bool is_email(const struct value *value)
{
	return value->kind == VALUE_STRING && text_is_email(value->text);
}

static bool is_integer(const struct value *value)
{
	int64_t number;

	return value_to_int(value, &number);
}

static bool is_list(const struct value *value)
{
	return value->kind == VALUE_LIST;
}

static bool is_map(const struct value *value)
{
	return value->kind == VALUE_MAP;
}

static bool is_number(const struct value *value)
{
	return value->kind == VALUE_NUMBER;
}

static bool is_path(const struct value *value)
{
	auto_error struct error err = { 0 };

	return value->kind == VALUE_STRING &&
	       path_check(value->text, &err) == 0;
}

static bool is_slug(const struct value *value)
{
	return value->kind == VALUE_STRING && text_is_slug(value->text);
}

static bool is_string(const struct value *value)
{
	return value->kind == VALUE_STRING;
}

const struct type types[] = {
	{ "any", "a value", SHAPE_ANY, is_any },
	{ "boolean", "true or false", SHAPE_TEXT, is_boolean },
	{ "date", "a date such as 2026-11-22", SHAPE_TEXT, is_date },
	{ "email", "a mail address", SHAPE_TEXT, is_email },
	{ "integer", "a whole number", SHAPE_TEXT, is_integer },
	{ "list", "a list", SHAPE_LIST, is_list },
	{ "map", "a map", SHAPE_ANY, is_map },
	{ "number", "a number", SHAPE_TEXT, is_number },
	{ "path", "a path of the workspace", SHAPE_TEXT, is_path },
	{ "slug", "a slug such as acme-ltd", SHAPE_TEXT, is_slug },
	{ "string", "a string", SHAPE_TEXT, is_string },
};

const size_t type_count = ARRAY_LEN(types);

const struct type *type_find(const char *text, bool *ret_optional)
{
	static const char prefix[] = "optional ";

	*ret_optional = text_starts(text, prefix);
	if (*ret_optional)
		text += strlen(prefix);
	for (size_t i = 0; i < type_count; i++)
		if (strcmp(types[i].name, text) == 0)
			return &types[i];
	return NULL;
}

static void add_unknown(const struct value *word, const char *file,
                        struct errors *errors)
{
	const char *names[ARRAY_LEN(types)];
	const char *nearest;
	struct error *err = errors_add(errors, ERR_CONFIG, file, word->pos,
	                               "unknown type \"%s\"", word->text);

	for (size_t i = 0; i < type_count; i++)
		names[i] = types[i].name;
	nearest = text_nearest(word->text, names, type_count);
	if (nearest != NULL)
		error_hint(err, "Did you mean \"%s\"?", nearest);
	error_hint(err, "The types are any, boolean, date, email, integer, "
	                "list, map, number, path, slug and string, each also "
	                "as in \"optional date\".");
}

bool types_check(const struct value *declared, const char *file,
                 struct errors *errors)
{
	size_t before = errors->count;

	for (size_t i = 0; i < declared->length; i++) {
		const struct member *member = &declared->members[i];
		bool optional;

		if (member->value->kind != VALUE_STRING)
			errors_add(errors, ERR_CONFIG, file, member->value->pos,
			           "the type of \"%s\" must be a word",
			           member->name);
		else if (type_find(member->value->text, &optional) == NULL)
			add_unknown(member->value, file, errors);
	}
	return errors->count == before;
}

static void fit_member(const struct member *field, const struct value *data,
                       const char *file, struct errors *errors)
{
	bool optional;
	const struct type *type = type_find(field->value->text, &optional);
	const struct value *value = value_get(data, field->name);
	bool missing = value == NULL || value->kind == VALUE_NULL;

	assert(type != NULL); /* types_check() has seen to it */
	if (missing && !optional)
		errors_add(errors, ERR_CONFIG, file,
		           value != NULL ? value->pos : data->pos,
		           "\"%s\" is missing", field->name);
	else if (!missing && !type->fits(value))
		errors_add(errors, ERR_CONFIG, file, value->pos,
		           "\"%s\" must be %s", field->name, type->phrase);
}

bool types_fit(const struct value *declared, const struct value *data,
               const char *file, struct errors *errors)
{
	size_t before = errors->count;

	if (data->kind != VALUE_MAP) {
		errors_add(errors, ERR_CONFIG, file, data->pos,
		           "there must be a map of fields here, not a %s",
		           value_kind_name(data->kind));
		return false;
	}
	for (size_t i = 0; i < declared->length; i++)
		fit_member(&declared->members[i], data, file, errors);
	return errors->count == before;
}

struct shape *types_shape(const struct value *declared, struct arena *arena)
{
	static const struct shape any = { .kind = SHAPE_ANY };
	struct shape *shape = arena_new(arena, struct shape);
	struct shape_field *fields =
	        arena_array(arena, declared->length, sizeof(*fields));

	for (size_t i = 0; i < declared->length; i++) {
		const struct member *member = &declared->members[i];
		struct shape *of = arena_new(arena, struct shape);
		bool optional;
		const struct type *type =
		        type_find(member->value->text, &optional);

		assert(type != NULL); /* types_check() has seen to it */
		of->kind = type->shape;
		of->item = &any;
		of->word = type->name;
		fields[i].name = member->name;
		fields[i].shape = of;
	}
	shape->kind = SHAPE_MAP;
	shape->fields = fields;
	shape->count = declared->length;
	return shape;
}
