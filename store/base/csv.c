/*
 * The reader goes over the bytes once. It stands in front of a row, then in
 * front of each of its cells; a cell ends in front of a delimiter, a line end
 * or the end of the file, a row behind its line end. Positions count bytes as
 * they stand in the file, so a cell is collected byte by byte (without the
 * quotes around and the doubled ones in it) and only then made UTF-8.
 */
#include "store/base/csv.h"

#include <string.h>

#include "store/base/limits.h"
#include "store/base/text.h"

struct reader {
	struct arena *arena;
	const char *file;
	const struct csv_format *format;
	const char *at;
	const char *end;
	struct pos pos; /* of `at` */
	char delimiter;
	struct buf cell;    /* the one that is read */
	struct value **row; /* `width` cells, of which `count` are read */
	size_t width;       /* 0: that of the header is not known yet */
	size_t count;
	size_t cells; /* in all rows */
	struct error *err;
};

static void reader_clear(struct reader *reader)
{
	buf_clear(&reader->cell);
}

#define fail_at(reader, pos, ...)                                              \
	error_at((reader)->err, ERR_CONFIG, (reader)->file, (pos), __VA_ARGS__)

/* ---- bytes */

static bool is_at(const struct reader *reader, char c)
{
	return reader->at < reader->end && *reader->at == c;
}

/* The bytes of the line end in front: 1, 2, or 0. */
static size_t line_end(const struct reader *reader)
{
	if (is_at(reader, '\n'))
		return 1;
	return is_at(reader, '\r') && reader->end - reader->at > 1 &&
	                       reader->at[1] == '\n'
	               ? 2
	               : 0;
}

static void skip_byte(struct reader *reader)
{
	reader->pos.column++;
	if (*reader->at++ == '\n')
		reader->pos = (struct pos){ .line = reader->pos.line + 1,
			                    .column = 1 };
}

static void skip_line(struct reader *reader)
{
	while (reader->at < reader->end && !is_at(reader, '\n'))
		skip_byte(reader);
	if (reader->at < reader->end)
		skip_byte(reader);
}

static bool ends_cell(const struct reader *reader)
{
	return reader->at == reader->end || is_at(reader, reader->delimiter) ||
	       line_end(reader) > 0;
}

/* ---- characters */

