/*
 * The functions of expressions that are reeve's own; what SQLite adds to them
 * is the allow-list in store/db.c.
 *
 *	month_start(date [, months])  month_end(date [, months])
 *	add_days(date, days)  add_months(date, months)  days_between(from, to)
 *	format_date(date, pattern)  parse_date(text, pattern)  iso_week(date)
 *	mul_div(a, b, c)  cents(amount)  money(cents)  slug(text)
 *
 * All are pure. Dates go in as 2026-11-22 or RFC 3339 and come out as
 * 2026-11-22. Null is an error that says so.
 */
#ifndef JOB_FUNCTIONS_H
#define JOB_FUNCTIONS_H

#include <stddef.h>

#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/db.h"

/* Sorted by name; one that takes an optional argument has two rows. */
extern const struct db_function functions[];
extern const size_t function_count;

/* Add all of them to a connection. */
int functions_add(struct db *db, struct error *err) MUST_CHECK;

#endif
