#include "tests/unit/unit.h"

#include "engine/job/expr.h"
#include "store/base/buf.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/yaml.h"

static const char scope_json[] =
        "{\"brief\":{\"name\":\"Acme\",\"email\":\"a@b.c\",\"budget\":1200.50,"
        "\"paid\":false,\"note\":null,\"tags\":[\"x\"],\"size\":\"12\"},"
        "\"total\":500,\"rate\":8,\"text\":\"it's\",\"now\":true,"
        "\"run\":{\"date\":\"2026-11-22\",\"time\":\"2026-11-22T08:15:30Z\"},"
        "\"big\":9007199254740993}";

static struct value *scope_of(struct arena *arena)
{
	auto_error struct error err = { 0 };
	struct value *value = json_parse(arena, "the test", scope_json,
	                                 strlen(scope_json), &err);

	if (!value)
		fail_msg("%s", err.message);
	return value;
}

static struct expr *parse(struct arena *arena, const char *text,
                          struct error *err)
{
	struct value *source = value_string(arena, text);

	source->style = STYLE_PLAIN;
	source->pos = (struct pos){ 1, 1 };
	return expr_parse(arena, "e", source, NULL, err);
}

/* The value as JSON, or NULL with `err`. */
static const char *evaluate(struct arena *arena, const char *text,
                            struct error *err)
{
	struct expr *expr = parse(arena, text, err);
	struct value *value;

	if (!expr ||
	    expr_value(expr, &(struct render){ .scope = scope_of(arena) },
	               arena, &value, err) < 0)
		return NULL;
	return json_canonical(arena, value);
}

static void test_expr__gives_values(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *text;
		const char *wanted;
	} rows[] = {
		{ "1 + 2 * 3", "7" },
		{ "(1 + 2) * 3", "9" },
		{ "total + 1", "501" },
		{ "total+1-rate", "493" },
		{ "total / rate", "62" },
		{ "total % rate", "4" },
		{ "-total", "-500" },
		{ "brief.budget * 2", "2401.0" },
		{ "big + 0", "9007199254740993" },
		{ "'it''s' || '!'", "\"it's!\"" },
		{ "text || brief.name", "\"it'sAcme\"" },
		{ "upper(brief.name)", "\"ACME\"" },
		{ "case when total > 100 then 'big' else 'small' end",
		  "\"big\"" },
		{ "coalesce(brief.gone, 5)", "5" },
		{ "coalesce(brief.gone + 1, nowhere.at.all, 'x')", "\"x\"" },
		{ "coalesce(brief.note, 'none')", "\"none\"" },
		{ "nullif(total, 500)", "null" },
		{ "iif(brief.paid, 1, 2)", "2" },
		{ "max(total, rate)", "500" },
		/* A single name is its value. */
		{ "brief.budget", "1200.50" },
		{ "brief.tags", "[\"x\"]" },
		{ "brief.paid", "false" },
		{ "brief.note", "null" },
		{ "now", "true" },
		/* Operations that give a truth. */
		{ "total > 5", "true" },
		{ "total > 5 and rate > 9", "false" },
		{ "((total > 5))", "true" },
		{ "not brief.paid", "true" },
		{ "total between 1 and 500", "true" },
		{ "total not between 1 and 500", "false" },
		{ "brief.name in ('Acme', 'Globex')", "true" },
		{ "brief.name not in ('Globex')", "true" },
		{ "brief.name like 'ac%'", "true" },
		{ "brief.name glob 'ac*'", "false" },
		{ "'50%' like '50!%' escape '!'", "true" },
		{ "brief.note is null", "true" },
		{ "brief.name is not null", "true" },
		{ "brief.note = 1", "null" },
		{ "TRUE", "true" },
		{ "brief.paid = false", "true" },
		{ "brief.paid <> 1", "true" },
		{ "total == 500 AND total != 1", "true" },
		{ "has(brief.name)", "true" },
		{ "has(brief.gone)", "false" },
		{ "has(brief.note)", "false" },
		{ "has(brief.tags)", "true" },
		{ "HAS ( nowhere.x ) or has(total)", "true" },
		{ "not has(nowhere)", "true" },
		/* And those that do not. */
		{ "(total > 5) + 1", "2" },
		{ "iif(total > 5, 7, 8)", "7" },
		{ "abs(total > 5)", "1" },
		{ "case when total > 5 then 3 end", "3" },
		/* White space of any kind. */
		{ "\n total\n\t> 5\r\n", "true" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		const char *got = evaluate(&arena, rows[i].text, &err);

		if (!got)
			fail_msg("row %zu: %s: %s", i, rows[i].text,
			         err.message);
		assert_row_text(i, got, rows[i].wanted);
	}
}

