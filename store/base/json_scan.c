/*
 * In JSON the first byte of a word tells what it is, so a word is taken
 * without looking back. Strings are most of a text: their plain bytes are
 * passed over eight at a time.
 *
 * A string is scanned whole before it is unescaped, so that unescaping cannot
 * fail; it never becomes longer.
 */
#include "store/base/json_scan.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "store/base/number.h"
#include "store/base/text.h"

static struct pos pos_of(const char *bytes, size_t len, size_t offset)
{
	struct pos pos = { .line = 1, .column = 1 };

	for (size_t i = 0; i < offset && i < len; i++) {
		pos.column++;
		if (bytes[i] == '\n')
			pos = (struct pos){ pos.line + 1, 1 };
	}
	return pos;
}

int json_fail(struct json_scan *scan, size_t at, const char *message)
{
	return error_at(scan->err, ERR_CONFIG, scan->name,
	                pos_of(scan->bytes, scan->len, at), "%s", message);
}

/* `byte` in each of eight. */
static uint64_t eight(unsigned char byte)
{
	return UINT64_C(0x0101010101010101) * byte;
}

static bool is_plain(char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

size_t json_plain(const char *bytes, size_t len)
{
	size_t at = 0;

	for (; len - at >= 8; at += 8) {
		uint64_t word;
		uint64_t odd;

		memcpy(&word, bytes + at, 8);
		/* Of ASCII, to subtract one shows zero in the highest bit: a
		 * byte that is the other one. A borrow marks only bytes behind
		 * one that is marked. */
		odd = word | (word - eight(' ')) |
		      ((word ^ eight('"')) - eight(1)) |
		      ((word ^ eight('\\')) - eight(1)) |
		      ((word ^ eight(0x7f)) - eight(1));
		if (odd & eight(0x80))
			break;
	}
	while (at < len && is_plain(bytes[at]))
		at++;
	return at;
}

void json_skip_space(struct json_scan *scan)
{
	while (scan->at < scan->len) {
		char c = scan->bytes[scan->at];

		if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
			return;
		scan->at++;
	}
}

static bool is_word(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || c == '+' || c == '-' ||
	       c == '.' || c == '_';
}

/* The bytes of the word at `at`. */
static size_t word_length(const struct json_scan *scan)
{
	size_t end = scan->at;

	while (end < scan->len && is_word(scan->bytes[end]))
		end++;
	return end - scan->at;
}

int json_scan_number(struct json_scan *scan, size_t *ret_len)
{
	const char *word = scan->bytes + scan->at;
	size_t left = scan->len - scan->at;
	size_t len = number_prefix(word, left);

	if (len == 0 || (len < left && is_word(word[len])))
		return json_fail(scan, scan->at,
		                 "a number is not spelled as in JSON");
	if (!number_fits(word, len))
		return json_fail(scan, scan->at, "a number is too large");
	scan->at += len;
	*ret_len = len;
	return 0;
}

int json_scan_word(struct json_scan *scan, char *ret)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t len = word_length(scan);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (len == strlen(words[i]) &&
		    memcmp(scan->bytes + scan->at, words[i], len) == 0) {
			*ret = words[i][0];
			scan->at += len;
			return 0;
		}
	}
	if (len == 0)
		return json_fail(scan, scan->at, "unexpected character");
	return json_fail(scan, scan->at, "a word that JSON does not have");
}

/* The four digits of a \u escape, of which `at` is the `u`; -1: not four. */
static int32_t unicode_escape(const char *bytes, size_t len, size_t at)
{
	int32_t point = 0;

	if (len - at < 5)
		return -1;
	for (size_t i = at + 1; i <= at + 4; i++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		char c = bytes[i];
		const char *digit = c != '\0' ? strchr(digits, c) : NULL;

		if (digit == NULL)
			return -1;
		point = point * 16 + (int32_t)((digit - digits) % 16);
	}
	return point;
}

static bool is_high_surrogate(int32_t point)
{
	return point >= 0xd800 && point <= 0xdbff;
}

static bool is_low_surrogate(int32_t point)
{
	return point >= 0xdc00 && point <= 0xdfff;
}

