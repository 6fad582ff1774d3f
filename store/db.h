/*
 * SQLite, as much of it as reeve uses: the view, the memory index, and scratch
 * connections in which expressions are evaluated.
 *
 *	struct db *db = db_open(".reeve/view.db", &err);
 *	struct statement *rows = db_prepare(db,
 *	        "select id, state from run where job = ?1", &err);
 *	statement_bind_text(rows, 1, "proposal");
 *	while ((more = statement_step(rows, &err)) > 0)
 *		use(statement_text(rows, 0));
 *	statement_free(rows);
 *
 * SQL text is always reeve's own or, in a scratch connection, written by
 * engine/job from an expression or a query: outside text is only ever bound.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct db;
struct statement;

void db_close(struct db *db);
void db_close_auto(struct db **db);
#define auto_db CLEANUP(db_close_auto)

/* Open or create a file: WAL, synchronous=NORMAL, foreign keys off, defensive,
 * no extensions, an owner-only file, a sum in each page. ERR_CORRUPT when it
 * is not a database, or a page that is read is not what was written.
 * Statements are freed before their connection is closed. */
struct db *db_open(const char *path, struct error *err) MUST_CHECK
        FREED_BY(db_close);
/* An empty scratch connection in memory for SQL that a person wrote: bounded
 * length, depth, memory, steps and time; only reading, only functions that were
 * added with db_add_function() and an allow-list of SQLite's pure ones. `what`
 * is "expression" or "query", for messages, and is kept. */
struct db *db_scratch(const char *what, struct error *err) MUST_CHECK
        FREED_BY(db_close);
/* Say that what comes now fills tables (true), or is what a person wrote. */
void db_filling(struct db *db, bool filling);

/* Append a name as SQL writes it, in double quotes. */
void db_quote(struct buf *sql, const char *name);

/* Run statements that give no rows. */
int db_run(struct db *db, const char *sql, struct error *err) MUST_CHECK;
int db_begin(struct db *db, struct error *err) MUST_CHECK;
int db_commit(struct db *db, struct error *err) MUST_CHECK;
void db_rollback(struct db *db); /* of what was begun; else nothing */
/* From here on what is written has no log and is not synced: what is there when
 * the process dies is good for nothing. Nobody else can use the file until
 * db_load_end(), after which everything that was committed is durable. ERR_BUSY
 * when another process uses it. */
int db_load_begin(struct db *db, struct error *err) MUST_CHECK;
int db_load_end(struct db *db, struct error *err) MUST_CHECK;
/* The value of `pragma NAME`, which is reeve's own text; 0 if it has none.
 * db_run() sets one. */
int db_pragma_int(struct db *db, const char *name, int64_t *ret,
                  struct error *err) MUST_CHECK;
/* Whether something of the file was not what was written: from then on no
 * statement gives a row any more. */
bool db_is_damaged(const struct db *db);
/* Rows that the last statement changed. */
int64_t db_changes(struct db *db);

void statement_free(struct statement *statement);
void statement_free_auto(struct statement **statement);
#define auto_statement CLEANUP(statement_free_auto)

/* Compile one statement. In a scratch connection an error of the text is
 * ERR_CONFIG and `*ret_offset` (may be NULL) is the byte it is at, or -1. */
struct statement *db_prepare(struct db *db, const char *sql,
                             struct error *err) MUST_CHECK
        FREED_BY(statement_free);
struct statement *db_prepare_at(struct db *db, const char *sql, int *ret_offset,
                                struct error *err) MUST_CHECK
        FREED_BY(statement_free);

/* Make a table in a scratch connection and give the statement that inserts a
 * row into it, by as many parameters as it has columns (at least one). Names
 * may be any text. What is inserted is not bounded by the steps of a query. */
struct statement *db_table(struct db *db, const char *name,
                           const char *const *columns, size_t count,
                           struct error *err) MUST_CHECK
        FREED_BY(statement_free);

/* An index on a column of such a table. */
int db_index(struct db *db, const char *table, const char *column,
             struct error *err) MUST_CHECK;

/* Bind parameter `n` (from 1). Texts are copied; NULL binds null. */
void statement_bind_text(struct statement *statement, int n, const char *text);
/* The same, and it is not copied: it must stay until the next bind or step. */
void statement_bind_lent(struct statement *statement, int n, const char *text);
void statement_bind_bytes(struct statement *statement, int n, const void *bytes,
                          size_t len);
void statement_bind_int(struct statement *statement, int n, int64_t number);
/* By kind: bool as 0 or 1, whole numbers as integer, others as real, lists and
 * maps as their JSON text. */
void statement_bind_value(struct statement *statement, int n,
                          const struct value *value);
/* The same, and a text is not copied: it must stay until the next bind. */
void statement_bind_kept(struct statement *statement, int n,
                         const struct value *value);

/* 1 when there is a row, 0 at the end, -1. */
int statement_step(struct statement *statement, struct error *err) MUST_CHECK;
/* Step to the end, and reset for the next use. */
int statement_run(struct statement *statement, struct error *err) MUST_CHECK;
void statement_reset(struct statement *statement);

/* Column `n` (from 0) of the row; texts are valid until the next step.
 * statement_text() of null is NULL. */
const char *statement_text(struct statement *statement, int n);
size_t statement_bytes(struct statement *statement, int n);
int64_t statement_int(struct statement *statement, int n);
bool statement_is_null(struct statement *statement, int n);
int statement_columns(struct statement *statement);
const char *statement_column_name(struct statement *statement, int n);
/* The column as a value in `arena`: integer, real, text or null. */
struct value *statement_value(struct arena *arena, struct statement *statement,
                              int n);

/* A pure SQL function of reeve's. It is called with `count` values in an
 * arena of the call's own and returns its result in it, or NULL with `err`. */
struct db_function {
	const char *name;
	int least; /* arguments */
	int most;
	struct value *(*call)(void *state, struct arena *arena,
	                      struct value **values, size_t count,
	                      struct error *err);
	void *state;
};

/* `function` must outlive the connection. */
int db_add_function(struct db *db, const struct db_function *function,
                    struct error *err) MUST_CHECK;

#endif
