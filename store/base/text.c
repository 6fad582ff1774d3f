/*
 * Character classes are spelled out instead of taken from <ctype.h>, which
 * asks the locale; UTF-8 is decoded by one table of lead bytes.
 */
#include "store/base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	NAME_BYTES = 64,
	SLUG_BYTES = 100,
	EMAIL_BYTES = 254, /* RFC 5321, 4.5.3.1.3, without the brackets */
	LOCAL_PART_BYTES = 64,
	LABEL_BYTES = 63,
	NEAREST_BYTES = 64, /* longer words are not compared */
};

bool text_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
	size_t len = strlen(text);
	size_t suffix_len = strlen(suffix);

	return len >= suffix_len &&
	       memcmp(text + len - suffix_len, suffix, suffix_len) == 0;
}

bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

bool text_is_alpha(char c)
{
	return is_lower(c) || is_upper(c);
}

static char to_lower(char c)
{
	return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

bool text_is_name(const char *text)
{
	size_t len = 0;

	if (!is_lower(text[0]))
		return false;
	while (is_lower(text[len]) || text_is_digit(text[len]) ||
	       text[len] == '_')
		len++;
	return text[len] == '\0' && len <= NAME_BYTES;
}

bool text_is_slug(const char *text)
{
	size_t len = 0;
	char before = '-';

	for (; text[len] != '\0'; before = text[len++]) {
		bool word = is_lower(text[len]) || text_is_digit(text[len]);

		if (!word && (text[len] != '-' || before == '-'))
			return false;
	}
	return before != '-' && len <= SLUG_BYTES;
}

/* What stands before the `@`: dot-separated atoms of RFC 5321. */
static bool is_local_part(const char *text, size_t len)
{
	char before = '.';

	if (len == 0 || len > LOCAL_PART_BYTES)
		return false;
	for (size_t i = 0; i < len; before = text[i++]) {
		if (text[i] == '.' && before == '.')
			return false;
		if (text[i] != '.' && !text_is_alpha(text[i]) &&
		    !text_is_digit(text[i]) &&
		    strchr("!#$%&'*+-/=?^_`{|}~", text[i]) == NULL)
			return false;
	}
	return before != '.';
}

/* One label of a domain: letters, digits and inner hyphens. */
static bool is_label(const char *text, size_t len)
{
	if (len == 0 || len > LABEL_BYTES)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool inner = i > 0 && i + 1 < len;

		if (!text_is_alpha(text[i]) && !text_is_digit(text[i]) &&
		    !(text[i] == '-' && inner))
			return false;
	}
	return true;
}

static bool is_dotted_domain(const char *text)
{
	size_t labels = 0;

	for (;;) {
		size_t len = strcspn(text, ".");

		if (!is_label(text, len))
			return false;
		labels++;
		if (text[len] == '\0')
			return labels >= 2;
		text += len + 1;
	}
}

bool text_is_email(const char *text)
{
	const char *at = strchr(text, '@');

	return at != NULL && strlen(text) <= EMAIL_BYTES &&
	       is_local_part(text, (size_t)(at - text)) &&
	       is_dotted_domain(at + 1);
}

/* U+00C0 to U+017F in ASCII, two bytes each: a letter alone has a space behind
 * it, what is no letter has two. */
enum {
	LATIN_FIRST = 0xc0,
	LATIN_LAST = 0x17f
};

static const char latin[] =
        /* À Á Â Ã Ä Å Æ Ç È É Ê Ë Ì Í Î Ï */
        "a a a a aea aec e e e e i i i i "
        /* Ð Ñ Ò Ó Ô Õ Ö × Ø Ù Ú Û Ü Ý Þ ß */
        "d n o o o o oe  o u u u uey thss"
        /* à á â ã ä å æ ç è é ê ë ì í î ï */
        "a a a a aea aec e e e e i i i i "
        /* ð ñ ò ó ô õ ö ÷ ø ù ú û ü ý þ ÿ */
        "d n o o o o oe  o u u u uey thy "
        /* Āā Ăă Ąą Ćć Ĉĉ Ċċ Čč Ďď */
        "a a a a a a c c c c c c c c d d "
        /* Đđ Ēē Ĕĕ Ėė Ęę Ěě Ĝĝ Ğğ */
        "d d e e e e e e e e e e g g g g "
        /* Ġġ Ģģ Ĥĥ Ħħ Ĩĩ Īī Ĭĭ Įį */
        "g g g g h h h h i i i i i i i i "
        /* İı Ĳĳ Ĵĵ Ķķ ĸ Ĺĺ Ļļ Ľľ Ŀ */
        "i i ijijj j k k k l l l l l l l "
        /* ŀ Łł Ńń Ņņ Ňň ŉ Ŋŋ Ōō Ŏŏ */
        "l l l n n n n n n n n n o o o o "
        /* Őő Œœ Ŕŕ Ŗŗ Řř Śś Ŝŝ Şş */
        "o o oeoer r r r r r s s s s s s "
        /* Šš Ţţ Ťť Ŧŧ Ũũ Ūū Ŭŭ Ůů */
        "s s t t t t t t u u u u u u u u "
        /* Űű Ųų Ŵŵ Ŷŷ Ÿ Źź Żż Žž ſ */
        "u u u u w w y y y z z z z z z s ";

