/*
 * JSON Schema, as far as an agent's answer needs it. What a schema may say are
 * rows, so a keyword that would have no effect is refused when the agent is
 * read, not passed over when an answer is checked.
 */
#include <string.h>

#include "engine/job/agent.h"
#include "store/base/number.h"

static const char *const type_words[] = {
	"object", "array", "string", "integer", "number", "boolean", NULL,
};

static const struct field schema_fields[] = {
	{ .name = "type",
	  .type = FIELD_WORD,
	  .required = true,
	  .words = type_words,
	  .example = "string" },
	{ .name = "description", .type = FIELD_TEXT },
	{ .name = "properties", .type = FIELD_MAP },
	{ .name = "required", .type = FIELD_TEXTS },
	{ .name = "additionalProperties", .type = FIELD_BOOL },
	{ .name = "items", .type = FIELD_MAP },
	{ .name = "enum", .type = FIELD_ANY },
	{ .name = "minLength", .type = FIELD_INT, .min = 0, .max = 1 << 30 },
	{ .name = "maxLength", .type = FIELD_INT, .min = 0, .max = 1 << 30 },
	{ .name = "minimum", .type = FIELD_ANY },
	{ .name = "maximum", .type = FIELD_ANY },
	{ 0 },
};

/* ---- the schema itself */

static void accept_number(const struct value *schema, const char *key,
                          const char *file, struct errors *errors)
{
	const struct value *bound = value_get(schema, key);

	if (bound != NULL && bound->kind != VALUE_NUMBER)
		errors_add(errors, ERR_CONFIG, file, bound->pos,
		           "\"%s\" must be a number", key);
}

static void accept_required(const struct value *schema, const char *file,
                            struct errors *errors)
{
	const struct value *required = value_get(schema, "required");
	const struct value *properties = value_get(schema, "properties");

	if (required == NULL)
		return;
	if (required->kind != VALUE_LIST) {
		errors_add(errors, ERR_CONFIG, file, required->pos,
		           "\"required\" must be a list of names");
		return;
	}
	for (size_t i = 0; i < required->length; i++) {
		const struct value *name = required->items[i];

		if (value_get(properties, name->text) == NULL)
			errors_add(errors, ERR_CONFIG, file, name->pos,
			           "\"%s\" is required but is not among the "
			           "properties",
			           name->text);
	}
}

static void accept_properties(const struct value *schema, const char *file,
                              struct errors *errors)
{
	const struct value *properties = value_get(schema, "properties");

	for (size_t i = 0; properties != NULL && i < properties->length; i++) {
		const struct member *member = &properties->members[i];

		if (member->value->kind == VALUE_MAP)
			(void)schema_accept(member->value, file, errors);
		else
			errors_add(errors, ERR_CONFIG, file, member->value->pos,
			           "property \"%s\" must be a schema",
			           member->name);
	}
}

bool schema_accept(const struct value *schema, const char *file,
                   struct errors *errors)
{
	const struct value *words = value_get(schema, "enum");
	const struct value *items = value_get(schema, "items");
	size_t before = errors->count;

	if (!fields_check(schema, schema_fields, "a schema", file, errors))
		return false;
	if (words != NULL && words->kind != VALUE_LIST)
		errors_add(errors, ERR_CONFIG, file, words->pos,
		           "\"enum\" must be a list");
	accept_number(schema, "minimum", file, errors);
	accept_number(schema, "maximum", file, errors);
	accept_required(schema, file, errors);
	accept_properties(schema, file, errors);
	if (items != NULL)
		(void)schema_accept(items, file, errors);
	return errors->count == before;
}

/* ---- a value against it */

struct check {
	struct arena *arena;
	const char *file;
	struct errors *errors;
};

static void check_value(const struct check *check, const struct value *schema,
                        const struct value *value, const char *path);

/* `what` is said of the field at `path`; "" is the whole value. */
static void misfit(const struct check *check, const struct value *value,
                   const char *path, const char *what)
{
	errors_add(check->errors, ERR_CONFIG, check->file, value->pos, "%s %s",
	           *path != '\0' ? path : "the answer", what);
}

static const char *member_path(const struct check *check, const char *path,
                               const char *name)
{
	return arena_printf(check->arena, "%s%s%s", path,
	                    *path != '\0' ? "." : "", name);
}

static void check_required(const struct check *check,
                           const struct value *schema,
                           const struct value *value, const char *path)
{
	const struct value *required = value_get(schema, "required");

	for (size_t i = 0; required != NULL && i < required->length; i++) {
		const char *name = required->items[i]->text;

		if (value_get(value, name) == NULL)
			misfit(check, value, member_path(check, path, name),
			       "is missing");
	}
}

