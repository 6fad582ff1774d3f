#include "tests/unit/unit.h"

#include <errno.h>

#include "store/base/error.h"
#include "store/base/limits.h"

static void test_error__set_fills_and_returns_minus_one(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(error_set(&err, ERR_USAGE, "no %s, %d", "job", 3), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_string_equal(err.message, "no job, 3");
	assert_null(err.file);
	assert_null(err.hint);
	assert_int_equal(err.pos.line, 0);
}

static void test_error__at_copies_the_file(void **state)
{
	auto_error struct error err = { 0 };
	char file[] = "jobs/a.yaml";

	UNUSED_STATE(state);
	assert_int_equal(error_at(&err, ERR_CONFIG, file,
	                          (struct pos){ .line = 3, .column = 7 },
	                          "unknown key"),
	                 -1);
	file[0] = 'J';
	assert_string_equal(err.file, "jobs/a.yaml");
	assert_int_equal(err.pos.line, 3);
	assert_int_equal(err.pos.column, 7);
}

static void test_error__errno_appends_the_reason(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	error_errno(&err, ENOENT, "could not open \"%s\"", "x");
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_string_equal(err.message,
	                    "could not open \"x\": No such file or directory");
	error_errno(&err, 99999, "strange");
	assert_string_equal(err.message, "strange: unknown error");
}

static void test_error__wrap_prepends_and_keeps_the_rest(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	error_at(&err, ERR_CONFIG, "a.yaml", (struct pos){ 1, 2 }, "empty");
	error_hint(&err, "Write something.");
	assert_int_equal(error_wrap(&err, "could not load job \"%s\"", "a"),
	                 -1);
	assert_int_equal(error_wrap(&err, "outside"), -1);
	assert_string_equal(err.message,
	                    "outside: could not load job \"a\": empty");
	assert_int_equal(err.code, ERR_CONFIG);
	assert_string_equal(err.file, "a.yaml");
	assert_string_equal(err.hint, "Write something.");
	assert_int_equal(err.pos.column, 2);
}

static void test_error__arguments_may_point_into_the_error(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	error_at(&err, ERR_CONFIG, "a.yaml", (struct pos){ 1, 1 }, "inner");
	error_at(&err, ERR_STATE, err.file, err.pos, "again %s", err.message);
	assert_string_equal(err.message, "again inner");
	assert_string_equal(err.file, "a.yaml");
	error_wrap(&err, "%s", err.message);
	assert_string_equal(err.message, "again inner: again inner");
	error_set(&err, ERR_STATE, "%s in %s", err.message, err.file);
	assert_string_equal(err.message, "again inner: again inner in a.yaml");
	assert_null(err.file);
}

static void test_error__set_replaces_the_hint_too(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	error_set(&err, ERR_STATE, "first");
	error_hint(&err, "Do %s.", "this");
	error_hint(&err, "Do that.");
	assert_string_equal(err.hint, "Do this.");
	error_set(&err, ERR_STATE, "second");
	assert_null(err.hint);
}

static void test_error__long_messages_are_cut_between_letters(void **state)
{
	auto_error struct error err = { 0 };
	char text[LIMIT_ERROR_TEXT + 10];

	UNUSED_STATE(state);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + LIMIT_ERROR_TEXT - 1, "\xc3\xa4", 2);
	error_set(&err, ERR_STATE, "%s", text);
	assert_int_equal(strlen(err.message), LIMIT_ERROR_TEXT - 1);
	error_wrap(&err, "more");
	assert_int_equal(strlen(err.message), LIMIT_ERROR_TEXT);
}

static void test_error__move_empties_its_source(void **state)
{
	auto_error struct error from = { 0 };
	auto_error struct error to = { 0 };

	UNUSED_STATE(state);
	error_set(&to, ERR_STATE, "old");
	error_set(&from, ERR_BUSY, "new");
	error_move(&to, &from);
	assert_string_equal(to.message, "new");
	assert_int_equal(to.code, ERR_BUSY);
	assert_int_equal(from.code, ERR_NONE);
	assert_null(from.message);
	error_move(&to, &to);
	assert_string_equal(to.message, "new");
}

static void test_error__list_sorts_by_place_and_keeps_equals(void **state)
{
	static const struct {
		const char *file;
		struct pos pos;
		const char *message;
	} added[] = {
		{ "b.yaml", { 1, 1 }, "6" }, { "a.yaml", { 10, 1 }, "5" },
		{ "a.yaml", { 9, 2 }, "3" }, { "a.yaml", { 9, 2 }, "4" },
		{ NULL, { 0, 0 }, "1" },     { "a.yaml", { 9, 1 }, "2" },
	};
	auto_errors struct errors list = { 0 };

	UNUSED_STATE(state);
	errors_sort(&list);
	for (size_t i = 0; i < ARRAY_LEN(added); i++)
		error_hint(errors_add(&list, ERR_CONFIG, added[i].file,
		                      added[i].pos, "%s", added[i].message),
		           "Hint %s.", added[i].message);
	errors_sort(&list);
	assert_int_equal(list.count, ARRAY_LEN(added));
	for (size_t i = 0; i < list.count; i++) {
		char wanted[] = { (char)('1' + i), '\0' };

		assert_row_text(i, list.items[i].message, wanted);
		assert_row(i, list.items[i].hint[5] == wanted[0]);
	}
}

static void test_error__list_takes_errors_and_its_own_texts(void **state)
{
	auto_errors struct errors list = { 0 };
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	error_set(&err, ERR_LIMIT, "taken");
	assert_int_equal(errors_take(&list, &err), -1);
	assert_null(err.message);
	/* The list moves in memory while an argument points into it. */
	for (size_t i = 0; i < 10; i++)
		(void)errors_add(&list, ERR_CONFIG, "a", (struct pos){ 0 },
		                 "%s", list.items[i].message);
	assert_int_equal(list.count, 11);
	assert_int_equal(list.items[0].code, ERR_LIMIT);
	assert_string_equal(list.items[10].message, "taken");
}