static void test_expr__has_functions_of_its_own(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *text;
		const char *wanted;
	} rows[] = {
		{ "month_start(run.date)", "\"2026-11-01\"" },
		{ "month_start(run.date, -1)", "\"2026-10-01\"" },
		{ "month_end(run.date)", "\"2026-11-30\"" },
		{ "month_end('2026-01-31', 1)", "\"2026-02-28\"" },
		{ "month_end('2028-02-01')", "\"2028-02-29\"" },
		{ "month_start('2026-01-15', -13)", "\"2024-12-01\"" },
		{ "add_days(run.date, 10)", "\"2026-12-02\"" },
		{ "add_days('2026-03-01', -1)", "\"2026-02-28\"" },
		{ "add_months('2026-08-31', 6)", "\"2027-02-28\"" },
		{ "add_months('2026-01-31', -11)", "\"2025-02-28\"" },
		{ "days_between('2026-10-24', '2026-10-26')", "2" },
		{ "days_between(run.time, '2026-11-21')", "-1" },
		{ "format_date(run.date, 'd MMMM yyyy')",
		  "\"22 November 2026\"" },
		{ "format_date(run.time, 'HH:mm:ss')", "\"08:15:30\"" },
		{ "parse_date('22.11.2026', 'dd.MM.yyyy')", "\"2026-11-22\"" },
		{ "parse_date('1/2/2026', 'd/M/yyyy')", "\"2026-02-01\"" },
		{ "iso_week('2026-12-31')", "\"2026-W53\"" },
		{ "iso_week('2027-01-01')", "\"2026-W53\"" },
		{ "mul_div(100, 19, 100)", "19" },
		{ "mul_div(5, 1, 2)", "3" },
		{ "mul_div(-5, 1, 2)", "-3" },
		{ "mul_div(5, 1, -2)", "-3" },
		{ "mul_div(-5, -1, 2)", "3" },
		{ "mul_div(4, 1, 3)", "1" },
		{ "mul_div(9223372036854775807, 9223372036854775807, "
		  "9223372036854775807)",
		  "9223372036854775807" },
		{ "cents('12.50')", "1250" },
		{ "cents(12)", "1200" },
		{ "cents(12.5)", "1250" },
		{ "cents('-0.05')", "-5" },
		{ "cents('1.100')", "110" },
		{ "money(123456)", "\"1,234.56\"" },
		{ "slug(brief.name || ' & Co')", "\"acme-co\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		const char *got = evaluate(&arena, rows[i].text, &err);

		if (!got)
			fail_msg("row %zu: %s: %s", i, rows[i].text,
			         err.message);
		assert_row_text(i, got, rows[i].wanted);
	}
}

struct failure {
	const char *text;
	unsigned column;
	const char *message;
	const char *hint;
};

static void check_failures(const struct failure *rows, size_t count,
                           bool in_parsing)
{
	for (size_t i = 0; i < count; i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct expr *expr = parse(&arena, rows[i].text, &err);
		struct value *value;

		if (in_parsing && expr)
			fail_msg("row %zu: %s", i, rows[i].text);
		if (!in_parsing && !expr)
			fail_msg("row %zu: %s: %s", i, rows[i].text,
			         err.message);
		if (expr)
			assert_row(
			        i,
			        expr_value(expr,
			                   &(struct render){
			                           .scope = scope_of(&arena) },
			                   &arena, &value, &err) < 0);
		assert_row_text(i, err.message, rows[i].message);
		assert_row_text(i, err.hint, rows[i].hint);
		assert_row_text(i, err.file, "e");
		assert_row(i, err.pos.line == 1);
		if (err.pos.column != rows[i].column)
			fail_msg("row %zu: column %u", i, err.pos.column);
	}
}

