/*
 * Allocation that cannot fail, and size arithmetic that cannot wrap.
 *
 * Out of memory ends the process with one line on standard error: recovery is
 * the journal's work and is tested anyway. Sizes that outsiders choose meet a
 * limit (limits.h) and an error long before.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

#include "store/base/compiler.h"

/* All return memory that the caller frees with free(). mem_zalloc is zeroed.
 * A size of zero gives a valid pointer. */
void *mem_alloc(size_t size) MUST_CHECK;
void *mem_zalloc(size_t count, size_t size) MUST_CHECK;
void *mem_realloc(void *pointer, size_t size) MUST_CHECK;
char *mem_strdup(const char *text) MUST_CHECK;
char *mem_strndup(const char *bytes, size_t len) MUST_CHECK;
char *mem_printf(const char *format, ...) PRINTF_LIKE(1, 2) MUST_CHECK;
char *mem_vprintf(const char *format, va_list values)
        PRINTF_LIKE(1, 0) MUST_CHECK;

/* `pointer`, which a foreign library has allocated; the process ends when it
 * is NULL. */
void *mem_check(void *pointer) MUST_CHECK;

/* Make room for one more element in `array` (NULL at first) of `count`
 * elements of `size` bytes; it doubles at powers of two, so an array that
 * grows by this function grows by nothing else.
 *
 *	list->items = mem_grow(list->items, list->count, sizeof(*list->items));
 *	list->items[list->count++] = item; */
void *mem_grow(void *array, size_t count, size_t size) MUST_CHECK;

/* The block of `size` bytes at `block`, which is not filled yet, will be read
 * and written all over: where it is large enough, the kernel is asked to give
 * it in large pages, which are fewer. */
void mem_expect_use(void *block, size_t size);

/* a + b and a * b; the process ends when that is not a size_t. */
size_t size_add(size_t a, size_t b) MUST_CHECK;
size_t size_mul(size_t a, size_t b) MUST_CHECK;

void free_pointer(void *pointer_to_pointer);

/* A heap pointer that is freed when it leaves its scope. */
#define auto_free CLEANUP(free_pointer)

#endif
