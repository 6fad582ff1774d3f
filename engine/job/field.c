/*
 * One row per type says what it is called, how a message describes it and
 * which function looks at a value. Checking never stops at the first error:
 * each value is looked at alone, maps within maps by the same rows.
 */
#include "engine/job/field.h"

#include <inttypes.h>
#include <string.h>

#include "engine/job/duration.h"
#include "engine/job/type.h"
#include "store/base/arena.h"
#include "store/base/path.h"
#include "store/base/text.h"

/* Where messages go. */
struct site {
	const char *file;
	struct errors *errors;
};

typedef bool check_value(const struct site *site, const struct field *field,
                         const struct value *value);

static check_value check_text, check_name, check_expression, check_bool,
        check_int, check_money, check_duration, check_word, check_email,
        check_path, check_texts, check_names, check_map, check_maps,
        check_types, check_any, check_period, check_steps, check_cache,
        check_retry;

static const struct type_row {
	const char *name;   /* in the manual */
	const char *phrase; /* behind "must be" */
	check_value *check;
} rows[] = {
	[FIELD_TEXT] = { "text", "a string", check_text },
	[FIELD_NAME] = { "name", "a name of lower-case letters, digits and _",
	                 check_name },
	[FIELD_TEMPLATE] = { "template", "a string", check_text },
	[FIELD_EXPRESSION] = { "expression", "an expression",
	                       check_expression },
	[FIELD_QUERY] = { "query", "a query", check_text },
	[FIELD_BOOL] = { "true or false", "true or false", check_bool },
	[FIELD_INT] = { "integer", "a whole number", check_int },
	[FIELD_MONEY] = { "money", "an amount such as 0.50", check_money },
	[FIELD_DURATION] = { "duration", "a duration such as 90s, 10m or 2d",
	                     check_duration },
	[FIELD_PERIOD] = { "duration",
	                   "a duration such as 90m, 2d or 5 workdays",
	                   check_period },
	[FIELD_WORD] = { "word", "a word", check_word },
	[FIELD_EMAIL] = { "email", "a mail address", check_email },
	[FIELD_PATH] = { "path", "a path of the workspace, without tags",
	                 check_path },
	[FIELD_TEXTS] = { "text or list", "a string or a list of strings",
	                  check_texts },
	[FIELD_NAMES] = { "list of names", "a list of names", check_names },
	[FIELD_TEMPLATES] = { "template or list",
	                      "a string or a list of strings", check_texts },
	[FIELD_MAP] = { "map", "a map", check_map },
	[FIELD_MAPS] = { "map or list", "a map or a list of maps", check_maps },
	[FIELD_TYPES] = { "map of types", "a map of fields and their types",
	                  check_types },
	[FIELD_STEP] = { "step", "the id of a step", check_name },
	[FIELD_STEPS] = { "steps", "a list of at least one step", check_steps },
	[FIELD_CACHE] = { "true, false or duration",
	                  "true, false or a duration such as 12h",
	                  check_cache },
	[FIELD_RETRY] = { "integer or map", "a whole number or a map",
	                  check_retry },
	[FIELD_ANY] = { "any", "a value", check_any },
};

const char *field_type_name(enum field_type type)
{
	return rows[type].name;
}

/* What stands there, for a message: `"soon"`, `7`, `a list`. */
static const char *describe(struct arena *arena, const struct value *value)
{
	const size_t longest = 60;

	switch (value->kind) {
	case VALUE_NULL:
		return "nothing";
	case VALUE_BOOL:
		return value->boolean ? "true" : "false";
	case VALUE_NUMBER:
		return value->text;
	case VALUE_STRING:
		if (value->length > longest)
			return "a long text";
		return arena_printf(arena, "\"%s\"", value->text);
	case VALUE_LIST:
		return "a list";
	case VALUE_MAP:
		return "a map";
	}
	return "something else";
}

static bool refuse(const struct site *site, const struct field *field,
                   const struct value *value, const char *phrase)
{
	auto_arena struct arena arena = { 0 };

	errors_add(site->errors, ERR_CONFIG, site->file, value->pos,
	           "\"%s\" must be %s, not %s", field->name, phrase,
	           describe(&arena, value));
	return false;
}

