#include "tests/unit/unit.h"

#include "store/base/json.h"
#include "store/key.h"

static const struct hash_secret secret = { { 1, 2, 3 } };

static const struct value *map_of(struct arena *arena, const char *json)
{
	auto_error struct error err = { 0 };
	const struct value *map =
	        json_parse(arena, "case", json, strlen(json), &err);

	if (!map)
		fail_msg("%s", err.message);
	return map;
}

static const char *content(struct arena *arena, const char *kind,
                           unsigned format, const char *json)
{
	return key_content(arena, &secret, kind, format, map_of(arena, json));
}

static void test_key__is_the_same_for_the_same(void **state)
{
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	const char *key = key_run(&arena, &secret, "proposal", "hand:1");
	assert_int_equal(strlen(key), HASH_TEXT_BYTES - 1);
	assert_string_equal(key,
	                    key_run(&arena, &secret, "proposal", "hand:1"));
	assert_string_equal(key_effect(&arena, &secret, "r", "s", "", 0),
	                    key_effect(&arena, &secret, "r", "s", "", 0));
	/* The order of ingredients is no ingredient. */
	assert_string_equal(content(&arena, "read", 1, "{\"a\":1,\"b\":[]}"),
	                    content(&arena, "read", 1, "{\"b\":[],\"a\":1}"));
}

static void test_key__of_the_canonical_bytes_is_the_same(void **state)
{
	static const char *const cases[] = { "{}", "{\"b\":1,\"a\":[\"x\"]}" };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		const char *json =
		        json_canonical(&arena, map_of(&arena, cases[i]));

		assert_row_text(i,
		                key_content_bytes(&arena, &secret, "read", 3,
		                                  json, strlen(json)),
		                content(&arena, "read", 3, cases[i]));
	}
}

static void test_key__is_seeded(void **state)
{
	static const struct hash_secret other = { { 1, 2, 4 } };
	auto_arena struct arena arena = { 0 };
	const struct value *map = map_of(&arena, "{}");

	UNUSED_STATE(state);
	assert_string_not_equal(key_run(&arena, &secret, "j", "t"),
	                        key_run(&arena, &other, "j", "t"));
	assert_string_not_equal(key_effect(&arena, &secret, "r", "s", "", 0),
	                        key_effect(&arena, &other, "r", "s", "", 0));
	assert_string_not_equal(key_content(&arena, &secret, "k", 1, map),
	                        key_content(&arena, &other, "k", 1, map));
}

static void all_different(const char *const *keys, size_t count)
{
	for (size_t a = 0; a < count; a++)
		for (size_t b = a + 1; b < count; b++)
			if (strcmp(keys[a], keys[b]) == 0)
				fail_msg("rows %zu and %zu are both %s", a, b,
				         keys[a]);
}

/* Bytes cannot move from one field to its neighbour, nor from one kind of
 * record to another. */
static void test_key__fields_and_records_do_not_meet(void **state)
{
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	const char *const keys[] = {
		key_run(&arena, &secret, "ab", "c"),
		key_run(&arena, &secret, "a", "bc"),
		key_run(&arena, &secret, "abc", ""),
		key_run(&arena, &secret, "", "abc"),
		key_run(&arena, &secret, "", ""),
		key_run(&arena, &secret, "read", "{}"),
		key_effect(&arena, &secret, "ab", "c", "", 0),
		key_effect(&arena, &secret, "a", "bc", "", 0),
		key_effect(&arena, &secret, "a", "b", "c", 0),
		key_effect(&arena, &secret, "a", "b", "c", 1),
		key_effect(&arena, &secret, "", "", "", 0),
		key_effect(&arena, &secret, "a", "", "", 0),
		key_effect(&arena, &secret, "", "a", "", 0),
		key_effect(&arena, &secret, "", "", "a", 0),
		content(&arena, "read", 1, "{}"),
		content(&arena, "read", 2, "{}"),
		content(&arena, "rea", 1, "{}"),
		content(&arena, "read", 1, "[]"),
		content(&arena, "", 0, "{}"),
	};
	all_different(keys, ARRAY_LEN(keys));
}

static void test_key__ingredients_that_differ_have_other_keys(void **state)
{
	static const char *const cases[] = {
		"{\"a\":1}",
		"{\"a\":1.0}",
		"{\"a\":\"1\"}",
		"{\"a\":true}",
		"{\"a\":\"true\"}",
		"{\"a\":null}",
		"{\"a\":\"null\"}",
		"{\"a\":\"\"}",
		"{\"a\":[]}",
		"{\"a\":{}}",
		"{\"a\":[1,2]}",
		"{\"a\":[12]}",
		"{\"a\":[[1],2]}",
		"{\"a\":[1,[2]]}",
		"{\"a\":\"x\",\"b\":\"y\"}",
		"{\"a\":\"x\\\",\\\"b\\\":\\\"y\"}",
		"{\"a\":{\"b\":1}}",
		"{\"a.b\":1}",
		"{\"\":{\"a\":1}}",
		"{\"A\":1}",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":\"\\\\u0000\"}",
		"{\"a\":\"x\\u0000\"}",
		"{\"a\":\"x\\u0000y\"}",
		"{\"a\":\"e\\u0301\"}",
		"{\"a\":\"\\u00e9\"}",
	};
	auto_arena struct arena arena = { 0 };
	const char *keys[ARRAY_LEN(cases)];

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		keys[i] = content(&arena, "read", 1, cases[i]);
	all_different(keys, ARRAY_LEN(keys));
}
