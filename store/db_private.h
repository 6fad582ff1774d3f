/*
 * What db.c, db_scratch.c and db_function.c share: the one module that knows
 * SQLite.
 */
#ifndef STORE_DB_PRIVATE_H
#define STORE_DB_PRIVATE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/db.h"

struct db {
	sqlite3 *handle;
	char *path;       /* NULL: scratch */
	const char *what; /* of a scratch connection, for messages */
	bool damaged;     /* a page was not what was written */
	int turns; /* of the progress handler since the statement began */
	struct clock clock;
	struct clock_state clock_state;
	int64_t deadline_ms;
	bool filling;
	/* A function that the authorizer refused, or that failed. */
	char *refused;
	struct error call_error;
	/* Names of reeve's functions, which belong to their tables. */
	const char **functions;
	size_t function_count;
};

struct statement {
	sqlite3_stmt *handle;
	struct db *db;
	int bind_code; /* the first SQLite code of a failed bind */
};

/* db_sums.c: the name of the file system in which pages have sums, for a
 * connection to a file; and whose pages shall have them when it is empty. */
const char *db_sums_vfs(void);
void db_sums_begin(sqlite3 *handle);

struct db *db_new(const char *path);
/* Open the connection of a new db. */
int db_connect(struct db *db, const char *name, struct error *err) MUST_CHECK;
enum error_code db_code(const struct db *db, int code);
/* Each returns -1: fill `err` from the connection, whose last call returned
 * `code`; the latter for a scratch connection. */
int db_fail(struct db *db, int code, struct error *err);
int db_scratch_fail(struct db *db, int code, const char *message,
                    struct error *err);
/* From here on the steps and the time of a statement are counted. */
void db_start_counting(struct db *db);

#endif
