/*
 * The grammar is small enough to be walked by hand: sign, digits, fraction,
 * exponent, where the last two count only when they are complete.
 */
#include "store/base/number.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/text.h"

static size_t digits(const char *bytes, size_t at, size_t len)
{
	while (at < len && text_is_digit(bytes[at]))
		at++;
	return at;
}

/* Behind the fraction at `at`, or `at` when there is none. */
static size_t fraction(const char *bytes, size_t at, size_t len)
{
	size_t end;

	if (at >= len || bytes[at] != '.')
		return at;
	end = digits(bytes, at + 1, len);
	return end > at + 1 ? end : at;
}

/* Behind the exponent at `at`, or `at` when there is none. */
static size_t exponent(const char *bytes, size_t at, size_t len)
{
	size_t first = at + 1;
	size_t end;

	if (at >= len || (bytes[at] != 'e' && bytes[at] != 'E'))
		return at;
	if (first < len && (bytes[first] == '+' || bytes[first] == '-'))
		first++;
	end = digits(bytes, first, len);
	return end > first ? end : at;
}

size_t number_prefix(const char *bytes, size_t len)
{
	size_t first = len > 0 && bytes[0] == '-' ? 1 : 0;
	size_t at = first;

	if (at < len && bytes[at] == '0')
		at++;
	else
		at = digits(bytes, at, len);
	if (at == first)
		return 0;
	at = fraction(bytes, at, len);
	return exponent(bytes, at, len);
}

bool number_valid(const char *text, size_t len)
{
	return len > 0 && number_prefix(text, len) == len;
}

enum {
	ALWAYS_FITS = 18 /* characters without an exponent, whatever they are */
};

bool number_fits(const char *text, size_t len)
{
	auto_free char *copy = NULL;

	assert(number_valid(text, len));
	if (len <= ALWAYS_FITS && memchr(text, 'e', len) == NULL &&
	    memchr(text, 'E', len) == NULL)
		return true;
	copy = mem_strndup(text, len);
	if (strpbrk(copy, ".eE") != NULL)
		return isfinite(strtod(copy, NULL));
	errno = 0;
	if (copy[0] == '-')
		(void)strtoll(copy, NULL, 10); /* for its errno alone */
	else
		(void)strtoull(copy, NULL, 10);
	return errno == 0;
}

double number_value(const char *text)
{
	return strtod(text, NULL);
}
