#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/base/error.h"
#include "store/db.h"

/* The first column of the first row of `sql`, as text, or NULL. */
static char *ask(struct db *db, const char *sql, struct error *err)
{
	auto_statement struct statement *rows = db_prepare(db, sql, err);

	if (!rows || statement_step(rows, err) <= 0)
		return NULL;

	const char *text = statement_text(rows, 0);

	return text ? strdup(text) : NULL;
}

static struct db *open_db(const char *path)
{
	struct error err = { 0 };
	struct db *db =
	        path ? db_open(path, &err) : db_scratch("expression", &err);

	assert_null(err.message);
	assert_non_null(db);
	return db;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

static void test_db__keeps_what_was_committed(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };
	int64_t version;

	{
		auto_db struct db *db = open_db("kept.db");

		assert_int_equal(db_run(db,
		                        "create table t(a integer, b text);"
		                        "pragma user_version = 7",
		                        &err),
		                 0);
		assert_int_equal(db_begin(db, &err), 0);
		assert_int_equal(
		        db_run(db, "insert into t values (1, 'x')", &err), 0);
		assert_int_equal(db_commit(db, &err), 0);
		assert_int_equal(db_begin(db, &err), 0);
		assert_int_equal(
		        db_run(db, "insert into t values (2, 'y')", &err), 0);
		db_rollback(db);
		db_rollback(db);
	}

	auto_db struct db *db = open_db("kept.db");
	auto_free char *rows = ask(db, "select group_concat(b) from t", &err);

	assert_string_equal(rows, "x");
	assert_int_equal(db_pragma_int(db, "user_version", &version, &err), 0);
	assert_int_equal(version, 7);
}

static void test_db__sets_up_a_file(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };
	auto_db struct db *db = open_db("setup.db");
	auto_free char *mode = ask(db, "pragma journal_mode", &err);
	int64_t number = -1;
	struct stat info;

	assert_string_equal(mode, "wal");
	assert_int_equal(db_pragma_int(db, "synchronous", &number, &err), 0);
	assert_int_equal(number, 1);
	assert_int_equal(stat("setup.db", &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	/* Double quotes never become a text. */
	assert_null(ask(db, "select \"no_column\"", &err));
	assert_int_equal(err.code, ERR_SYSTEM);
}

static void test_db__names_a_file_that_is_no_database(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };

	write_file("noise.db",
	           "This is a text of more than a few bytes, not a database.");
	assert_null(db_open("noise.db", &err));
	assert_int_equal(err.code, ERR_CORRUPT);
	assert_non_null(strstr(err.message, "noise.db"));
	error_clear(&err);
	assert_null(db_open("no/such/folder.db", &err));
	assert_int_equal(err.code, ERR_MISSING);
}

static void test_db__notices_a_damaged_page(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };
	auto_free char *text = NULL;

	{
		auto_db struct db *db = open_db("page.db");

		assert_int_equal(db_run(db,
		                        "create table t(a);"
		                        "insert into t values (1)",
		                        &err),
		                 0);
	}

	FILE *file = fopen("page.db", "r+e");

	assert_non_null(file);
	assert_int_equal(fseek(file, 4096, SEEK_SET), 0);
	assert_int_equal(fwrite("\xff\xff\xff\xff", 1, 4, file), 4);
	assert_int_equal(fclose(file), 0);

	auto_db struct db *db = open_db("page.db");

	text = ask(db, "select a from t", &err);
	assert_null(text);
	assert_int_equal(err.code, ERR_CORRUPT);
}

static void test_db__binds_and_reads_each_kind(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };
	auto_arena struct arena arena = { 0 };
	auto_db struct db *db = open_db(NULL);
	struct value *list = value_list(&arena);

	value_list_add(&arena, list, value_int(&arena, 1));
	value_list_add(&arena, list, value_string(&arena, "a"));

	const struct {
		const struct value *value;
		const char *type;
		const char *text;
	} rows[] = {
		{ value_null(&arena), "null", NULL },
		{ value_bool(&arena, true), "integer", "1" },
		{ value_bool(&arena, false), "integer", "0" },
		{ value_int(&arena, -42), "integer", "-42" },
		{ value_number(&arena, "9223372036854775807"), "integer",
		  "9223372036854775807" },
		{ value_number(&arena, "1200.50"), "real", "1200.5" },
		{ value_number(&arena, "0.1"), "real", "0.1" },
		{ value_number(&arena, "9223372036854775808"), "real",
		  "9.22337203685478e+18" },
		{ value_string(&arena, ""), "text", "" },
		{ value_string(&arena, "it's"), "text", "it's" },
		{ list, "text", "[1,\"a\"]" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_statement struct statement *statement =
		        db_prepare(db, "select typeof(?1), ?1", &err);

		assert_non_null(statement);
		statement_bind_value(statement, 1, rows[i].value);
		assert_int_equal(statement_step(statement, &err), 1);
		assert_row_text(i, statement_text(statement, 0), rows[i].type);
		assert_row(i, statement_is_null(statement, 1) == !rows[i].text);

		struct value *back = statement_value(&arena, statement, 1);

		if (rows[i].text && back->kind == VALUE_STRING)
			assert_row_text(i, back->text, rows[i].text);
		if (rows[i].text)
			assert_row_text(i, statement_text(statement, 1),
			                rows[i].text);
		assert_int_equal(statement_step(statement, &err), 0);
	}
}

