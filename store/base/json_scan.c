/*
 * One pass from word to word. In JSON the first byte of a word tells what it
 * is, and outside of strings a `:` is the end of a name and nothing else.
 */
#include "store/base/json_scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "store/base/limits.h"
#include "store/base/number.h"
#include "store/base/text.h"

struct scan {
	const char *name;
	const char *bytes;
	size_t len;
	size_t at;
	size_t depth;
	size_t names;
	struct error *err;
};

struct pos json_pos(const char *bytes, size_t len, size_t offset)
{
	struct pos pos = { .line = 1, .column = 1 };

	for (size_t i = 0; i < offset && i < len; i++) {
		pos.column++;
		if (bytes[i] == '\n')
			pos = (struct pos){ pos.line + 1, 1 };
	}
	return pos;
}

static int fail(struct scan *scan, size_t at, const char *message)
{
	return error_at(scan->err, ERR_CONFIG, scan->name,
	                json_pos(scan->bytes, scan->len, at), "%s", message);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c)
{
	return text_is_alpha(c) || text_is_digit(c) ||
	       (c != '\0' && strchr("+-._", c) != NULL);
}

/* The bytes of the word at `at`. */
static size_t word_length(const struct scan *scan)
{
	size_t end = scan->at;

	while (end < scan->len && is_word(scan->bytes[end]))
		end++;
	return end - scan->at;
}

static int scan_number(struct scan *scan)
{
	const char *word = scan->bytes + scan->at;
	size_t len = word_length(scan);

	if (!number_valid(word, len))
		return fail(scan, scan->at,
		            "a number is not spelled as in "
		            "JSON");
	if (!number_fits(word, len))
		return fail(scan, scan->at, "a number is too large");
	scan->at += len;
	return 0;
}

static int scan_word(struct scan *scan)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t len = word_length(scan);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (len == strlen(words[i]) &&
		    memcmp(scan->bytes + scan->at, words[i], len) == 0) {
			scan->at += len;
			return 0;
		}
	}
	if (len == 0)
		return fail(scan, scan->at, "unexpected character");
	return fail(scan, scan->at, "a word that JSON does not have");
}

/* The four digits of a \u escape, of which `at` is the `u`; -1: not four. */
static int32_t unicode_escape(const struct scan *scan, size_t at)
{
	int32_t point = 0;

	if (scan->len - at < 5)
		return -1;
	for (size_t i = at + 1; i <= at + 4; i++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		char c = scan->bytes[i];
		const char *digit = c != '\0' ? strchr(digits, c) : NULL;

		if (digit == NULL)
			return -1;
		point = point * 16 + (int32_t)((digit - digits) % 16);
	}
	return point;
}

static bool is_low_surrogate(int32_t point)
{
	return point >= 0xdc00 && point <= 0xdfff;
}

/* Take the escape whose backslash is at `at`. */
static int scan_escape(struct scan *scan, bool *ret_nul)
{
	size_t at = scan->at;
	char c = at + 1 < scan->len ? scan->bytes[at + 1] : '\0';
	int32_t point;

	if (c != 'u') {
		if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
			return fail(scan, at, "unknown escape");
		scan->at += 2;
		return 0;
	}
	point = unicode_escape(scan, at + 1);
	if (point < 0)
		return fail(scan, at, "\"\\u\" needs four hexadecimal digits");
	scan->at += 6;
	if (point == 0)
		*ret_nul = true;
	if (point >= 0xd800 && point <= 0xdbff) {
		const char *low = scan->bytes + scan->at;

		if (scan->len - scan->at < 6 || low[0] != '\\' ||
		    low[1] != 'u' ||
		    !is_low_surrogate(unicode_escape(scan, scan->at + 1)))
			return fail(scan, at, "half of a surrogate pair");
		scan->at += 6;
	} else if (is_low_surrogate(point)) {
		return fail(scan, at, "half of a surrogate pair");
	}
	return 0;
}

/* One character or escape of a string. */
static int scan_character(struct scan *scan, bool *ret_nul)
{
	const char *at = scan->bytes + scan->at;
	size_t step;

	if (*at == '\\')
		return scan_escape(scan, ret_nul);
	step = utf8_next(at, scan->len - scan->at, NULL);
	if (step == 0)
		return fail(scan, scan->at, "invalid UTF-8");
	if ((unsigned char)*at < 0x20)
		return fail(scan, scan->at,
		            "a control character in a string must be escaped");
	scan->at += step;
	return 0;
}

static int scan_string(struct scan *scan)
{
	size_t first = scan->at++;
	bool nul = false;

	while (scan->at < scan->len && scan->bytes[scan->at] != '"') {
		if (scan_character(scan, &nul) < 0)
			return -1;
	}
	if (scan->at == scan->len)
		return fail(scan, first, "this string is not closed");
	scan->at++;
	if (!nul)
		return 0;
	while (scan->at < scan->len && is_space(scan->bytes[scan->at]))
		scan->at++;
	if (scan->at < scan->len && scan->bytes[scan->at] == ':')
		return fail(scan, first, "a name with the character U+0000");
	return 0;
}

static int scan_next(struct scan *scan)
{
	char c = scan->bytes[scan->at];

	if (c == '"')
		return scan_string(scan);
	if (c == '-' || text_is_digit(c))
		return scan_number(scan);
	if (c == '[' || c == '{') {
		if (scan->depth == LIMIT_JSON_DEPTH)
			return fail(scan, scan->at,
			            "lists and objects are nested too deep");
		scan->depth++;
	} else if (c == ']' || c == '}') {
		/* One too many is for json-c to say. */
		scan->depth -= scan->depth > 0;
	} else if (c == ':') {
		scan->names++;
	} else if (c != ',' && !is_space(c)) {
		return scan_word(scan);
	}
	scan->at++;
	return 0;
}

int json_scan(const char *name, const char *bytes, size_t len,
              size_t *ret_names, struct error *err)
{
	struct scan scan = {
		.name = name,
		.bytes = bytes,
		.len = len,
		.err = err,
	};

	while (scan.at < len) {
		if (scan_next(&scan) < 0)
			return -1;
	}
	*ret_names = scan.names;
	return 0;
}
