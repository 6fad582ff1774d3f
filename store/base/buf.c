/*
 * One heap block of `cap` bytes, of which `len` are used and one more is the
 * NUL: cap is 0 (no block yet) or at least len + 1, and at most max + 1.
 * Growth doubles, so that adding n bytes one by one costs O(n).
 */
#include "store/base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"

enum {
	FIRST_BYTES = 64
};

/* What `at` points to while there is no block. It is never written: every
 * write is behind a test of `cap`. (strchr drops the const without a cast.) */
static char *no_bytes(void)
{
	return strchr("", '\0');
}

struct buf buf_make(size_t max)
{
	return (struct buf){ .at = no_bytes(), .max = max };
}

/* Make the block large enough for `len` more bytes and the NUL. */
static bool make_room(struct buf *buf, size_t len)
{
	size_t need;
	size_t cap;

	assert(buf->max > 0);
	if (len > buf->max - buf->len) {
		buf->over = true;
		return false;
	}
	need = size_add(buf->len + len, 1);
	if (need <= buf->cap)
		return true;
	cap = buf->cap > 0 ? size_mul(buf->cap, 2) : FIRST_BYTES;
	if (cap < need)
		cap = need;
	if (cap > buf->max)
		cap = size_add(buf->max, 1);
	buf->at = mem_realloc(buf->cap > 0 ? buf->at : NULL, cap);
	buf->cap = cap;
	buf->at[buf->len] = '\0';
	return true;
}

char *buf_reserve(struct buf *buf, size_t len)
{
	return make_room(buf, len) ? buf->at + buf->len : NULL;
}

void buf_filled(struct buf *buf, size_t len)
{
	assert(len < buf->cap - buf->len);
	buf->len += len;
	buf->at[buf->len] = '\0';
}

void buf_add_slowly(struct buf *buf, const void *bytes, size_t len)
{
	char *to = buf_reserve(buf, len);

	if (to == NULL)
		return;
	if (len > 0)
		memcpy(to, bytes, len);
	buf_filled(buf, len);
}

void buf_pad(struct buf *buf, char c, size_t count)
{
	char *to = buf_reserve(buf, count);

	if (to == NULL)
		return;
	memset(to, c, count);
	buf_filled(buf, count);
}

void buf_vprintf(struct buf *buf, const char *format, va_list values)
{
	va_list again;
	char *to;
	int len;

	va_copy(again, values);
	len = vsnprintf(NULL, 0, format, values);
	assert(len >= 0);
	to = buf_reserve(buf, (size_t)len);
	if (to != NULL) {
		(void)vsnprintf(to, (size_t)len + 1, format, again);
		buf_filled(buf, (size_t)len);
	}
	va_end(again);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	buf_vprintf(buf, format, values);
	va_end(values);
}

void buf_cut(struct buf *buf, size_t len)
{
	assert(len <= buf->len);
	buf->len = len;
	if (buf->cap > 0)
		buf->at[len] = '\0';
}

void buf_clear(struct buf *buf)
{
	if (buf->cap > 0)
		free(buf->at);
	*buf = buf_make(buf->max);
}

char *buf_take(struct buf *buf)
{
	char *bytes = buf->cap > 0 ? buf->at : mem_strdup("");

	*buf = buf_make(buf->max);
	return bytes;
}

int buf_check(const struct buf *buf, const char *what, struct error *err)
{
	if (!buf->over)
		return 0;
	return error_set(err, ERR_LIMIT, "%s is longer than %zu bytes", what,
	                 buf->max);
}