static void test_db__reads_reals_back_exactly(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };
	auto_arena struct arena arena = { 0 };
	auto_db struct db *db = open_db(NULL);

	static const struct {
		const char *sql;
		const char *text; /* NULL: null */
	} rows[] = {
		{ "select 0.1", "0.1" },
		{ "select 0.1 + 0.2", "0.30000000000000004" },
		{ "select 6.0 / 2", "3.0" },
		{ "select 1e22", "1e+22" },
		{ "select 9e999", NULL },
		{ "select 7 / 2", "3" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_statement struct statement *statement =
		        db_prepare(db, rows[i].sql, &err);

		assert_int_equal(statement_step(statement, &err), 1);

		struct value *value = statement_value(&arena, statement, 0);

		if (rows[i].text) {
			assert_row(i, value->kind == VALUE_NUMBER);
			assert_row_text(i, value->text, rows[i].text);
		} else {
			assert_row(i, value->kind == VALUE_NULL);
		}
	}
}

static void test_db__keeps_bytes_and_runs_a_statement_again(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };
	auto_db struct db *db = open_db("bytes.db");

	assert_int_equal(db_run(db, "create table t(a blob, b int)", &err), 0);

	auto_statement struct statement *insert =
	        db_prepare(db, "insert into t values (?1, ?2)", &err);

	statement_bind_bytes(insert, 1, "a\0b", 3);
	statement_bind_int(insert, 2, 1);
	assert_int_equal(statement_run(insert, &err), 0);
	assert_int_equal(db_changes(db), 1);
	statement_bind_bytes(insert, 1, NULL, 0);
	statement_bind_text(insert, 2, NULL);
	assert_int_equal(statement_run(insert, &err), 0);

	auto_statement struct statement *rows =
	        db_prepare(db, "select a, b as second from t", &err);

	assert_int_equal(statement_columns(rows), 2);
	assert_string_equal(statement_column_name(rows, 1), "second");
	assert_int_equal(statement_step(rows, &err), 1);
	assert_int_equal(statement_bytes(rows, 0), 3);
	assert_int_equal(statement_int(rows, 1), 1);
	assert_int_equal(statement_step(rows, &err), 1);
	assert_int_equal(statement_bytes(rows, 0), 0);
	assert_false(statement_is_null(rows, 0));
	assert_true(statement_is_null(rows, 1));
	assert_int_equal(statement_step(rows, &err), 0);
}

static void test_db__reports_a_busy_file(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };
	auto_db struct db *one = open_db("busy.db");
	auto_db struct db *two = open_db("busy.db");

	assert_int_equal(db_run(two, "pragma busy_timeout = 0", &err), 0);
	assert_int_equal(db_begin(one, &err), 0);
	assert_int_equal(db_begin(two, &err), -1);
	assert_int_equal(err.code, ERR_BUSY);
	db_rollback(one);
	error_clear(&err);
	assert_int_equal(db_begin(two, &err), 0);
	db_rollback(two);
}

