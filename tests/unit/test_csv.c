#include "tests/unit/unit.h"

#include "store/base/csv.h"
#include "store/base/json.h"
#include "store/base/limits.h"

/* The rows as JSON, or the message of the error, at its place. */
static const char *read_csv(struct arena *arena, const char *text, size_t len,
                            const struct csv_format *format)
{
	auto_error struct error err = { 0 };
	struct value *list = csv_parse(arena, "f.csv", text, len, format, &err);

	if (list == NULL)
		return arena_printf(arena, "%s:%u:%u: %s", err.file,
		                    err.pos.line, err.pos.column, err.message);
	return json_canonical(arena, list);
}

static void test_csv__rows_by_the_names_of_the_header(void **state)
{
	static const struct {
		const char *text;
		const char *wanted;
	} cases[] = {
		{ "", "[]" },
		{ "\n\r\n", "[]" },
		{ "a,b\n", "[]" },
		{ "a,b\n1,x y\n", "[{\"a\":\"1\",\"b\":\"x y\"}]" },
		{ "a,b\r\n1,\r\n,2", "[{\"a\":\"1\",\"b\":\"\"},"
		                     "{\"a\":\"\",\"b\":\"2\"}]" },
		{ "\xef\xbb\xbf\"a\"\n\n x \n\n", "[{\"a\":\" x \"}]" },
		{ "a\n\"\"\n", "[{\"a\":\"\"}]" },
		{ "a,b\n\"1,\"\"2\"\"\",\"x\r\ny\nz\"\n",
		  "[{\"a\":\"1,\\\"2\\\"\",\"b\":\"x\\u000ay\\u000az\"}]" },
		{ "a\n\"x\ry\"", "[{\"a\":\"x\\u000dy\"}]" },
		{ "a\n=1+1\n@b\n", "[{\"a\":\"=1+1\"},{\"a\":\"@b\"}]" },
		{ "\xc3\xa4\n\xe2\x82\xac",
		  "[{\"\xc3\xa4\":\"\xe2\x82\xac\"}]" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };

		assert_row_text(i,
		                read_csv(&arena, cases[i].text,
		                         strlen(cases[i].text), NULL),
		                cases[i].wanted);
	}
}

static void test_csv__refuses_with_position(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* 0: strlen(text) */
		const char *wanted;
	} cases[] = {
		{ "a,b\n1\n", 0,
		  "2:1: the row has 1 cell, and the header has 2" },
		{ "a,b\n\"x\ny\",2\n1,2,3\n", 0,
		  "4:1: the row has 3 cells, and the header has 2" },
		{ "a,\n", 0, "1:3: column 2 has no name" },
		{ "a,b,a\n", 0, "1:5: two columns are named \"a\"" },
		{ "a\nx\"y\n", 0,
		  "2:2: a quote within a cell must be doubled and the cell "
		  "quoted" },
		{ "a\n\"x\"y\n", 0,
		  "2:4: there is text behind the closing quote" },
		{ "a,b\n1,\"x\n\ny", 0,
		  "2:3: the quote that opens here is not closed" },
		{ "a\nx\ry\n", 0,
		  "2:2: a carriage return ends no line; the cell needs "
		  "quotes" },
		{ "a\n\xc3\xa4\xff\n", 0,
		  "2:3: the byte 0xff is not valid UTF-8" },
		{ "a\nx\0", 4,
		  "2:2: the character U+0000 cannot stand in a text" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		size_t len =
		        cases[i].len > 0 ? cases[i].len : strlen(cases[i].text);
		const char *got = read_csv(&arena, cases[i].text, len, NULL);

		assert_row(i, strncmp(got, "f.csv:", 6) == 0);
		assert_row_text(i, got + 6, cases[i].wanted);
	}
}

