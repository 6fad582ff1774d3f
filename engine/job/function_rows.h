/*
 * What functions.c lists: implementations and how they take their arguments.
 * Nobody else includes it.
 */
#ifndef JOB_FUNCTION_ROWS_H
#define JOB_FUNCTION_ROWS_H

#include "engine/job/functions.h"

/* The argument as what `who` takes; the error names both. */
int function_int(const char *who, const struct value *value, int64_t *ret,
                 struct error *err) MUST_CHECK;
const char *function_text(const char *who, const struct value *value,
                          struct error *err) MUST_CHECK;

#define DECLARE_CALL(name)                                                     \
	struct value *call_##name(const struct customs *customs,               \
	                          struct arena *arena, struct value **values,  \
	                          size_t count, struct error *err)

/* functions_calendar.c */
DECLARE_CALL(add_days);
DECLARE_CALL(add_months);
DECLARE_CALL(add_workdays);
DECLARE_CALL(days_between);
DECLARE_CALL(format_date);
DECLARE_CALL(iso_week);
DECLARE_CALL(month_end);
DECLARE_CALL(month_start);
DECLARE_CALL(parse_date);

#define DECLARE_APPLY(name)                                                    \
	struct value *apply_##name(                                            \
	        struct arena *arena, const struct value *value,                \
	        const char *argument, const char *locale, struct error *err)

/* format.c */
DECLARE_APPLY(count);
DECLARE_APPLY(date);
DECLARE_APPLY(decimal);
DECLARE_APPLY(join);
DECLARE_APPLY(json);
DECLARE_APPLY(money);
DECLARE_APPLY(slug);
int check_date(const char *argument, struct error *err);
int check_decimal(const char *argument, struct error *err);

#endif