static bool wrong(const struct site *site, const struct field *field,
                  const struct value *value)
{
	return refuse(site, field, value, rows[field->type].phrase);
}

static bool check_text(const struct site *site, const struct field *field,
                       const struct value *value)
{
	if (value->kind == VALUE_STRING)
		return true;
	wrong(site, field, value);
	if (value->kind == VALUE_NUMBER)
		error_hint(&site->errors->items[site->errors->count - 1],
		           "Put it in quotes: \"%s\".", value->text);
	return false;
}

static bool check_name(const struct site *site, const struct field *field,
                       const struct value *value)
{
	if (value->kind == VALUE_STRING && text_is_name(value->text))
		return true;
	return wrong(site, field, value);
}

static bool check_expression(const struct site *site, const struct field *field,
                             const struct value *value)
{
	if (value->kind == VALUE_STRING || value->kind == VALUE_NUMBER ||
	    value->kind == VALUE_BOOL)
		return true;
	return wrong(site, field, value);
}

static bool check_bool(const struct site *site, const struct field *field,
                       const struct value *value)
{
	return value->kind == VALUE_BOOL || wrong(site, field, value);
}

static bool check_int(const struct site *site, const struct field *field,
                      const struct value *value)
{
	bool bounded = field->min != 0 || field->max != 0;
	int64_t number;

	if (!value_to_int(value, &number))
		return wrong(site, field, value);
	if (!bounded || (number >= field->min && number <= field->max))
		return true;
	if (field->min == field->max)
		errors_add(site->errors, ERR_CONFIG, site->file, value->pos,
		           "\"%s\" must be %" PRId64 ", not %" PRId64,
		           field->name, field->min, number);
	else
		errors_add(site->errors, ERR_CONFIG, site->file, value->pos,
		           "\"%s\" must be between %" PRId64 " and %" PRId64
		           ", not %" PRId64,
		           field->name, field->min, field->max, number);
	return false;
}

static bool check_money(const struct site *site, const struct field *field,
                        const struct value *value)
{
	if (value->kind == VALUE_NUMBER &&
	    value->text[strspn(value->text, "0123456789.")] == '\0')
		return true;
	return wrong(site, field, value);
}

static bool check_duration(const struct site *site, const struct field *field,
                           const struct value *value)
{
	int64_t seconds;

	if (value->kind == VALUE_STRING &&
	    text_to_duration(value->text, &seconds))
		return true;
	return wrong(site, field, value);
}

static bool check_period(const struct site *site, const struct field *field,
                         const struct value *value)
{
	int64_t ms;
	int64_t workdays;

	if (value->kind == VALUE_STRING &&
	    duration_parse(value->text, &ms, &workdays))
		return true;
	return wrong(site, field, value);
}

static bool check_cache(const struct site *site, const struct field *field,
                        const struct value *value)
{
	int64_t seconds;

	if (value->kind == VALUE_BOOL ||
	    (value->kind == VALUE_STRING &&
	     text_to_duration(value->text, &seconds)))
		return true;
	return wrong(site, field, value);
}

static size_t count_words(const char *const *words)
{
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	return count;
}

/* "a", "a or b", "a, b or c". */
static const char *join_words(struct arena *arena, const char *const *words)
{
	size_t count = count_words(words);
	const char *text = words[0];

	for (size_t i = 1; i < count; i++)
		text = arena_printf(arena, "%s%s%s", text,
		                    i + 1 < count ? ", " : " or ", words[i]);
	return text;
}

const char *field_type_text(struct arena *arena, const struct field *field)
{
	if (field->type == FIELD_WORD && field->words != NULL)
		return join_words(arena, field->words);
	return field_type_name(field->type);
}

static void hint_nearest(struct error *err, const char *word,
                         const char *const *known, size_t count)
{
	const char *nearest = text_nearest(word, known, count);

	if (nearest != NULL)
		error_hint(err, "Did you mean \"%s\"?", nearest);
}

