/*
 * The formats of a tag; their rows are those of functions.h.
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

#include "engine/job/functions.h"
#include "store/base/compiler.h"
#include "store/base/date.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* NULL when there is none of that name. */
const struct function *format_find(const char *name);
/* The one of that name, with an argument that it can take (NULL: none). NULL
 * with ERR_CONFIG and the nearest name. */
const struct function *format_get(const char *name, const char *argument,
                                  struct error *err) MUST_CHECK;

/* A date, or the date and time of an instant as the text has them:
 * "2026-11-22" or RFC 3339. ERR_CONFIG says that `who` takes a date. */
int format_read_date(const char *who, const struct value *value,
                     struct date *ret, struct error *err) MUST_CHECK;

#endif