static void test_db__scratch_refuses_what_is_not_pure(void **state)
{
	UNUSED_STATE(state);
	auto_db struct db *db = open_db(NULL);

	static const struct {
		const char *sql;
		const char *message;
		const char *hint;
	} rows[] = {
		{ "select date('now')",
		  "date cannot be used: a replay would get another value",
		  "Use run.date." },
		{ "select current_timestamp",
		  "current_timestamp cannot be used: a replay would get "
		  "another value",
		  "Use run.date." },
		{ "select RANDOM()",
		  "random cannot be used: a replay would get another value",
		  "Use run.date." },
		{ "select printf('%100d', 1)",
		  "printf() cannot be used in an expression", NULL },
		{ "select zeroblob(9)",
		  "zeroblob() cannot be used in an expression", NULL },
		{ "select load_extension('x')",
		  "load_extension() cannot be used in an expression", NULL },
		{ "select '{}' -> 'a'", "->() cannot be used in an expression",
		  NULL },
		{ "select lenght('x')", "no such function: lenght",
		  "Did you mean \"length\"?" },
		{ "create table t(a)", "an expression can only read", NULL },
		{ "attach ':memory:' as x", "an expression can only read",
		  NULL },
		{ "pragma journal_mode", "an expression can only read", NULL },
		{ "select * from pragma_database_list", NULL, NULL },
		{ "select name from sqlite_schema", NULL, NULL },
		{ "select 1; select 2",
		  "this is not one statement: select 1; select 2", NULL },
		{ "select (1", "incomplete input", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_error struct error err = { 0 };

		assert_row(i, !db_prepare(db, rows[i].sql, &err));
		assert_row(i, err.code == ERR_CONFIG);
		if (rows[i].message)
			assert_row_text(i, err.message, rows[i].message);
		assert_row_text(i, err.hint, rows[i].hint);
	}
}

static void test_db__scratch_points_at_an_error(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };
	auto_db struct db *db = open_db(NULL);
	int offset = 0;

	assert_null(db_prepare_at(db, "select 1 +* 2", &offset, &err));
	assert_int_equal(offset, 10);
	error_clear(&err);
	assert_null(db_prepare_at(db, "select 1, lenght(2)", &offset, &err));
	assert_int_equal(offset, 10);
}

static void test_db__scratch_ends_what_takes_too_long(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };
	auto_db struct db *db = open_db(NULL);
	auto_statement struct statement *endless = db_prepare(
	        db,
	        "with recursive a(x) as (select 1 union all select x + 1 from a)"
	        "select count(*) from a",
	        &err);

	assert_non_null(endless);
	assert_int_equal(statement_step(endless, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(
	        err.message,
	        "the expression did not end within 50 million steps");
	error_clear(&err);

	/* The next one has the whole time again. */
	auto_free char *text = ask(db, "select 1", &err);

	assert_string_equal(text, "1");
}

static void test_db__scratch_limits_lengths(void **state)
{
	UNUSED_STATE(state);
	auto_error struct error err = { 0 };
	auto_arena struct arena arena = { 0 };
	auto_db struct db *db = open_db(NULL);
	size_t len = 17u << 20;
	auto_free char *text = malloc(len);

	assert_non_null(text);
	memset(text, 'x', len);

	auto_statement struct statement *rows =
	        db_prepare(db, "select length(?1)", &err);

	statement_bind_value(rows, 1, value_bytes(&arena, text, len));
	assert_int_equal(statement_step(rows, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	error_clear(&err);
	statement_reset(rows);
	statement_bind_text(rows, 1, "short");
	assert_int_equal(statement_step(rows, &err), 1);
	assert_int_equal(statement_int(rows, 0), 5);

	auto_statement struct statement *doubled = db_prepare(
	        db, "select replace(?1, 'x', 'xxxxxxxxxxxxxxxx')", &err);

	statement_bind_value(doubled, 1, value_bytes(&arena, text, 2u << 20));
	assert_int_equal(statement_step(doubled, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
}

static struct value *call_twice(void *own, struct arena *arena,
                                struct value **values, size_t count,
                                struct error *err)
{
	int64_t number;

	(void)own;
	assert_int_equal(count, 1);
	if (value_to_int(values[0], &number))
		return value_int(arena, 2 * number);
	error_set(err, ERR_CONFIG, "twice() takes a number");
	error_hint(err, "Give it a number.");
	return NULL;
}

static void test_db__calls_functions_of_ours(void **state)
{
	UNUSED_STATE(state);
	static const struct db_function twice = { "twice", 1, 1, call_twice,
		                                  NULL };
	auto_error struct error err = { 0 };
	auto_db struct db *db = open_db(NULL);

	assert_int_equal(db_add_function(db, &twice, &err), 0);

	auto_free char *text = ask(db, "select twice(21) + 0", &err);

	assert_string_equal(text, "42");
	assert_null(ask(db, "select twice('x')", &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_string_equal(err.message, "twice() takes a number");
	assert_string_equal(err.hint, "Give it a number.");
	error_clear(&err);
	assert_null(ask(db, "select twise(1)", &err));
	assert_string_equal(err.hint, "Did you mean \"twice\"?");
	error_clear(&err);
	assert_null(ask(db, "select twice(1, 2)", &err));
	assert_string_equal(err.message,
	                    "wrong number of arguments to function twice()");
}
