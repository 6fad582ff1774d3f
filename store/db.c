/*
 * How it works
 *
 * A `struct db` is one SQLite connection. Two kinds differ in what they allow:
 *
 * - A file (the view, the memory index) runs reeve's own SQL. It can be
 *   deleted and derived again at any time, so WAL with synchronous=NORMAL is
 *   durable enough; what says "corrupt" or "not a database" becomes
 *   ERR_CORRUPT, at which the owner of the file throws it away.
 * - A scratch connection runs text that a person wrote. Four things hold it:
 *   SQLite's own limits on length, depth and size; an authorizer that is an
 *   allow-list of actions and functions (what is not listed is refused, so a
 *   newer SQLite brings no new powers); a progress handler that counts virtual
 *   machine instructions; and a limit on all memory of SQLite's in this
 *   process. The handler is not called inside a function: the limits on the
 *   length of texts and of patterns bound each call of one, and a clock that
 *   the handler reads bounds all of them. The clock is there for what is made
 *   to be slow; what is only too long ends by the count, at the same place on
 *   every machine.
 *
 * Binding cannot fail one by one: a text that is too long is remembered in the
 * statement and reported by its next step.
 *
 * A function of reeve's keeps its whole `struct error` in the connection, as
 * SQLite would carry the message alone.
 */
#include "store/db.h"

#include <assert.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/clock.h"
#include "store/base/fd.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* A statement waits so long for another process's write to end. */
#define BUSY_MS 5000

/* The progress handler is asked every so many instructions. */
#define PROGRESS_INTERVAL 1000
/* So many instructions are about three seconds. */
#define SCRATCH_STEPS  (50 * 1000 * 1000)
#define SCRATCH_MS     30000
#define SCRATCH_TEXT   (4u << 20)
#define SCRATCH_MEMORY (512ll << 20)

struct db {
	sqlite3 *handle;
	char *path;       /* NULL: scratch */
	const char *what; /* of a scratch connection, for messages */
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

/* SQLite's functions that depend on nothing but their arguments and make
 * nothing larger than those. Not here: clock, chance, printf, blobs, JSON. */
static const char *const pure_functions[] = {
	"abs",        "avg",         "coalesce", "count",        "cume_dist",
	"dense_rank", "first_value", "glob",     "group_concat", "ifnull",
	"iif",        "instr",       "lag",      "last_value",   "lead",
	"length",     "like",        "lower",    "ltrim",        "max",
	"min",        "nth_value",   "ntile",    "nullif",       "percent_rank",
	"rank",       "replace",     "round",    "row_number",   "rtrim",
	"substr",     "substring",   "sum",      "total",        "trim",
	"typeof",     "upper",
};

/* What asks the clock or chance, which would make a replay differ. */
static const char *const impure_functions[] = {
	"current_date", "current_time", "current_timestamp",
	"date",         "datetime",     "julianday",
	"random",       "randomblob",   "strftime",
	"time",         "unixepoch",
};

static const struct {
	int id;
	int limit;
} scratch_limits[] = {
	{ SQLITE_LIMIT_LENGTH, SCRATCH_TEXT },
	{ SQLITE_LIMIT_SQL_LENGTH, 4 * LIMIT_EXPRESSION },
	{ SQLITE_LIMIT_COLUMN, 500 },
	{ SQLITE_LIMIT_EXPR_DEPTH, 200 },
	{ SQLITE_LIMIT_COMPOUND_SELECT, 8 },
	{ SQLITE_LIMIT_VDBE_OP, 25000 },
	{ SQLITE_LIMIT_FUNCTION_ARG, 32 },
	{ SQLITE_LIMIT_ATTACHED, 0 },
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100 },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, 2000 },
	{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
	{ SQLITE_LIMIT_WORKER_THREADS, 0 },
};

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

static bool is_in(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sqlite3_stricmp(name, names[i]) == 0)
			return true;
	return false;
}

