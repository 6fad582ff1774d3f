/*
 * What every fuzzer here defines, and what they share.
 *
 * A fuzzer is given any bytes at all. It calls what reads such bytes, and holds
 * the answer against what must be true of every answer. Built by `make fuzz`
 * it is driven by libFuzzer; in `make test` replay.c gives it the files of
 * tests/fuzz/corpus/NAME one by one.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/limits.h"
#include "store/base/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Not an assert: it holds in every build. */
static inline void must(bool holds)
{
	if (!holds)
		abort();
}

/* The bytes as a text of a job: up to their first NUL, as of a plain scalar
 * at its beginning. */
static inline struct value *text_of(struct arena *arena, const uint8_t *bytes,
                                    size_t len)
{
	struct value *text = value_string(
	        arena, arena_strndup(arena, (const char *)bytes, len));

	text->style = STYLE_PLAIN;
	text->pos = (struct pos){ 1, 1 };
	return text;
}

#endif