static bool check_word(const struct site *site, const struct field *field,
                       const struct value *value)
{
	auto_arena struct arena arena = { 0 };
	size_t count = count_words(field->words);

	if (value->kind == VALUE_STRING)
		for (size_t i = 0; i < count; i++)
			if (strcmp(field->words[i], value->text) == 0)
				return true;
	refuse(site, field, value, join_words(&arena, field->words));
	if (value->kind == VALUE_STRING)
		hint_nearest(&site->errors->items[site->errors->count - 1],
		             value->text, field->words, count);
	return false;
}

static bool check_email(const struct site *site, const struct field *field,
                        const struct value *value)
{
	if (value->kind == VALUE_STRING && text_is_email(value->text))
		return true;
	return wrong(site, field, value);
}

static bool check_path(const struct site *site, const struct field *field,
                       const struct value *value)
{
	auto_error struct error err = { 0 };

	if (value->kind != VALUE_STRING || strstr(value->text, "{{") != NULL)
		return wrong(site, field, value);
	if (path_check(value->text, &err) == 0)
		return true;
	errors_add(site->errors, ERR_CONFIG, site->file, value->pos,
	           "\"%s\": %s", field->name, err.message);
	return false;
}

/* `one` for each item of a list, which must be one. */
static bool check_items(const struct site *site, const struct field *field,
                        const struct value *value, check_value *one)
{
	bool good = true;

	if (value->kind != VALUE_LIST)
		return wrong(site, field, value);
	for (size_t i = 0; i < value->length && !errors_full(site->errors); i++)
		good &= one(site, field, value->items[i]);
	return good;
}

static bool check_texts(const struct site *site, const struct field *field,
                        const struct value *value)
{
	if (value->kind == VALUE_STRING)
		return true;
	return check_items(site, field, value, check_text);
}

static bool check_names(const struct site *site, const struct field *field,
                        const struct value *value)
{
	return check_items(site, field, value, check_name);
}

static bool check_map(const struct site *site, const struct field *field,
                      const struct value *value)
{
	if (value->kind != VALUE_MAP)
		return wrong(site, field, value);
	if (field->fields == NULL)
		return true;
	return fields_check(value, field->fields, field->name, site->file,
	                    site->errors);
}

static bool check_maps(const struct site *site, const struct field *field,
                       const struct value *value)
{
	if (value->kind == VALUE_MAP)
		return check_map(site, field, value);
	return check_items(site, field, value, check_map);
}

static bool check_types(const struct site *site, const struct field *field,
                        const struct value *value)
{
	if (value->kind != VALUE_MAP)
		return wrong(site, field, value);
	return types_check(value, site->file, site->errors);
}

/* The steps themselves are looked at by job_step.c. */
static bool check_steps(const struct site *site, const struct field *field,
                        const struct value *value)
{
	if (value->kind == VALUE_LIST && value->length > 0)
		return true;
	errors_add(site->errors, ERR_CONFIG, site->file, value->pos,
	           "\"%s\" must be %s", field->name, rows[field->type].phrase);
	return false;
}

static bool check_retry(const struct site *site, const struct field *field,
                        const struct value *value)
{
	if (value->kind == VALUE_MAP)
		return check_map(site, field, value);
	if (value->kind == VALUE_NUMBER)
		return check_int(site, field, value);
	return wrong(site, field, value);
}

static bool check_any(const struct site *site, const struct field *field,
                      const struct value *value)
{
	(void)site, (void)field, (void)value;
	return true;
}

static bool check_later(const struct site *site, const struct member *member)
{
	struct error *err = errors_add(
	        site->errors, ERR_CONFIG, site->file, member->pos,
	        "\"%s\" is not yet there in this release", member->name);

	error_hint(err, "It is refused rather than ignored; leave it out.");
	return false;
}

bool field_check(const struct field *field, const struct member *member,
                 const char *file, struct errors *errors)
{
	const struct site site = { file, errors };
	struct field named = *field;

	if (field->later)
		return check_later(&site, member);
	named.name = member->name; /* which its row may not say */
	return rows[field->type].check(&site, &named, member->value);
}

