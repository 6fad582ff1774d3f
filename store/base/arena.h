/*
 * Memory that dies together: strings and small nodes of one file, one run or
 * one step. Nothing that must be closed lives in an arena.
 *
 *	auto_arena struct arena arena = {0};
 *	const char *path = arena_printf(&arena, "jobs/%s.yaml", name);
 *
 * All zero is an empty arena. Pieces are zeroed and aligned for any type, but
 * for texts, which take no more than their bytes.
 * Under the address sanitizer every piece is a malloc of its own, so that
 * overruns show.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "store/base/compiler.h"

struct arena_block;

struct arena {
	struct arena_block *last;
};

void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;
/* `count` elements of `size` bytes, zeroed. */
void *arena_array(struct arena *arena, size_t count, size_t size) MUST_CHECK;
/* Like mem_grow(): `array` of `count` elements gets room for one more; the
 * old piece stays until the arena dies. */
void *arena_grow(struct arena *arena, void *array, size_t count,
                 size_t size) MUST_CHECK;
char *arena_strdup(struct arena *arena, const char *text) MUST_CHECK;
/* `len` bytes and a NUL. */
char *arena_strndup(struct arena *arena, const char *bytes,
                    size_t len) MUST_CHECK;
char *arena_printf(struct arena *arena, const char *format, ...)
        PRINTF_LIKE(2, 3) MUST_CHECK;
char *arena_vprintf(struct arena *arena, const char *format, va_list values)
        PRINTF_LIKE(2, 0) MUST_CHECK;

/* Free everything; the arena is empty and usable. */
void arena_clear(struct arena *arena);

/* The same, but its newest block is kept for what comes next, unless it is a
 * large one. */
void arena_reset(struct arena *arena);

#define auto_arena CLEANUP(arena_clear)

/* One zeroed T. */
#define arena_new(arena, T) ((T *)arena_alloc((arena), sizeof(T)))

#endif
