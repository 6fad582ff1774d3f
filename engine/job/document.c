#include "engine/job/document.h"

#include <string.h>

#include "store/base/csv.h"
#include "store/base/json.h"
#include "store/base/path.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

enum form {
	FORM_MARKDOWN,
	FORM_YAML,
	FORM_JSON,
	FORM_CSV,
	FORM_TEXT,
};

static enum form form_of(const char *path)
{
	static const struct {
		const char *ending;
		enum form form;
	} forms[] = {
		{ ".md", FORM_MARKDOWN }, { ".yaml", FORM_YAML },
		{ ".yml", FORM_YAML },    { ".json", FORM_JSON },
		{ ".csv", FORM_CSV },
	};

	const char *ending = path_ending(path);

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (strcmp(forms[i].ending, ending) == 0)
			return forms[i].form;
	return FORM_TEXT;
}

bool document_is_csv(const char *path)
{
	return form_of(path) == FORM_CSV;
}

struct value *document_parse(struct arena *arena, const char *path,
                             const char *bytes, size_t len, struct error *err)
{
	switch (form_of(path)) {
	case FORM_MARKDOWN:
		return markdown_parse(arena, path, bytes, len, err);
	case FORM_YAML:
		return yaml_parse(arena, path, bytes, len, 1, err);
	case FORM_JSON:
		return json_parse(arena, path, bytes, len, err);
	case FORM_CSV:
		return csv_parse(arena, path, bytes, len, NULL, err);
	case FORM_TEXT:
		break;
	}
	if (!utf8_valid(bytes, len)) {
		error_set(err, ERR_CONFIG, "\"%s\" is not valid UTF-8", path);
		return NULL;
	}
	return value_bytes(arena, bytes, len);
}

/* The map without reeve's own member. */
static struct value *bare_map(struct arena *arena, const struct value *value)
{
	struct value *result = value_map(arena);

	for (size_t i = 0; i < value->length; i++)
		if (strcmp(value->members[i].name, "file") != 0)
			value_map_set(arena, result, value->members[i].name,
			              value->members[i].value);
	return result;
}

/* The rows, each without it. */
static struct value *bare_rows(struct arena *arena, const struct value *list)
{
	struct value *result = value_list(arena);

	for (size_t i = 0; i < list->length; i++) {
		struct value *row = list->items[i];

		value_list_add(arena, result,
		               value_get(row, "file") ? bare_map(arena, row)
		                                      : row);
	}
	return result;
}

static const struct value *without_file(struct arena *arena, enum form form,
                                        const struct value *value)
{
	if (form == FORM_CSV && value->kind == VALUE_LIST)
		return bare_rows(arena, value);
	return value_get(value, "file") ? bare_map(arena, value) : value;
}

static int write_text(struct buf *buf, const char *path,
                      const struct value *value, struct error *err)
{
	const struct value *text =
	        value->kind == VALUE_MAP ? value_get(value, "text") : value;

	if (!text || text->kind == VALUE_LIST || text->kind == VALUE_MAP ||
	    text->kind == VALUE_NULL)
		return error_set(err, ERR_FAILED,
		                 "a %s cannot be written to \"%s\"",
		                 value_kind_name(value->kind), path);
	if (text->kind == VALUE_BOOL)
		buf_add_text(buf, text->boolean ? "true" : "false");
	else
		buf_add(buf, text->text, text->length);
	if (buf->len && buf->at[buf->len - 1] != '\n')
		buf_add_char(buf, '\n');
	return 0;
}

/* Whether the file gets the text of the value, whatever its ending. */
static bool is_written_as_text(enum form form, const struct value *value)
{
	switch (form) {
	case FORM_MARKDOWN:
		return value->kind != VALUE_MAP;
	case FORM_CSV:
		return value->kind == VALUE_STRING || value_get(value, "text");
	case FORM_YAML:
	case FORM_JSON:
		return false;
	case FORM_TEXT:
		break;
	}
	return true;
}

static int write_data(struct buf *buf, enum form form,
                      const struct value *value, struct error *err)
{
	switch (form) {
	case FORM_MARKDOWN:
		return markdown_write(buf, value, err);
	case FORM_YAML:
		return yaml_write(buf, value, err);
	case FORM_JSON:
		json_write(buf, value, JSON_PRETTY);
		buf_add_char(buf, '\n');
		return 0;
	case FORM_CSV:
		return csv_write(buf, value, err);
	case FORM_TEXT:
		break;
	}
	return 0;
}

int document_write(struct buf *buf, const char *path, const struct value *value,
                   struct error *err)
{
	auto_arena struct arena arena = { 0 };
	enum form form = form_of(path);
	int status =
	        is_written_as_text(form, value)
	                ? write_text(buf, path, value, err)
	                : write_data(buf, form,
	                             without_file(&arena, form, value), err);

	return status < 0 ? -1 : buf_check(buf, path, err);
}

int document_check(const char *path, const struct value *value, size_t max,
                   struct error *err)
{
	auto_buf struct buf buf = buf_make(max);

	/* A text is written as it is, with at most the end of a line. */
	if (value->kind == VALUE_STRING && value->length < max &&
	    is_written_as_text(form_of(path), value))
		return 0;
	return document_write(&buf, path, value, err);
}

struct value *document_with_path(struct arena *arena, const struct value *value,
                                 const char *path)
{
	struct value *result = value_copy(arena, value);
	struct value *file = value_map(arena);

	if (result->kind != VALUE_MAP)
		return result;
	value_map_text(arena, file, "path", path);
	value_map_set(arena, result, "file", file);
	return result;
}
