/*
 * What the files query*.c share; nobody else includes it.
 *
 * query.c says what each token is, query_bind.c finds lists and values and
 * writes the SQL, query_run.c makes tables and asks SQLite, query_lists.c knows
 * long lists from one query to the next.
 */
#ifndef JOB_QUERY_TOOLS_H
#define JOB_QUERY_TOOLS_H

#include "engine/job/expr_token.h"
#include "engine/job/expr_tools.h"
#include "engine/job/query.h"
#include "store/base/hash.h"

enum role {
	ROLE_PLAIN,  /* stands in the SQL as it is */
	ROLE_TABLE,  /* a list */
	ROLE_OWN,    /* a name that the query itself makes, or a part of it */
	ROLE_COLUMN, /* head.column, of a table or a part of the query */
	ROLE_EITHER, /* a column if there is one, else a value of the job */
	ROLE_VALUE,  /* a value of the job */
};

/* A list in the query, by one of the names it has there. */
struct source {
	size_t token;      /* the list */
	const char *alias; /* as columns name it */
	bool aliased;      /* that stands in the text */
};

struct query {
	const char *file;
	struct pos pos;
	struct tokens tokens;
	enum role *roles;
	bool *unnamed; /* a value that is a whole column of the result */
	struct source *sources;
	size_t source_count;
	const char **own; /* names that the query makes */
	size_t own_count;
	struct pairs pairs;
	struct name_use *names;
	size_t name_count;
	bool ordered;
};

/* What the cells of a column are, as bits. */
enum {
	CELL_NUMBER = 1 << 0,
	CELL_TEXT = 1 << 1,
	CELL_NESTED = 1 << 2,
};

struct query_column {
	const char *name;
	unsigned cells;
};

/* A list as a table. */
struct query_table {
	const char *name; /* dotted */
	const struct value *list;
	struct query_column *columns;
	size_t column_count;
	bool is_single;         /* of single values */
	struct kept_list *kept; /* NULL: it is loaded for this query alone */
	const char **compared;  /* columns that are compared with a value */
	size_t compared_count;
	const char *sql_name;
};

/* A long list that a query was asked of. */
struct kept_list {
	const struct value *list;
	size_t length;
	const struct value *first;
	const struct value *last;
	struct query_column *columns;
	size_t column_count;
	bool is_single;
	char hash[HASH_TEXT_BYTES]; /* "": not known yet */
	struct kept_table *tables;
};

/* A table that was made of it. */
struct kept_table {
	const char *name;
	const char **indexed; /* columns */
	size_t count;
	bool loaded;
	struct kept_table *next;
};

struct query_bound {
	const struct query *query;
	struct token *tokens;        /* with their places in `sql` */
	const struct value **values; /* of tokens that are the job's */
	bool *is_column;
	struct query_table *tables;
	size_t table_count;
	size_t *table_of; /* by source */
	const char *sql;
	const struct value **parameters; /* from 1 */
	size_t parameter_count;
	struct customs customs;
	struct expr_engine *engine; /* or NULL */
	size_t turn;                /* of it, when the lists were found */
};

/* Have SQLite compile it, for an error. */
int query_try(const struct query *query, struct expr_engine *engine,
              struct arena *arena, struct error *err) MUST_CHECK;
int query_compile(const struct query_bound *bound,
                  struct error *err) MUST_CHECK;

/* ---- query_lists.c */

void query_lists_free(struct query_lists *lists);
/* Forget all if there are too many, before lists are looked for. */
void query_lists_trim(struct expr_engine *engine);
struct kept_list *query_lists_find(const struct expr_engine *engine,
                                   const struct value *list);
/* Keep what is known of the table's list; NULL: it is too short for that. */
struct kept_list *query_lists_add(struct expr_engine *engine,
                                  const struct query_table *table);
/* The table of that list with those indexes; not loaded yet if it is new. */
struct kept_table *query_lists_table(struct expr_engine *engine,
                                     struct kept_list *kept,
                                     const char *const *indexed, size_t count);

#endif