static void test_expr__says_what_is_not_well_formed(void **state)
{
	UNUSED_STATE(state);
	static const struct failure rows[] = {
		{ "", 1, "the expression is empty", NULL },
		{ "  ", 1, "the expression is empty", NULL },
		{ "total >", 1, "the expression is not complete", NULL },
		{ "total > > 5", 9, "\">\" is not expected here", NULL },
		{ "total rate", 7, "\"rate\" is not expected here", NULL },
		{ "total > 5 5", 11, "\"5\" is not expected here", NULL },
		{ "(total", 1, "a parenthesis is not closed", NULL },
		{ "total) or (1", 6, "nothing is open that \")\" could close",
		  NULL },
		{ "brief. > 1", 6,
		  "a field's name is missing behind \"brief.\"", NULL },
		{ "brief.0", 6, "a field's name is missing behind \"brief.\"",
		  NULL },
		{ "12abc", 1, "\"12abc\" is not a number", NULL },
		{ "0x10", 1, "\"0x10\" is not a number", NULL },
		{ "007", 1, "\"007\" is not a number", NULL },
		{ "total = 'x", 9, "the text is not closed by a single quote",
		  NULL },
		{ "total = 'x''", 9, "the text is not closed by a single quote",
		  NULL },
		{ "brief.name = \"Acme\"", 14,
		  "double quotes name a column, and there is none in an expression",
		  "Texts stand in single quotes." },
		{ "{{total}} > 5", 1,
		  "a name stands without braces in an expression",
		  "Write brief.client, not {{brief.client}}." },
		{ "total -- > 5", 7, "an expression cannot hold a comment",
		  NULL },
		{ "total /* x */", 7, "an expression cannot hold a comment",
		  NULL },
		{ "1; 2", 2, "an expression cannot hold \";\"", NULL },
		{ "total > ?", 9, "\"?\" cannot be used in an expression",
		  NULL },
		{ "total > :x", 9, "\":\" cannot be used in an expression",
		  NULL },
		{ "total > @x", 9, "\"@\" cannot be used in an expression",
		  NULL },
		{ "total > $x", 9, "\"$\" cannot be used in an expression",
		  NULL },
		{ "total > ä", 9, "\"ä\" cannot be used in an expression",
		  NULL },
		{ "[total]", 1, "\"[\" cannot be used in an expression", NULL },
		{ "total && rate", 7, "\"&&\" cannot be used in an expression",
		  "Write and." },
		{ "brief -> 'name'", 7,
		  "\"->\" cannot be used in an expression",
		  "Fields are named with a dot." },
		{ "(select 1)", 2, "\"select\" cannot be used in an expression",
		  NULL },
		{ "cast(total as text)", 1,
		  "\"cast\" cannot be used in an expression", NULL },
		{ "date('now')", 6,
		  "'now' cannot be used: a replay would get another value",
		  "Use run.date." },
		{ "date()", 1,
		  "date cannot be used: a replay would get another value",
		  "Use run.date." },
		{ "1 + random()", 5,
		  "random cannot be used: a replay would get another value",
		  "Use run.date." },
		{ "current_date", 1,
		  "\"current_date\" cannot be used in an expression",
		  "Use run.date." },
		{ "printf('%d', 1)", 1,
		  "printf() cannot be used in an expression", NULL },
		{ "total + lenght('x')", 9, "no such function: lenght",
		  "Did you mean \"length\"?" },
		{ "month_sart(run.date)", 1, "no such function: month_sart",
		  "Did you mean \"month_start\"?" },
		{ "add_workday(run.date, 1)", 1,
		  "no such function: add_workday",
		  "Did you mean \"add_workdays\"?" },
		{ "mul_div(1, 2)", 1,
		  "wrong number of arguments to function mul_div()", NULL },
		{ "brief.name()", 1, "\"brief.name\" is a name, not a function",
		  NULL },
		{ "has(total > 1)", 1, "has() takes one name", NULL },
		{ "has()", 1, "has() takes one name", NULL },
		{ "has('x')", 1, "has() takes one name", NULL },
	};

	check_failures(rows, ARRAY_LEN(rows), true);
}