/* What Windows-1252 has where Latin-1 has controls; 0: nothing. */
static const unsigned short windows_points[] = {
	0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
	0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

/* The code point of a byte of Windows-1252; 0 if it has none. */
static unsigned windows_point(unsigned char byte)
{
	return byte < 0x80 || byte > 0x9f ? byte : windows_points[byte - 0x80];
}

static void add_point(struct buf *buf, unsigned point)
{
	if (point >= 0x800) {
		buf_add_char(buf, (char)(0xe0 | point >> 12));
		buf_add_char(buf, (char)(0x80 | (point >> 6 & 0x3f)));
	} else if (point >= 0x80) {
		buf_add_char(buf, (char)(0xc0 | point >> 6));
	} else {
		buf_add_char(buf, (char)point);
		return;
	}
	buf_add_char(buf, (char)(0x80 | (point & 0x3f)));
}

static int wrong_byte(const struct reader *reader, struct pos pos,
                      unsigned char byte)
{
	if (reader->format->windows)
		return fail_at(reader, pos,
		               "the byte 0x%02x is not valid Windows-1252",
		               byte);
	fail_at(reader, pos, "the byte 0x%02x is not valid UTF-8", byte);
	return error_hint(reader->err, "The program that wrote the file may "
	                               "have used windows-1252.");
}

/* All bytes must be characters, before any of them is read. */
static int check_bytes(const struct reader *reader)
{
	struct reader walk = *reader;

	while (walk.at < walk.end) {
		size_t len =
		        utf8_next(walk.at, (size_t)(walk.end - walk.at), NULL);
		unsigned char byte = (unsigned char)*walk.at;

		if (byte == '\0')
			return fail_at(reader, walk.pos,
			               "the character U+0000 cannot stand in "
			               "a text");
		if (reader->format->windows)
			len = windows_point(byte) != 0;
		if (len == 0)
			return wrong_byte(reader, walk.pos, byte);
		for (; len > 0; len--)
			skip_byte(&walk);
	}
	return 0;
}

static struct value *cell_value(struct reader *reader, struct pos pos)
{
	const struct buf *cell = &reader->cell;
	auto_buf struct buf text = buf_make(LIMIT_DATA_FILE * (size_t)3);
	struct value *value;

	if (reader->format->windows) {
		for (size_t i = 0; i < cell->len; i++)
			add_point(&text,
			          windows_point((unsigned char)cell->at[i]));
		value = value_bytes(reader->arena, text.at, text.len);
	} else {
		value = value_bytes(reader->arena, cell->at, cell->len);
	}
	value->pos = pos;
	return value;
}

/* ---- cells */

/* Behind the opening quote, up to the closing one. */
static int read_quoted(struct reader *reader, struct pos opening)
{
	for (;;) {
		if (reader->at == reader->end)
			return fail_at(reader, opening,
			               "the quote that opens here is not "
			               "closed");
		if (line_end(reader) == 2)
			skip_byte(reader);
		char c = *reader->at;
		skip_byte(reader);
		if (c == '"' && !is_at(reader, '"'))
			break;
		if (c == '"')
			skip_byte(reader);
		buf_add_char(&reader->cell, c);
	}
	if (!ends_cell(reader))
		return fail_at(reader, reader->pos,
		               "there is text behind the closing quote");
	return 0;
}

static int read_plain(struct reader *reader)
{
	while (!ends_cell(reader)) {
		if (is_at(reader, '"'))
			return fail_at(reader, reader->pos,
			               "a quote within a cell must be doubled "
			               "and the cell quoted");
		if (is_at(reader, '\r'))
			return fail_at(reader, reader->pos,
			               "a carriage return ends no line; the "
			               "cell needs quotes");
		buf_add_char(&reader->cell, *reader->at);
		skip_byte(reader);
	}
	return 0;
}

static int read_cell(struct reader *reader)
{
	struct pos pos = reader->pos;

	buf_cut(&reader->cell, 0);
	if (is_at(reader, '"')) {
		skip_byte(reader);
		if (read_quoted(reader, pos) < 0)
			return -1;
	} else if (read_plain(reader) < 0) {
		return -1;
	}
	if (++reader->cells > LIMIT_CSV_CELLS)
		return error_at(reader->err, ERR_LIMIT, reader->file, pos,
		                "the file has more than %u cells",
		                LIMIT_CSV_CELLS);
	if (reader->width == 0)
		reader->row = arena_grow(reader->arena, reader->row,
		                         reader->count, sizeof(struct value *));
	/* Of a row that is too long, what is too much is only counted. */
	if (reader->width == 0 || reader->count < reader->width)
		reader->row[reader->count] = cell_value(reader, pos);
	reader->count++;
	return 0;
}

/* ---- rows */

/* 1 and the cells of the next line that is not empty; 0 at the end. */
static int read_row(struct reader *reader)
{
	reader->count = 0;
	while (line_end(reader) > 0)
		skip_line(reader);
	if (reader->at == reader->end)
		return 0;
	for (;;) {
		if (read_cell(reader) < 0)
			return -1;
		if (!is_at(reader, reader->delimiter))
			break;
		skip_byte(reader);
	}
	if (reader->at < reader->end)
		skip_line(reader);
	return 1;
}

/* A name for each column. */
static int check_header(const struct reader *reader, struct value *const *names)
{
	auto_arena struct arena scratch = { 0 };
	struct value *known = value_map(&scratch);

	for (size_t i = 0; i < reader->width; i++) {
		const char *name = names[i]->text;

		if (*name == '\0')
			return fail_at(reader, names[i]->pos,
			               "column %zu has no name", i + 1);
		if (value_get(known, name) != NULL)
			return fail_at(reader, names[i]->pos,
			               "two columns are named \"%s\"", name);
		value_map_set(&scratch, known, name, value_null(&scratch));
	}
	return 0;
}

/* The names of the columns; none when the file is empty. The list stands where
 * they do. */
static int read_header(struct reader *reader, struct value *list,
                       struct value ***ret)
{
	const struct value *given = reader->format->header;

	list->pos = reader->pos;
	if (given != NULL) {
		reader->width = given->length;
		*ret = given->items;
		reader->row = arena_array(reader->arena, reader->width,
		                          sizeof(struct value *));
		return 0;
	}
	if (read_row(reader) < 0)
		return -1;
	reader->width = reader->count;
	*ret = arena_array(reader->arena, reader->width,
	                   sizeof(struct value *));
	if (reader->width == 0)
		return 0;
	memcpy(*ret, reader->row, reader->width * sizeof(struct value *));
	list->pos = (*ret)[0]->pos;
	return check_header(reader, *ret);
}

static struct value *row_map(const struct reader *reader,
                             struct value *const *names, struct pos pos)
{
	struct value *map = value_map(reader->arena);

	map->pos = pos;
	for (size_t i = 0; i < reader->width; i++)
		value_map_set(reader->arena, map, names[i]->text,
		              reader->row[i]);
	return map;
}

static int read_rows(struct reader *reader, struct value *list)
{
	struct value **names;
	int more;

	if (read_header(reader, list, &names) < 0)
		return -1;
	while (reader->width > 0 && (more = read_row(reader)) != 0) {
		if (more < 0)
			return -1;
		struct pos pos = reader->row[0]->pos;
		if (reader->count != reader->width)
			return fail_at(reader, pos,
			               "the row has %zu cell%s, and the "
			               "header has %zu",
			               reader->count,
			               reader->count == 1 ? "" : "s",
			               reader->width);
		value_list_add(reader->arena, list,
		               row_map(reader, names, pos));
	}
	return 0;
}

struct value *csv_parse(struct arena *arena, const char *file,
                        const char *bytes, size_t len,
                        const struct csv_format *format, struct error *err)
{
	static const struct csv_format usual = { 0 };
	struct value *list = value_list(arena);
	CLEANUP(reader_clear)
	struct reader reader = {
		.arena = arena,
		.file = file,
		.format = format != NULL ? format : &usual,
		.at = bytes,
		.end = bytes + len,
		.pos = { 1, 1 },
		.cell = buf_make(LIMIT_DATA_FILE),
		.err = err,
	};

	reader.delimiter =
	        reader.format->delimiter ? reader.format->delimiter : ',';
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		reader.at += 3; /* a byte order mark */
	if (check_bytes(&reader) < 0)
		return NULL;
	for (size_t i = 0; i < reader.format->skip; i++)
		skip_line(&reader);
	return read_rows(&reader, list) < 0 ? NULL : list;
}

/* ---- writing */

static bool needs_quotes(const char *text, size_t len)
{
	static const char marks[] = { '"', ',', '\r', '\n' };

	for (size_t i = 0; i < len; i++)
		if (memchr(marks, text[i], sizeof(marks)) != NULL)
			return true;
	return false;
}

static void write_cell(struct buf *buf, const char *text, size_t len)
{
	if (!needs_quotes(text, len)) {
		buf_add(buf, text, len);
		return;
	}
	buf_add_char(buf, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			buf_add_char(buf, '"');
		buf_add_char(buf, text[i]);
	}
	buf_add_char(buf, '"');
}

/* `number` is the row's, from 1, the header not counted. */
static int write_text(struct buf *buf, const struct value *value,
                      const char *name, size_t number, struct error *err)
{
	if (memchr(value->text, '\0', value->length) != NULL ||
	    !utf8_valid(value->text, value->length))
		return error_set(err, ERR_FAILED,
		                 "\"%s\" of row %zu is not UTF-8, or has the "
		                 "character U+0000",
		                 name, number);
	write_cell(buf, value->text, value->length);
	return 0;
}

static int write_value(struct buf *buf, const struct value *value,
                       const char *name, size_t number, struct error *err)
{
	switch (value->kind) {
	case VALUE_NULL:
		return 0;
	case VALUE_BOOL:
		buf_add_text(buf, value->boolean ? "true" : "false");
		return 0;
	case VALUE_NUMBER:
	case VALUE_STRING:
		return write_text(buf, value, name, number, err);
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
	return error_set(err, ERR_FAILED,
	                 "\"%s\" of row %zu is a %s, and a cell of a CSV file "
	                 "holds a single value",
	                 name, number, value_kind_name(value->kind));
}

static int check_row(const struct value *first, const struct value *row,
                     size_t number, struct error *err)
{
	if (row->kind != VALUE_MAP)
		return error_set(err, ERR_FAILED,
		                 "row %zu is a %s, and a row of a CSV file is "
		                 "a map",
		                 number, value_kind_name(row->kind));
	for (size_t i = 0; i < row->length; i++)
		if (value_get(first, row->members[i].name) == NULL)
			return error_set(err, ERR_FAILED,
			                 "row %zu has \"%s\", and the first "
			                 "row does not",
			                 number, row->members[i].name);
	return 0;
}

/* The end of a line. An only cell that is empty gets quotes: without them the
 * line would be an empty one, which is no row. */
static void end_line(struct buf *buf, size_t begin)
{
	if (buf->len == begin)
		buf_add_text(buf, "\"\"");
	buf_add_char(buf, '\n');
}

static int write_row(struct buf *buf, const struct value *first,
                     const struct value *row, size_t number, struct error *err)
{
	size_t begin = buf->len;

	for (size_t i = 0; i < first->length; i++) {
		const char *name = first->members[i].name;
		const struct value *value = value_get(row, name);

		if (i > 0)
			buf_add_char(buf, ',');
		if (value != NULL &&
		    write_value(buf, value, name, number, err) < 0)
			return -1;
	}
	end_line(buf, begin);
	return 0;
}

int csv_write(struct buf *buf, const struct value *list, struct error *err)
{
	const struct value *first;

	if (list->kind != VALUE_LIST)
		return error_set(err, ERR_FAILED,
		                 "a %s cannot be written as CSV; a list of "
		                 "flat maps can",
		                 value_kind_name(list->kind));
	if (list->length == 0)
		return 0;
	first = list->items[0];
	if (first->kind == VALUE_MAP && first->length == 0)
		return error_set(err, ERR_FAILED,
		                 "row 1 has no fields to name columns by");
	for (size_t i = 0; i < list->length; i++)
		if (check_row(first, list->items[i], i + 1, err) < 0)
			return -1;
	for (size_t i = 0; i < first->length; i++) {
		if (i > 0)
			buf_add_char(buf, ',');
		write_cell(buf, first->members[i].name,
		           strlen(first->members[i].name));
	}
	buf_add_char(buf, '\n');
	for (size_t i = 0; i < list->length; i++)
		if (write_row(buf, first, list->items[i], i + 1, err) < 0)
			return -1;
	return 0;
}
