/*
 * Markdown in pieces that a search can find and a prompt can hold.
 *
 * A piece is the section of one heading, or a part of a long section. Its text
 * is lines of the file as they stand there, so that a path and two line
 * numbers name it.
 */
#ifndef STORE_MEMORY_CHUNK_H
#define STORE_MEMORY_CHUNK_H

#include <stddef.h>

#include "store/base/arena.h"

/* A longer section is cut: about 400 tokens. */
#define CHUNK_BYTES 1600

struct chunk {
	unsigned first_line, last_line;
	const char *heading; /* those above its first line, " > " between */
	const char *text;    /* without blank lines at either end */
};

struct chunks {
	struct chunk *items;
	size_t count;
};

/* The pieces of `text` (UTF-8), whose first line is line `first_line` of its
 * file, added to `ret` in their order. All is in `arena`. */
void chunk_markdown(struct arena *arena, const char *text, size_t len,
                    unsigned first_line, struct chunks *ret);

/* How many of the `len` bytes to keep so that at most `max` stay, `max` being
 * less than `len`: up to the end of a paragraph, else of a line, a sentence, a
 * word, a character. Nothing comes out empty unless `max` is less than 4. */
size_t chunk_cut(const char *text, size_t len, size_t max);

#endif
