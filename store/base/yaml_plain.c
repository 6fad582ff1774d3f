/*
 * The fixed words are a table; everything else that could be a number is
 * asked of number.h.
 */
#include "store/base/yaml_plain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/number.h"
#include "store/base/text.h"

struct word {
	const char *text;
	enum plain plain;
};

static const struct word words[] = {
	{ "", PLAIN_NULL },
	{ "~", PLAIN_NULL },
	{ "null", PLAIN_NULL },
	{ "Null", PLAIN_NULL },
	{ "NULL", PLAIN_NULL },
	{ "true", PLAIN_TRUE },
	{ "True", PLAIN_TRUE },
	{ "TRUE", PLAIN_TRUE },
	{ "false", PLAIN_FALSE },
	{ "False", PLAIN_FALSE },
	{ "FALSE", PLAIN_FALSE },
	{ ".nan", PLAIN_NOT_FINITE },
	{ ".NaN", PLAIN_NOT_FINITE },
	{ ".NAN", PLAIN_NOT_FINITE },
	{ ".inf", PLAIN_NOT_FINITE },
	{ ".Inf", PLAIN_NOT_FINITE },
	{ ".INF", PLAIN_NOT_FINITE },
	{ "+.inf", PLAIN_NOT_FINITE },
	{ "+.Inf", PLAIN_NOT_FINITE },
	{ "+.INF", PLAIN_NOT_FINITE },
	{ "-.inf", PLAIN_NOT_FINITE },
	{ "-.Inf", PLAIN_NOT_FINITE },
	{ "-.INF", PLAIN_NOT_FINITE },
};

/* 16 or 8 when `text` is 0x… or 0o…, else 0. */
static int other_base(const char *text)
{
	const char *digits = NULL;
	int base = 0;

	if (text_starts(text, "0x")) {
		base = 16;
		digits = "0123456789abcdefABCDEF";
	} else if (text_starts(text, "0o")) {
		base = 8;
		digits = "01234567";
	}
	if (base == 0 || text[2] == '\0' ||
	    text[2 + strspn(text + 2, digits)] != '\0')
		return 0;
	return base;
}

static const char *without_plus(const char *text)
{
	return text[0] == '+' && text_is_digit(text[1]) ? text + 1 : text;
}

static enum plain resolve_number(const char *text)
{
	const char *number = without_plus(text);
	size_t len = strlen(number);

	if (other_base(text) != 0) {
		errno = 0;
		(void)strtoull(text + 2, NULL, other_base(text));
		return errno == 0 ? PLAIN_NUMBER : PLAIN_TOO_LARGE;
	}
	if (!number_valid(number, len))
		return PLAIN_STRING;
	return number_fits(number, len) ? PLAIN_NUMBER : PLAIN_TOO_LARGE;
}

enum plain plain_resolve(const char *text)
{
	/* No word and no number begins with anything else. */
	if (text[0] != '\0' && strchr("~nNtTfF.+-0123456789", text[0]) == NULL)
		return PLAIN_STRING;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(text, words[i].text) == 0)
			return words[i].plain;
	}
	return resolve_number(text);
}

const char *plain_number(struct arena *arena, const char *text)
{
	int base = other_base(text);

	if (base == 0)
		return without_plus(text);
	return arena_printf(arena, "%llu", strtoull(text + 2, NULL, base));
}
