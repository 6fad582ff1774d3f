/*
 * What can be said of URLs and headers without a network.
 */
#include <string.h>
#include <strings.h>

#include "engine/io/http.h"
#include "store/base/date.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define YEAR_MS   ((int64_t)366 * 24 * 3600 * 1000)
#define PORT_MOST 65535

/* ---- Places -------------------------------------------------------------- */

static const struct {
	const char *name;
	int port;
} schemes[] = {
	{ "http", 80 },
	{ "https", 443 },
};

/* "https://": its length, and which it is; 0: neither. */
static size_t read_scheme(const char *url, struct http_place *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t len = strlen(schemes[i].name);
		if (strncasecmp(url, schemes[i].name, len) != 0 ||
		    strncmp(url + len, "://", 3) != 0)
			continue;
		ret->scheme = schemes[i].name;
		ret->port = schemes[i].port;
		return len + 3;
	}
	return 0;
}

/* The length of the host at `text`; 0: there is none. */
static size_t host_length(const char *text)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz"
	                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	if (*text != '[')
		return strspn(text, name);
	size_t len = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
	return len > 1 && text[len] == ']' ? len + 1 : 0;
}

static const char *lower(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_strndup(arena, text, len);

	for (size_t i = 0; i < len; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] - 'A' + 'a');
	return copy;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

bool http_place(struct arena *arena, const char *url, struct http_place *ret)
{
	struct http_place place = { 0 };
	int64_t port;

	if (strlen(url) > LIMIT_URL || !is_printable(url))
		return false;
	size_t at = read_scheme(url, &place);
	size_t len = at ? host_length(url + at) : 0;
	if (len == 0)
		return false;
	place.host = lower(arena, url + at, len);
	at += len;
	if (url[at] == ':') {
		size_t digits = strspn(url + at + 1, "0123456789");
		if (!text_to_int(arena_strndup(arena, url + at + 1, digits), 1,
		                 PORT_MOST, &port))
			return false;
		place.port = (int)port;
		at += 1 + digits;
	}
	if (url[at] && !strchr("/?#", url[at]))
		return false;
	place.path = arena_strdup(arena, url + at);
	*ret = place;
	return true;
}

bool http_same_place(const struct http_place *a, const struct http_place *b)
{
	return strcmp(a->scheme, b->scheme) == 0 &&
	       strcmp(a->host, b->host) == 0 && a->port == b->port;
}

bool http_is_here(const struct http_place *place)
{
	return strcmp(place->host, "localhost") == 0 ||
	       strcmp(place->host, "127.0.0.1") == 0 ||
	       strcmp(place->host, "[::1]") == 0;
}

/* ---- Headers ------------------------------------------------------------- */

const char *http_header(const struct http_answer *answer, struct arena *arena,
                        const char *name)
{
	const char *at = answer->headers.at;
	const char *end = at + answer->headers.len;
	size_t len = strlen(name);

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		if ((size_t)(stop - at) > len &&
		    strncasecmp(at, name, len) == 0 && at[len] == ':') {
			at += len + 1;
			while (at < stop && strchr(" \t", *at))
				at++;
			while (stop > at && strchr(" \t\r", stop[-1]))
				stop--;
			return arena_strndup(arena, at, (size_t)(stop - at));
		}
		at = stop + 1;
	}
	return NULL;
}

/* The number at `text` of exactly `digits` digits. */
static bool read_digits(const char *text, size_t digits, int *ret)
{
	*ret = 0;
	for (size_t i = 0; i < digits; i++) {
		if (!text_is_digit(text[i]))
			return false;
		*ret = *ret * 10 + (text[i] - '0');
	}
	return true;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT": the one form that is still to be written. */
static bool read_date(const char *text, int64_t *ret_ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const char shape[] = "???, 00 ??? 0000 00:00:00 GMT";

	struct date date;
	char name[4] = "";

	if (strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '0' ? !text_is_digit(text[i])
		                    : shape[i] != '?' && shape[i] != text[i])
			return false;
	memcpy(name, text + 8, 3);
	const char *month = strstr(months, name);
	if (!month || (month - months) % 3 != 0 ||
	    !read_digits(text + 5, 2, &date.day) ||
	    !read_digits(text + 12, 4, &date.year) ||
	    !read_digits(text + 17, 2, &date.hour) ||
	    !read_digits(text + 20, 2, &date.minute) ||
	    !read_digits(text + 23, 2, &date.second))
		return false;
	date.month = (int)((month - months) / 3) + 1;
	if (!date_is_valid(date.year, date.month, date.day))
		return false;
	*ret_ms = ((date_to_days(date.year, date.month, date.day) * 24 +
	            date.hour) *
	                   3600 +
	           (int64_t)date.minute * 60 + date.second) *
	          1000;
	return true;
}

int64_t http_retry_after_ms(const char *text, int64_t now_ms)
{
	int64_t pause;

	if (text && text_to_int(text, 0, YEAR_MS / 1000, &pause))
		return pause * 1000;
	if (!text || !read_date(text, &pause) || pause <= now_ms)
		return 0;
	return pause - now_ms < YEAR_MS ? pause - now_ms : YEAR_MS;
}
