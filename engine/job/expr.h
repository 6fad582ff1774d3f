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

/* Where expressions and queries are compiled and evaluated: connections,
 * opened when they are first needed, and what was compiled and loaded in them.
 * `render->engine` says which; without one (NULL) each call opens its own, at
 * fifty times the cost. One evaluation at a time. */
struct expr_engine;

void expr_engine_free(struct expr_engine *engine);
void expr_engine_free_auto(struct expr_engine **engine);
#define auto_expr_engine CLEANUP(expr_engine_free_auto)

struct expr_engine *expr_engine_new(void) MUST_CHECK FREED_BY(expr_engine_free);
/* Forget what is known of lists, which go by their address: to be called
 * before the memory of any that a query was asked of is used again. */
void expr_engine_forget(struct expr_engine *engine);

/* Parse the text of `source` (a string, or a scalar that is taken as text).
 * NULL with ERR_CONFIG at the position of the token. */
struct expr *expr_parse(struct arena *arena, const char *file,
                        const struct value *source, struct expr_engine *engine,
                        struct error *err) MUST_CHECK;
void expr_names(const struct expr *expr, const struct name_use **ret,
                size_t *ret_count);

/* What is allowed but unwise: `/` between numbers that are whole as far as can
 * be said, which cuts off what is left. */
void expr_warnings(const struct expr *expr, struct errors *warnings);

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

#endif