static void test_expr__says_what_was_there(void **state)
{
	UNUSED_STATE(state);
	static const struct failure rows[] = {
		{ "1 + brief.emial", 5, "\"brief.emial\" is not there",
		  "Did you mean \"email\"?" },
		{ "totla > 5", 1, "\"totla\" is not there",
		  "Did you mean \"total\"?" },
		{ "has(total) and gone.x = 1", 16, "\"gone.x\" is not there",
		  "There is: brief, total, rate, text, now, run, big." },
		{ "brief.tags = 'x'", 1, "\"brief.tags\" is a list",
		  "An expression works on single values." },
		{ "1 + brief", 5, "\"brief\" is a map",
		  "An expression works on single values." },
		{ "brief.name > 5", 1,
		  "\"brief.name\" (the text \"Acme\") cannot be compared with "
		  "the number 5",
		  NULL },
		{ "5 <= brief.size", 1,
		  "the number 5 cannot be compared with \"brief.size\" (the "
		  "text \"12\")",
		  NULL },
		{ "total = '500'", 1,
		  "\"total\" (the number 500) cannot be compared with the text "
		  "'500'",
		  NULL },
		{ "1 = 1 and (brief.size = -12)", 12,
		  "\"brief.size\" (the text \"12\") cannot be compared with "
		  "the number -12",
		  NULL },
		{ "brief.paid = 'no'", 1,
		  "\"brief.paid\" (false) cannot be compared with the text "
		  "'no'",
		  NULL },
		{ "brief.size = true", 1,
		  "\"brief.size\" (the text \"12\") cannot be compared with "
		  "true",
		  NULL },
		{ "brief.size between 1 and 20", 1,
		  "\"brief.size\" (the text \"12\") cannot be compared with "
		  "the number 1",
		  NULL },
		{ "total not between 1 and '20'", 1,
		  "\"total\" (the number 500) cannot be compared with the text "
		  "'20'",
		  NULL },
		{ "brief.size in ('1', (2), 3)", 1,
		  "\"brief.size\" (the text \"12\") cannot be compared with "
		  "the number 3",
		  NULL },
		{ "brief.size not in (12)", 1,
		  "\"brief.size\" (the text \"12\") cannot be compared with "
		  "the number 12",
		  NULL },
		{ "case when total < brief.name then 1 end", 11,
		  "\"total\" (the number 500) cannot be compared with "
		  "\"brief.name\" (the text \"Acme\")",
		  NULL },
		{ "add_days('yesterday', 1)", 1,
		  "add_days takes a date such as 2026-11-22, not the text "
		  "\"yesterday\"",
		  NULL },
		{ "add_days('2026-02-30', 1)", 1,
		  "add_days takes a date such as 2026-11-22, not the text "
		  "\"2026-02-30\"",
		  NULL },
		{ "add_days(run.date, 1.5)", 1,
		  "add_days takes a whole number, not the number 1.5", NULL },
		{ "add_days(brief.note, 1)", 1,
		  "add_days takes a date such as 2026-11-22, not null", NULL },
		{ "add_days('9999-12-31', 1)", 1,
		  "add_days leaves the years from 1 to 9999", NULL },
		{ "add_months(run.date, 9223372036854775807)", 1,
		  "add_months leaves the years from 1 to 9999", NULL },
		{ "month_start('0001-01-01', -1)", 1,
		  "month_start leaves the years from 1 to 9999", NULL },
		{ "parse_date('30.2.2026', 'd.M.yyyy')", 1,
		  "the text \"30.2.2026\" is not a date of the form d.M.yyyy",
		  NULL },
		{ "parse_date('1.2.26', 'd.M.yy')", 1,
		  "parse_date does not know \"yy\"; it reads yyyy MM M dd d",
		  NULL },
		{ "mul_div(1, 2, 0)", 1, "mul_div cannot divide by 0", NULL },
		{ "mul_div(9223372036854775807, 2, 1)", 1,
		  "the result of mul_div is larger than 64 bits", NULL },
		{ "cents('1.005')", 1,
		  "cents takes an amount such as 12.50, not the text \"1.005\"",
		  NULL },
		{ "cents('1,50')", 1,
		  "cents takes an amount such as 12.50, not the text \"1,50\"",
		  NULL },
		{ "cents('.5')", 1,
		  "cents takes an amount such as 12.50, not the text \".5\"",
		  NULL },
		{ "money(12.5)", 1,
		  "money takes whole cents, not the number 12.5", NULL },
		{ "abs(-9223372036854775807 - 1)", 1, "integer overflow",
		  NULL },
	};

	check_failures(rows, ARRAY_LEN(rows), false);
}

