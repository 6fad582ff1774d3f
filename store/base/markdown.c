/*
 * A Markdown file is cut at two lines of `---`; the YAML reader gets what is
 * between them, and the rest is one text. Line ends of Windows become plain
 * ones, as YAML does it with its texts.
 */
#include <stdbool.h>
#include <string.h>

#include "store/base/text.h"
#include "store/base/yaml.h"

static const char fence[] = "---";

/* What is left to read, and where it is. */
struct rest {
	const char *at;
	size_t len;
	unsigned line;
};

/* Bytes of the next line with its end. */
static size_t line_bytes(const struct rest *rest)
{
	const char *end = memchr(rest->at, '\n', rest->len);

	return end != NULL ? (size_t)(end + 1 - rest->at) : rest->len;
}

static void skip_line(struct rest *rest)
{
	size_t bytes = line_bytes(rest);

	rest->at += bytes;
	rest->len -= bytes;
	rest->line++;
}

/* Whether the next line is `text`, but for white space at its end. */
static bool line_is(const struct rest *rest, const char *text)
{
	size_t bytes = line_bytes(rest);

	while (bytes > 0 && strchr(" \t\r\n", rest->at[bytes - 1]) != NULL)
		bytes--;
	return rest->len > 0 && bytes == strlen(text) &&
	       memcmp(rest->at, text, bytes) == 0;
}

static int check_text(const char *file, const struct rest *rest,
                      struct error *err)
{
	struct pos pos = { .line = rest->line, .column = 1 };
	size_t at = 0;

	while (at < rest->len) {
		size_t step = utf8_next(rest->at + at, rest->len - at, NULL);

		if (step == 0)
			return error_at(err, ERR_CONFIG, file, pos,
			                "the byte 0x%02x is not valid UTF-8",
			                (unsigned char)rest->at[at]);
		if (rest->at[at] == '\0')
			return error_at(err, ERR_CONFIG, file, pos,
			                "the character U+0000 cannot stand in "
			                "a text");
		pos.column += (unsigned)step;
		if (rest->at[at] == '\n')
			pos = (struct pos){ pos.line + 1, 1 };
		at += step;
	}
	return 0;
}

/* A text without the carriage returns of its line ends. */
static struct value *text_value(struct arena *arena, const struct rest *rest)
{
	char *text = arena_strndup(arena, rest->at, rest->len);
	struct value *value;
	size_t len = 0;

	for (size_t i = 0; i < rest->len; i++) {
		if (text[i] != '\r' || text[i + 1] != '\n')
			text[len++] = text[i];
	}
	value = value_bytes(arena, text, len);
	value->style = STYLE_PLAIN;
	value->pos = (struct pos){ .line = rest->line, .column = 1 };
	return value;
}

/* Read the front matter at `rest`, which then is what follows it. */
static struct value *front_matter(struct arena *arena, const char *file,
                                  struct rest *rest, struct error *err)
{
	struct pos opening = { .line = rest->line, .column = 1 };
	struct rest front;
	struct value *map;

	skip_line(rest);
	front = *rest;
	while (rest->len > 0 && !line_is(rest, fence))
		skip_line(rest);
	if (rest->len == 0) {
		(void)error_at(err, ERR_CONFIG, file, opening,
		               "the front matter that begins here has no "
		               "closing \"---\"");
		return NULL;
	}
	map = yaml_parse(arena, file, front.at, (size_t)(rest->at - front.at),
	                 front.line, err);
	if (map != NULL && map->kind == VALUE_NULL)
		map = value_map(arena);
	if (map != NULL && map->kind != VALUE_MAP) {
		(void)error_at(err, ERR_CONFIG, file, map->pos,
		               "the front matter must be a map, not a %s",
		               value_kind_name(map->kind));
		return NULL;
	}
	skip_line(rest);
	if (line_is(rest, ""))
		skip_line(rest);
	return map;
}

struct value *markdown_parse(struct arena *arena, const char *file,
                             const char *bytes, size_t len, struct error *err)
{
	struct rest rest = { .at = bytes, .len = len, .line = 1 };
	struct value *map = NULL;
	const struct member *taken;

	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		rest.at += 3; /* a byte order mark */
		rest.len -= 3;
	}
	if (line_is(&rest, fence))
		map = front_matter(arena, file, &rest, err);
	else
		map = value_map(arena);
	if (map == NULL)
		return NULL;
	taken = value_member(map, "text");
	if (taken != NULL) {
		(void)error_at(err, ERR_CONFIG, file, taken->pos,
		               "\"text\" cannot be a field of the front "
		               "matter; it is what follows it");
		return NULL;
	}
	if (check_text(file, &rest, err) < 0)
		return NULL;
	map->pos = (struct pos){ .line = 1, .column = 1 };
	value_map_set(arena, map, "text", text_value(arena, &rest));
	return map;
}

/* The fields but `text`, between their fences. Without fields, none: unless
 * the text itself would be taken for front matter. */
static int write_front(struct buf *buf, const struct value *map,
                       const char *text, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct rest start = { .at = text, .len = strlen(text) };
	struct value *fields = value_map(&arena);

	for (size_t i = 0; i < map->length; i++) {
		const struct member *member = &map->members[i];

		if (!text_equal(member->name, "text"))
			value_map_set(&arena, fields, member->name,
			              member->value);
	}
	if (fields->length == 0 && !line_is(&start, fence))
		return 0;
	buf_printf(buf, "%s\n", fence);
	if (fields->length > 0 && yaml_write(buf, fields, err) < 0)
		return -1;
	buf_printf(buf, "%s\n", fence);
	if (text[0] != '\0')
		buf_add_char(buf, '\n');
	return 0;
}

int markdown_write(struct buf *buf, const struct value *map, struct error *err)
{
	const struct value *text = value_get(map, "text");
	size_t len = 0;

	if (map->kind != VALUE_MAP ||
	    (text != NULL && text->kind != VALUE_STRING))
		return error_set(err, ERR_FAILED,
		                 "only a map whose \"text\" is a string can be "
		                 "written as Markdown");
	if (text != NULL)
		len = text->length;
	if (len > 0 && (memchr(text->text, '\0', len) != NULL ||
	                !utf8_valid(text->text, len)))
		return error_set(err, ERR_FAILED,
		                 "a text that is not UTF-8, or has the "
		                 "character U+0000, cannot be written as "
		                 "Markdown");
	while (len > 0 && text->text[len - 1] == '\n')
		len--;
	if (write_front(buf, map, len > 0 ? text->text : "", err) < 0)
		return -1;
	if (len > 0) {
		buf_add(buf, text->text, len);
		buf_add_char(buf, '\n');
	}
	return buf_check(buf, "the Markdown", err);
}
