/*
 * What an unquoted scalar is, by the core schema of YAML 1.2.
 *
 * Private to the YAML reader and writer: what one resolves the other quotes.
 */
#ifndef BASE_YAML_PLAIN_H
#define BASE_YAML_PLAIN_H

#include "store/base/arena.h"
#include "store/base/compiler.h"

enum plain {
	PLAIN_STRING,
	PLAIN_NULL,
	PLAIN_TRUE,
	PLAIN_FALSE,
	PLAIN_NUMBER,
	PLAIN_NOT_FINITE, /* .inf, .nan */
	PLAIN_TOO_LARGE,  /* a number that has no place (number_fits()) */
};

/* Numbers are the spellings of JSON, the same with a `+`, and 0x and 0o. Some
 * other spellings that the core schema takes for numbers (007, 1., .5) are
 * strings here: a number keeps its text, and theirs is no number in JSON. */
enum plain plain_resolve(const char *text);

/* The JSON spelling of a text that is a PLAIN_NUMBER: without the `+`, and
 * 0x1f and 0o17 in decimal. In `arena`, or `text` itself. */
const char *plain_number(struct arena *arena, const char *text);

#endif