/* Take the escape whose backslash is at `at`. */
static int scan_escape(struct json_scan *scan, bool *ret_nul)
{
	size_t at = scan->at;
	char c = at + 1 < scan->len ? scan->bytes[at + 1] : '\0';
	int32_t point;

	if (c != 'u') {
		if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
			return json_fail(scan, at, "unknown escape");
		scan->at += 2;
		return 0;
	}
	point = unicode_escape(scan->bytes, scan->len, at + 1);
	if (point < 0)
		return json_fail(scan, at,
		                 "\"\\u\" needs four hexadecimal digits");
	scan->at += 6;
	if (point == 0)
		*ret_nul = true;
	if (is_high_surrogate(point)) {
		const char *low = scan->bytes + scan->at;
		size_t left = scan->len - scan->at;

		if (left < 6 || low[0] != '\\' || low[1] != 'u' ||
		    !is_low_surrogate(unicode_escape(low, left, 1)))
			return json_fail(scan, at, "half of a surrogate pair");
		scan->at += 6;
	} else if (is_low_surrogate(point)) {
		return json_fail(scan, at, "half of a surrogate pair");
	}
	return 0;
}

/* One character that is not plain. */
static int scan_character(struct json_scan *scan, struct json_raw *raw)
{
	const char *at = scan->bytes + scan->at;
	size_t step;

	if (*at == '\\') {
		raw->escaped = true;
		return scan_escape(scan, &raw->nul);
	}
	step = utf8_next(at, scan->len - scan->at, NULL);
	if (step == 0)
		return json_fail(scan, scan->at, "invalid UTF-8");
	if ((unsigned char)*at < 0x20)
		return json_fail(
		        scan, scan->at,
		        "a control character in a string must be escaped");
	scan->at += step;
	return 0;
}

int json_scan_string(struct json_scan *scan, struct json_raw *ret)
{
	size_t first = scan->at++;
	struct json_raw raw = { .bytes = scan->bytes + scan->at };

	for (;;) {
		scan->at += json_plain(scan->bytes + scan->at,
		                       scan->len - scan->at);
		if (scan->at == scan->len)
			return json_fail(scan, first,
			                 "this string is not closed");
		if (scan->bytes[scan->at] == '"')
			break;
		if (scan_character(scan, &raw) < 0)
			return -1;
	}
	raw.len = (size_t)(scan->bytes + scan->at - raw.bytes);
	scan->at++;
	*ret = raw;
	return 0;
}

/* Write a code point as UTF-8, and return its bytes. */
static size_t put_point(char *to, uint32_t point)
{
	static const unsigned char leads[] = { 0x00, 0xc0, 0xe0, 0xf0 };
	size_t more = (point >= 0x80) + (point >= 0x800) + (point >= 0x10000);

	for (size_t i = more; i > 0; i--) {
		to[i] = (char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	to[0] = (char)(leads[more] | point);
	return more + 1;
}

/* Write what the escape at `raw` stands for, and return the escape's bytes. */
static size_t put_escape(const char *raw, size_t len, char **to)
{
	static const char letters[] = "bfnrt";
	static const char controls[] = "\b\f\n\r\t";
	const char *letter = strchr(letters, raw[1]);
	int32_t point;

	if (raw[1] != 'u') {
		*(*to)++ = letter != NULL ? controls[letter - letters] : raw[1];
		return 2;
	}
	point = unicode_escape(raw, len, 1);
	if (!is_high_surrogate(point)) {
		*to += put_point(*to, (uint32_t)point);
		return 6;
	}
	point = 0x10000 + (point - 0xd800) * 0x400 +
	        (unicode_escape(raw, len, 7) - 0xdc00);
	*to += put_point(*to, (uint32_t)point);
	return 12;
}

const char *json_unescape(struct arena *arena, const struct json_raw *raw,
                          size_t *ret_len)
{
	char *text = arena_strndup(arena, raw->bytes, raw->len);
	char *to = text;
	size_t at = 0;

	if (!raw->escaped) {
		*ret_len = raw->len;
		return text;
	}
	while (at < raw->len) {
		const char *escape =
		        memchr(raw->bytes + at, '\\', raw->len - at);
		size_t plain = escape != NULL
		                       ? (size_t)(escape - raw->bytes) - at
		                       : raw->len - at;

		memcpy(to, raw->bytes + at, plain);
		to += plain;
		at += plain;
		if (at < raw->len)
			at += put_escape(raw->bytes + at, raw->len - at, &to);
	}
	*to = '\0';
	*ret_len = (size_t)(to - text);
	return text;
}
