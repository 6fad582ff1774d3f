#include "tests/unit/unit.h"

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/yaml.h"

static char *write_yaml(struct arena *arena, const struct value *value)
{
	auto_buf struct buf buf = buf_make(1 << 20);
	auto_error struct error err = { 0 };

	if (yaml_write(&buf, value, &err) < 0)
		fail_msg("%s", err.message);
	return arena_strndup(arena, buf.at, buf.len);
}

/* Write, read and compare. */
static void assert_round_trip(struct arena *arena, const struct value *value)
{
	auto_error struct error err = { 0 };
	const char *text = write_yaml(arena, value);
	const struct value *again =
	        yaml_parse(arena, "f", text, strlen(text), 1, &err);

	if (again == NULL)
		fail_msg("%u:%u: %s in:\n%s", err.pos.line, err.pos.column,
		         err.message, text);
	if (!value_equal(value, again))
		fail_msg("not the same again:\n%s", text);
	assert_string_equal(write_yaml(arena, again), text);
}

/* A string as value, name and item, first, in the middle and last. */
static void assert_string_round_trip(struct arena *arena, const char *text,
                                     size_t len)
{
	struct value *string = value_bytes(arena, text, len);
	struct value *map = value_map(arena);
	struct value *inner = value_map(arena);
	struct value *list = value_list(arena);
	struct value *nested = value_list(arena);

	value_map_set(arena, inner, text, string);
	value_map_set(arena, inner, "k", string);
	value_list_add(arena, nested, string);
	value_list_add(arena, nested, string);
	value_list_add(arena, list, string);
	value_list_add(arena, list, nested);
	value_list_add(arena, list, inner);
	value_list_add(arena, list, string);
	value_map_set(arena, map, "first", string);
	value_map_set(arena, map, text, list);
	value_map_set(arena, map, "inner", inner);
	value_map_set(arena, map, "last", string);
	assert_round_trip(arena, string);
	assert_round_trip(arena, list);
	assert_round_trip(arena, map);
}

static void test_yaml_write__any_text_comes_back(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"\n",
		"\n\n",
		"\t",
		" lead",
		"trail ",
		"a\tb",
		"\ta",
		"a\t",
		"no",
		"yes",
		"null",
		"~",
		"true",
		"False",
		"1",
		"1.0",
		"+1",
		"-1",
		"007",
		"0x1f",
		"1e5",
		"1e999",
		".5",
		".inf",
		"-.INF",
		".nan",
		"12:30",
		"2024-01-31",
		"99999999999999999999999",
		"a: b",
		"a:",
		":",
		": a",
		":a",
		"a:b",
		"a #b",
		"a#b",
		"#x",
		"# x",
		"{{x}}",
		"a {{x}}",
		"{a}",
		"[a]",
		"a, b",
		"- a",
		"-",
		"-a",
		"--",
		"---",
		"--- a",
		"...",
		"... a",
		"..a",
		"? a",
		"?a",
		"!a",
		"&a",
		"*a",
		"%a",
		"@a",
		"`a`",
		"|",
		"| a",
		">",
		"'a'",
		"\"a\"",
		"it's",
		"say \"hi\"",
		"<<",
		"=",
		"\\",
		"a\\nb",
		"a\nb",
		"a\nb\n",
		"a\nb\n\n",
		"a\n\n\nb\n\n\n",
		"\na",
		"\n\na\n",
		" a\nb",
		"  a\n b\n",
		"\ta\nb\n",
		"\n a\nb",
		"\n\ta",
		"a\n b\n  c\n",
		"a\n \nb",
		"a\n      \nb\n",
		"a\n ",
		"a\n  \n",
		"a\n\t",
		"a \nb ",
		" \na",
		" \n\n a",
		"a\n---\nb\n",
		"a\n...\n",
		"a\n# b\n",
		"- a\n- b\n",
		"a: b\nc: d\n",
		"a\r\nb\r\n",
		"a\rb",
		"\r",
		"\xc2\x85",
		"a\xc2\x85"
		"b",
		"\xe2\x80\xa8",
		"a\n\xe2\x80\xa9",
		"\xef\xbb\xbf"
		"a",
		"a\n\xef\xbb\xbf",
		"\xef\xbf\xbe",
		"\x01\x1f\x7f",
		"a\x1b[31m\n",
		"\xe2\x80\xae"
		"evil",
		"\xf0\x9f\x98\x80",
		"\xc3\xa4\n\xf0\x9f\x98\x80\n",
		"\xc2\xa0",
		"a\xc2\xa0",
		"\xe3\x80\x80 x",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_arena struct arena arena = { 0 };

		assert_string_round_trip(&arena, texts[i], strlen(texts[i]));
	}
}