static void test_csv__formats_of_banks(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *header = value_list(&arena);

	UNUSED_STATE(state);
	value_list_add(&arena, header, value_string(&arena, "who"));
	value_list_add(&arena, header, value_string(&arena, "what"));

	const struct {
		struct csv_format format;
		const char *text;
		const char *wanted;
	} cases[] = {
		{ { .delimiter = ';' },
		  "a;b\n1,5;\"x;y\"\n",
		  "[{\"a\":\"1,5\",\"b\":\"x;y\"}]" },
		{ { .delimiter = '\t' },
		  "a\tb\n1\t2\n",
		  "[{\"a\":\"1\",\"b\":\"2\"}]" },
		{ { .windows = true },
		  "gr\xf6\xdf"
		  "e\n5 \x80\x96\xff\n",
		  "[{\"gr\xc3\xb6\xc3\x9f"
		  "e\":\"5 \xe2\x82\xac\xe2\x80\x93\xc3\xbf\"}]" },
		{ { .windows = true },
		  "a\n\x81\n",
		  "f.csv:2:1: the byte 0x81 is not valid Windows-1252" },
		{ { .skip = 2 }, "Account \"1\"\n\na\nx\n", "[{\"a\":\"x\"}]" },
		{ { .skip = 9 }, "a\nx\n", "[]" },
		{ { .header = header },
		  "1,2\n3,4",
		  "[{\"what\":\"2\",\"who\":\"1\"},"
		  "{\"what\":\"4\",\"who\":\"3\"}]" },
		{ { .header = header },
		  "1,2\n3\n",
		  "f.csv:2:1: the row has 1 cell, and the header has 2" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row_text(i,
		                read_csv(&arena, cases[i].text,
		                         strlen(cases[i].text),
		                         &cases[i].format),
		                cases[i].wanted);
}

static void test_csv__cells_know_their_place(void **state)
{
	static const char text[] = "\na,b\n\"x\ny\",\"\"\"\"\n1,2\n";
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	const struct value *list =
	        csv_parse(&arena, "f.csv", text, strlen(text), NULL, &err);

	UNUSED_STATE(state);
	assert_non_null(list);
	assert_int_equal(list->pos.line, 2);
	assert_int_equal(value_get(list->items[0], "b")->pos.line, 4);
	assert_int_equal(value_get(list->items[0], "b")->pos.column, 4);
	assert_int_equal(list->items[1]->pos.line, 5);
	assert_int_equal(value_get(list->items[1], "b")->pos.column, 3);
}

static void test_csv__cells_have_a_limit(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf text = buf_make(LIMIT_DATA_FILE);
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	buf_add_text(&text, "a,b\n");
	buf_pad(&text, ',', LIMIT_CSV_CELLS);
	assert_null(csv_parse(&arena, "f.csv", text.at, text.len, NULL, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(err.pos.line, 2);
}

static struct value *parse_json(struct arena *arena, const char *text)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        json_parse(arena, "test", text, strlen(text), &err);

	if (value == NULL)
		fail_msg("%s", err.message);
	return value;
}

/* Texts come back as they were; numbers and truths as the texts of them. */
static void test_csv__written_and_read_again(void **state)
{
	static const struct {
		const char *json;
		const char *text;
	} cases[] = {
		{ "[]", "" },
		{ "[{\"a\":\"x\",\"b\":1.50},{\"b\":true,\"a\":null},{}]",
		  "a,b\nx,1.50\n,true\n,\n" },
		{ "[{\"a,b\":\"x,\\\"y\\\"\\n\",\"c\":\"=1\"}]",
		  "\"a,b\",c\n\"x,\"\"y\"\"\n\",=1\n" },
		{ "[{\"a\":\"\"},{\"a\":null},{\"a\":\"\\r\"}]",
		  "a\n\"\"\n\"\"\n\"\r\"\n" },
		{ "[{\"\xc3\xa4\":\" x \"}]", "\xc3\xa4\n x \n" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(1000);
		auto_buf struct buf again = buf_make(1000);
		auto_error struct error err = { 0 };
		struct value *list = parse_json(&arena, cases[i].json);

		assert_row(i, csv_write(&text, list, &err) == 0);
		assert_row_text(i, text.at, cases[i].text);
		list = csv_parse(&arena, "f.csv", text.at, text.len, NULL,
		                 &err);
		assert_row_text(i, err.message, NULL);
		assert_row(i, csv_write(&again, list, &err) == 0);
		assert_row_text(i, again.at, cases[i].text);
	}
}

static void test_csv__what_is_not_flat_is_not_written(void **state)
{
	static const struct {
		const char *json;
		const char *message;
	} cases[] = {
		{ "{}", "a map cannot be written as CSV; a list of flat maps "
		        "can" },
		{ "[{}]", "row 1 has no fields to name columns by" },
		{ "[{\"a\":1},2]",
		  "row 2 is a number, and a row of a CSV file is a map" },
		{ "[\"x\"]", "row 1 is a string, and a row of a CSV file is a "
		             "map" },
		{ "[{\"a\":1},{\"b\":1}]",
		  "row 2 has \"b\", and the first row does not" },
		{ "[{\"a\":[1]}]", "\"a\" of row 1 is a list, and a cell of a "
		                   "CSV file holds a single value" },
		{ "[{\"a\":1},{\"a\":{}}]",
		  "\"a\" of row 2 is a map, and a cell of a CSV file holds a "
		  "single value" },
		{ "[{\"a\":\"x\\u0000\"}]", "\"a\" of row 1 is not UTF-8, or "
		                            "has the character U+0000" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(1000);
		auto_error struct error err = { 0 };

		assert_row(i,
		           csv_write(&text, parse_json(&arena, cases[i].json),
		                     &err) == -1);
		assert_row(i, err.code == ERR_FAILED);
		assert_row_text(i, err.message, cases[i].message);
	}
}
