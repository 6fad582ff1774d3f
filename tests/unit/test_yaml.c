#include "tests/unit/unit.h"

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/yaml.h"

static struct value *parse(struct arena *arena, const char *text)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        yaml_parse(arena, "f.yaml", text, strlen(text), 1, &err);

	if (value == NULL)
		fail_msg("%u:%u: %s\nin: %s", err.pos.line, err.pos.column,
		         err.message, text);
	return value;
}

/* `count` times `text` on the heap. */
static char *repeat(const char *text, size_t count)
{
	size_t len = strlen(text);
	char *all = mem_zalloc(count * len + 1, 1);

	for (size_t i = 0; i < count; i++)
		memcpy(all + i * len, text, len);
	return all;
}

static void test_yaml__reads_what_json_says_of_it(void **state)
{
	static const struct {
		const char *yaml;
		const char *json;
	} cases[] = {
		{ "", "null" },
		{ "# only a comment\n", "null" },
		{ "---\n", "null" },
		{ "--- a\n...\n", "\"a\"" },
		{ "%YAML 1.2\n---\na\n", "\"a\"" },
		{ "a: 1\nb: [x, 'y', \"z\"]\n",
		  "{\"a\":1,\"b\":[\"x\",\"y\",\"z\"]}" },
		{ "- - 1\n  - 2\n- {a: b}\n", "[[1,2],{\"a\":\"b\"}]" },
		{ "a:\nb: ~\nc: null\n", "{\"a\":null,\"b\":null,\"c\":null}" },
		{ "a: |\n  x\n  y\nb: >-\n  x\n  y\n",
		  "{\"a\":\"x\\u000ay\\u000a\",\"b\":\"x y\"}" },
		{ "\xef\xbb\xbf"
		  "a: 1\r\nb: |\r\n  x\r\n  y\r\n",
		  "{\"a\":1,\"b\":\"x\\u000ay\\u000a\"}" },
		{ "? a\n: b\n", "{\"a\":\"b\"}" },
		{ "a: \"\\u00e4\\x41\"\n", "{\"a\":\"\xc3\xa4"
		                           "A\"}" },
		{ "'<<': 1\n'1': 2\n", "{\"1\":2,\"<<\":1}" },
		{ "a: see {{b}}\n", "{\"a\":\"see {{b}}\"}" },
		{ "a: http://x.de/?q=1#top\n",
		  "{\"a\":\"http://x.de/?q=1#top\"}" },
		{ "{}", "{}" },
		{ "[]", "[]" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct value *value = parse(&arena, cases[i].yaml);

		assert_row_text(i, json_canonical(&arena, value),
		                cases[i].json);
	}
}

static void test_yaml__plain_scalars_follow_the_core_schema(void **state)
{
	static const struct {
		const char *yaml;
		const char *json;
	} cases[] = {
		{ "~", "null" },
		{ "Null", "null" },
		{ "nULL", "\"nULL\"" },
		{ "True", "true" },
		{ "TRUE", "true" },
		{ "false", "false" },
		{ "tRUE", "\"tRUE\"" },
		{ "yes", "\"yes\"" },
		{ "no", "\"no\"" },
		{ "on", "\"on\"" },
		{ "12:30", "\"12:30\"" },
		{ "2024-02-30", "\"2024-02-30\"" },
		{ "12", "12" },
		{ "-12", "-12" },
		{ "+12", "12" },
		{ "-0", "0" },
		{ "1200.50", "1200.50" },
		{ "1e3", "1e3" },
		{ "+1.5E-3", "1.5E-3" },
		{ "0x1F", "31" },
		{ "0o17", "15" },
		{ "0o18", "\"0o18\"" },
		{ "0x", "\"0x\"" },
		{ "0xffffffffffffffff", "18446744073709551615" },
		{ "18446744073709551615", "18446744073709551615" },
		{ "007", "\"007\"" },
		{ "1.", "\"1.\"" },
		{ ".5", "\".5\"" },
		{ "1_000", "\"1_000\"" },
		{ "0b1", "\"0b1\"" },
		{ "+", "\"+\"" },
		{ "++1", "\"++1\"" },
		{ "'12'", "\"12\"" },
		{ "\"true\"", "\"true\"" },
		{ "inf", "\"inf\"" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct value *value = parse(&arena, cases[i].yaml);

		assert_row_text(i, json_canonical(&arena, value),
		                cases[i].json);
	}
}

struct refusal {
	const char *yaml;
	size_t len; /* 0: strlen(yaml) */
	unsigned line;
	unsigned column;
	const char *message;
	const char *hint;
};

static void assert_refusals(const struct refusal *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		const char *yaml = cases[i].yaml;
		size_t len = cases[i].len > 0 ? cases[i].len : strlen(yaml);

		/* The reader must not look behind the end of the text. */
		auto_free char *exact = mem_alloc(len);
		memcpy(exact, yaml, len);
		assert_row(i, yaml_parse(&arena, "f.yaml", exact, len, 1,
		                         &err) == NULL);
		assert_row_text(i, err.message, cases[i].message);
		assert_row(i, err.code == ERR_CONFIG);
		assert_row_text(i, err.file, "f.yaml");
		if (err.pos.line != cases[i].line ||
		    err.pos.column != cases[i].column)
			fail_msg("row %zu: at %u:%u, wanted %u:%u", i,
			         err.pos.line, err.pos.column, cases[i].line,
			         cases[i].column);
		assert_row_text(i, err.hint, cases[i].hint);
	}
}

static void test_yaml__refuses_what_is_not_supported(void **state)
{
	static const struct refusal cases[] = {
		{ "a: &x 1\n", 0, 1, 4, "anchors (\"&\") are not supported",
		  NULL },
		{ "a: &x [1]\n", 0, 1, 4, "anchors (\"&\") are not supported",
		  NULL },
		{ "a: 1\nb: *a\n", 0, 2, 4, "aliases (\"*\") are not supported",
		  NULL },
		{ "a: !!str 1\n", 0, 1, 4, "tags (\"!\") are not supported",
		  NULL },
		{ "- ! x\n", 0, 1, 3, "tags (\"!\") are not supported", NULL },
		{ "a: {b: 1}\n<<: {c: 1}\n", 0, 2, 1,
		  "merge keys (\"<<\") are not supported", NULL },
		{ "a: 1\n---\nb: 2\n", 0, 2, 1,
		  "a second document; one file is one document", NULL },
		{ "%YAML 1.1\n---\na\n", 0, 1, 1,
		  "YAML 1.1 is not supported, only 1.2", NULL },
		{ "b: 1\na: 2\nb: 3\n", 0, 3, 1,
		  "the key \"b\" is there twice, first in line 1", NULL },
		{ "a: {b: 1, \"b\": 2}\n", 0, 1, 11,
		  "the key \"b\" is there twice, first in line 1", NULL },
		{ "1: a\n", 0, 1, 1,
		  "a key must be a string; write \"1\" in quotes", NULL },
		{ "x:\n  true: a\n", 0, 2, 3,
		  "a key must be a string; write \"true\" in quotes", NULL },
		{ "?\n: a\n", 0, 1, 2, "a key is missing before this", NULL },
		{ "[a]: b\n", 0, 1, 1, "a key must be a string, not a list",
		  NULL },
		{ "x: {{a: b}: c}\n", 0, 1, 4,
		  "a value that begins with {{ needs quotes: "
		  "x: \"{{a: b}: c}\"",
		  NULL },
		{ "a: .inf\n", 0, 1, 4, "\".inf\" is not a finite number",
		  NULL },
		{ "a: -.Inf\n", 0, 1, 4, "\"-.Inf\" is not a finite number",
		  NULL },
		{ "a: .NaN\n", 0, 1, 4, "\".NaN\" is not a finite number",
		  NULL },
		{ "a: 1e999\n", 0, 1, 4,
		  "the number 1e999 is too large; a text needs quotes", NULL },
		{ "a: 0x10000000000000000\n", 0, 1, 4,
		  "the number 0x10000000000000000 is too large; "
		  "a text needs quotes",
		  NULL },
		{ "a: 18446744073709551616\n", 0, 1, 4,
		  "the number 18446744073709551616 is too large; "
		  "a text needs quotes",
		  NULL },
	};

	UNUSED_STATE(state);
	assert_refusals(cases, ARRAY_LEN(cases));
}

static void test_yaml__refuses_bytes_that_are_no_text(void **state)
{
	static const struct refusal cases[] = {
		{ "a: \xff\n", 0, 1, 4, "the byte 0xff is not valid UTF-8",
		  NULL },
		{ "a\nb: \xc3\xa4\xed\xa0\x80\n", 0, 2, 6,
		  "the byte 0xed is not valid UTF-8", NULL },
		{ "a: b\0c\n", 7, 1, 5,
		  "the character U+0000 cannot stand in YAML", NULL },
		{ "a: \"b\\0c\"\n", 0, 1, 4,
		  "the character U+0000 cannot stand in a text", NULL },
		{ "a: \x07\n", 0, 1, 4,
		  "the character U+0007 cannot stand in YAML",
		  "In double quotes it is \"\\u0007\"." },
		{ "a: b\xc2\x85"
		  "c: d\n",
		  0, 1, 5, "the character U+0085 cannot stand in YAML",
		  "In double quotes it is \"\\u0085\"." },
		{ "a: \xe2\x80\xa8\n", 0, 1, 4,
		  "the character U+2028 cannot stand in YAML",
		  "In double quotes it is \"\\u2028\"." },
		{ "a: b\rc: d\n", 0, 1, 5,
		  "a carriage return without a newline", NULL },
		{ "a: b\r", 0, 1, 5, "a carriage return without a newline",
		  NULL },
		{ "a: \"\\ud800\"\n", 0, 1, 7, "this escape is not a character",
		  NULL },
	};

	UNUSED_STATE(state);
	assert_refusals(cases, ARRAY_LEN(cases));
}

static void test_yaml__template_braces_need_quotes(void **state)
{
#define NEEDS "a value that begins with {{ needs quotes: "
	static const struct refusal cases[] = {
		{ "mail:\n  to: {{brief.email}}\n", 0, 2, 7,
		  NEEDS "to: \"{{brief.email}}\"", NULL },
		{ "to: {{brief.email}}", 0, 1, 5,
		  NEEDS "to: \"{{brief.email}}\"", NULL },
		{ "- {{a}} and {{b}}  # c\n", 0, 1, 3,
		  NEEDS "\"{{a}} and {{b}}\"", NULL },
		{ "with: { to: {{a.b}}, cc: x }\n", 0, 1, 13,
		  NEEDS "to: \"{{a.b}}\"", NULL },
		{ "with: [{{{a}}}, b]\n", 0, 1, 8, NEEDS "\"{{{a}}}\"", NULL },
		{ "- to: {{> part}}\n", 0, 1, 7, NEEDS "to: \"{{> part}}\"",
		  NULL },
		{ "to: {{#a}}x{{/a}}\n", 0, 1, 5, NEEDS "to: \"{{#a}}x{{/a}}\"",
		  NULL },
		{ "to: {{a \"b\"}}\n", 0, 1, 5, NEEDS "to: '{{a \"b\"}}'",
		  NULL },
		{ "\xc3\xa4: {{a}}\n", 0, 1, 5, NEEDS "\xc3\xa4: \"{{a}}\"",
		  NULL },
		{ "a: b\n{{x}}\n", 0, 2, 1, NEEDS "\"{{x}}\"", NULL },
	};
#undef NEEDS

	UNUSED_STATE(state);
	assert_refusals(cases, ARRAY_LEN(cases));
}

static void test_yaml__syntax_errors_say_what_to_type(void **state)
{
	static const struct refusal cases[] = {
		{ "a:\n\tb: c\n", 0, 2, 1, "a tab cannot indent YAML",
		  "Use two spaces for each level." },
		{ "a:\n  b: c\n \td: e\n", 0, 3, 2, "a tab cannot indent YAML",
		  "Use two spaces for each level." },
		{ "a: b: c\n", 0, 1, 5,
		  "a \":\" cannot stand here; a text with \": \" in it needs "
		  "quotes",
		  NULL },
		{ "a: 1\nb\nc: 2\n", 0, 2, 1,
		  "a \":\" is missing behind this key", NULL },
		{ "a: 1\n  b: 2\n", 0, 2, 4,
		  "a \":\" cannot stand here; a text with \": \" in it needs "
		  "quotes",
		  NULL },
		{ "a: 1\n- b\n", 0, 2, 1,
		  "a key was expected here; look at the indentation and the "
		  "quotes",
		  NULL },
		{ "- a\nb: 1\n", 0, 2, 1,
		  "\"- \" was expected here; look at the indentation", NULL },
		{ "a: \"x\nb: 1\n", 0, 1, 4,
		  "the quote that begins here is not closed", NULL },
		{ "a: \"x: {{y}}\nb: 1\n", 0, 1, 4,
		  "the quote that begins here is not closed", NULL },
		{ "a: [1, 2\nb: 3\n", 0, 2, 2,
		  "\",\" or \"]\" was expected here", NULL },
		{ "a: {b: 1\nc\n", 0, 3, 1, "\",\" or \"}\" was expected here",
		  NULL },
		{ "a: \"\\d\"\n", 0, 1, 5,
		  "unknown escape; in double quotes a backslash is written "
		  "\\\\",
		  NULL },
		{ "a: - b\n", 0, 1, 4,
		  "a list cannot begin here; put it on lines of its own",
		  NULL },
		{ "a: @b\n", 0, 1, 4,
		  "a text that begins with \"@\" needs quotes", NULL },
		{ "a: `b`\n", 0, 1, 4,
		  "a text that begins with \"`\" needs quotes", NULL },
		{ "a: %b\n", 0, 1, 4,
		  "a text that begins with \"%\" needs quotes", NULL },
		{ "a: **b**\n", 0, 1, 4,
		  "a text that begins with \"&\" or \"*\" needs quotes", NULL },
		{ "a: | b\n  c\n", 0, 1, 6,
		  "the text of \"|\" or \">\" begins on the next line", NULL },
		{ "\"a\" b\n", 0, 1, 5,
		  "the value ended before this; look at the indentation and "
		  "the quotes",
		  NULL },
	};

	UNUSED_STATE(state);
	assert_refusals(cases, ARRAY_LEN(cases));
}

static void test_yaml__depth_is_limited_at_once(void **state)
{
	static const char *const units[] = { "[",  "{",    "{{",   "- ",
		                             "? ", "{a: ", "[a: ", "[\n" };
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		auto_error struct error err = { 0 };
		auto_free char *bomb = repeat(units[i], 200000);

		assert_row(i, yaml_parse(&arena, "f.yaml", bomb, 200000, 1,
		                         &err) == NULL);
		assert_row(i, err.code == ERR_CONFIG);
	}
}

