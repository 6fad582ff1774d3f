/*
 * Expressions: conditions and values written in SQL (docs/jobs.md).
 *
 * Our tokenizer turns each dotted name into a bound parameter, so outside text
 * is never SQL; SQLite evaluates in a scratch connection that can only read.
 * Strict: a missing name, NULL as a condition, and text compared with a number
 * are errors that show what was there. Two ask: has(x) is false when x is
 * missing or null, and within coalesce(x, …) what is missing is null.
 * Refused: `'now'`, date() and random() ("use run.date"), select, comments,
 * parameters, double quotes, and a list or a map beside an operator.
 * The functions are those of functions.h and SQLite's pure ones.
 */
#ifndef JOB_EXPR_H
#define JOB_EXPR_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/job/scope.h"
#include "engine/job/template.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct expr;

/* Parse the text of `source` (a string, or a scalar that is taken as text).
 * NULL with ERR_CONFIG at the position of the token. */
struct expr *expr_parse(struct arena *arena, const char *file,
                        const struct value *source,
                        struct error *err) MUST_CHECK;
void expr_names(const struct expr *expr, const struct name_use **ret,
                size_t *ret_count);

/* What its names mean is in `render`, as for a template.
 *
 * The value, in `arena`: a comparison or a logical operation gives true or
 * false (or null), a single name its own value, of any kind. */
int expr_value(const struct expr *expr, const struct render *render,
               struct arena *arena, struct value **ret,
               struct error *err) MUST_CHECK;
/* The truth: 1 or 0, or -1. Numbers but 0 are true; null, texts, lists and maps
 * are errors. */
int expr_is_true(const struct expr *expr, const struct render *render,
                 struct error *err) MUST_CHECK;

/* One condition for many scopes: compiled once, then asked of each.
 *
 *	auto_filter struct expr_filter *filter = expr_filter_open(expr, err);
 *	for (…)
 *		if ((fits = expr_filter_fits(filter, &frame, err)) < 0)
 *			return -1;
 */
struct expr_filter;

void expr_filter_close(struct expr_filter *filter);
void expr_filter_close_auto(struct expr_filter **filter);
#define auto_filter CLEANUP(expr_filter_close_auto)

/* `expr` must outlive the result. */
struct expr_filter *expr_filter_open(const struct expr *expr,
                                     struct error *err) MUST_CHECK
        FREED_BY(expr_filter_close);
/* As expr_is_true(). */
int expr_filter_fits(struct expr_filter *filter, const struct frame *frame,
                     struct error *err) MUST_CHECK;

#endif
