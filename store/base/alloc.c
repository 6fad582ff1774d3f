/*
 * Thin wrappers around the C library's allocator: each checks its result, so
 * that no caller has to, and ends the process when there is none.
 */
#include "store/base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE_PAGE_BYTES ((size_t)2 << 20)

/* Nothing is flushed and no exit handler runs: each of them may allocate. */
static NORETURN void out_of_memory(void)
{
	static const char message[] = "reeve: out of memory\n";
	ssize_t written = write(STDERR_FILENO, message, sizeof(message) - 1);

	(void)written; /* there is nowhere else to say it */
	_exit(EXIT_FAILURE);
}

void *mem_check(void *pointer)
{
	if (pointer == NULL)
		out_of_memory();
	return pointer;
}

void *mem_alloc(size_t size)
{
	return mem_check(malloc(size > 0 ? size : 1));
}

void *mem_zalloc(size_t count, size_t size)
{
	if (count == 0 || size == 0)
		return mem_check(calloc(1, 1));
	return mem_check(calloc(count, size));
}

void *mem_realloc(void *pointer, size_t size)
{
	return mem_check(realloc(pointer, size > 0 ? size : 1));
}

void mem_expect_use(void *block, size_t size)
{
	size_t before = -(uintptr_t)block & (LARGE_PAGE_BYTES - 1);

	if (size < before + LARGE_PAGE_BYTES)
		return;
	/* What the kernel makes of it is its own to say. */
	(void)madvise((char *)block + before,
	              (size - before) & ~(LARGE_PAGE_BYTES - 1), MADV_HUGEPAGE);
}

char *mem_strdup(const char *text)
{
	return mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *bytes, size_t len)
{
	char *copy = mem_alloc(size_add(len, 1));

	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *mem_vprintf(const char *format, va_list values)
{
	char *text = NULL;

	if (vasprintf(&text, format, values) < 0)
		out_of_memory();
	return text;
}

char *mem_printf(const char *format, ...)
{
	va_list values;
	char *text;

	va_start(values, format);
	text = mem_vprintf(format, values);
	va_end(values);
	return text;
}

void *mem_grow(void *array, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return array;
	return mem_realloc(array,
	                   size_mul(count > 0 ? size_mul(count, 2) : 1, size));
}

size_t size_add(size_t a, size_t b)
{
	size_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		out_of_memory();
	return sum;
}

size_t size_mul(size_t a, size_t b)
{
	size_t product;

	if (__builtin_mul_overflow(a, b, &product))
		out_of_memory();
	return product;
}

void free_pointer(void *pointer_to_pointer)
{
	void *pointer;

	/* A T ** is not a void **; its bytes may be read as a pointer. */
	memcpy(&pointer, pointer_to_pointer, sizeof(pointer));
	free(pointer);
}
