/*
 * Values as JSON. The bytes are part of what is hashed and stored, so the
 * rules here are a format: they do not change with a release.
 */
#include "store/base/json.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/text.h"

struct writer {
	struct buf *buf;
	unsigned flags;
	unsigned depth;
};

/* Append what stands for the character at `text`, and return its bytes. */
static size_t write_character(struct buf *buf, const char *text, size_t len)
{
	uint32_t point = 0;
	size_t size = utf8_next(text, len, &point);

	if (size == 0) {
		buf_add_text(buf, "\\ufffd");
		return 1;
	}
	if (point == '"' || point == '\\')
		buf_printf(buf, "\\%c", (char)point);
	else if (point == '\n' || point == '\t' || utf8_is_hidden(point))
		buf_printf(buf, "\\u%04x", point);
	else
		buf_add(buf, text, size);
	return size;
}

static bool is_ordinary(char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

void json_write_text(struct buf *buf, const char *text, size_t len)
{
	size_t at = 0;

	buf_add_char(buf, '"');
	while (at < len) {
		size_t run = at;

		while (run < len && is_ordinary(text[run]))
			run++;
		buf_add(buf, text + at, run - at);
		at = run;
		if (at < len)
			at += write_character(buf, text + at, len - at);
	}
	buf_add_char(buf, '"');
}

/* The end of a line in pretty output. */
static void write_break(struct writer *writer)
{
	if (!(writer->flags & JSON_PRETTY))
		return;
	buf_add_char(writer->buf, '\n');
	buf_pad(writer->buf, ' ', (size_t)writer->depth * 2);
}

static void write_value(struct writer *writer, const struct value *value);

static void write_list(struct writer *writer, const struct value *list)
{
	buf_add_char(writer->buf, '[');
	writer->depth++;
	for (size_t i = 0; i < list->length; i++) {
		if (i > 0)
			buf_add_char(writer->buf, ',');
		write_break(writer);
		write_value(writer, list->items[i]);
	}
	writer->depth--;
	if (list->length > 0)
		write_break(writer);
	buf_add_char(writer->buf, ']');
}

static int compare_names(const void *left, const void *right)
{
	const struct member *a = left;
	const struct member *b = right;

	return strcmp(a->name, b->name);
}

static void write_map(struct writer *writer, const struct value *map)
{
	size_t size = size_mul(map->length, sizeof(struct member));
	auto_free struct member *members = mem_alloc(size);

	if (map->length > 0)
		memcpy(members, map->members, size);
	if (writer->flags & JSON_SORTED)
		qsort(members, map->length, sizeof(*members), compare_names);
	buf_add_char(writer->buf, '{');
	writer->depth++;
	for (size_t i = 0; i < map->length; i++) {
		const char *name = members[i].name;

		if (i > 0)
			buf_add_char(writer->buf, ',');
		write_break(writer);
		json_write_text(writer->buf, name, strlen(name));
		buf_add_text(writer->buf,
		             writer->flags & JSON_PRETTY ? ": " : ":");
		write_value(writer, members[i].value);
	}
	writer->depth--;
	if (map->length > 0)
		write_break(writer);
	buf_add_char(writer->buf, '}');
}

static void write_value(struct writer *writer, const struct value *value)
{
	switch (value->kind) {
	case VALUE_NULL:
		buf_add_text(writer->buf, "null");
		break;
	case VALUE_BOOL:
		buf_add_text(writer->buf, value->boolean ? "true" : "false");
		break;
	case VALUE_NUMBER:
		buf_add(writer->buf, value->text, value->length);
		break;
	case VALUE_STRING:
		json_write_text(writer->buf, value->text, value->length);
		break;
	case VALUE_LIST:
		write_list(writer, value);
		break;
	case VALUE_MAP:
		write_map(writer, value);
		break;
	}
}

void json_write(struct buf *buf, const struct value *value, unsigned flags)
{
	struct writer writer = { .buf = buf, .flags = flags };

	write_value(&writer, value);
}

const char *json_canonical(struct arena *arena, const struct value *value)
{
	/* Not a limit: the value is in memory and the text is of its size. */
	auto_buf struct buf text = buf_make(SIZE_MAX / 2);

	json_write(&text, value, JSON_SORTED);
	assert(!text.over);
	return arena_strndup(arena, text.at, text.len);
}
