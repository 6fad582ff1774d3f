/*
 * The formats of a tag: one table. The functions of expressions that have the
 * same names (functions.h) call these.
 *
 *	{{net | money}}  {{due | date 'd MMMM yyyy'}}  {{cents | decimal 2}}
 *	{{names | join ', '}}  {{list | count}}  {{name | slug}}  {{x | json}}
 *
 * Money is whole cents and prints with two decimals and the locale's
 * separators; `decimal N` shifts by N places, does not round, and prints as
 * programs read it, with a point and no grouping. Null stays null in every
 * format but json.
 */
#ifndef JOB_FORMAT_H
#define JOB_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/date.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct format {
	const char *name;
	const char *argument; /* what it takes, for messages; NULL: nothing */
	const char *example;
	const char *help;
	bool encoded; /* the result is JSON, so it is not escaped for a file
	               * of JSON or YAML */
	/* Whether the argument is a possible one; NULL: any is. */
	int (*check)(const char *argument, struct error *err);
	/* The formatted value in `arena`, or NULL with `err`: ERR_CONFIG when
	 * the value does not fit. `argument` was checked; it is NULL exactly
	 * when the format takes none. `locale` NULL is "en". */
	struct value *(*apply)(struct arena *arena, const struct value *value,
	                       const char *argument, const char *locale,
	                       struct error *err);
};

extern const struct format formats[];
extern const size_t format_count;

/* NULL when there is none of that name. */
const struct format *format_find(const char *name);
/* The one of that name, with an argument that it can take (NULL: none). NULL
 * with ERR_CONFIG and the nearest name. */
const struct format *format_get(const char *name, const char *argument,
                                struct error *err) MUST_CHECK;

/* A date, or the date and time of an instant as the text has them:
 * "2026-11-22" or RFC 3339. ERR_CONFIG says that `who` takes a date. */
int format_read_date(const char *who, const struct value *value,
                     struct date *ret, struct error *err) MUST_CHECK;

#endif