bool field_is_any(const struct field *field)
{
	return strcmp(field->name, "*") == 0;
}

const struct field *field_find(const struct field *fields, const char *name)
{
	for (const struct field *row = fields; row->name != NULL; row++)
		if (strcmp(row->name, name) == 0 || field_is_any(row))
			return row;
	return NULL;
}

/* The names of the rows that may be used now. */
static const char **known_names(struct arena *arena, const struct field *fields,
                                size_t *ret_count)
{
	const char **names = NULL;
	size_t count = 0;

	for (const struct field *row = fields; row->name != NULL; row++) {
		if (row->later)
			continue;
		names = arena_grow(arena, names, count, sizeof(*names));
		names[count++] = row->name;
	}
	*ret_count = count;
	return names;
}

void field_unknown(const struct member *member, const struct field *fields,
                   const char *what, const char *file, struct errors *errors)
{
	auto_arena struct arena arena = { 0 };
	const char *list = "";
	size_t count;
	const char **names = known_names(&arena, fields, &count);
	struct error *err = errors_add(errors, ERR_CONFIG, file, member->pos,
	                               "unknown key \"%s\"", member->name);

	if (count == 0)
		return;
	hint_nearest(err, member->name, names, count);
	for (size_t i = 0; i < count; i++)
		list = arena_printf(&arena, "%s%s%s", list, i > 0 ? ", " : "",
		                    names[i]);
	error_hint(err, "The keys of %s are: %s.", what, list);
}

bool fields_required(const struct value *map, const struct field *fields,
                     const char *what, const char *file, struct errors *errors)
{
	bool good = true;

	for (const struct field *row = fields; row->name != NULL; row++) {
		struct error *err;

		if (!row->required || value_get(map, row->name) != NULL)
			continue;
		good = false;
		err = errors_add(errors, ERR_CONFIG, file, map->pos,
		                 "%s needs \"%s\"", what, row->name);
		if (row->example != NULL)
			error_hint(err, "Add it, as in \"%s: %s\".", row->name,
			           row->example);
	}
	return good;
}

bool fields_check(const struct value *map, const struct field *fields,
                  const char *what, const char *file, struct errors *errors)
{
	bool good = true;

	for (size_t i = 0; i < map->length && !errors_full(errors); i++) {
		const struct member *member = &map->members[i];
		const struct field *row = field_find(fields, member->name);

		if (row != NULL) {
			good &= field_check(row, member, file, errors);
			continue;
		}
		field_unknown(member, fields, what, file, errors);
		good = false;
	}
	good &= fields_required(map, fields, what, file, errors);
	return good;
}

/* A cell of a Markdown table. */
static void add_cell(struct buf *ret, const char *text)
{
	buf_add_text(ret, " ");
	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '|')
			buf_add_char(ret, '\\');
		buf_add_char(ret, *at);
	}
	buf_add_text(ret, " |");
}

static void add_code_cell(struct buf *ret, const char *text)
{
	auto_arena struct arena arena = { 0 };

	add_cell(ret, text != NULL ? arena_printf(&arena, "`%s`", text) : "");
}

static void document_row(const struct field *row, struct buf *ret)
{
	auto_arena struct arena arena = { 0 };

	buf_add_text(ret, "|");
	add_code_cell(ret, row->name);
	if (row->later)
		add_cell(ret, "");
	else
		add_cell(ret, field_type_text(&arena, row));
	if (row->later)
		add_cell(ret, "not yet");
	else if (row->required)
		add_cell(ret, "required");
	else
		add_code_cell(ret, row->otherwise);
	add_cell(ret, row->help != NULL ? row->help : "");
	add_code_cell(ret, row->example);
	buf_add_text(ret, "\n");
}

void fields_document(const struct field *fields, struct buf *ret)
{
	buf_add_text(ret, "| key | type | default | meaning | example |\n"
	                  "|---|---|---|---|---|\n");
	for (const struct field *row = fields; row->name != NULL; row++)
		document_row(row, ret);
}
