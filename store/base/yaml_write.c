/*
 * YAML that people edit: block style, two spaces a level, one of four shapes
 * for a text.
 *
 *	plain      when yaml_parse() gives the same text back
 *	literal    several lines, all of characters that can be seen
 *	quoted     everything else, in double quotes with escapes
 *	? quoted   a name longer than libyaml looks for its `:`
 *
 * libyaml's emitter is not used: it folds long lines, quotes by the rules of
 * YAML 1.1, and what it writes may change with its release.
 */
#include "store/base/yaml.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/base/yaml_plain.h"

enum {
	INDENT = 2,
	SHORT_NAME = 160 /* libyaml takes 1024 characters with the quotes, and
	                  * an escape has six */
};

struct writer {
	struct buf *buf;
	unsigned depth; /* open lists and maps */
	struct error *err;
};

/* Whether a character may stand in a file as it is. */
static bool is_visible(uint32_t point)
{
	return !utf8_is_hidden(point) && point != 0xfeff && point != 0xfffe &&
	       point != 0xffff;
}

/* Whether all of `text` may stand as it is, where `others` are the controls
 * that may, too. */
static bool all_visible(const char *text, size_t len, const char *others)
{
	while (len > 0) {
		uint32_t point = 0;
		size_t size = utf8_next(text, len, &point);
		bool control = point == '\n' || point == '\t';

		if (control ? strchr(others, *text) == NULL
		            : !is_visible(point))
			return false;
		text += size;
		len -= size;
	}
	return true;
}

/* Whether the first characters of a text make it something else. */
static bool begins_plain(const char *text)
{
	if (text_starts(text, "---") || text_starts(text, "..."))
		return false;
	if (text[0] == '-')
		return text[1] != ' ' && text[1] != '\0';
	return strchr(" ?:,[]{}#&*!|>'\"%@`", text[0]) == NULL;
}

static bool is_plain(const char *text, size_t len)
{
	return len > 0 && begins_plain(text) && text[len - 1] != ' ' &&
	       text[len - 1] != ':' && strstr(text, ": ") == NULL &&
	       strstr(text, " #") == NULL && !text_equal(text, "<<") &&
	       plain_resolve(text) == PLAIN_STRING &&
	       all_visible(text, len, "");
}

static bool is_literal(const char *text, size_t len)
{
	return strchr(text, '\n') != NULL && text[strspn(text, "\n")] != '\0' &&
	       all_visible(text, len, "\n\t");
}

static void write_escaped(struct buf *buf, uint32_t point)
{
	switch (point) {
	case '\n':
		buf_add_text(buf, "\\n");
		break;
	case '\r':
		buf_add_text(buf, "\\r");
		break;
	case '\t':
		buf_add_text(buf, "\\t");
		break;
	case '"':
	case '\\':
		buf_printf(buf, "\\%c", (char)point);
		break;
	default:
		buf_printf(buf, "\\u%04x", point);
		break;
	}
}

static void write_quoted(struct buf *buf, const char *text, size_t len)
{
	buf_add_char(buf, '"');
	while (len > 0) {
		uint32_t point = 0;
		size_t size = utf8_next(text, len, &point);

		if (strchr("\n\t\"\\", *text) != NULL || !is_visible(point))
			write_escaped(buf, point);
		else
			buf_add(buf, text, size);
		text += size;
		len -= size;
	}
	buf_add_char(buf, '"');
}

/* What follows the `|`: the indentation, where it cannot be seen from the
 * first line, and what becomes of the newlines at the end. */
static void write_header(struct buf *buf, const char *text, size_t len)
{
	buf_add_char(buf, '|');
	if (strchr(" \t\n", text[0]) != NULL)
		buf_printf(buf, "%d", INDENT);
	if (text[len - 1] != '\n')
		buf_add_char(buf, '-');
	else if (text[len - 2] == '\n')
		buf_add_char(buf, '+');
	buf_add_char(buf, '\n');
}

static void write_literal(struct buf *buf, const char *text, size_t len,
                          size_t indent)
{
	write_header(buf, text, len);
	while (*text != '\0') {
		size_t line = strcspn(text, "\n");

		if (line > 0)
			buf_pad(buf, ' ', indent);
		buf_add(buf, text, line);
		buf_add_char(buf, '\n');
		text += line;
		text += *text == '\n';
	}
}

