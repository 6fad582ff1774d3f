/*
 * A scratch connection runs text that a person wrote. Four things hold it:
 * SQLite's own limits on length, depth and size; an authorizer that is an
 * allow-list of actions and functions (what is not listed is refused, so a
 * newer SQLite brings no new powers); a progress handler that counts virtual
 * machine instructions; and a limit on all memory of SQLite's in this process.
 * The handler is not called inside a function: the limits on the length of
 * texts and of patterns bound each call of one, and a clock that the handler
 * reads bounds all of them. The clock is there for what is made to be slow;
 * what is only too long ends by the count, at the same place on every machine.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/db_private.h"

/* The progress handler is asked every so many instructions. */
#define PROGRESS_INTERVAL 1000
/* So many instructions are about three seconds. */
#define SCRATCH_STEPS  (50 * 1000 * 1000)
#define SCRATCH_MS     30000
#define SCRATCH_TEXT   (4u << 20)
#define SCRATCH_MEMORY (512ll << 20)

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

static bool is_in(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sqlite3_stricmp(name, names[i]) == 0)
			return true;
	return false;
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

/* What SQLite says of its limits, and what that means to who wrote the text. */
static const struct {
	const char *said;
	const char *means; /* behind "the query" */
} limit_words[] = {
	{ "parser stack overflow", "is nested too deep" },
	{ "Expression tree is too large", "is nested too deep" },
	{ "LIKE or GLOB pattern too complex",
	  "has a pattern of like or glob that is longer than 100 bytes" },
	{ "too many terms in compound SELECT",
	  "joins more than 8 selects by union" },
};

/* 0: it is none of those. */
static int at_limit(const struct db *db, const char *message, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(limit_words); i++)
		if (text_starts(message, limit_words[i].said))
			return error_set(err, ERR_CONFIG, "the %s %s", db->what,
			                 limit_words[i].means);
	return 0;
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

int db_scratch_fail(struct db *db, int code, const char *message,
                    struct error *err)
{
	if (db->refused)
		return refuse(db, err);
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
		if (at_limit(db, message, err) < 0)
			return -1;
		error_set(err, db_code(db, code), "%s", message);
		suggest_function(db, message, err);
		return -1;
	}
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

void db_start_counting(struct db *db)
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
	    db_connect(db, ":memory:", err) < 0)
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

int db_index(struct db *db, const char *table, const char *column,
             struct error *err)
{
	auto_buf struct buf name = buf_make((size_t)4 * LIMIT_EXPRESSION);
	auto_buf struct buf sql = buf_make((size_t)16 * LIMIT_EXPRESSION);

	buf_printf(&name, "%s\n%s", table, column);
	if (buf_check(&name, "an index", err) < 0)
		return -1;
	buf_add_text(&sql, "create index ");
	db_quote(&sql, name.at);
	buf_add_text(&sql, " on ");
	db_quote(&sql, table);
	buf_add_char(&sql, '(');
	db_quote(&sql, column);
	buf_add_char(&sql, ')');
	return buf_check(&sql, "an index", err) < 0 ? -1
	                                            : db_run(db, sql.at, err);
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
