/*
 * Numbers as text: which spellings are numbers, and which of them reeve takes.
 *
 * A number keeps its source text through reading, storing and writing, so the
 * readers of YAML and JSON ask the same two questions here, and what one of
 * them takes the other one takes, too.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/compiler.h"

/* The bytes of the longest JSON number (RFC 8259, 6) that `bytes` begins with,
 * or 0: `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`. */
size_t number_prefix(const char *bytes, size_t len);
/* Whether all of `text` is a JSON number. */
bool number_valid(const char *text, size_t len);

/* Whether a valid number has a place in the machine: a whole one from -2^63 to
 * 2^64-1, one with a fraction or an exponent that is finite as a double. */
bool number_fits(const char *text, size_t len);

/* The nearest double to a valid number, for comparing only: what is kept or
 * printed is the text. */
double number_value(const char *text);

#endif
