#include "tests/unit/unit.h"

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/json.h"
#include "store/base/yaml.h"

static void test_markdown__front_matter_and_text(void **state)
{
	static const struct {
		const char *file;
		const char *json;
	} cases[] = {
		{ "", "{\"text\":\"\"}" },
		{ "Hello\n", "{\"text\":\"Hello\\u000a\"}" },
		{ "\nHello", "{\"text\":\"\\u000aHello\"}" },
		{ "---\na: 1\n---\nHello\n",
		  "{\"a\":1,\"text\":\"Hello\\u000a\"}" },
		{ "---\na: 1\n---\n\nHello\n",
		  "{\"a\":1,\"text\":\"Hello\\u000a\"}" },
		{ "---\na: 1\n---\n\n\nHello\n",
		  "{\"a\":1,\"text\":\"\\u000aHello\\u000a\"}" },
		{ "---\na: 1\n---", "{\"a\":1,\"text\":\"\"}" },
		{ "---\n---\nx", "{\"text\":\"x\"}" },
		{ "--- \na: |\n  x\n  ---\n---\t\nx\n---\ny\n",
		  "{\"a\":\"x\\u000a---\\u000a\","
		  "\"text\":\"x\\u000a---\\u000ay\\u000a\"}" },
		{ "\xef\xbb\xbf---\r\na: b\r\n---\r\n\r\nx\r\ny\r\n",
		  "{\"a\":\"b\",\"text\":\"x\\u000ay\\u000a\"}" },
		{ "----\nx\n", "{\"text\":\"----\\u000ax\\u000a\"}" },
		{ " ---\nx", "{\"text\":\" ---\\u000ax\"}" },
		{ "x\n---\ny", "{\"text\":\"x\\u000a---\\u000ay\"}" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct value *map =
		        markdown_parse(&arena, "f.md", cases[i].file,
		                       strlen(cases[i].file), &err);

		assert_row_text(i, err.message, NULL);
		assert_row_text(i, json_canonical(&arena, map), cases[i].json);
	}
}

static void test_markdown__refuses_with_position(void **state)
{
	static const struct {
		const char *file;
		size_t len; /* 0: strlen(file) */
		unsigned line;
		unsigned column;
		const char *message;
	} cases[] = {
		{ "---\na: 1\n", 0, 1, 1,
		  "the front matter that begins here has no closing \"---\"" },
		{ "---", 0, 1, 1,
		  "the front matter that begins here has no closing \"---\"" },
		{ "---\n- a\n---\n", 0, 2, 1,
		  "the front matter must be a map, not a list" },
		{ "---\na: 1\nb: @\n---\n", 0, 3, 4,
		  "a text that begins with \"@\" needs quotes" },
		{ "---\na: 1\ntext: b\n---\n", 0, 3, 1,
		  "\"text\" cannot be a field of the front matter; it is what "
		  "follows it" },
		{ "---\na: 1\n---\n\nx\n\xc3\xa4\xff", 0, 6, 3,
		  "the byte 0xff is not valid UTF-8" },
		{ "x\ny\0", 4, 2, 2,
		  "the character U+0000 cannot stand in a text" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		size_t len =
		        cases[i].len > 0 ? cases[i].len : strlen(cases[i].file);

		assert_row(i, markdown_parse(&arena, "f.md", cases[i].file, len,
		                             &err) == NULL);
		assert_row_text(i, err.message, cases[i].message);
		assert_row_text(i, err.file, "f.md");
		assert_row(i, err.pos.line == cases[i].line);
		assert_row(i, err.pos.column == cases[i].column);
	}
}

static void test_markdown__positions_are_those_of_the_file(void **state)
{
	static const char file[] = "---\na: 1\nb: x\n---\n\n# T\n\n  {{b}}\n";
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	struct value *map =
	        markdown_parse(&arena, "f.md", file, strlen(file), &err);
	const struct value *text = value_get(map, "text");
	size_t offset = (size_t)(strstr(text->text, "{{") - text->text);

	UNUSED_STATE(state);
	assert_int_equal(value_member(map, "b")->pos.line, 3);
	assert_int_equal(value_pos_at(text, 0).line, 6);
	assert_int_equal(value_pos_at(text, 2).column, 3);
	assert_int_equal(value_pos_at(text, offset).line, 8);
	assert_int_equal(value_pos_at(text, offset).column, 3);
}

static char *write_markdown(struct arena *arena, const struct value *map)
{
	auto_buf struct buf buf = buf_make(1 << 16);
	auto_error struct error err = { 0 };

	if (markdown_write(&buf, map, &err) < 0)
		fail_msg("%s", err.message);
	return arena_strndup(arena, buf.at, buf.len);
}

static void test_markdown__written_and_read_again(void **state)
{
	static const struct {
		const char *title; /* NULL: no field */
		const char *text;
		const char *file;
	} cases[] = {
		{ "x", "Hello", "---\ntitle: x\n---\n\nHello\n" },
		{ "x", "Hello\n\n\n", "---\ntitle: x\n---\n\nHello\n" },
		{ "x", "\n\nHello\n", "---\ntitle: x\n---\n\n\n\nHello\n" },
		{ "x", "", "---\ntitle: x\n---\n" },
		{ "x", NULL, "---\ntitle: x\n---\n" },
		{ "x", "---\na\n", "---\ntitle: x\n---\n\n---\na\n" },
		{ NULL, "Hello", "Hello\n" },
		{ NULL, "\nHello", "\nHello\n" },
		{ NULL, "", "" },
		{ NULL, "---\na", "---\n---\n\n---\na\n" },
		{ "a\n---\nb", "t",
		  "---\ntitle: |-\n  a\n  ---\n  b\n---\n\nt\n" },
		{ "---", "t", "---\ntitle: \"---\"\n---\n\nt\n" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct value *map = value_map(&arena);
		struct value *again;
		char *file;

		value_map_text(&arena, map, "text", cases[i].text);
		value_map_text(&arena, map, "title", cases[i].title);
		file = write_markdown(&arena, map);
		assert_row_text(i, file, cases[i].file);
		again = markdown_parse(&arena, "f", file, strlen(file), &err);
		assert_row(i, again != NULL);
		assert_row_text(i, write_markdown(&arena, again), file);
		assert_row_text(i, value_get_text(again, "title", NULL),
		                cases[i].title);
	}
}

static void test_markdown__refuses_to_write_what_is_none(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *number = value_map(&arena);
	struct value *bytes = value_map(&arena);
	struct value *field = value_map(&arena);
	const struct value *cases[] = { value_list(&arena), number, bytes,
		                        field };

	UNUSED_STATE(state);
	value_map_int(&arena, number, "text", 1);
	value_map_set(&arena, bytes, "text", value_bytes(&arena, "a\0", 2));
	value_map_set(&arena, field, "a", value_bytes(&arena, "\xff", 1));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf buf = buf_make(1 << 16);
		auto_error struct error err = { 0 };

		assert_row(i, markdown_write(&buf, cases[i], &err) == -1);
		assert_row(i, err.code == ERR_FAILED);
	}
}
