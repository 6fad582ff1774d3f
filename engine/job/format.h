/*
 * The formats of a tag and the SQL functions of the same names: one table.
 *
 *	{{net | money}}  {{due | date 'd MMMM yyyy'}}  {{cents | decimal 2}}
 *	{{names | join ', '}}  {{list | count}}  {{name | slug}}  {{x | json}}
 *
 * Money is whole cents and prints with two decimals and the locale's
 * separators; `decimal N` shifts by N places and does not round.
 */
#ifndef JOB_FORMAT_H
#define JOB_FORMAT_H

#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct format {
	const char *name;
	const char *argument; /* what it takes, for messages; NULL: nothing */
	const char *example;
	const char *help;
	/* The formatted value in `arena`, or NULL with `err`: ERR_CONFIG when
	 * the value or the argument does not fit. `argument` may be NULL. */
	struct value *(*apply)(struct arena *arena, const struct value *value,
	                       const char *argument, const char *locale,
	                       struct error *err);
};

extern const struct format formats[];
extern const size_t format_count;

/* NULL when there is none of that name. */
const struct format *format_find(const char *name);

#endif
