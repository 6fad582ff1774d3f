/*
 * How it works
 *
 * A `struct db` is one SQLite connection. Two kinds differ in what they allow:
 *
 * - A file (the view, the memory index) runs reeve's own SQL. It can be
 *   deleted and derived again at any time, so WAL with synchronous=NORMAL is
 *   durable enough; what says "corrupt" or "not a database" becomes
 *   ERR_CORRUPT, at which the owner of the file throws it away. Its first
 *   MAPPED_BYTES are read through the page cache's own pages: a look-up by key
 *   goes to a page that no small cache has, and copying it was most of the
 *   cost. It is bounded because what is mapped counts as ours.
 * - A scratch connection runs text that a person wrote (db_scratch.c).
 *
 * Binding cannot fail one by one: a text that is too long is remembered in the
 * statement and reported by its next step. Values that go to SQLite's functions
 * and back are db_function.c's.
 */
#include "store/db.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/number.h"
#include "store/db_private.h"

/* A statement waits so long for another process's write to end. */
#define BUSY_MS 5000

#define LOAD_CACHE_KB "65536"
#define MAPPED_BYTES  (32ll << 20)

static const struct {
	int id;
	int on;
} common_switches[] = {
	{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
	{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
	{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	{ SQLITE_DBCONFIG_DQS_DML, 0 },
	{ SQLITE_DBCONFIG_DQS_DDL, 0 },
};

enum error_code db_code(const struct db *db, int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_PROTOCOL: /* its writer stands still */
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_TOOBIG:
	case SQLITE_INTERRUPT:
		return ERR_LIMIT;
	case SQLITE_ERROR:
	case SQLITE_AUTH:
	case SQLITE_MISMATCH:
		return db->path ? ERR_SYSTEM : ERR_CONFIG;
	default:
		return ERR_SYSTEM;
	}
}

/* Fill `err` from the connection, whose last call returned `code`. */
int db_fail(struct db *db, int code, struct error *err)
{
	const char *message = sqlite3_errmsg(db->handle);

	if (db->path && db_code(db, code) == ERR_CORRUPT)
		db->damaged = true;
	if (db->call_error.message) {
		error_move(err, &db->call_error);
		return -1;
	}
	/* What SQLite was told, where it tells of no more than that. */
	int number = sqlite3_system_errno(db->handle);
	bool is_told = code == SQLITE_FULL || code == SQLITE_CANTOPEN ||
	               (code & 0xff) == SQLITE_IOERR;
	if (db->path && is_told && number > 0) {
		(void)error_errno(err, number, "could not use \"%s\": %s",
		                  db->path, message);
		err->code = db_code(db, code);
		return -1;
	}
	if (db->path)
		return error_set(err, db_code(db, code),
		                 "could not use \"%s\": %s", db->path, message);
	return db_scratch_fail(db, code, message, err);
}

struct db *db_new(const char *path)
{
	struct db *db = mem_zalloc(1, sizeof(*db));

	if (path)
		db->path = mem_strdup(path);
	return db;
}

void db_close(struct db *db)
{
	if (!db)
		return;

	int code = sqlite3_close(db->handle);

	/* A statement that outlives its connection is a bug of the caller. */
	assert(code == SQLITE_OK);
	(void)code;
	error_clear(&db->call_error);
	free(db->functions);
	free(db->refused);
	free(db->path);
	free(db);
}

void db_close_auto(struct db **db)
{
	db_close(*db);
}

int db_connect(struct db *db, const char *name, struct error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	            SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int code = sqlite3_open_v2(name, &db->handle, flags,
	                           db->path ? db_sums_vfs() : NULL);

	if (!db->handle)
		return error_set(err, ERR_SYSTEM,
		                 "could not open \"%s\": out of memory", name);
	if (code != SQLITE_OK)
		return db_fail(db, code, err);
	for (size_t i = 0; i < ARRAY_LEN(common_switches); i++) {
		code = sqlite3_db_config(db->handle, common_switches[i].id,
		                         common_switches[i].on, NULL);
		assert(code == SQLITE_OK);
	}
	return 0;
}

/* SQLite would make the file readable for all. Only a file that is not there
 * is touched: closing a descriptor of an open database drops its locks. */
static int make_private(const char *path, struct error *err)
{
	if (file_exists(path))
		return 0;

	auto_fd int fd = fd_open(path, O_RDWR | O_CREAT, 0600, err);

	return fd < 0 ? -1 : 0;
}

struct db *db_open(const char *path, struct error *err)
{
	auto_db struct db *db = db_new(path);

	if (make_private(path, err) < 0 || db_connect(db, path, err) < 0)
		return NULL;
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	db_sums_begin(db->handle);
	/* Before the first page is read. Without it, all is only slower. */
	sqlite3_int64 mapped = MAPPED_BYTES;

	(void)sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_MMAP_SIZE,
	                           &mapped);
	if (db_run(db,
	           "pragma journal_mode = wal;"
	           "pragma synchronous = normal;"
	           "pragma foreign_keys = off",
	           err) < 0)
		return NULL;
	return steal(&db);
}

int db_run(struct db *db, const char *sql, struct error *err)
{
	if (!db->path)
		db_start_counting(db);

	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : db_fail(db, code, err);
}

int db_begin(struct db *db, struct error *err)
{
	/* At once, so that two writers meet here and not in the middle. */
	return db_run(db, "begin immediate", err);
}

int db_commit(struct db *db, struct error *err)
{
	return db_run(db, "commit", err);
}

void db_rollback(struct db *db)
{
	if (sqlite3_get_autocommit(db->handle))
		return;
	/* A failed rollback leaves what the next open will roll back. */
	(void)sqlite3_exec(db->handle, "rollback", NULL, NULL, NULL);
}

int db_load_begin(struct db *db, struct error *err)
{
	return db_run(db,
	              "pragma journal_mode = delete;"
	              "pragma locking_mode = exclusive;"
	              "pragma journal_mode = off;"
	              "pragma synchronous = off;"
	              "pragma cache_size = -" LOAD_CACHE_KB,
	              err);
}

int db_load_end(struct db *db, struct error *err)
{
	/* Changing the mode writes the first page and syncs the whole file; a
	 * lock is let go by the next statement that reads. */
	return db_run(db,
	              "pragma synchronous = full;"
	              "pragma journal_mode = delete;"
	              "pragma locking_mode = normal;"
	              "pragma journal_mode = wal;"
	              "pragma synchronous = normal;"
	              "pragma cache_size = -2000;"
	              "select 1 from sqlite_master",
	              err);
}

int db_pragma_int(struct db *db, const char *name, int64_t *ret,
                  struct error *err)
{
	auto_free char *sql = mem_printf("pragma %s", name);
	auto_statement struct statement *rows = db_prepare(db, sql, err);

	if (!rows)
		return -1;

	int more = statement_step(rows, err);

	if (more < 0)
		return -1;
	*ret = more ? statement_int(rows, 0) : 0;
	return 0;
}

bool db_is_damaged(const struct db *db)
{
	return db->damaged;
}

int64_t db_changes(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

void statement_free(struct statement *statement)
{
	if (!statement)
		return;
	/* Its result is that of the last step, which was already reported. */
	(void)sqlite3_finalize(statement->handle);
	free(statement);
}

void statement_free_auto(struct statement **statement)
{
	statement_free(*statement);
}

static bool is_blank(const char *sql)
{
	return sql[strspn(sql, " \t\r\n;")] == '\0';
}

struct statement *db_prepare_at(struct db *db, const char *sql, int *ret_offset,
                                struct error *err)
{
	auto_statement struct statement *statement =
	        mem_zalloc(1, sizeof(*statement));
	const char *tail = NULL;
	int code;

	if (ret_offset)
		*ret_offset = -1;
	statement->db = db;
	code = sqlite3_prepare_v2(db->handle, sql, -1, &statement->handle,
	                          &tail);
	if (code != SQLITE_OK) {
		if (ret_offset)
			*ret_offset = sqlite3_error_offset(db->handle);
		db_fail(db, code, err);
		return NULL;
	}
	if (!statement->handle || !is_blank(tail)) {
		error_set(err, db->path ? ERR_SYSTEM : ERR_CONFIG,
		          "this is not one statement: %s", sql);
		return NULL;
	}
	return steal(&statement);
}

struct statement *db_prepare(struct db *db, const char *sql, struct error *err)
{
	return db_prepare_at(db, sql, NULL, err);
}

static void bound(struct statement *statement, int code)
{
	/* Parameters are numbered by the program, not by a person. */
	assert(code != SQLITE_RANGE && code != SQLITE_MISUSE);
	if (code != SQLITE_OK && statement->bind_code == SQLITE_OK)
		statement->bind_code = code;
}

static void bind_text(struct statement *statement, int n, const char *text,
                      size_t len)
{
	bound(statement, sqlite3_bind_text64(statement->handle, n, text, len,
	                                     SQLITE_TRANSIENT, SQLITE_UTF8));
}

void statement_bind_text(struct statement *statement, int n, const char *text)
{
	if (text)
		bind_text(statement, n, text, strlen(text));
	else
		bound(statement, sqlite3_bind_null(statement->handle, n));
}

void statement_bind_lent(struct statement *statement, int n, const char *text)
{
	if (text)
		bound(statement,
		      sqlite3_bind_text64(statement->handle, n, text,
		                          strlen(text), SQLITE_STATIC,
		                          SQLITE_UTF8));
	else
		bound(statement, sqlite3_bind_null(statement->handle, n));
}

void statement_bind_bytes(struct statement *statement, int n, const void *bytes,
                          size_t len)
{
	/* To SQLite a null pointer would be null, not an empty blob. */
	bound(statement,
	      sqlite3_bind_blob64(statement->handle, n, len ? bytes : "", len,
	                          SQLITE_TRANSIENT));
}

void statement_bind_int(struct statement *statement, int n, int64_t number)
{
	bound(statement, sqlite3_bind_int64(statement->handle, n, number));
}

static void bind_number(struct statement *statement, int n,
                        const struct value *value)
{
	int64_t number;

	if (value_to_int(value, &number))
		statement_bind_int(statement, n, number);
	else
		bound(statement,
		      sqlite3_bind_double(statement->handle, n,
		                          number_value(value->text)));
}

static void bind_json(struct statement *statement, int n,
                      const struct value *value)
{
	auto_buf struct buf json = buf_make(LIMIT_OUTPUT);

	json_write(&json, value, 0);
	if (json.over)
		bound(statement, SQLITE_TOOBIG);
	else
		bind_text(statement, n, json.at, json.len);
}

void statement_bind_kept(struct statement *statement, int n,
                         const struct value *value)
{
	if (value->kind == VALUE_STRING)
		bound(statement,
		      sqlite3_bind_text64(statement->handle, n, value->text,
		                          value->length, SQLITE_STATIC,
		                          SQLITE_UTF8));
	else
		statement_bind_value(statement, n, value);
}

void statement_bind_value(struct statement *statement, int n,
                          const struct value *value)
{
	switch (value->kind) {
	case VALUE_NULL:
		bound(statement, sqlite3_bind_null(statement->handle, n));
		return;
	case VALUE_BOOL:
		statement_bind_int(statement, n, value->boolean);
		return;
	case VALUE_NUMBER:
		bind_number(statement, n, value);
		return;
	case VALUE_STRING:
		bind_text(statement, n, value->text, value->length);
		return;
	case VALUE_LIST:
	case VALUE_MAP:
		bind_json(statement, n, value);
		return;
	}
}

int statement_step(struct statement *statement, struct error *err)
{
	struct db *db = statement->db;

	if (statement->bind_code != SQLITE_OK)
		return db_fail(db, statement->bind_code, err);
	/* Nobody shall go on with half of what it says. */
	if (db->damaged)
		return error_set(err, ERR_CORRUPT, "\"%s\" is damaged",
		                 db->path);
	if (!db->path && !sqlite3_stmt_busy(statement->handle))
		db_start_counting(db);

	int code = sqlite3_step(statement->handle);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : db_fail(db, code, err);
}

int statement_run(struct statement *statement, struct error *err)
{
	int more;

	do {
		more = statement_step(statement, err);
	} while (more > 0);
	statement_reset(statement);
	return more;
}

void statement_reset(struct statement *statement)
{
	/* Its result is that of the last step, which was already reported. */
	(void)sqlite3_reset(statement->handle);
	statement->bind_code = SQLITE_OK;
}

const char *statement_text(struct statement *statement, int n)
{
	return (const char *)sqlite3_column_text(statement->handle, n);
}

size_t statement_bytes(struct statement *statement, int n)
{
	return (size_t)sqlite3_column_bytes(statement->handle, n);
}

int64_t statement_int(struct statement *statement, int n)
{
	return sqlite3_column_int64(statement->handle, n);
}

bool statement_is_null(struct statement *statement, int n)
{
	return sqlite3_column_type(statement->handle, n) == SQLITE_NULL;
}

int statement_columns(struct statement *statement)
{
	return sqlite3_column_count(statement->handle);
}

const char *statement_column_name(struct statement *statement, int n)
{
	return sqlite3_column_name(statement->handle, n);
}
