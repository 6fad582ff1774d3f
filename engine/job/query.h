/*
 * Queries: one SELECT over lists (docs/jobs.md).
 *
 * A name in FROM, JOIN or behind IN is a list: it becomes a table of a scratch
 * connection, with a column for each member that its items have; a list of
 * single values has the column `value`. Members that hold lists or maps are no
 * columns. Any other dotted name is a value of the job, unless it begins with
 * a table of the query; a bare name is a column where a table has it, else the
 * job's. So outside text is never SQL.
 *
 *	struct query *query = query_parse(&arena, "jobs/a.yaml", source, &err);
 *	struct query_bound *bound = query_bind(query, &render, &arena, &err);
 *	if (bound)
 *		status = query_rows(bound, &arena, &rows, &err);
 *
 * Of long lists the engine keeps what it has loaded, with an index on the
 * columns that must equal a value: a query within a loop is asked of the same
 * list for each item.
 *
 * What is said of expressions (expr.h) holds here as well; null is neither
 * true nor false to WHERE, as in SQL.
 */
#ifndef JOB_QUERY_H
#define JOB_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/job/template.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct query;
struct query_bound;

/* Read it, and have SQLite compile it as far as can be without the lists. NULL
 * with ERR_CONFIG at the position of the token. */
struct query *query_parse(struct arena *arena, const char *file,
                          const struct value *source,
                          struct expr_engine *engine,
                          struct error *err) MUST_CHECK;
/* The same without SQLite: of a text that it has taken before. */
struct query *query_read(struct arena *arena, const char *file,
                         const struct value *source,
                         struct error *err) MUST_CHECK;
/* The job's names in it: lists, dotted names and, `inside`, bare ones that may
 * turn out to be columns. Those below `journal` are not the job's. */
void query_names(const struct query *query, const struct name_use **ret,
                 size_t *ret_count);
/* Whether `list` (dotted) is one of its tables. */
bool query_reads(const struct query *query, const char *list);
/* Whether the order of its rows is said, or it can have only one. */
bool query_is_ordered(const struct query *query);

/* As expr_warnings(). */
void query_warnings(const struct query *query, struct errors *warnings);

/* Find its lists and values; lives in `arena` and points to them. NULL with
 * ERR_CONFIG: a name is missing, a list is none, text is compared with numbers.
 */
struct query_bound *query_bind(const struct query *query,
                               const struct render *render, struct arena *arena,
                               struct error *err) MUST_CHECK;
/* Add what the rows depend on to the map `names`, by name: values, and lists
 * by the hash of their content. */
void query_ingredients(const struct query_bound *bound, struct arena *arena,
                       struct value *names);
/* The rows, a list of maps. Whole numbers stay whole. */
int query_rows(const struct query_bound *bound, struct arena *arena,
               struct value **ret, struct error *err) MUST_CHECK;

#endif