static void test_yaml_write__mixed_texts_come_back(void **state)
{
	enum {
		ROUNDS = 4000,
		PIECES = 8
	};

	static const char *const pieces[] = {
		"a",  "b c", " ",  "  ", "\n",       "\n\n",     "\t",
		":",  ": ",  "#",  " #", "-",        "- ",       "\"",
		"'",  "{{",  "}}", "[",  "|",        "1",        ".",
		"\r", "\\",  "?",  "%",  "\xc3\xa4", "\xc2\x85",
	};
	uint64_t random = 42;

	UNUSED_STATE(state);
	for (int i = 0; i < ROUNDS; i++) {
		auto_arena struct arena arena = { 0 };
		char text[PIECES * 4] = { 0 };
		size_t count = (size_t)i % PIECES;

		for (size_t j = 0; j < count; j++) {
			random = random * UINT64_C(6364136223846793005) +
			         UINT64_C(1442695040888963407);
			strcat(text,
			       pieces[(random >> 33) % ARRAY_LEN(pieces)]);
		}
		assert_string_round_trip(&arena, text, strlen(text));
	}
}

static void test_yaml_write__long_names_and_texts_come_back(void **state)
{
	static const size_t lengths[] = { 159, 160, 161, 1023, 1024, 5000 };
	static const char *const units[] = { "a", "\xc3\xa4", "\n",
		                             " ", "a b\n",    "\xe2\x80\xae" };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(lengths) * ARRAY_LEN(units); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(1 << 16);
		const char *unit = units[i % ARRAY_LEN(units)];

		while (text.len < lengths[i / ARRAY_LEN(units)])
			buf_add_text(&text, unit);
		assert_string_round_trip(&arena, text.at, text.len);
	}
}

static void test_yaml_write__looks_as_people_write_it(void **state)
{
	static const char wanted[] = "title: \"Proposal: Acme\"\n"
	                             "revision: 3\n"
	                             "total: 1200.50\n"
	                             "draft: true\n"
	                             "note: null\n"
	                             "none: []\n"
	                             "nothing: {}\n"
	                             "at: 12:30\n"
	                             "effects:\n"
	                             "  - effect: email.send\n"
	                             "    with:\n"
	                             "      to: \"{{brief.email}}\"\n"
	                             "      cc:\n"
	                             "        - a@b.de\n"
	                             "        - c@d.de\n"
	                             "      text: |\n"
	                             "        Hello J\xc3\xb6rg,\n"
	                             "\n"
	                             "          indented\n"
	                             "    tail: |-\n"
	                             "      a\n"
	                             "      b\n"
	                             "    lead: |2+\n"
	                             "         a\n"
	                             "\n"
	                             "  - - 1\n"
	                             "    - - 2\n"
	                             "      - x: y\n"
	                             "        z: w\n"
	                             "  - []\n"
	                             "long \"name\": \"tab\\there\"\n";
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	struct value *value =
	        yaml_parse(&arena, "f", wanted, strlen(wanted), 1, &err);

	UNUSED_STATE(state);
	assert_non_null(value);
	assert_string_equal(write_yaml(&arena, value), wanted);
}

static void test_yaml_write__scalars_alone(void **state)
{
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	assert_string_equal(write_yaml(&arena, value_null(&arena)), "null\n");
	assert_string_equal(write_yaml(&arena, value_map(&arena)), "{}\n");
	assert_string_equal(write_yaml(&arena, value_string(&arena, "a")),
	                    "a\n");
	assert_round_trip(&arena, value_null(&arena));
	assert_round_trip(&arena, value_list(&arena));
	assert_round_trip(&arena, value_number(&arena, "1e5"));
	assert_round_trip(&arena, value_bool(&arena, false));
}

static void test_yaml_write__long_names_are_explicit(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *map = value_map(&arena);
	char name[162];

	UNUSED_STATE(state);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	value_map_int(&arena, map, name, 1);
	assert_string_equal(write_yaml(&arena, map),
	                    arena_printf(&arena, "? %s\n: 1\n", name));
}

static void test_yaml_write__refuses_what_cannot_be_read(void **state)
{
	static const struct {
		const char *bytes;
		const char *message;
	} cases[] = {
		{ "a\0b",
		  "a text with the character U+0000 cannot be written as "
		  "YAML" },
		{ "a\xff"
		  "b",
		  "a text that is not UTF-8 cannot be written as YAML" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		auto_buf struct buf buf = buf_make(100);
		struct value *list = value_list(&arena);

		value_list_add(&arena, list,
		               value_bytes(&arena, cases[i].bytes, 3));
		assert_row(i, yaml_write(&buf, list, &err) == -1);
		assert_row_text(i, err.message, cases[i].message);
	}
}

static void test_yaml_write__depth_is_limited_as_in_reading(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_buf struct buf buf = buf_make(1 << 20);
	struct value *value = value_int(&arena, 1);

	UNUSED_STATE(state);
	for (unsigned i = 0; i < LIMIT_YAML_DEPTH; i++) {
		struct value *list = value_list(&arena);

		value_list_add(&arena, list, value);
		value = list;
	}
	assert_round_trip(&arena, value);
	value_list_add(&arena, value, value_copy(&arena, value));
	assert_int_equal(yaml_write(&buf, value, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
}

static void test_yaml_write__reports_a_full_buffer(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_buf struct buf buf = buf_make(4);

	UNUSED_STATE(state);
	assert_int_equal(yaml_write(&buf, value_string(&arena, "abcdef"), &err),
	                 -1);
	assert_int_equal(err.code, ERR_LIMIT);
}
