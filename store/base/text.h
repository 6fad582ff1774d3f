/*
 * Small questions about strings and UTF-8, and numbers in strings.
 *
 * No function here depends on the locale.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"

bool text_equal(const char *a, const char *b); /* NULL equals only NULL */
bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
bool text_is_digit(char c);
bool text_is_alpha(char c); /* ASCII letters */

/* `[a-z][a-z0-9_]*`, at most 64 bytes: a step, an input, an agent's field. */
bool text_is_name(const char *text);
/* `[a-z0-9]+(-[a-z0-9]+)*`, at most 100 bytes. */
bool text_is_slug(const char *text);
/* One `@`, a dotted domain, printable ASCII without spaces, quotes, commas or
 * angle brackets: the addr-spec subset of RFC 5321 that every server takes. */
bool text_is_email(const char *text);

/* Lower case, umlauts and accents of Latin-1 and Latin Extended-A spelled in
 * ASCII (ä becomes ae), everything else one hyphen, at most 100 bytes; in
 * `arena`. A slug, or "" when the text has neither letter nor digit. */
char *text_slug(struct arena *arena, const char *text);

/* The bytes of the UTF-8 sequence at `bytes`, or 0 if it is not valid
 * (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). When it is,
 * `*ret_point` (if not NULL) is its code point. */
size_t utf8_next(const char *bytes, size_t len, uint32_t *ret_point);
bool utf8_valid(const char *bytes, size_t len);
/* Controls (but newline and tab), line and paragraph separators and bidi
 * controls: what a reader does not see, or sees as something else. */
bool utf8_is_hidden(uint32_t point);
/* Columns that `text` takes on a terminal: code points, wide ones twice. */
size_t utf8_width(const char *text);
/* Append `text` so that a terminal is safe from it: controls (but newline and
 * tab), bidi controls and invalid bytes become visible escapes. */
void text_add_printable(struct buf *buf, const char *text, size_t len);

/* Whole decimal numbers, with the whole text consumed; false if it is not one
 * or outside of [min, max]. */
bool text_to_int(const char *text, int64_t min, int64_t max, int64_t *ret);
/* "90s", "10m", "36h", "2d": to seconds; false if it is not a duration. */
bool text_to_duration(const char *text, int64_t *ret_seconds);

/* The candidate nearest to `word` by edit distance (transpositions count one),
 * or NULL when none is near enough to be meant. */
const char *text_nearest(const char *word, const char *const *candidates,
                         size_t count);

#endif