_Static_assert(sizeof(latin) == 2 * (LATIN_LAST - LATIN_FIRST + 1) + 1,
               "two bytes for each code point");

/* One code point in the letters of a slug, which are counted; 0: it has none.
 */
static size_t slug_letters(uint32_t point, char ret[2])
{
	if (point >= LATIN_FIRST && point <= LATIN_LAST) {
		size_t place = point - LATIN_FIRST;

		memcpy(ret, latin + 2 * place, 2);
		if (ret[1] != ' ')
			return 2;
		return ret[0] != ' ' ? 1 : 0;
	}
	ret[0] = point < 0x80 ? to_lower((char)point) : ' ';
	return is_lower(ret[0]) || text_is_digit(ret[0]);
}

char *text_slug(struct arena *arena, const char *text)
{
	size_t left = strlen(text);
	char slug[SLUG_BYTES + 1];
	size_t len = 0;
	bool gap = false;

	while (left > 0) {
		uint32_t point = 0;
		size_t size = utf8_next(text, left, &point);
		char letters[2];
		size_t count = slug_letters(point, letters);

		if (len + count + 1 > SLUG_BYTES)
			break;
		if (count > 0 && gap && len > 0)
			slug[len++] = '-';
		gap = count == 0;
		memcpy(slug + len, letters, count);
		len += count;
		size = size > 0 ? size : 1;
		text += size;
		left -= size;
	}
	return arena_strndup(arena, slug, len);
}

/* How sequences of more than one byte begin: the lead byte under `mask` is
 * `lead`; the smallest code point that needs this length refuses overlong
 * forms. */
static const struct {
	unsigned char mask;
	unsigned char lead;
	size_t size;
	uint32_t least;
} sequences[] = {
	{ 0xe0, 0xc0, 2, 0x80 },
	{ 0xf0, 0xe0, 3, 0x800 },
	{ 0xf8, 0xf0, 4, 0x10000 },
};

/* The `size` bytes of a sequence as a code point; UINT32_MAX if one of them
 * does not continue it. */
static uint32_t decode(const char *bytes, size_t size, unsigned char mask)
{
	uint32_t point = (unsigned char)bytes[0] & (unsigned char)~mask;

	for (size_t i = 1; i < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if ((byte & 0xc0) != 0x80)
			return UINT32_MAX;
		point = point << 6 | (byte & 0x3f);
	}
	return point;
}

size_t utf8_next(const char *bytes, size_t len, uint32_t *ret_point)
{
	if (len == 0)
		return 0;
	if ((unsigned char)bytes[0] < 0x80) { /* nearly all of them */
		if (ret_point != NULL)
			*ret_point = (unsigned char)bytes[0];
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(sequences); i++) {
		size_t size = sequences[i].size;
		uint32_t point;

		if (((unsigned char)bytes[0] & sequences[i].mask) !=
		    sequences[i].lead)
			continue;
		if (len < size)
			return 0;
		point = decode(bytes, size, sequences[i].mask);
		if (point < sequences[i].least || point > 0x10ffff ||
		    (point >= 0xd800 && point <= 0xdfff))
			return 0;
		if (ret_point != NULL)
			*ret_point = point;
		return size;
	}
	return 0;
}

bool utf8_valid(const char *bytes, size_t len)
{
	while (len > 0) {
		size_t size = utf8_next(bytes, len, NULL);

		if (size == 0)
			return false;
		bytes += size;
		len -= size;
	}
	return true;
}

struct range {
	uint32_t first;
	uint32_t last;
};

static bool in_ranges(uint32_t point, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	}
	return false;
}

/* East Asian Wide and Fullwidth, and the emoji that terminals draw wide. */
static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
	{ 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
	{ 0x20000, 0x3fffd },
};