static void test_yaml__depth_limit_is_exact(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_free char *open = repeat("[", LIMIT_YAML_DEPTH + 1);
	auto_free char *close = repeat("]", LIMIT_YAML_DEPTH + 1);
	const char *deep = arena_printf(&arena, "%s%s", open + 1, close + 1);
	const char *deeper = arena_printf(&arena, "%s%s", open, close);

	UNUSED_STATE(state);
	assert_non_null(parse(&arena, deep));
	assert_null(
	        yaml_parse(&arena, "f.yaml", deeper, strlen(deeper), 1, &err));
	assert_string_equal(err.message,
	                    "lists and maps are nested deeper than 64 levels");
	assert_int_equal(err.pos.column, LIMIT_YAML_DEPTH + 1);
}

static void test_yaml__nodes_and_size_are_limited(void **state)
{
	auto_free char *many = repeat("[],", LIMIT_YAML_NODES + 1);
	auto_free char *large = repeat("#", LIMIT_YAML_FILE + 1);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	many[1] = 'a';
	assert_null(yaml_parse(&arena, "f.yaml", many, strlen(many), 1, &err));
	assert_string_equal(err.message,
	                    arena_printf(&arena,
	                                 "more than %u values in one file",
	                                 LIMIT_YAML_NODES));
	assert_int_equal(err.pos.line, 1);
	assert_null(
	        yaml_parse(&arena, "f.yaml", large, strlen(large), 1, &err));
	assert_string_equal(err.message,
	                    arena_printf(&arena,
	                                 "the YAML is longer than %u bytes",
	                                 LIMIT_YAML_FILE));
}

