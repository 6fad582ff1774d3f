/*
 * SQLite's values as ours, and functions of ours for SQLite.
 *
 * A function of reeve's keeps its whole `struct error` in the connection, as
 * SQLite would carry the message alone.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/number.h"
#include "store/db_private.h"

/* The shortest text that reads back as the same number, and that shows that it
 * is not an integer. What is not finite has no JSON text and is null. */
static struct value *real_value(struct arena *arena, double real)
{
	char text[40];

	if (!isfinite(real))
		return value_null(arena);
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, real);
		if (!(number_value(text) < real) &&
		    !(number_value(text) > real))
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
			                      number_value(value->text));
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

	return code == SQLITE_OK ? 0 : db_fail(db, code, err);
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
