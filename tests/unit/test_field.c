#include "tests/unit/unit.h"

#include "engine/job/field.h"
#include "engine/job/type.h"
#include "store/base/yaml.h"

static const char *const colours[] = { "red", "blue", NULL };

static const struct field inner_fields[] = {
	{ .name = "count", .type = FIELD_INT, .min = 1, .max = 3 },
	{ 0 },
};

static const struct field fields[] = {
	{ .name = "text", .type = FIELD_TEXT },
	{ .name = "name", .type = FIELD_NAME },
	{ .name = "template", .type = FIELD_TEMPLATE },
	{ .name = "expression", .type = FIELD_EXPRESSION },
	{ .name = "bool", .type = FIELD_BOOL },
	{ .name = "int", .type = FIELD_INT },
	{ .name = "money", .type = FIELD_MONEY },
	{ .name = "duration", .type = FIELD_DURATION },
	{ .name = "word", .type = FIELD_WORD, .words = colours },
	{ .name = "email", .type = FIELD_EMAIL },
	{ .name = "path", .type = FIELD_PATH },
	{ .name = "texts", .type = FIELD_TEXTS },
	{ .name = "names", .type = FIELD_NAMES },
	{ .name = "templates", .type = FIELD_TEMPLATES },
	{ .name = "map", .type = FIELD_MAP, .fields = inner_fields },
	{ .name = "free", .type = FIELD_MAP },
	{ .name = "maps", .type = FIELD_MAPS, .fields = inner_fields },
	{ .name = "types", .type = FIELD_TYPES },
	{ .name = "any", .type = FIELD_ANY },
	{ .name = "soon", .later = true },
	{ 0 },
};

static struct value *parse(struct arena *arena, const char *yaml)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        yaml_parse(arena, "x.yaml", yaml, strlen(yaml), 1, &err);

	assert_non_null(value);
	return value;
}

static size_t count_errors(const char *yaml)
{
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	bool good = fields_check(parse(&arena, yaml), fields, "a map", "x.yaml",
	                         &errors);

	assert_true(good == (errors.count == 0));
	return errors.count;
}

static void test_field__takes_what_fits_its_type(void **state)
{
	static const char *const cases[] = {
		"{}",
		"text: a",
		"text: \"\"",
		"name: a_1",
		"template: \"{{a}}\"",
		"expression: a > 1",
		"expression: 1",
		"expression: true",
		"bool: false",
		"int: -7",
		"money: 0.50",
		"money: 3",
		"duration: 36h",
		"word: blue",
		"email: a@b.example",
		"path: a/**/*.md",
		"texts: a",
		"texts: [a, b]",
		"names: [a, b]",
		"names: []",
		"templates: [\"{{a}}\"]",
		"map: { count: 3 }",
		"free: { a: { b: c } }",
		"maps: { count: 1 }",
		"maps: [{ count: 1 }, {}]",
		"types: { a: string, b: optional map }",
		"any: null",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i, count_errors(cases[i]) == 0);
}

