#include "tests/unit/unit.h"

#include "engine/job/document.h"
#include "store/base/json.h"

static struct value *parse_json(struct arena *arena, const char *json)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        json_parse(arena, "case", json, strlen(json), &err);

	if (!value)
		fail_msg("%s", err.message);
	return value;
}

static struct value *parse(struct arena *arena, const char *path,
                           const char *text)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        document_parse(arena, path, text, strlen(text), &err);

	if (!value)
		fail_msg("%s: %s", path, err.message);
	return value;
}

static void test_document__the_ending_decides(void **state)
{
	static const struct {
		const char *path;
		const char *text;
		const char *json;
	} cases[] = {
		{ "a.md", "---\nto: ann\n---\n\nHi.\n",
		  "{\"to\":\"ann\",\"text\":\"Hi.\\n\"}" },
		{ "a.md", "Hi.\n", "{\"text\":\"Hi.\\n\"}" },
		{ "b/a.yaml", "a: [ 1, on ]\n", "{\"a\":[1,\"on\"]}" },
		{ "a.yml", "1.50\n", "1.50" },
		{ "a.json", "{ \"a\": 1.50 }", "{\"a\":1.50}" },
		{ "a.csv", "a,b\n1,\n", "[{\"a\":\"1\",\"b\":\"\"}]" },
		{ "a.csv", "", "[]" },
		{ "a.txt", "a: 1\n", "\"a: 1\\n\"" },
		{ "a", "", "\"\"" },
		{ "a.yaml.txt", "{", "\"{\"" },
		{ "a.md/b", "---\na: 1\n---\n", "\"---\\na: 1\\n---\\n\"" },
		{ ".yaml", "x", "\"x\"" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct value *value =
		        parse(&arena, cases[i].path, cases[i].text);

		assert_row_text(
		        i, json_canonical(&arena, value),
		        json_canonical(&arena,
		                       parse_json(&arena, cases[i].json)));
	}
}

/* What is written is read back as what it was, and written the same again. */
static void test_document__is_read_back(void **state)
{
	static const struct {
		const char *path;
		const char *json;
	} cases[] = {
		{ "a.md", "{\"to\":\"ann\",\"n\":1.50,\"text\":\"Hi.\\n\"}" },
		{ "a.md", "{\"text\":\"---\\nno: front\\n---\\n\"}" },
		{ "a.md", "{\"text\":\"\\n\\n# Behind blank lines\\n\"}" },
		{ "a.md", "{\"list\":[],\"map\":{},\"text\":\"x\\n\"}" },
		{ "a.yaml",
		  "{\"a\":[1,{\"b\":null}],\"c\":\"on\",\"d\":\"\"}" },
		{ "a.yml", "[\"- a\",\"# b\",\"1\",true]" },
		{ "a.yaml", "\"two\\nlines\\n\"" },
		{ "a.yaml", "null" },
		{ "a.json", "{\"z\":1,\"a\":[1.0,\"\\u0000\",{}]}" },
		{ "a.json", "\"text\"" },
		{ "a.json", "[]" },
		{ "a.txt", "\"some\\ntext\\n\"" },
		{ "a.csv",
		  "[{\"a\":\"x\",\"b\":\"\"},{\"a\":\"1\",\"b\":\"2\"}]" },
		{ "a.csv", "[]" },
		{ "a", "\"\"" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(1 << 16);
		auto_buf struct buf again = buf_make(1 << 16);
		auto_error struct error err = { 0 };
		struct value *value = parse_json(&arena, cases[i].json);

		if (document_write(&text, cases[i].path, value, &err) < 0)
			fail_msg("row %zu: %s", i, err.message);
		struct value *read = document_parse(&arena, cases[i].path,
		                                    text.at, text.len, &err);
		if (!read)
			fail_msg("row %zu: %s", i, err.message);
		if (!value_equal(read, value))
			fail_msg("row %zu: %s", i,
			         json_canonical(&arena, read));
		assert_row(i, document_write(&again, cases[i].path, read,
		                             &err) == 0);
		assert_row_text(i, again.at, text.at);
	}
}

/* A text file ends in a newline, and may be made of what prints as one. */
static void test_document__texts_are_lines(void **state)
{
	static const struct {
		const char *path;
		const char *json;
		const char *text;
	} cases[] = {
		{ "a.txt", "\"x\"", "x\n" },
		{ "a.txt", "\"x\\n\"", "x\n" },
		{ "a.txt", "1.50", "1.50\n" },
		{ "a.txt", "true", "true\n" },
		{ "a.txt", "{\"text\":\"x\",\"more\":1}", "x\n" },
		{ "a.md", "\"x\"", "x\n" },
		{ "a.md", "{\"text\":\"x\"}", "x\n" },
		{ "a.csv", "\"a;b\\n\\\"x\\\"\"", "a;b\n\"x\"\n" },
		{ "a.csv", "{\"text\":\"a\\nx\",\"more\":1}", "a\nx\n" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(100);
		auto_error struct error err = { 0 };

		assert_row(i, document_write(&text, cases[i].path,
		                             parse_json(&arena, cases[i].json),
		                             &err) == 0);
		assert_row_text(i, text.at, cases[i].text);
	}
}

static void test_document__reeves_own_member_is_left_out(void **state)
{
	static const struct {
		const char *path;
		const char *text;
	} cases[] = {
		{ "a.md", "---\na: 1\n---\n\nx\n" },
		{ "a.yaml", "a: 1\ntext: |\n  x\n" },
		{ "a.json", "{\n  \"a\": 1,\n  \"text\": \"x\\u000a\"\n}\n" },
		{ "a.txt", "x\n" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(100);
		auto_error struct error err = { 0 };
		struct value *value = document_with_path(
		        &arena,
		        parse_json(&arena, "{\"a\":1,\"text\":\"x\\n\"}"),
		        cases[i].path);

		assert_row_text(i,
		                value_path(value, "file.path")
		                        ? value_path(value, "file.path")->text
		                        : NULL,
		                cases[i].path);
		assert_row(i, document_write(&text, cases[i].path, value,
		                             &err) == 0);
		assert_row_text(i, text.at, cases[i].text);
	}
}

static void test_document__rows_are_written_without_it_too(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf text = buf_make(100);
	auto_error struct error err = { 0 };
	const struct value *rows = parse_json(
	        &arena, "[{\"a\":1,\"file\":{\"path\":\"b.csv\"}},{\"a\":2}]");

	UNUSED_STATE(state);
	assert_int_equal(document_write(&text, "a.csv", rows, &err), 0);
	assert_string_equal(text.at, "a\n1\n2\n");
}

static void test_document__only_maps_know_their_path(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *list = parse_json(&arena, "[1]");

	UNUSED_STATE(state);
	assert_true(
	        value_equal(document_with_path(&arena, list, "a.json"), list));
}

static void test_document__what_an_ending_cannot_hold(void **state)
{
	static const struct {
		const char *path;
		const char *json;
	} cases[] = {
		{ "a.txt", "[]" },
		{ "a.txt", "{}" },
		{ "a.txt", "null" },
		{ "a.txt", "{\"text\":[]}" },
		{ "a.txt", "{\"text\":null}" },
		{ "a.md", "[\"x\"]" },
		{ "a.md", "null" },
		{ "a.csv", "[{\"a\":{}}]" },
		{ "a.csv", "{\"a\":1}" },
		{ "a.csv", "null" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(100);
		auto_error struct error err = { 0 };

		assert_row(i, document_write(&text, cases[i].path,
		                             parse_json(&arena, cases[i].json),
		                             &err) == -1);
		assert_row(i, err.code == ERR_FAILED);
	}
}

static void test_document__has_the_buffers_limit(void **state)
{
	static const char *const paths[] = { "a.md", "a.yaml", "a.json",
		                             "a.txt" };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(10);
		auto_error struct error err = { 0 };
		struct value *value = parse_json(
		        &arena, "{\"text\":\"more than ten bytes\"}");

		assert_row(i,
		           document_write(&text, paths[i], value, &err) == -1);
		assert_row(i, err.code == ERR_LIMIT);
	}
}

static void test_document__check_says_what_writing_says(void **state)
{
	static const struct {
		const char *path;
		const char *json;
		enum error_code code;
	} cases[] = {
		{ "a.txt", "\"123456789\"", ERR_NONE },
		{ "a.txt", "\"1234567890\"", ERR_LIMIT },
		{ "a.txt", "123456789\n", ERR_NONE },
		{ "a.txt", "[]", ERR_FAILED },
		{ "a.txt", "null", ERR_FAILED },
		{ "a.txt", "{\"text\":\"12345\"}", ERR_NONE },
		{ "a.txt", "{\"text\":\"1234567890\"}", ERR_LIMIT },
		{ "a.md", "\"123456789\"", ERR_NONE },
		{ "a.csv", "\"123456789\"", ERR_NONE },
		{ "a.json", "\"12345678\"", ERR_LIMIT },
		{ "a.json", "\"1234567\"", ERR_NONE },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error checked = { 0 };
		auto_error struct error written = { 0 };
		auto_buf struct buf text = buf_make(10);
		struct value *value = parse_json(&arena, cases[i].json);

		int status = document_check(cases[i].path, value, 10, &checked);

		assert_row(i, status == document_write(&text, cases[i].path,
		                                       value, &written));
		assert_row(i, checked.code == cases[i].code);
		assert_row(i, written.code == cases[i].code);
	}
}

static void test_document__nonsense_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *path;
		const char *text;
		unsigned line;
	} cases[] = {
		{ "a.md", "---\na: 1\nb: [\n---\n\nx\n", 0 },
		{ "a.md", "---\na: 1\na: 2\n---\n", 3 },
		{ "a.md", "---\ntext: 1\n---\n", 2 },
		{ "a.yaml", "a: 1\na: 2\n", 2 },
		{ "a.json", "{\n", 0 },
		{ "a.json", "", 0 },
		{ "a.csv", "a,b\n1\n", 2 },
		{ "a.txt", "\xff\xfe", 0 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };

		assert_row(i,
		           !document_parse(&arena, cases[i].path, cases[i].text,
		                           strlen(cases[i].text), &err));
		assert_row(i, err.code == ERR_CONFIG);
		assert_row(i, !cases[i].line || err.pos.line == cases[i].line);
	}
}
