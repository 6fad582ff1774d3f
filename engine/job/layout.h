/*
 * How structs lie in memory, as rows: what image.c has to know to copy a job
 * with all that it points to.
 *
 * Each member of a struct has its row, also what is plain, so that a test finds
 * a member that somebody added and forgot here (test_image.c).
 */
#ifndef JOB_LAYOUT_H
#define JOB_LAYOUT_H

#include <stddef.h>

struct value;

enum layout_kind {
	LAYOUT_END,
	LAYOUT_PLAIN,   /* no pointer */
	LAYOUT_TEXT,    /* a string that ends with a NUL, or NULL */
	LAYOUT_BYTES,   /* as many as `count_at` says; a NUL is put behind */
	LAYOUT_ONE,     /* another struct, or NULL */
	LAYOUT_MANY,    /* an array of as many as `count_at` says */
	LAYOUT_MEMBERS, /* those of a map, and what finds them (value.h) */
	LAYOUT_KIND,    /* a row of the kinds of steps, or NULL */
};

struct layout_row {
	enum layout_kind kind;
	size_t at;
	size_t size; /* PLAIN; all others are a pointer */
	size_t count_at;
	const struct layout *of; /* ONE, MANY */
};

struct layout {
	size_t size;
	const struct layout_row *rows; /* ends with an empty one */
	/* Of a union: which one this object is; else NULL. */
	const struct layout *(*choose)(const void *object);
};

/* clang-format off */
#define LAYOUT_IS_PLAIN(type, member) \
	{ LAYOUT_PLAIN, offsetof(type, member), \
	  sizeof(((const type *)NULL)->member), 0, NULL }
#define LAYOUT_IS_TEXT(type, member) \
	{ LAYOUT_TEXT, offsetof(type, member), 0, 0, NULL }
#define LAYOUT_IS_BYTES(type, member, count) \
	{ LAYOUT_BYTES, offsetof(type, member), 0, offsetof(type, count), NULL }
#define LAYOUT_IS_ONE(type, member, layout) \
	{ LAYOUT_ONE, offsetof(type, member), 0, 0, &(layout) }
#define LAYOUT_IS_MANY(type, member, count, layout) \
	{ LAYOUT_MANY, offsetof(type, member), 0, offsetof(type, count), \
	  &(layout) }
/* clang-format on */

/* layout.c */
extern const struct layout layout_job;
extern const struct layout layout_size; /* a size_t */
extern const struct layout layout_text; /* a pointer to a text */
extern const struct layout layout_name_use;
extern const struct layout layout_value;

/* expr.c, job_index.c */
extern const struct layout layout_expr;
extern const struct layout layout_job_index;

#endif
