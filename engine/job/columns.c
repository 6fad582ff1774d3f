/*
 * A cell is converted by its type's sort (a number, a truth, else a text) and
 * then asked the type's own question, so that a type means the same in a CSV
 * file as elsewhere.
 */
#include "engine/job/columns.h"

#include <assert.h>
#include <string.h>

#include "engine/job/scope.h"
#include "engine/job/type.h"
#include "store/base/number.h"
#include "store/base/text.h"

struct column {
	const char *name;
	const struct type *type;
	bool optional;
};

struct reading {
	struct arena *arena;
	const char *file;
	char decimal;
	struct error *err;
};

/* ---- numbers */

/* The digits of a whole part whose points stand between groups of three,
 * appended to `ret`; false when one does not. */
static bool add_grouped(struct buf *ret, const char *text, size_t len)
{
	size_t group = 0;
	bool grouped = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '.') {
			buf_add_char(ret, text[i]);
			group++;
			continue;
		}
		if (group == 0 || group > 3 || (grouped && group != 3))
			return false;
		grouped = true;
		group = 0;
	}
	return !grouped || group == 3;
}

/* The number as JSON writes it, or NULL when it is none. */
static const char *number_text(const struct reading *reading, const char *text)
{
	const size_t longest = 100;
	auto_buf struct buf number = buf_make(2 * longest);
	size_t whole;

	if (strlen(text) > longest)
		return NULL;
	if (*text == '-')
		buf_add_char(&number, '-');
	text += *text == '-' || *text == '+';
	whole = strcspn(text, reading->decimal == ',' ? "," : ".eE");
	if (reading->decimal != ',')
		buf_add(&number, text, whole);
	else if (!add_grouped(&number, text, whole))
		return NULL;
	text += whole;
	if (*text == reading->decimal) {
		buf_add_char(&number, '.');
		text++;
	}
	buf_add_text(&number, text);
	return number_valid(number.at, number.len) &&
	                       number_fits(number.at, number.len)
	               ? arena_strndup(reading->arena, number.at, number.len)
	               : NULL;
}

/* ---- cells */

static struct value *to_number(const struct reading *reading, const char *text)
{
	const char *number = number_text(reading, text);

	return number ? value_number(reading->arena, number) : NULL;
}

static struct value *to_boolean(const struct reading *reading, const char *text)
{
	if (!text_equal(text, "true") && !text_equal(text, "false"))
		return NULL;
	return value_bool(reading->arena, *text == 't');
}

static struct value *to_text(const struct reading *reading, const char *text)
{
	return value_string(reading->arena, text);
}

/* The types that a cell can have. */
static const struct sort {
	const char *type;
	bool whole; /* with the blanks around it, and it may be empty */
	struct value *(*convert)(const struct reading *reading,
	                         const char *text);
} sorts[] = {
	{ "any", true, to_text },        { "boolean", false, to_boolean },
	{ "date", false, to_text },      { "email", false, to_text },
	{ "integer", false, to_number }, { "number", false, to_number },
	{ "path", false, to_text },      { "slug", false, to_text },
	{ "string", true, to_text },
};

static const struct sort *find_sort(const struct type *type)
{
	for (size_t i = 0; i < ARRAY_LEN(sorts); i++)
		if (strcmp(sorts[i].type, type->name) == 0)
			return &sorts[i];
	return NULL;
}

static const char *trimmed(struct arena *arena, const char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && strchr(" \t", text[len - 1]) != NULL)
		len--;
	return arena_strndup(arena, text, len);
}

static int wrong_cell(const struct reading *reading,
                      const struct column *column, const struct value *cell,
                      bool number)
{
	auto_arena struct arena arena = { 0 };
	struct reading other = { &arena, NULL, ',', NULL };

	error_at(reading->err, ERR_CONFIG, reading->file, cell->pos,
	         "\"%s\" must be %s, not %s", column->name,
	         column->type->phrase, scope_describe(&arena, cell));
	if (number && reading->decimal == '.' &&
	    strchr(cell->text, ',') != NULL &&
	    number_text(&other, trimmed(&arena, cell->text)) != NULL)
		error_hint(reading->err, "If the file writes numbers as "
		                         "1.234,56, say csv: { decimal: "
		                         "\",\" }.");
	return -1;
}

/* The cell as a value of the column's type, or NULL. */
static struct value *typed_cell(const struct reading *reading,
                                const struct column *column,
                                const struct value *cell)
{
	const struct sort *sort = find_sort(column->type);
	const char *text = cell->text;
	struct value *value;

	assert(sort != NULL); /* columns_check() has seen to it */
	if (!sort->whole)
		text = trimmed(reading->arena, text);
	if (*text == '\0' && column->optional) {
		value = value_null(reading->arena);
	} else if (*text == '\0' && !sort->whole) {
		error_at(reading->err, ERR_CONFIG, reading->file, cell->pos,
		         "\"%s\" is empty", column->name);
		return NULL;
	} else {
		value = sort->convert(reading, text);
		if (value == NULL || !column->type->fits(value)) {
			(void)wrong_cell(reading, column, cell,
			                 sort->convert == to_number);
			return NULL;
		}
	}
	value->pos = cell->pos;
	return value;
}

/* ---- columns */

static int missing_column(const struct reading *reading,
                          const struct column *column, const struct value *rows)
{
	const struct value *row = rows->items[0];
	const char **names =
	        arena_array(reading->arena, row->length, sizeof(*names));
	const char *nearest;

	for (size_t i = 0; i < row->length; i++)
		names[i] = row->members[i].name;
	nearest = text_nearest(column->name, names, row->length);
	error_at(reading->err, ERR_CONFIG, reading->file, rows->pos,
	         "there is no column \"%s\"", column->name);
	if (nearest != NULL)
		error_hint(reading->err, "There is \"%s\".", nearest);
	return -1;
}

static int apply_column(const struct reading *reading,
                        const struct column *column, const struct value *rows,
                        struct value *row)
{
	const struct value *cell = value_get(row, column->name);
	struct value *value;

	if (cell == NULL && !column->optional)
		return missing_column(reading, column, rows);
	value = cell != NULL ? typed_cell(reading, column, cell)
	                     : value_null(reading->arena);
	if (value == NULL)
		return -1;
	value_map_set(reading->arena, row, column->name, value);
	return 0;
}

int columns_apply(struct arena *arena, const struct value *declared,
                  char decimal, struct value *rows, const char *file,
                  struct error *err)
{
	auto_arena struct arena scratch = { 0 };
	const struct reading reading = { arena, file, decimal, err };
	struct column *columns =
	        arena_array(&scratch, declared->length, sizeof(*columns));

	for (size_t i = 0; i < declared->length; i++) {
		columns[i].name = declared->members[i].name;
		columns[i].type = type_find(declared->members[i].value->text,
		                            &columns[i].optional);
		assert(columns[i].type != NULL); /* types_check() saw to it */
	}
	for (size_t i = 0; i < rows->length; i++)
		for (size_t j = 0; j < declared->length; j++)
			if (apply_column(&reading, &columns[j], rows,
			                 rows->items[i]) < 0)
				return -1;
	return 0;
}

bool columns_check(const struct value *declared, const char *file,
                   struct errors *errors)
{
	size_t before = errors->count;

	for (size_t i = 0; i < declared->length; i++) {
		const struct value *word = declared->members[i].value;
		bool optional;
		const struct type *type = type_find(word->text, &optional);

		if (find_sort(type) == NULL)
			errors_add(errors, ERR_CONFIG, file, word->pos,
			           "a cell of a CSV file cannot be a %s",
			           type->name);
	}
	return errors->count == before;
}
