/*
 * One pass over the bytes keeps everything out that would make libyaml count
 * lines in another way than an editor does: YAML 1.1, which it implements,
 * ends a line at U+0085, U+2028 and U+2029, too, and a lone carriage return
 * is the end of a line for YAML but for nothing else. After it, a line ends
 * at `\n` and nowhere else.
 *
 * Marks come nearly in the order of the text, so a place is found from the
 * one before, forwards or backwards: looking from the start of the line would
 * be quadratic in a file of one line.
 */
#include "store/base/yaml_source.h"

#include <stdint.h>
#include <string.h>

#include "store/base/limits.h"
#include "store/base/text.h"

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static bool is_printable(uint32_t point)
{
	if (point < 0x20)
		return point == '\t' || point == '\n';
	return (point < 0x7f || point > 0x9f) && point != 0x2028 &&
	       point != 0x2029 && point != 0xfeff && point != 0xfffe &&
	       point != 0xffff;
}

static int refuse(const struct yaml_source *source, struct pos pos, size_t at,
                  struct error *err)
{
	uint32_t point = 0;

	if (utf8_next(source->bytes + at, source->len - at, &point) == 0)
		return error_at(err, ERR_CONFIG, source->file, pos,
		                "the byte 0x%02x is not valid UTF-8",
		                (unsigned char)source->bytes[at]);
	if (point == '\r')
		return error_at(err, ERR_CONFIG, source->file, pos,
		                "a carriage return without a newline");
	(void)error_at(err, ERR_CONFIG, source->file, pos,
	               "the character U+%04X cannot stand in YAML", point);
	if (point == 0)
		return -1;
	return error_hint(err, "In double quotes it is \"\\u%04x\".", point);
}

static int check(const struct yaml_source *source, struct error *err)
{
	struct pos pos = { .line = source->first_line, .column = 1 };
	size_t at = 0;

	while (at < source->len) {
		uint32_t point = 0;
		size_t step =
		        utf8_next(source->bytes + at, source->len - at, &point);
		bool crlf = point == '\r' && at + 1 < source->len &&
		            source->bytes[at + 1] == '\n';

		if (step == 0 || (!is_printable(point) && !crlf))
			return refuse(source, pos, at, err);
		at += step;
		pos.column += (unsigned)step;
		if (point == '\n')
			pos = (struct pos){ pos.line + 1, 1 };
	}
	return 0;
}

int yaml_source_open(struct yaml_source *source, const char *file,
                     const char *bytes, size_t len, unsigned first_line,
                     struct error *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t skip = sizeof(mark) - 1;

	if (len < skip || memcmp(bytes, mark, skip) != 0)
		skip = 0;
	*source = (struct yaml_source){
		.file = file,
		.bytes = bytes + skip,
		.len = len - skip,
		.first_line = first_line,
	};
	if (len > LIMIT_YAML_FILE)
		return error_at(
		        err, ERR_CONFIG, file, (struct pos){ first_line, 1 },
		        "the YAML is longer than %u bytes", LIMIT_YAML_FILE);
	return check(source, err);
}

/* To the start of a line, or of the last one when there are fewer. */
static void seek_line(struct yaml_source *source, size_t line)
{
	const char *bytes = source->bytes;

	if (source->line == line)
		return;
	while (source->line < line) {
		const char *end = memchr(bytes + source->start, '\n',
		                         source->len - source->start);

		if (end == NULL)
			break;
		source->start = (size_t)(end + 1 - bytes);
		source->line++;
	}
	while (source->line > line) {
		const char *end = memrchr(bytes, '\n', source->start - 1);

		source->start = end != NULL ? (size_t)(end + 1 - bytes) : 0;
		source->line--;
	}
	source->offset = source->start;
	source->column = 0;
}

static void seek_column(struct yaml_source *source, size_t column)
{
	const char *bytes = source->bytes;
	size_t at = source->offset;

	while (source->column > column) {
		do
			at--;
		while (is_continuation(bytes[at]));
		source->column--;
	}
	while (source->column < column && at < source->len &&
	       bytes[at] != '\n') {
		do
			at++;
		while (at < source->len && is_continuation(bytes[at]));
		source->column++;
	}
	source->offset = at;
}

size_t yaml_source_seek(struct yaml_source *source, size_t line, size_t column)
{
	seek_line(source, line);
	seek_column(source, column);
	return source->offset;
}

struct pos yaml_source_pos(struct yaml_source *source, size_t line,
                           size_t column)
{
	size_t at = yaml_source_seek(source, line, column);

	return (struct pos){
		.line = source->first_line + (unsigned)source->line,
		.column = (unsigned)(at - source->start) + 1,
	};
}

const char *yaml_source_line(struct yaml_source *source, size_t line,
                             size_t *ret_len)
{
	const char *text;
	const char *end;

	seek_line(source, line);
	text = source->bytes + source->start;
	*ret_len = source->len - source->start;
	if (source->line != line) {
		*ret_len = 0;
		return text;
	}
	end = memchr(text, '\n', *ret_len);
	if (end != NULL)
		*ret_len = (size_t)(end - text);
	if (*ret_len > 0 && text[*ret_len - 1] == '\r')
		(*ret_len)--;
	return text;
}