static void test_expr__is_a_condition(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *text;
		int truth;
		const char *message;
		const char *hint;
	} rows[] = {
		{ "true", 1, NULL, NULL },
		{ "false", 0, NULL, NULL },
		{ "total", 1, NULL, NULL },
		{ "total - 500", 0, NULL, NULL },
		{ "0.0", 0, NULL, NULL },
		{ "0.001", 1, NULL, NULL },
		{ "brief.paid", 0, NULL, NULL },
		{ "not brief.paid", 1, NULL, NULL },
		{ "total > rate", 1, NULL, NULL },
		{ "brief.name", -1,
		  "the condition is the text \"Acme\", neither true nor false",
		  NULL },
		{ "brief.tags", -1,
		  "the condition is a list, neither true nor false", NULL },
		{ "brief.note > 1", -1,
		  "the condition is null, neither true nor false",
		  "\"brief.note\" is null; ask with has(brief.note)." },
		{ "null", -1, "the condition is null, neither true nor false",
		  NULL },
		{ "gone", -1, "\"gone\" is not there", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct expr *expr = parse(&arena, rows[i].text, &err);

		assert_row(i, expr);
		assert_row(i, expr_is_true(expr,
		                           &(struct render){
		                                   .scope = scope_of(&arena) },
		                           &err) == rows[i].truth);
		assert_row_text(i, err.message, rows[i].message);
		if (rows[i].hint)
			assert_row_text(i, err.hint, rows[i].hint);
	}
}

/* Outside text is bound, so nothing in it is ever SQL. */
static void test_expr__never_reads_a_value_as_sql(void **state)
{
	UNUSED_STATE(state);
	static const char *const texts[] = {
		"' or 1=1 --", "') union select 1 --", "?1", "\"x\"",
		"{{total}}",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct expr *expr = parse(&arena, "x = 'no'", &err);
		struct expr *same = parse(&arena, "x || ''", &err);
		struct value *scope = value_map(&arena);
		struct value *value;

		value_map_text(&arena, scope, "x", texts[i]);

		const struct render render = { .scope = scope };

		assert_row(i, expr_is_true(expr, &render, &err) == 0);
		assert_row(i, expr_value(same, &render, &arena, &value, &err) ==
		                      0);
		assert_row_text(i, value->text, texts[i]);
	}
}

static void test_expr__takes_any_scalar_as_text(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	static const char yaml[] = "[ true, 0, \"1 > 2\", total > 5, {} ]";
	static const int truths[] = { 1, 0, 0, 1 };
	struct value *list =
	        yaml_parse(&arena, "f", yaml, strlen(yaml), 1, &err);

	for (size_t i = 0; i < ARRAY_LEN(truths); i++) {
		struct expr *expr =
		        expr_parse(&arena, "f", list->items[i], NULL, &err);

		assert_row(i, expr);
		assert_row(i, expr_is_true(expr,
		                           &(struct render){
		                                   .scope = scope_of(&arena) },
		                           &err) == truths[i]);
	}
	assert_null(expr_parse(&arena, "f", list->items[4], NULL, &err));
	assert_string_equal(err.message, "an expression is a text, not a map");
	assert_int_equal(err.pos.column, 32);
}