static int check_text(struct writer *writer, const char *text, size_t len)
{
	if (memchr(text, '\0', len) != NULL)
		return error_set(writer->err, ERR_FAILED,
		                 "a text with the character U+0000 cannot be "
		                 "written as YAML");
	if (!utf8_valid(text, len))
		return error_set(writer->err, ERR_FAILED,
		                 "a text that is not UTF-8 cannot be written "
		                 "as YAML");
	return 0;
}

/* A text and the end of its line; `indent` is that of the block around. */
static int write_string(struct writer *writer, const struct value *value,
                        size_t indent)
{
	if (check_text(writer, value->text, value->length) < 0)
		return -1;
	if (is_literal(value->text, value->length)) {
		write_literal(writer->buf, value->text, value->length,
		              indent + INDENT);
		return 0;
	}
	if (is_plain(value->text, value->length))
		buf_add(writer->buf, value->text, value->length);
	else
		write_quoted(writer->buf, value->text, value->length);
	buf_add_char(writer->buf, '\n');
	return 0;
}

/* A value that stands on the line of its name or dash. */
static int write_scalar(struct writer *writer, const struct value *value,
                        size_t indent)
{
	struct buf *buf = writer->buf;

	switch (value->kind) {
	case VALUE_NULL:
		buf_add_text(buf, "null\n");
		break;
	case VALUE_BOOL:
		buf_add_text(buf, value->boolean ? "true\n" : "false\n");
		break;
	case VALUE_NUMBER:
		buf_printf(buf, "%s\n", value->text);
		break;
	case VALUE_STRING:
		return write_string(writer, value, indent);
	case VALUE_LIST:
		buf_add_text(buf, "[]\n");
		break;
	case VALUE_MAP:
		buf_add_text(buf, "{}\n");
		break;
	}
	return 0;
}

/* Whether a value has lines of its own. */
static bool is_block(const struct value *value)
{
	return (value->kind == VALUE_LIST || value->kind == VALUE_MAP) &&
	       value->length > 0;
}

static int write_block(struct writer *writer, const struct value *value,
                       size_t indent);

/* A name with its colon. */
static int write_name(struct writer *writer, const char *name, size_t indent)
{
	struct buf *buf = writer->buf;
	size_t len = strlen(name);
	bool is_long = len > SHORT_NAME;

	if (check_text(writer, name, len) < 0)
		return -1;
	if (is_long)
		buf_add_text(buf, "? ");
	if (is_plain(name, len))
		buf_add(buf, name, len);
	else
		write_quoted(buf, name, len);
	if (is_long) {
		buf_add_char(buf, '\n');
		buf_pad(buf, ' ', indent);
	}
	buf_add_char(buf, ':');
	return 0;
}

static int write_member(struct writer *writer, const struct member *member,
                        size_t indent)
{
	if (write_name(writer, member->name, indent) < 0)
		return -1;
	if (!is_block(member->value)) {
		buf_add_char(writer->buf, ' ');
		return write_scalar(writer, member->value, indent);
	}
	buf_add_char(writer->buf, '\n');
	buf_pad(writer->buf, ' ', indent + INDENT);
	return write_block(writer, member->value, indent + INDENT);
}

static int write_item(struct writer *writer, const struct value *item,
                      size_t indent)
{
	buf_add_text(writer->buf, "- ");
	if (is_block(item))
		return write_block(writer, item, indent + INDENT);
	return write_scalar(writer, item, indent);
}

/* The lines of a list or map; the first one is indented already. */
static int write_block(struct writer *writer, const struct value *value,
                       size_t indent)
{
	if (writer->depth == LIMIT_YAML_DEPTH)
		return error_set(writer->err, ERR_LIMIT,
		                 "lists and maps are nested deeper than %u "
		                 "levels",
		                 LIMIT_YAML_DEPTH);
	writer->depth++;
	for (size_t i = 0; i < value->length; i++) {
		int result;

		if (i > 0)
			buf_pad(writer->buf, ' ', indent);
		if (value->kind == VALUE_MAP)
			result = write_member(writer, &value->members[i],
			                      indent);
		else
			result = write_item(writer, value->items[i], indent);
		if (result < 0)
			return -1;
	}
	writer->depth--;
	return 0;
}

int yaml_write(struct buf *buf, const struct value *value, struct error *err)
{
	struct writer writer = { .buf = buf, .err = err };
	int result = is_block(value) ? write_block(&writer, value, 0)
	                             : write_scalar(&writer, value, 0);

	if (result < 0)
		return -1;
	return buf_check(buf, "the YAML", err);
}
