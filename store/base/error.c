/*
 * Every setter makes its new text first and drops the old one last, because
 * its arguments may point into the error that it fills.
 */
#include "store/base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/limits.h"

/* Cut `text` to `LIMIT_ERROR_TEXT` bytes, not inside a UTF-8 sequence. */
static char *limited(char *text)
{
	size_t len = LIMIT_ERROR_TEXT;

	if (strnlen(text, LIMIT_ERROR_TEXT + 1) <= LIMIT_ERROR_TEXT)
		return text;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	text[len] = '\0';
	return text;
}

static PRINTF_LIKE(1, 0) char *format_text(const char *format, va_list values)
{
	return limited(mem_vprintf(format, values));
}

/* Fill `err` anew. Takes `message`; `file` may be NULL and is copied. */
static void fill(struct error *err, enum error_code code, const char *file,
                 struct pos pos, char *message)
{
	struct error filled = {
		.code = code,
		.pos = pos,
		.file = file != NULL ? mem_strdup(file) : NULL,
		.message = message,
	};

	assert(code != ERR_NONE);
	error_move(err, &filled);
}

int error_set(struct error *err, enum error_code code, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	fill(err, code, NULL, (struct pos){ 0 }, format_text(format, values));
	va_end(values);
	return -1;
}

int error_at(struct error *err, enum error_code code, const char *file,
             struct pos pos, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	fill(err, code, file, pos, format_text(format, values));
	va_end(values);
	return -1;
}

int error_errno(struct error *err, int number, const char *format, ...)
{
	auto_free char *what = NULL;
	const char *reason = strerrordesc_np(number);
	va_list values;

	va_start(values, format);
	what = format_text(format, values);
	va_end(values);
	if (reason == NULL)
		reason = "unknown error";
	fill(err, ERR_SYSTEM, NULL, (struct pos){ 0 },
	     limited(mem_printf("%s: %s", what, reason)));
	return -1;
}

int error_wrap(struct error *err, const char *format, ...)
{
	auto_free char *what = NULL;
	char *inner = err->message;
	va_list values;

	assert(err->code != ERR_NONE);
	va_start(values, format);
	what = format_text(format, values);
	va_end(values);
	err->message = limited(mem_printf("%s: %s", what, inner));
	free(inner);
	return -1;
}

int error_hint(struct error *err, const char *format, ...)
{
	va_list values;

	assert(err->code != ERR_NONE);
	if (err->hint != NULL)
		return -1;
	va_start(values, format);
	err->hint = format_text(format, values);
	va_end(values);
	return -1;
}

void error_clear(struct error *err)
{
	free(err->file);
	free(err->message);
	free(err->hint);
	*err = (struct error){ 0 };
}

void error_move(struct error *to, struct error *from)
{
	struct error moved = *from;

	if (to == from)
		return;
	*from = (struct error){ 0 };
	error_clear(to);
	*to = moved;
}

/* An empty entry at the end of the list. */
static struct error *add_entry(struct errors *list)
{
	struct error *entry;

	list->items = mem_grow(list->items, list->count, sizeof(*list->items));
	entry = &list->items[list->count++];
	*entry = (struct error){ 0 };
	return entry;
}

int errors_take(struct errors *list, struct error *err)
{
	assert(err->code != ERR_NONE);
	error_move(add_entry(list), err);
	return -1;
}

struct error *errors_add(struct errors *list, enum error_code code,
                         const char *file, struct pos pos, const char *format,
                         ...)
{
	struct error added = { 0 };
	struct error *entry;
	va_list values;

	va_start(values, format);
	fill(&added, code, file, pos, format_text(format, values));
	va_end(values);
	/* Only now: the arguments may point into an entry that moves. */
	entry = add_entry(list);
	*entry = added;
	return entry;
}

static int compare_numbers(unsigned a, unsigned b)
{
	return (a > b) - (a < b);
}

/* Errors without a file come first. Equals compare by their place in the list,
 * since qsort() keeps no order of its own. */
static int compare_places(const void *left, const void *right)
{
	const struct error *a = *(const struct error *const *)left;
	const struct error *b = *(const struct error *const *)right;
	int order = strcmp(a->file != NULL ? a->file : "",
	                   b->file != NULL ? b->file : "");

	if (order == 0)
		order = compare_numbers(a->pos.line, b->pos.line);
	if (order == 0)
		order = compare_numbers(a->pos.column, b->pos.column);
	if (order == 0)
		order = (a > b) - (a < b);
	return order;
}

void errors_sort(struct errors *list)
{
	auto_free const struct error **order = NULL;
	auto_free struct error *old = NULL;

	if (list->count < 2)
		return;
	order = mem_zalloc(list->count, sizeof(const struct error *));
	old = mem_zalloc(list->count, sizeof(*old));
	memcpy(old, list->items, list->count * sizeof(*old));
	for (size_t i = 0; i < list->count; i++)
		order[i] = &old[i];
	qsort(order, list->count, sizeof(const struct error *), compare_places);
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = *order[i];
}

void errors_clear(struct errors *list)
{
	for (size_t i = 0; i < list->count; i++)
		error_clear(&list->items[i]);
	free(list->items);
	*list = (struct errors){ 0 };
}

bool errors_full(const struct errors *list)
{
	return list->count >= LIMIT_ERRORS;
}