static void test_expr__points_into_the_file(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *yaml;
		unsigned line;
		unsigned column;
	} rows[] = {
		{ "if: total > gone", 1, 13 },
		{ "if: \"total > gone\"", 1, 14 },
		{ "if: |\n  total\n  > gone\n", 3, 5 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct value *map = yaml_parse(&arena, "f", rows[i].yaml,
		                               strlen(rows[i].yaml), 1, &err);
		struct expr *expr = expr_parse(
		        &arena, "f", value_get(map, "if"), NULL, &err);

		assert_row(i, expr);
		assert_row(i, expr_is_true(expr,
		                           &(struct render){
		                                   .scope = scope_of(&arena) },
		                           &err) < 0);
		assert_row(i, err.pos.line == rows[i].line);
		assert_row(i, err.pos.column == rows[i].column);
	}
}

static void test_expr__lists_its_names(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	const struct name_use *uses;
	size_t count;
	struct expr *expr = parse(
	        &arena, "a.b > 1 and has(c) or length(d) < coalesce(e.f, g)",
	        &err);

	static const struct {
		const char *name;
		unsigned column;
		bool may_be_missing;
	} wanted[] = {
		{ "a.b", 1, false }, { "c", 17, true }, { "d", 30, false },
		{ "e.f", 44, true }, { "g", 49, true },
	};

	assert_non_null(expr);
	expr_names(expr, &uses, &count);
	assert_int_equal(count, ARRAY_LEN(wanted));
	for (size_t i = 0; i < count; i++) {
		assert_row_text(i, uses[i].name, wanted[i].name);
		assert_row(i, uses[i].pos.column == wanted[i].column);
		assert_row(i, uses[i].section == wanted[i].may_be_missing);
	}
}

