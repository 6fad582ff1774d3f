#include "tests/unit/unit.h"

#include "engine/job/format.h"
#include "store/base/error.h"
#include "store/base/json.h"

static void test_format__formats_values(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *format;
		const char *argument;
		const char *locale;
		const char *json;
		const char *wanted; /* as JSON */
	} rows[] = {
		{ "money", NULL, "en", "123450", "\"1,234.50\"" },
		{ "money", NULL, NULL, "123456789012", "\"1,234,567,890.12\"" },
		{ "money", NULL, "de", "123450", "\"1.234,50\"" },
		{ "money", NULL, "de-AT", "123450", "\"1.234,50\"" },
		{ "money", NULL, "fr_FR", "123450",
		  "\"1\xe2\x80\xaf"
		  "234,50\"" },
		{ "money", NULL, "den", "100", "\"1.00\"" },
		{ "money", NULL, "xx", "100", "\"1.00\"" },
		{ "money", NULL, "en", "0", "\"0.00\"" },
		{ "money", NULL, "en", "-5", "\"-0.05\"" },
		{ "money", NULL, "en", "99999", "\"999.99\"" },
		{ "money", NULL, "en", "-100000", "\"-1,000.00\"" },
		{ "money", NULL, "en", "-9223372036854775808",
		  "\"-92,233,720,368,547,758.08\"" },
		{ "decimal", "2", "de", "123450", "1234.50" },
		{ "decimal", "2", NULL, "5", "0.05" },
		{ "decimal", "2", NULL, "-5", "-0.05" },
		{ "decimal", "0", NULL, "7", "7" },
		{ "decimal", "3", NULL, "1000", "1.000" },
		{ "decimal", "18", NULL, "-1", "-0.000000000000000001" },
		{ "date", "d MMMM yyyy", NULL, "\"2026-11-02\"",
		  "\"2 November 2026\"" },
		{ "date", "dd.MM.yy", NULL, "\"2026-11-02\"", "\"02.11.26\"" },
		{ "date", "HH:mm 'on' EEE", NULL, "\"2026-11-22T23:15:00Z\"",
		  "\"23:15 on Sun\"" },
		/* The day as it is written, not the day of another zone. */
		{ "date", "yyyy-MM-dd HH:mm:ss", NULL,
		  "\"2026-11-22T23:15:07.5-08:00\"",
		  "\"2026-11-22 23:15:07\"" },
		{ "join", ", ", NULL, "[\"a\",1,2.50,true]",
		  "\"a, 1, 2.50, true\"" },
		{ "join", "", NULL, "[]", "\"\"" },
		{ "join", "%s", NULL, "[1,2]", "\"1%s2\"" },
		{ "count", NULL, NULL, "[1,[2,3]]", "2" },
		{ "count", NULL, NULL, "{\"a\":1}", "1" },
		{ "count", NULL, NULL, "[]", "0" },
		{ "slug", NULL, NULL, "\"Ada's Café & Co.\"",
		  "\"ada-s-cafe-co\"" },
		{ "slug", NULL, NULL, "2026", "\"2026\"" },
		{ "json", NULL, NULL, "{\"b\":[1.50,null],\"a\":\"x\"}",
		  "\"{\\\"b\\\":[1.50,null],\\\"a\\\":\\\"x\\\"}\"" },
		{ "json", NULL, NULL, "null", "\"null\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		const struct value *value = json_parse(
		        &arena, "j", rows[i].json, strlen(rows[i].json), &err);
		const struct function *format =
		        format_get(rows[i].format, rows[i].argument, &err);

		assert_row(i, value && format);

		const struct value *got = format->apply(
		        &arena, value, rows[i].argument, rows[i].locale, &err);

		if (!got)
			fail_msg("row %zu: %s", i, err.message);
		assert_row_text(i, json_canonical(&arena, got), rows[i].wanted);
	}
}

static void test_format__says_what_does_not_fit(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *format;
		const char *argument;
		const char *json;
		const char *message;
	} rows[] = {
		{ "money", NULL, "12.5",
		  "money takes whole cents, not the number 12.5" },
		{ "money", NULL, "9223372036854775808",
		  "money takes whole cents, not the number "
		  "9223372036854775808" },
		{ "money", NULL, "\"a\\nb\"",
		  "money takes whole cents, not the text \"a...\"" },
		{ "decimal", "2", "[]",
		  "decimal takes a whole number, not a list" },
		{ "date", "d", "\"22.11.2026\"",
		  "date takes a date such as 2026-11-22, not the text "
		  "\"22.11.2026\"" },
		{ "date", "d", "\"2026-11-31\"",
		  "date takes a date such as 2026-11-22, not the text "
		  "\"2026-11-31\"" },
		{ "date", "d", "\"2026-11-22 10:00\"",
		  "date takes a date such as 2026-11-22, not the text "
		  "\"2026-11-22 10:00\"" },
		{ "date", "d", "20261122",
		  "date takes a date such as 2026-11-22, not the number "
		  "20261122" },
		{ "join", ",", "\"x\"",
		  "join takes a list, not the text \"x\"" },
		{ "join", ",", "[1,{}]",
		  "join takes a list of plain values, not a map" },
		{ "count", NULL, "true", "count takes a list, not true" },
		{ "slug", NULL, "{}", "slug takes a text, not a map" },
		{ "slug", NULL, "\"!?\"",
		  "slug takes a text with letters or digits, not the text "
		  "\"!?\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		const struct value *value = json_parse(
		        &arena, "j", rows[i].json, strlen(rows[i].json), &err);
		const struct function *format =
		        format_get(rows[i].format, rows[i].argument, &err);

		assert_row(i, value && format);
		assert_row(i, !format->apply(&arena, value, rows[i].argument,
		                             NULL, &err));
		assert_row_text(i, err.message, rows[i].message);
		assert_row(i, err.code == ERR_CONFIG);
	}
}

static void test_format__checks_arguments(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *format;
		const char *argument;
		const char *message;
		const char *hint;
	} rows[] = {
		{ "money", "2", "the format \"money\" takes no argument",
		  "Write {{net | money}}." },
		{ "decimal", NULL, "the format \"decimal\" takes an argument",
		  "Write {{cents | decimal 2}}." },
		{ "decimal", "19",
		  "decimal takes a number of places from 0 to 18, not \"19\"",
		  NULL },
		{ "decimal", "",
		  "decimal takes a number of places from 0 to 18, not \"\"",
		  NULL },
		{ "jion", ",", "there is no format \"jion\"",
		  "Did you mean \"join\"?" },
		{ "", NULL, "there is no format \"\"",
		  "The formats are count, date, decimal, join, json, money "
		  "and slug." },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_error struct error err = { 0 };

		assert_row(i,
		           !format_get(rows[i].format, rows[i].argument, &err));
		assert_row_text(i, err.message, rows[i].message);
		assert_row_text(i, err.hint, rows[i].hint);
	}

	auto_error struct error err = { 0 };

	assert_null(format_get("date", "YYYY", &err));
	assert_non_null(strstr(err.message, "\"YYYY\""));
}

static void test_format__has_a_sorted_and_complete_table(void **state)
{
	UNUSED_STATE(state);
	for (size_t i = 0; i < function_count; i++) {
		const struct function *format = &functions[i];

		assert_row(i, i == 0 || strcmp(functions[i - 1].name,
		                               format->name) < 0);
		assert_row(i, !format->apply ||
		                      format_find(format->name) == format);
		assert_row(i, format->example && format->help);
		assert_row(i, format->apply || format->call);
		assert_row(i, strstr(format->example, format->name));
	}
	assert_null(format_find("upper"));
}
