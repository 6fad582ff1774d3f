#include "tests/unit/unit.h"

#include "engine/job/field_schema.h"
#include "store/base/json.h"

static const char *const words[] = { "low", "high", NULL };

static const struct field inner[] = {
	{ .name = "then", .type = FIELD_WORD, .words = words },
	{ 0 },
};

#define LIST "{\"items\":{\"type\":\"string\"},\"type\":\"array\"}"
#define INNER                                                                  \
	"{\"additionalProperties\":false,\"properties\":{\"then\":"            \
	"{\"enum\":[\"low\",\"high\"]}},\"type\":\"object\"}"

static void test_field_schema__says_what_a_value_is(void **state)
{
	static const struct {
		struct field field;
		const char *wanted;
	} rows[] = {
		{ { .type = FIELD_TEXT }, "{\"type\":\"string\"}" },
		{ { .type = FIELD_BOOL,
		    .help = "whether",
		    .otherwise = "false",
		    .example = "true" },
		  "{\"default\":false,\"description\":\"whether\","
		  "\"examples\":[true],\"type\":\"boolean\"}" },
		{ { .type = FIELD_INT }, "{\"type\":\"integer\"}" },
		{ { .type = FIELD_INT, .min = 1, .max = 9 },
		  "{\"maximum\":9,\"minimum\":1,\"type\":\"integer\"}" },
		{ { .type = FIELD_WORD, .words = words },
		  "{\"enum\":[\"low\",\"high\"]}" },
		{ { .type = FIELD_TEXTS },
		  "{\"anyOf\":[{\"type\":\"string\"}," LIST "]}" },
		{ { .type = FIELD_MAP }, "{\"type\":\"object\"}" },
		{ { .type = FIELD_MAP, .fields = inner }, INNER },
		{ { .type = FIELD_MAPS, .fields = inner },
		  "{\"anyOf\":[" INNER ",{\"items\":" INNER
		  ",\"type\":\"array\"}]}" },
		{ { .type = FIELD_ANY }, "{}" },
		/* An example that is not YAML by itself is a text. */
		{ { .type = FIELD_TEXT, .example = "a: b: c" },
		  "{\"examples\":[\"a: b: c\"],\"type\":\"string\"}" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };

		assert_row_text(
		        i,
		        json_canonical(&arena,
		                       field_schema(&arena, &rows[i].field)),
		        rows[i].wanted);
	}
}

static void test_field_schema__has_every_type(void **state)
{
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (int type = FIELD_TEXT; type <= FIELD_ANY; type++) {
		const struct field field = { .type = (enum field_type)type,
			                     .words = words };

		assert_int_equal(field_schema(&arena, &field)->kind, VALUE_MAP);
	}
}

static void test_field_schema__takes_any_name_where_a_row_does(void **state)
{
	auto_arena struct arena arena = { 0 };
	static const struct field fields[] = {
		{ .name = "one", .type = FIELD_BOOL },
		{ .name = "*", .type = FIELD_TEXT },
		{ 0 },
	};

	UNUSED_STATE(state);
	assert_string_equal(
	        json_canonical(&arena, fields_schema(&arena, fields)),
	        "{\"additionalProperties\":{\"type\":\"string\"},"
	        "\"properties\":{\"one\":{\"type\":\"boolean\"}},"
	        "\"type\":\"object\"}");
}

static void test_field_schema__leaves_out_what_is_not_yet_there(void **state)
{
	auto_arena struct arena arena = { 0 };
	static const struct field fields[] = {
		{ .name = "now", .type = FIELD_ANY, .required = true },
		{ .name = "later", .later = true },
		{ 0 },
	};

	UNUSED_STATE(state);
	assert_string_equal(
	        json_canonical(&arena, fields_schema(&arena, fields)),
	        "{\"additionalProperties\":false,\"properties\":{\"now\":{}},"
	        "\"required\":[\"now\"],\"type\":\"object\"}");
}
