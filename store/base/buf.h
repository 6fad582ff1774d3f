/*
 * Growing bytes with a limit.
 *
 *	auto_buf struct buf line = buf_make(LIMIT_EVENT_LINE);
 *	buf_add_text(&line, "hello ");
 *	buf_printf(&line, "%d", n);
 *	if (buf_check(&line, "the event", err) < 0)
 *		return -1;
 *
 * Additions never fail one by one: one that would exceed the limit is dropped
 * and remembered (`over`), and buf_check() reports it once, where the text is
 * complete. The bytes are always followed by a NUL that does not count, so
 * that `at` is a C string as long as no NUL was added; `at` is never NULL.
 *
 * All zero is an empty buffer without a limit, good for buf_clear() and as the
 * target of an assignment only: adding to it asserts.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "store/base/compiler.h"
#include "store/base/error.h"

struct buf {
	char *at;
	size_t len;
	size_t cap;
	size_t max;
	bool over; /* something did not fit */
};

/* An empty buffer that may hold `max` bytes. Allocates nothing. */
struct buf buf_make(size_t max);

/* Inline as far as there is room already: what is written in small pieces is
 * mostly these. buf_add_slowly() is for buf_add() alone. */
void buf_add_slowly(struct buf *buf, const void *bytes, size_t len);

static inline void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	/* Within `cap` is within the limit; without a block there is none. */
	if (len == 0 || len >= buf->cap - buf->len) {
		buf_add_slowly(buf, bytes, len);
		return;
	}
	memcpy(buf->at + buf->len, bytes, len);
	buf->len += len;
	buf->at[buf->len] = '\0';
}

static inline void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

static inline void buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list values)
        PRINTF_LIKE(2, 0);
/* Add `count` times `c`. */
void buf_pad(struct buf *buf, char c, size_t count);

/* Room for `len` more bytes, to be filled by the caller, who then calls
 * buf_filled(); NULL (and `over`) when that exceeds the limit. */
char *buf_reserve(struct buf *buf, size_t len);
void buf_filled(struct buf *buf, size_t len);

/* Forget the bytes behind `len`; that something did not fit stays known. */
void buf_cut(struct buf *buf, size_t len);
/* Empty and without memory; the limit stays. */
void buf_clear(struct buf *buf);
/* The bytes as a heap string for free(); the buffer is empty afterwards. */
char *buf_take(struct buf *buf) MUST_CHECK;

/* 0, or -1 with ERR_LIMIT: "WHAT is longer than N bytes". */
int buf_check(const struct buf *buf, const char *what,
              struct error *err) MUST_CHECK;

#define auto_buf CLEANUP(buf_clear)

#endif
