/*
 * A chain of zeroed blocks, the newest first; a piece is cut off the newest:
 * a text from its end, where nothing has to be aligned, anything else from its
 * beginning. So a small value and its short text lie in two rows without a gap
 * in either. A block is twice as large as the one before, up to LAST_BYTES, so
 * that a small arena is small and a large one has few blocks. A piece that does
 * not fit gets a new block, and the rest of the old one is given up.
 *
 * Under the address sanitizer each block is exactly one piece.
 */
#include "store/base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"

#if defined(__SANITIZE_ADDRESS__)
#define ONE_PIECE_PER_BLOCK true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_PIECE_PER_BLOCK true
#endif
#endif
#ifndef ONE_PIECE_PER_BLOCK
#define ONE_PIECE_PER_BLOCK false
#endif

enum {
	FIRST_BYTES = 1 << 10,
	LAST_BYTES = 1 << 20,
	KEPT_BYTES = 1 << 16, /* the largest block that a reset keeps */
	FEW_BYTES = 200       /* a printed text of this size is printed once */
};

struct arena_block {
	struct arena_block *before;
	size_t used; /* from the beginning, a multiple of the alignment */
	size_t end;  /* behind it there are texts */
	size_t size;
	alignas(max_align_t) char bytes[];
};

static size_t block_size(const struct arena_block *last, size_t piece)
{
	size_t size = FIRST_BYTES;

	if (ONE_PIECE_PER_BLOCK)
		return piece;
	if (last != NULL)
		size = last->size < LAST_BYTES / 2 ? last->size * 2
		                                   : LAST_BYTES;
	return size > piece ? size : piece;
}

static struct arena_block *block_new(struct arena_block *before, size_t size)
{
	struct arena_block *block =
	        mem_zalloc(1, size_add(sizeof(*block), size));

	block->before = before;
	block->size = size;
	block->end = size;
	return block;
}

/* `size` rounded up, so that the next piece is aligned, too. */
static size_t aligned(size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;

	return size_add(size, mask) & ~mask;
}

/* The newest block, with at least `piece` bytes that are free. */
static struct arena_block *block_with(struct arena *arena, size_t piece)
{
	struct arena_block *last = arena->last;

	if (ONE_PIECE_PER_BLOCK || last == NULL ||
	    last->end - last->used < piece) {
		last = block_new(last, block_size(last, piece));
		arena->last = last;
	}
	return last;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t piece = ONE_PIECE_PER_BLOCK ? size : aligned(size);
	struct arena_block *block = block_with(arena, piece);
	char *at = block->bytes + block->used;

	block->used += piece;
	return at;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	return arena_alloc(arena, size_mul(count, size));
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t size)
{
	void *larger;

	if ((count & (count - 1)) != 0)
		return array;
	larger = arena_array(arena, count > 0 ? size_mul(count, 2) : 1, size);
	if (count > 0)
		memcpy(larger, array, count * size);
	return larger;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *bytes, size_t len)
{
	size_t piece = size_add(len, 1);
	struct arena_block *block = block_with(arena, piece);
	char *copy;

	block->end -= piece;
	copy = block->bytes + block->end;
	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list values)
{
	auto_free char *text = NULL;
	char few[FEW_BYTES];
	va_list again;
	int len;

	va_copy(again, values);
	len = vsnprintf(few, sizeof(few), format, values);
	assert(len >= 0);
	if ((size_t)len >= sizeof(few))
		text = mem_vprintf(format, again);
	va_end(again);
	return arena_strndup(arena, text != NULL ? text : few, (size_t)len);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	char *text;
	va_list values;

	va_start(values, format);
	text = arena_vprintf(arena, format, values);
	va_end(values);
	return text;
}

void arena_reset(struct arena *arena)
{
	struct arena_block *kept = arena->last;

	if (ONE_PIECE_PER_BLOCK || kept == NULL || kept->size > KEPT_BYTES) {
		arena_clear(arena);
		return;
	}
	arena->last = kept->before;
	arena_clear(arena);
	memset(kept->bytes, 0, kept->used);
	memset(kept->bytes + kept->end, 0, kept->size - kept->end);
	kept->used = 0;
	kept->end = kept->size;
	kept->before = NULL;
	arena->last = kept;
}

void arena_clear(struct arena *arena)
{
	while (arena->last != NULL) {
		struct arena_block *block = arena->last;

		arena->last = block->before;
		free(block);
	}
}
