/*
 * JSON (RFC 8259) to values, and values to JSON.
 *
 * What is hashed and journalled must be the same bytes for ever, so reading is
 * strict and keeps each number's source text, and a value has one canonical
 * spelling.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/value.h"

/* The one value in `bytes`. Refused: trailing text, duplicate names, invalid
 * UTF-8, NaN, more than LIMIT_JSON_DEPTH levels; and what others read in
 * different ways: numbers that do not fit (number.h), half of a surrogate pair,
 * a name with U+0000. A string may hold U+0000: look at its length. -0 is 0.
 * The error is ERR_CONFIG with `name` as its file; the position of a duplicate
 * is that of the second name. */
struct value *json_parse(struct arena *arena, const char *name,
                         const char *bytes, size_t len,
                         struct error *err) MUST_CHECK;

enum json_flags {
	/* Members by the bytes of their names, which makes it canonical. */
	JSON_SORTED = 1 << 0,
	/* Two spaces an indent, one member or item a line. */
	JSON_PRETTY = 1 << 1,
};

/* Append `value`. Without flags: one line, no spaces, members in their order.
 * Controls, U+007F to U+009F, U+2028, U+2029 and bidi controls are \u-escaped;
 * nothing else but `"` and `\` is. A byte that is not UTF-8 is written as
 * U+FFFD. */
void json_write(struct buf *buf, const struct value *value, unsigned flags);
/* Append `text` as a JSON string, quotes included. */
void json_write_text(struct buf *buf, const char *text, size_t len);
/* The canonical form, in `arena`. */
const char *json_canonical(struct arena *arena, const struct value *value);

#endif