static enum error_code code_of(const struct db *db, int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_BUSY:
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

static int refuse(struct db *db, struct error *err)
{
	auto_free char *name = steal(&db->refused);
	bool impure =
	        is_in(name, impure_functions, ARRAY_LEN(impure_functions));

	if (!impure)
		return error_set(err, ERR_CONFIG,
		                 "%s() cannot be used in %s %s", name,
		                 *db->what == 'e' ? "an" : "a", db->what);
	error_set(err, ERR_CONFIG,
	          "%s cannot be used: a replay would get another value", name);
	return error_hint(err, "Use run.date.");
}

/* "no such function: NAME" gets the name that was probably meant. */
static void suggest_function(const struct db *db, const char *message,
                             struct error *err)
{
	static const char prefix[] = "no such function: ";
	auto_free const char **names = NULL;
	size_t count = 0;

	if (!text_starts(message, prefix))
		return;
	names = mem_zalloc(ARRAY_LEN(pure_functions) + db->function_count,
	                   sizeof(*names));
	for (size_t i = 0; i < ARRAY_LEN(pure_functions); i++)
		names[count++] = pure_functions[i];
	for (size_t i = 0; i < db->function_count; i++)
		names[count++] = db->functions[i];

	const char *word = message + strlen(prefix);
	const char *nearest = text_nearest(word, names, count);

	if (nearest)
		error_hint(err, "Did you mean \"%s\"?", nearest);
}

static int too_long(const struct db *db, struct error *err)
{
	if (db->turns > SCRATCH_STEPS / PROGRESS_INTERVAL)
		return error_set(err, ERR_LIMIT,
		                 "the %s did not end within %d million steps",
		                 db->what, SCRATCH_STEPS / 1000000);
	return error_set(err, ERR_LIMIT, "the %s did not end within %d seconds",
	                 db->what, SCRATCH_MS / 1000);
}

/* Fill `err` from the connection, whose last call returned `code`. */
static int fail(struct db *db, int code, struct error *err)
{
	const char *message = sqlite3_errmsg(db->handle);

	if (db->call_error.message) {
		error_move(err, &db->call_error);
		return -1;
	}
	if (db->refused)
		return refuse(db, err);
	if (db->path)
		return error_set(err, code_of(db, code),
		                 "could not use \"%s\": %s", db->path, message);
	switch (code & 0xff) {
	case SQLITE_INTERRUPT:
		return too_long(db, err);
	case SQLITE_NOMEM:
		return error_set(err, ERR_LIMIT,
		                 "the %s needs more than %lld bytes of memory",
		                 db->what, SCRATCH_MEMORY);
	case SQLITE_TOOBIG:
		return error_set(err, ERR_LIMIT,
		                 "the %s needs a text that is longer than %u "
		                 "bytes",
		                 db->what, SCRATCH_TEXT);
	case SQLITE_AUTH:
		return error_set(err, ERR_CONFIG, "%s %s can only read",
		                 *db->what == 'e' ? "an" : "a", db->what);
	default:
		error_set(err, code_of(db, code), "%s", message);
		suggest_function(db, message, err);
		return -1;
	}
}

static struct db *db_new(const char *path)
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

static int connect(struct db *db, const char *name, struct error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	            SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int code = sqlite3_open_v2(name, &db->handle, flags, NULL);

	if (!db->handle)
		return error_set(err, ERR_SYSTEM,
		                 "could not open \"%s\": out of memory", name);
	if (code != SQLITE_OK)
		return fail(db, code, err);
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

	if (make_private(path, err) < 0 || connect(db, path, err) < 0)
		return NULL;
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	if (db_run(db,
	           "pragma journal_mode = wal;"
	           "pragma synchronous = normal;"
	           "pragma foreign_keys = off",
	           err) < 0)
		return NULL;
	return steal(&db);
}

static bool is_allowed_function(const struct db *db, const char *name)
{
	return is_in(name, pure_functions, ARRAY_LEN(pure_functions)) ||
	       is_in(name, db->functions, db->function_count);
}

static int authorize(void *state, int action, const char *first,
                     const char *second, const char *database,
                     const char *trigger)
{
	struct db *db = state;

	(void)database;
	(void)trigger;
	if (db->filling)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_READ:
		return text_starts(first, "sqlite_") ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_FUNCTION:
		if (is_allowed_function(db, second))
			return SQLITE_OK;
		free(db->refused);
		db->refused = mem_strdup(second);
		return SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}

static int count_progress(void *state)
{
	struct db *db = state;

	if (db->filling)
		return 0;
	return ++db->turns > SCRATCH_STEPS / PROGRESS_INTERVAL ||
	       clock_boot_ms(&db->clock) > db->deadline_ms;
}

/* From here on the steps and the time of a statement are counted. */
static void start_counting(struct db *db)
{
	db->turns = 0;
	db->deadline_ms = clock_boot_ms(&db->clock) + SCRATCH_MS;
}

struct db *db_scratch(const char *what, struct error *err)
{
	auto_db struct db *db = db_new(NULL);

	db->what = what;
	(void)sqlite3_hard_heap_limit64(SCRATCH_MEMORY);

	if (clock_system(&db->clock, &db->clock_state, err) < 0 ||
	    connect(db, ":memory:", err) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(scratch_limits); i++)
		sqlite3_limit(db->handle, scratch_limits[i].id,
		              scratch_limits[i].limit);
	if (db_run(db, "pragma temp_store = memory", err) < 0)
		return NULL;
	sqlite3_set_authorizer(db->handle, authorize, db);
	sqlite3_progress_handler(db->handle, PROGRESS_INTERVAL, count_progress,
	                         db);
	return steal(&db);
}

void db_filling(struct db *db, bool filling)
{
	assert(!db->path);
	db->filling = filling;
}

struct statement *db_table(struct db *db, const char *name,
                           const char *const *columns, size_t count,
                           struct error *err)
{
	auto_buf struct buf sql = buf_make((size_t)4 * LIMIT_EXPRESSION);

	buf_add_text(&sql, "create table ");
	db_quote(&sql, name);
	for (size_t i = 0; i < count; i++) {
		buf_add_char(&sql, i ? ',' : '(');
		db_quote(&sql, columns[i]);
	}
	buf_add_char(&sql, ')');
	if (buf_check(&sql, "a table", err) < 0 || db_run(db, sql.at, err) < 0)
		return NULL;
	buf_clear(&sql);
	buf_add_text(&sql, "insert into ");
	db_quote(&sql, name);
	for (size_t i = 0; i < count; i++)
		buf_add_text(&sql, i ? ",?" : " values (?");
	buf_add_char(&sql, ')');
	return db_prepare(db, sql.at, err);
}

void db_quote(struct buf *sql, const char *name)
{
	buf_add_char(sql, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"')
			buf_add_char(sql, '"');
		buf_add_char(sql, *name);
	}
	buf_add_char(sql, '"');
}

int db_run(struct db *db, const char *sql, struct error *err)
{
	if (!db->path)
		start_counting(db);

	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : fail(db, code, err);
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
		fail(db, code, err);
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
		                          strtod(value->text, NULL)));
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
		return fail(db, statement->bind_code, err);
	if (!db->path && !sqlite3_stmt_busy(statement->handle))
		start_counting(db);

	int code = sqlite3_step(statement->handle);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : fail(db, code, err);
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