/* "k0: 0", "k1: 1", …: so many lines. */
static char *keys(unsigned count)
{
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);

	for (unsigned i = 0; i < count; i++)
		buf_printf(&text, "k%u: %u\n", i, i);
	return mem_strdup(text.at);
}

static void test_yaml__many_keys_are_no_trouble(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_free char *text = keys(LIMIT_YAML_KEYS);
	const char *last = arena_printf(&arena, "k%u", LIMIT_YAML_KEYS - 1);
	struct value *map;

	UNUSED_STATE(state);
	map = parse(&arena, text);
	assert_int_equal(map->length, LIMIT_YAML_KEYS);
	assert_int_equal(value_get_int(map, last, 0), LIMIT_YAML_KEYS - 1);
	assert_int_equal(value_member(map, last)->pos.line, LIMIT_YAML_KEYS);
}

/* And nothing of what follows is built. */
static void test_yaml__a_million_keys_are_refused_at_once(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_free char *text = keys(1000000);

	UNUSED_STATE(state);
	assert_null(yaml_parse(&arena, "f.yaml", text, strlen(text), 1, &err));
	assert_string_equal(err.message, "more than 10000 keys in one map");
	assert_int_equal(err.pos.line, LIMIT_YAML_KEYS + 1);
	assert_int_equal(err.pos.column, 1);
}