static void test_field__refuses_what_does_not(void **state)
{
	static const struct {
		const char *yaml;
		size_t errors;
	} cases[] = {
		{ "text: 1", 1 },
		{ "text: [a]", 1 },
		{ "text:", 1 },
		{ "name: A", 1 },
		{ "name: a-b", 1 },
		{ "template: { a: b }", 1 },
		{ "expression: [a]", 1 },
		{ "bool: 1", 1 },
		{ "int: 1.5", 1 },
		{ "money: -1", 1 },
		{ "money: 1e3", 1 },
		{ "money: \"1\"", 1 },
		{ "duration: 3", 1 },
		{ "duration: 3w", 1 },
		{ "word: green", 1 },
		{ "word: [red]", 1 },
		{ "email: a", 1 },
		{ "path: ../a", 1 },
		{ "path: \"{{a}}\"", 1 },
		{ "texts: [a, 1, 2]", 2 },
		{ "texts: { a: b }", 1 },
		{ "names: a", 1 },
		{ "names: [a, B]", 1 },
		{ "templates: 1", 1 },
		{ "map: a", 1 },
		{ "map: { count: 4 }", 1 },
		{ "map: { cuont: 1, a: b }", 2 },
		{ "free: [a]", 1 },
		{ "maps: [{ count: 0 }, a, { count: 4 }]", 3 },
		{ "types: [string]", 1 },
		{ "types: { a: strng }", 1 },
		{ "soon: 1", 1 },
		{ "nothing: 1", 1 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i, count_errors(cases[i].yaml) == cases[i].errors);
}

static void test_field__every_type_has_a_name(void **state)
{
	UNUSED_STATE(state);
	for (int type = FIELD_TEXT; type <= FIELD_ANY; type++)
		assert_row(type,
		           field_type_name((enum field_type)type) != NULL);
}

static void test_field__is_found_by_its_name(void **state)
{
	UNUSED_STATE(state);
	assert_ptr_equal(field_find(fields, "text"), &fields[0]);
	assert_null(field_find(fields, "txet"));
}

static void test_field__rows_become_a_table(void **state)
{
	static const struct field rows[] = {
		{ .name = "a",
		  .type = FIELD_INT,
		  .required = true,
		  .help = "one | two",
		  .example = "1" },
		{ .name = "b",
		  .type = FIELD_WORD,
		  .words = colours,
		  .otherwise = "red" },
		{ .name = "c", .type = FIELD_MAP },
		{ .name = "d", .later = true, .help = "then" },
		{ 0 },
	};
	auto_buf struct buf text = buf_make(4096);

	UNUSED_STATE(state);
	fields_document(rows, &text);
	assert_string_equal(text.at,
	                    "| key | type | default | meaning | example |\n"
	                    "|---|---|---|---|---|\n"
	                    "| `a` | integer | required | one \\| two | `1` |\n"
	                    "| `b` | red or blue | `red` |  |  |\n"
	                    "| `c` | map |  |  |  |\n"
	                    "| `d` |  | not yet | then |  |\n");
}

static void test_field__types_of_data_fit_or_not(void **state)
{
	static const struct {
		const char *type;
		const char *good;
		const char *bad;
	} cases[] = {
		{ "string", "a", "1" },
		{ "integer", "1", "1.5" },
		{ "number", "1.5", "a" },
		{ "boolean", "true", "\"true\"" },
		{ "date", "2026-02-28", "2026-02-30" },
		{ "email", "a@b.example", "a" },
		{ "slug", "a-b", "A b" },
		{ "path", "a/b.md", "../a" },
		{ "list", "[a]", "a" },
		{ "map", "{ a: b }", "[a]" },
		{ "optional date", "null", "a" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_errors struct errors errors = { 0 };
		struct value *declared = value_map(&arena);
		const char *good = arena_printf(&arena, "a: %s", cases[i].good);
		const char *bad = arena_printf(&arena, "a: %s", cases[i].bad);

		value_map_text(&arena, declared, "a", cases[i].type);
		assert_row(i, types_fit(declared, parse(&arena, good), "x.yaml",
		                        &errors));
		assert_row(i, !types_fit(declared, parse(&arena, bad), "x.yaml",
		                         &errors));
		assert_row(i,
		           errors.count == 1 && errors.items[0].pos.line == 1);
	}
}

static void test_field__data_may_lack_only_what_is_optional(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	const struct value *declared =
	        parse(&arena, "{ a: string, b: optional string }");

	UNUSED_STATE(state);
	assert_true(types_fit(declared, parse(&arena, "{ a: x, c: 1 }"),
	                      "x.yaml", &errors));
	assert_false(types_fit(declared, parse(&arena, "{ b: x }"), "x.yaml",
	                       &errors));
	assert_string_equal(errors.items[0].message, "\"a\" is missing");
	assert_false(
	        types_fit(declared, parse(&arena, "[a]"), "x.yaml", &errors));
}

static void test_field__declared_types_are_a_shape(void **state)
{
	auto_arena struct arena arena = { 0 };
	const struct shape *shape = types_shape(
	        parse(&arena, "{ a: string, b: optional list, c: map }"),
	        &arena);

	UNUSED_STATE(state);
	assert_int_equal(shape->kind, SHAPE_MAP);
	assert_int_equal(shape->count, 3);
	assert_int_equal(shape->fields[0].shape->kind, SHAPE_TEXT);
	assert_int_equal(shape->fields[1].shape->kind, SHAPE_LIST);
	assert_int_equal(shape->fields[2].shape->kind, SHAPE_ANY);
}
