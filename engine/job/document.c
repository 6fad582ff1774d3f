#include "engine/job/document.h"

#include <string.h>

#include "store/base/json.h"
#include "store/base/path.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

enum form {
	FORM_MARKDOWN,
	FORM_YAML,
	FORM_JSON,
	FORM_TEXT,
};

static enum form form_of(const char *path)
{
	static const struct {
		const char *ending;
		enum form form;
	} forms[] = {
		{ ".md", FORM_MARKDOWN },
		{ ".yaml", FORM_YAML },
		{ ".yml", FORM_YAML },
		{ ".json", FORM_JSON },
	};

	const char *ending = path_ending(path);

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (strcmp(forms[i].ending, ending) == 0)
			return forms[i].form;
	return FORM_TEXT;
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
static const struct value *without_file(struct arena *arena,
                                        const struct value *value)
{
	if (!value_get(value, "file"))
		return value;
	struct value *result = value_map(arena);
	for (size_t i = 0; i < value->length; i++)
		if (strcmp(value->members[i].name, "file") != 0)
			value_map_set(arena, result, value->members[i].name,
			              value->members[i].value);
	return result;
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

int document_write(struct buf *buf, const char *path, const struct value *value,
                   struct error *err)
{
	auto_arena struct arena arena = { 0 };
	enum form form = form_of(path);

	if (form == FORM_TEXT ||
	    (form == FORM_MARKDOWN && value->kind != VALUE_MAP)) {
		if (write_text(buf, path, value, err) < 0)
			return -1;
		return buf_check(buf, path, err);
	}
	const struct value *bare = without_file(&arena, value);
	if (form == FORM_MARKDOWN && markdown_write(buf, bare, err) < 0)
		return -1;
	if (form == FORM_YAML && yaml_write(buf, bare, err) < 0)
		return -1;
	if (form == FORM_JSON) {
		json_write(buf, bare, JSON_PRETTY);
		buf_add_char(buf, '\n');
	}
	return buf_check(buf, path, err);
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