static void test_yaml__long_lines_are_no_trouble(void **state)
{
	enum {
		COUNT = 100000
	};
	auto_arena struct arena arena = { 0 };
	auto_free char *items = repeat("\xc3\xa4,", COUNT);
	struct value *list;

	UNUSED_STATE(state);
	list = parse(&arena, arena_printf(&arena, "[%s]", items));
	assert_int_equal(list->length, COUNT);
	assert_int_equal(list->items[COUNT - 1]->pos.column,
	                 2 + (COUNT - 1) * 3);
}

static void test_yaml__values_and_names_know_where_they_are(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *map = parse(&arena, "# top\n"
	                                  "n\xc3\xa4me: \xe2\x82\xac x\n"
	                                  "steps:\n"
	                                  "  - a: [1, zwei]\n"
	                                  "    \xc3\xa4: {b: 'c'}\n");
	const struct value *step = value_get(map, "steps")->items[0];
	const struct member *umlaut = value_member(step, "\xc3\xa4");
	const struct value *inner = value_path(step, "\xc3\xa4.b");

	UNUSED_STATE(state);
	assert_int_equal(map->pos.line, 2);
	assert_int_equal(map->members[0].pos.line, 2);
	assert_int_equal(map->members[0].value->pos.column, 8);
	assert_int_equal(step->pos.line, 4);
	assert_int_equal(step->pos.column, 5);
	assert_int_equal(value_get(step, "a")->items[1]->pos.column, 12);
	assert_int_equal(umlaut->pos.line, 5);
	assert_int_equal(umlaut->pos.column, 5);
	assert_int_equal(inner->pos.column, 13);
}