/* The shortest text that reads back as the same number, and that shows that it
 * is not an integer. What is not finite has no JSON text and is null. */
static struct value *real_value(struct arena *arena, double real)
{
	char text[40];

	if (!isfinite(real))
		return value_null(arena);
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, real);
		if (!(strtod(text, NULL) < real) &&
		    !(strtod(text, NULL) > real))
			break;
	}
	if (!strpbrk(text, ".e"))
		return value_number(arena, arena_printf(arena, "%s.0", text));
	return value_number(arena, text);
}

static struct value *from_sqlite(struct arena *arena, sqlite3_value *value)
{
	const char *bytes;

	switch (sqlite3_value_type(value)) {
	case SQLITE_NULL:
		return value_null(arena);
	case SQLITE_INTEGER:
		return value_int(arena, sqlite3_value_int64(value));
	case SQLITE_FLOAT:
		return real_value(arena, sqlite3_value_double(value));
	default:
		/* The text first: asking for it may change the length. */
		bytes = (const char *)sqlite3_value_text(value);
		return value_bytes(arena, bytes ? bytes : "",
		                   (size_t)sqlite3_value_bytes(value));
	}
}

struct value *statement_value(struct arena *arena, struct statement *statement,
                              int n)
{
	return from_sqlite(arena, sqlite3_column_value(statement->handle, n));
}

/* What a registered function needs when SQLite calls it. */
struct call {
	struct db *db;
	const struct db_function *function;
};

static void result_json(sqlite3_context *context, const struct value *value)
{
	auto_buf struct buf json = buf_make(LIMIT_OUTPUT);

	json_write(&json, value, 0);
	if (json.over)
		sqlite3_result_error_toobig(context);
	else
		sqlite3_result_text64(context, json.at, json.len,
		                      SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void result_value(sqlite3_context *context, const struct value *value)
{
	int64_t number;

	switch (value->kind) {
	case VALUE_NULL:
		sqlite3_result_null(context);
		return;
	case VALUE_BOOL:
		sqlite3_result_int(context, value->boolean);
		return;
	case VALUE_NUMBER:
		if (value_to_int(value, &number))
			sqlite3_result_int64(context, number);
		else
			sqlite3_result_double(context,
			                      strtod(value->text, NULL));
		return;
	case VALUE_STRING:
		sqlite3_result_text64(context, value->text, value->length,
		                      SQLITE_TRANSIENT, SQLITE_UTF8);
		return;
	case VALUE_LIST:
	case VALUE_MAP:
		result_json(context, value);
		return;
	}
}

static void call_function(sqlite3_context *context, int count,
                          sqlite3_value **arguments)
{
	const struct call *call = sqlite3_user_data(context);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	struct value **values =
	        arena_array(&arena, (size_t)count + 1, sizeof(struct value *));

	for (int i = 0; i < count; i++)
		values[i] = from_sqlite(&arena, arguments[i]);

	struct value *result = call->function->call(
	        call->function->state, &arena, values, (size_t)count, &err);

	if (result) {
		result_value(context, result);
		return;
	}
	sqlite3_result_error(context, err.message, -1);
	error_move(&call->db->call_error, &err);
}

/* With so many arguments. */
static int add_function(struct db *db, const struct db_function *function,
                        int count, struct error *err)
{
	struct call *call = mem_zalloc(1, sizeof(*call));

	call->db = db;
	call->function = function;

	/* On failure SQLite frees `call` as well. */
	int code = sqlite3_create_function_v2(
	        db->handle, function->name, count,
	        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, call,
	        call_function, NULL, NULL, free);

	return code == SQLITE_OK ? 0 : fail(db, code, err);
}

int db_add_function(struct db *db, const struct db_function *function,
                    struct error *err)
{
	for (int count = function->least; count <= function->most; count++)
		if (add_function(db, function, count, err) < 0)
			return -1;
	db->functions = mem_grow(db->functions, db->function_count,
	                         sizeof(*db->functions));
	db->functions[db->function_count++] = function->name;
	return 0;
}
