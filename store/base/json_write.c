/*
 * Values as JSON. The bytes are part of what is hashed and stored, so the
 * rules here are a format: they do not change with a release.
 *
 * Stretches of text that need no escape are found eight bytes at a time by
 * json_scan. Members that are in order already, as what was read from a record
 * is, are not sorted again.
 */
#include "store/base/json.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/json_scan.h"
#include "store/base/text.h"

enum {
	FEW_MEMBERS = 24, /* are sorted in place */
	FIRST_ROOM = 480  /* of a canonical text */
};

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

void json_write_text(struct buf *buf, const char *text, size_t len)
{
	size_t run = json_plain(text, len);
	char *whole = run == len ? buf_reserve(buf, size_add(len, 2)) : NULL;
	size_t at = 0;

	if (whole != NULL) { /* most texts */
		*whole = '"';
		if (len > 0)
			memcpy(whole + 1, text, len);
		whole[len + 1] = '"';
		buf_filled(buf, len + 2);
		return;
	}
	buf_add_char(buf, '"');
	while (at < len) {
		run = json_plain(text + at, len - at);
		buf_add(buf, text + at, run);
		at += run;
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
	const struct member *const *a = left;
	const struct member *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

/* Order the members of a map by their names' bytes. */
static void sort_members(const struct member **members, size_t count)
{
	if (count > FEW_MEMBERS) {
		qsort(members, count, sizeof(const struct member *),
		      compare_names);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		const struct member *member = members[i];
		size_t at = i;

		for (; at > 0; at--) {
			if (strcmp(members[at - 1]->name, member->name) < 0)
				break;
			members[at] = members[at - 1];
		}
		members[at] = member;
	}
}

static bool is_sorted(const struct value *map)
{
	for (size_t i = 1; i < map->length; i++) {
		if (strcmp(map->members[i - 1].name, map->members[i].name) > 0)
			return false;
	}
	return true;
}

static void write_member(struct writer *writer, const struct member *member,
                         bool first)
{
	if (!first)
		buf_add_char(writer->buf, ',');
	write_break(writer);
	json_write_text(writer->buf, member->name, strlen(member->name));
	buf_add_char(writer->buf, ':');
	if (writer->flags & JSON_PRETTY)
		buf_add_char(writer->buf, ' ');
	write_value(writer, member->value);
}

static void write_sorted(struct writer *writer, const struct value *map)
{
	const struct member *few[FEW_MEMBERS];
	auto_free const struct member **many = NULL;
	const struct member **members = few;

	if (map->length > FEW_MEMBERS) {
		many = mem_alloc(
		        size_mul(map->length, sizeof(const struct member *)));
		members = many;
	}
	for (size_t i = 0; i < map->length; i++)
		members[i] = &map->members[i];
	sort_members(members, map->length);
	for (size_t i = 0; i < map->length; i++)
		write_member(writer, members[i], i == 0);
}

static void write_map(struct writer *writer, const struct value *map)
{
	buf_add_char(writer->buf, '{');
	writer->depth++;
	if ((writer->flags & JSON_SORTED) && !is_sorted(map))
		write_sorted(writer, map);
	else
		for (size_t i = 0; i < map->length; i++)
			write_member(writer, &map->members[i], i == 0);
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

	(void)buf_reserve(&text, FIRST_ROOM);
	json_write(&text, value, JSON_SORTED);
	assert(!text.over);
	return arena_strndup(arena, text.at, text.len);
}