size_t utf8_width(const char *text)
{
	size_t left = strlen(text);
	size_t width = 0;

	while (left > 0) {
		uint32_t point = 0;
		size_t size = utf8_next(text, left, &point);

		width += in_ranges(point, wide, ARRAY_LEN(wide)) ? 2 : 1;
		size = size > 0 ? size : 1;
		text += size;
		left -= size;
	}
	return width;
}

/* What a terminal acts upon instead of showing it. */
static const struct range hidden[] = {
	{ 0x0, 0x8 },       { 0xb, 0x1f },      { 0x7f, 0x9f },
	{ 0x61c, 0x61c },   { 0x200e, 0x200f }, { 0x2028, 0x202e },
	{ 0x2066, 0x2069 },
};

bool utf8_is_hidden(uint32_t point)
{
	return in_ranges(point, hidden, ARRAY_LEN(hidden));
}

void text_add_printable(struct buf *buf, const char *text, size_t len)
{
	while (len > 0) {
		uint32_t point = 0;
		size_t size = utf8_next(text, len, &point);

		if (size == 0 || (size == 1 && utf8_is_hidden(point)))
			buf_printf(buf, "\\x%02x", (unsigned char)text[0]);
		else if (utf8_is_hidden(point))
			buf_printf(buf, "\\u%04x", point);
		else
			buf_add(buf, text, size);
		size = size > 0 ? size : 1;
		text += size;
		len -= size;
	}
}

/* The digits at the start of `*text`, negated if `negative`; false if there
 * are none or too many. `*text` is moved behind them. */
static bool read_digits(const char **text, bool negative, int64_t *ret)
{
	int64_t number = 0;

	if (!text_is_digit(**text))
		return false;
	for (; text_is_digit(**text); (*text)++) {
		int64_t digit = **text - '0';

		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, negative ? -digit : digit,
		                           &number))
			return false;
	}
	*ret = number;
	return true;
}

bool text_to_int(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = text[0] == '-';
	int64_t number;

	text += negative;
	if (!read_digits(&text, negative, &number) || *text != '\0')
		return false;
	if (number < min || number > max)
		return false;
	*ret = number;
	return true;
}

bool text_to_duration(const char *text, int64_t *ret_seconds)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {
		{ 's', 1 },
		{ 'm', 60 },
		{ 'h', 3600 },
		{ 'd', 86400 },
	};

	int64_t number;

	if (!read_digits(&text, false, &number))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		int64_t seconds;

		if (text[0] != units[i].unit || text[1] != '\0')
			continue;
		if (__builtin_mul_overflow(number, units[i].seconds, &seconds))
			return false;
		*ret_seconds = seconds;
		return true;
	}
	return false;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Optimal string alignment: insert, delete, replace and swap of neighbours
 * cost one each, and no place is edited twice. The matrix is kept as its last
 * three rows; `row[i % 3][j]` is the distance of the first i bytes of `a` from
 * the first j of `b`.
 */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[3][NEAREST_BYTES + 1];

	assert(a_len <= NEAREST_BYTES && b_len <= NEAREST_BYTES);
	for (size_t j = 0; j <= b_len; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = row[i % 3];
		const size_t *above = row[(i + 2) % 3];
		const size_t *two_above = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			char x = to_lower(a[i - 1]);
			char y = to_lower(b[j - 1]);

			now[j] = least(above[j - 1] + (x != y),
			               least(above[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && x == to_lower(b[j - 2]) &&
			    y == to_lower(a[i - 2]))
				now[j] = least(now[j], two_above[j - 2] + 1);
		}
	}
	return row[a_len % 3][b_len];
}

/* Up to a third of the word may be wrong, one byte at least, three at most. */
static size_t tolerance(size_t len)
{
	if (len < 6)
		return 1;
	return least(len / 3, 3);
}

const char *text_nearest(const char *word, const char *const *candidates,
                         size_t count)
{
	size_t word_len = strlen(word);
	size_t best = tolerance(word_len) + 1;
	const char *nearest = NULL;

	if (word_len > NEAREST_BYTES)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(candidates[i]);
		size_t edits;

		if (len > NEAREST_BYTES)
			continue;
		edits = distance(word, word_len, candidates[i], len);
		/* With every byte replaced, nothing of the word is left. */
		if (edits < best && edits < (len > word_len ? len : word_len)) {
			best = edits;
			nearest = candidates[i];
		}
	}
	return nearest;
}