static void check_object(const struct check *check, const struct value *schema,
                         const struct value *value, const char *path)
{
	const struct value *properties = value_get(schema, "properties");
	bool open = value_get_bool(schema, "additionalProperties", true);

	check_required(check, schema, value, path);
	for (size_t i = 0; i < value->length; i++) {
		const struct member *member = &value->members[i];
		const struct value *inner = value_get(properties, member->name);
		const char *below = member_path(check, path, member->name);

		if (inner != NULL)
			check_value(check, inner, member->value, below);
		else if (!open)
			misfit(check, member->value, below, "is not expected");
	}
}

static void check_array(const struct check *check, const struct value *schema,
                        const struct value *value, const char *path)
{
	const struct value *items = value_get(schema, "items");

	for (size_t i = 0; items != NULL && i < value->length; i++)
		check_value(check, items, value->items[i],
		            arena_printf(check->arena, "%s[%zu]", path, i));
}

static int64_t count_points(const char *text)
{
	int64_t points = 0;

	for (; *text != '\0'; text++)
		points += ((unsigned char)*text & 0xc0) != 0x80;
	return points;
}

static void check_string(const struct check *check, const struct value *schema,
                         const struct value *value, const char *path)
{
	int64_t points = count_points(value->text);
	int64_t least = value_get_int(schema, "minLength", 0);
	int64_t most = value_get_int(schema, "maxLength", INT64_MAX);

	if (points < least)
		misfit(check, value, path,
		       arena_printf(check->arena,
		                    "is shorter than %lld characters",
		                    (long long)least));
	if (points > most)
		misfit(check, value, path,
		       arena_printf(check->arena,
		                    "is longer than %lld characters",
		                    (long long)most));
}

static void check_number(const struct check *check, const struct value *schema,
                         const struct value *value, const char *path)
{
	const struct value *least = value_get(schema, "minimum");
	const struct value *most = value_get(schema, "maximum");
	double number = number_value(value->text);

	if (least != NULL && number < number_value(least->text))
		misfit(check, value, path,
		       arena_printf(check->arena, "is less than %s",
		                    least->text));
	if (most != NULL && number > number_value(most->text))
		misfit(check, value, path,
		       arena_printf(check->arena, "is more than %s",
		                    most->text));
}

static bool is_integer(const struct value *value)
{
	const char *digits = value->text + (value->text[0] == '-');

	return digits[strspn(digits, "0123456789")] == '\0';
}

/* What goes by each word of `type`, in the order of type_words. */
static const struct kind_row {
	enum value_kind kind;
	const char *phrase;
	void (*check)(const struct check *check, const struct value *schema,
	              const struct value *value, const char *path);
} kind_rows[] = {
	{ VALUE_MAP, "must be an object", check_object },
	{ VALUE_LIST, "must be a list", check_array },
	{ VALUE_STRING, "must be a string", check_string },
	{ VALUE_NUMBER, "must be a whole number", check_number },
	{ VALUE_NUMBER, "must be a number", check_number },
	{ VALUE_BOOL, "must be true or false", NULL },
};

static void check_enum(const struct check *check, const struct value *schema,
                       const struct value *value, const char *path)
{
	const struct value *words = value_get(schema, "enum");

	if (words == NULL)
		return;
	for (size_t i = 0; i < words->length; i++)
		if (value_equal(words->items[i], value))
			return;
	misfit(check, value, path, "is none of the values that are allowed");
}

static void check_value(const struct check *check, const struct value *schema,
                        const struct value *value, const char *path)
{
	const char *type = value_get_text(schema, "type", "");
	const struct kind_row *row;
	size_t i = 0;

	while (strcmp(type_words[i], type) != 0)
		i++;
	row = &kind_rows[i];
	if (value->kind != row->kind ||
	    (strcmp(type, "integer") == 0 && !is_integer(value))) {
		misfit(check, value, path, row->phrase);
		return;
	}
	if (row->check != NULL)
		row->check(check, schema, value, path);
	check_enum(check, schema, value, path);
}

bool schema_check(const struct value *schema, const struct value *value,
                  const char *file, struct errors *errors)
{
	auto_arena struct arena arena = { 0 };
	const struct check check = { &arena, file, errors };
	size_t before = errors->count;

	check_value(&check, schema, value, "");
	return errors->count == before;
}