static void test_yaml__first_line_shifts_positions(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	struct value *map =
	        yaml_parse(&arena, "f", "a: 1\nb: 2\n", 10, 7, &err);

	UNUSED_STATE(state);
	assert_int_equal(map->pos.line, 7);
	assert_int_equal(map->members[1].pos.line, 8);
	assert_null(yaml_parse(&arena, "f", "a: 1\nb: @\n", 10, 7, &err));
	assert_int_equal(err.pos.line, 8);
}

/* Where the first `{{` of the value of `a` stands in the file. */
static void test_yaml__position_inside_texts(void **state)
{
	static const struct {
		const char *yaml;
		unsigned line;
		unsigned column;
	} cases[] = {
		{ "a: x {{b}}\n", 1, 6 },
		{ "a: 'x {{b}}'\n", 1, 7 },
		{ "a: \"{{b}}\"\n", 1, 5 },
		{ "a: |\n  {{b}}\n", 2, 3 },
		{ "a: |\n  one\n\n    two {{b}}\n", 4, 9 },
		{ "a: |\n\n\n  {{b}}\n", 4, 3 },
		{ "x:\n  a: |-\n      x\n      \xc3\xa4 {{b}}\n", 4, 10 },
		{ "a: |2\n    x\n  {{b}}\n", 3, 3 },
		{ "a: |2\n    {{b}}\n", 2, 5 },
		{ "a: |\r\n  x\r\n  {{b}}\r\n", 3, 3 },
		{ "a: >\n  x {{b}}\n", 2, 5 },
		{ "a: >-\n\n  x {{b}}\n\nc: d\n", 3, 5 },
		/* Folded lines: the beginning is as good as it gets. */
		{ "a: >\n  x\n  {{b}}\n", 1, 4 },
		{ "a: >\n  x\n\n  {{b}}\n", 1, 4 },
		{ "a: x\n  {{b}}\n", 1, 4 },
		{ "a: 'x\n  {{b}}'\n", 1, 4 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct value *map = parse(&arena, cases[i].yaml);
		const struct value *value = value_get(map, "a");
		struct pos pos;

		if (value == NULL)
			value = value_path(map, "x.a");
		pos = value_pos_at(value, (size_t)(strstr(value->text, "{{") -
		                                   value->text));
		if (pos.line != cases[i].line || pos.column != cases[i].column)
			fail_msg("row %zu: %u:%u", i, pos.line, pos.column);
	}
}