static void test_expr__bounds_its_length_and_depth(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_buf struct buf text = buf_make(2 * LIMIT_EXPRESSION);

	buf_pad(&text, '1', LIMIT_EXPRESSION + 1);
	assert_null(parse(&arena, text.at, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	error_clear(&err);

	buf_cut(&text, 0);
	buf_pad(&text, '-', 1);
	for (int i = 0; i < 2000; i++)
		buf_add_text(&text, "1+");
	assert_null(parse(&arena, text.at, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message,
	                    "the expression has more than 2000 parts");
	error_clear(&err);

	buf_cut(&text, 0);
	for (int i = 0; i < 900; i++)
		buf_add_text(&text, "1+");
	buf_add_text(&text, "1");
	assert_null(parse(&arena, text.at, &err));
	assert_non_null(strstr(err.message, "nested too deep"));
	assert_int_equal(err.pos.line, 1);
}

static const struct value *map_of(struct arena *arena, const char *text)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        yaml_parse(arena, "the test", text, strlen(text), 1, &err);

	if (!value)
		fail_msg("%s", err.message);
	return value;
}

static void test_expr__an_engine_asks_in_many_scopes(void **state)
{
	static const struct {
		const char *item;
		int fits;
		const char *message;
	} cases[] = {
		{ "{ n: 3 }", 1, NULL },
		{ "{ n: 1 }", 0, NULL },
		{ "{ n: 3, least: 4 }", 0, NULL },
		{ "{ n: x }", -1,
		  "\"n\" (the text \"x\") cannot be compared "
		  "with \"least\" (the number 2)" },
		{ "{ m: 3 }", -1, "\"n\" is not there" },
		{ "{ n: null }", -1,
		  "the condition is null, neither true nor false" },
		{ "{ n: 2 }", 1, NULL },
	};
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	const struct value *outer = map_of(&arena, "{ least: 2 }");
	struct expr *expr = parse(&arena, "n >= least", &err);

	UNUSED_STATE(state);
	assert_non_null(expr);
	auto_expr_engine struct expr_engine *engine = expr_engine_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error why = { 0 };
		const struct frame up = { outer, NULL };
		const struct frame frame = { map_of(&arena, cases[i].item),
			                     &up };

		const struct render render = { .frame = &frame,
			                       .engine = engine };

		assert_row(i,
		           expr_is_true(expr, &render, &why) == cases[i].fits);
		assert_row_text(i, why.message, cases[i].message);
	}
}

static void test_expr__knows_the_customs_of_the_place(void **state)
{
	static const struct {
		const char *text;
		const char *json;
	} cases[] = {
		/* Christmas 2026 is a Friday. */
		{ "add_workdays('2026-12-24', 1)", "\"2026-12-28\"" },
		{ "add_workdays('2026-12-24', 5)", "\"2027-01-04\"" },
		{ "add_workdays('2027-01-04', -5)", "\"2026-12-24\"" },
		{ "add_workdays('2026-12-26', 0)", "\"2026-12-26\"" },
		{ "money(123456)", "\"1.234,56\"" },
		{ "decimal(123456, 2)", "1234.56" },
	};
	auto_arena struct arena arena = { 0 };
	auto_expr_engine struct expr_engine *engine = expr_engine_new();
	const struct render render = {
		.scope = scope_of(&arena),
		.locale = "de",
		.holidays = value_get(
		        map_of(&arena,
		               "{ days: ['2026-12-25', '2027-01-01'] }"),
		        "days"),
		.engine = engine,
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error err = { 0 };
		struct expr *expr = parse(&arena, cases[i].text, &err);
		struct value *value;

		assert_row(i, expr && expr_value(expr, &render, &arena, &value,
		                                 &err) == 0);
		assert_row_text(i, json_canonical(&arena, value),
		                cases[i].json);
	}
}

/* `n` times `head`, the middle, `n` times `tail`. */
static const char *nest(struct arena *arena, size_t n, const char *head,
                        const char *middle, const char *tail)
{
	auto_buf struct buf text = buf_make(4u << 20);

	for (size_t i = 0; i < n; i++)
		buf_add_text(&text, head);
	buf_add_text(&text, middle);
	for (size_t i = 0; i < n; i++)
		buf_add_text(&text, tail);
	return arena_strdup(arena, text.at);
}

/* Whatever is written ends soon, in an error at its place. */
static void test_expr__what_would_not_end_is_refused(void **state)
{
	static const struct {
		size_t n;
		const char *head;
		const char *middle;
		const char *tail;
		const char *message;
	} cases[] = {
		{ 10000, "(", "rate", ")",
		  "the expression has more than 2000 parts" },
		{ 900, "(", "rate", ")", "the expression is nested too deep" },
		{ 1500, "not ", "rate", "",
		  "the expression is nested too deep" },
		{ 900, "rate and ", "rate", "",
		  "the expression is nested too deep" },
		{ 60, "max(rate, ", "1", ")",
		  "the expression is nested too deep" },
		{ 250000, "rate + ", "rate", "",
		  "the expression is longer than 65536 bytes" },
		{ 1000000, "x", "", "",
		  "the expression is longer than 65536 bytes" },
		{ 0, "", "printf('%.*c', 1000000000, 'x')", "",
		  "printf() cannot be used in an expression" },
		{ 0, "", "zeroblob(1000000000)", "",
		  "zeroblob() cannot be used in an expression" },
		{ 6, "replace(", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
		  ", 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaa')",
		  "the expression needs a text that is longer than 4194304 "
		  "bytes" },
	};
	auto_expr_engine struct expr_engine *engine = expr_engine_new();

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		const struct render render = { .scope = scope_of(&arena),
			                       .engine = engine };
		struct expr *expr =
		        parse(&arena,
		              nest(&arena, cases[i].n, cases[i].head,
		                   cases[i].middle, cases[i].tail),
		              &err);
		struct value *value;

		assert_row(i, !expr || expr_value(expr, &render, &arena, &value,
		                                  &err) < 0);
		assert_row_text(i, err.message, cases[i].message);
		assert_row_text(i, err.file, "e");
		assert_row(i, err.pos.line == 1);
	}
}

static void test_expr__patterns_are_short(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	const char *text = nest(&arena, 2000, "%a", "", "");

	UNUSED_STATE(state);
	text = arena_printf(&arena, "text like '%s'", text);
	assert_null(evaluate(&arena, text, &err));
	assert_string_equal(err.message,
	                    "the expression has a pattern of like or glob "
	                    "that is longer than 100 bytes");
	/* The slowest that is short enough, over a long text. */
	error_clear(&err);
	text = arena_printf(&arena, "'%s' like '%sb'",
	                    nest(&arena, 60000, "a", "", ""),
	                    nest(&arena, 49, "%a", "", ""));
	assert_string_equal(evaluate(&arena, text, &err), "false");
}
