#include "tests/unit/unit.h"

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/json.h"
#include "store/base/limits.h"

static struct value *parse(struct arena *arena, const char *text)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        json_parse(arena, "f.json", text, strlen(text), &err);

	if (value == NULL)
		fail_msg("%s in: %s", err.message, text);
	return value;
}

static char *write_json(struct arena *arena, const struct value *value,
                        unsigned flags)
{
	auto_buf struct buf buf = buf_make(1 << 20);

	json_write(&buf, value, flags);
	return arena_strndup(arena, buf.at, buf.len);
}

static void test_json__reads_and_writes_the_same(void **state)
{
	static const char *const texts[] = {
		"null",
		"true",
		"false",
		"0",
		"-1",
		"1200.50",
		"1.0",
		"1E+5",
		"-0.0",
		"1e-400",
		"9223372036854775807",
		"-9223372036854775808",
		"18446744073709551615",
		"\"\"",
		"\"a \\\"b\\\" \\\\ /\"",
		"\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\"",
		"\"\\u0000\\u0009\\u000a\\u007f\\u0085\\u009f\"",
		"\"\\u2028\\u2029\\u061c\\u200e\\u202e\\u2066\"",
		"[]",
		"{}",
		"[[],{},[null,1,\"x\"]]",
		"{\"b\":1,\"a\":{\"\":2},\"c\":[3]}",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_arena struct arena arena = { 0 };
		struct value *value = parse(&arena, texts[i]);

		assert_row_text(i, write_json(&arena, value, 0), texts[i]);
	}
}

static void test_json__spellings_become_one(void **state)
{
	static const struct {
		const char *text;
		const char *wanted;
	} cases[] = {
		{ " [ 1 ,\t2 ]\r\n", "[1,2]" },
		{ "\"\\/\\b\\f\\n\\r\\t\"",
		  "\"/\\u0008\\u000c\\u000a\\u000d\\u0009\"" },
		{ "\"\\u00E4\\ud83D\\uDE00\"", "\"\xc3\xa4\xf0\x9f\x98\x80\"" },
		{ "-0", "0" },
		{ "\xef\xbb\xbf{}", "{}" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct value *value = parse(&arena, cases[i].text);

		assert_row_text(i, write_json(&arena, value, 0),
		                cases[i].wanted);
	}
}

static void test_json__refuses_with_position(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* 0: strlen(text) */
		unsigned line;
		unsigned column;
		const char *message;
	} cases[] = {
		{ "", 0, 1, 1, "the JSON ends too early" },
		{ " \n", 0, 2, 1, "the JSON ends too early" },
		{ "[1,\n", 0, 2, 1, "the JSON ends too early" },
		{ "{\"a\":", 0, 1, 6, "the JSON ends too early" },
		{ "1 2", 0, 1, 3, "this is not JSON: unexpected character" },
		{ "{} x", 0, 1, 4, "a word that JSON does not have" },
		{ "[1]]", 0, 1, 4, "this is not JSON: unexpected character" },
		{ "[1,]", 0, 1, 4, "this is not JSON: unexpected character" },
		{ "{\"a\":1,}", 0, 1, 8,
		  "this is not JSON: unexpected character" },
		{ "[1}", 0, 1, 3,
		  "this is not JSON: array value separator ',' expected" },
		{ "{\"a\" 1}", 0, 1, 6,
		  "this is not JSON: object property name separator ':' "
		  "expected" },
		{ "{1:2}", 0, 1, 2,
		  "this is not JSON: quoted object property name expected" },
		{ "{a:1}", 0, 1, 2, "a word that JSON does not have" },
		{ "NaN", 0, 1, 1, "a word that JSON does not have" },
		{ "[Infinity]", 0, 1, 2, "a word that JSON does not have" },
		{ "-Infinity", 0, 1, 1, "a number is not spelled as in JSON" },
		{ "True", 0, 1, 1, "a word that JSON does not have" },
		{ "truefalse", 0, 1, 1, "a word that JSON does not have" },
		{ "'a'", 0, 1, 1, "unexpected character" },
		{ "/* x */1", 0, 1, 1, "unexpected character" },
		{ "\f1", 0, 1, 1, "unexpected character" },
		{ "1\0", 2, 1, 2, "unexpected character" },
		{ "[1]\0[2]", 7, 1, 4, "unexpected character" },
		{ "01", 0, 1, 1, "a number is not spelled as in JSON" },
		{ "[-]", 0, 1, 2, "a number is not spelled as in JSON" },
		{ "[1.]", 0, 1, 2, "a number is not spelled as in JSON" },
		{ "[+1]", 0, 1, 2, "a word that JSON does not have" },
		{ "[.5]", 0, 1, 2, "a word that JSON does not have" },
		{ "[1e]", 0, 1, 2, "a number is not spelled as in JSON" },
		{ "[1.5.5]", 0, 1, 2, "a number is not spelled as in JSON" },
		{ "[1-2]", 0, 1, 2, "a number is not spelled as in JSON" },
		{ "[1true]", 0, 1, 2, "a number is not spelled as in JSON" },
		{ "18446744073709551616", 0, 1, 1, "a number is too large" },
		{ "-9223372036854775809", 0, 1, 1, "a number is too large" },
		{ "1e999", 0, 1, 1, "a number is too large" },
		{ "[\n \"a\nb\"]", 0, 2, 4,
		  "a control character in a string must be escaped" },
		{ "\"a", 0, 1, 1, "this string is not closed" },
		{ "\"a\\\"", 0, 1, 1, "this string is not closed" },
		{ "\"\\", 0, 1, 2, "unknown escape" },
		{ "\"\\x\"", 0, 1, 2, "unknown escape" },
		{ "\"\\u12\"", 0, 1, 2,
		  "\"\\u\" needs four hexadecimal digits" },
		{ "\"\\ud800\"", 0, 1, 2, "half of a surrogate pair" },
		{ "\"\\udc00\"", 0, 1, 2, "half of a surrogate pair" },
		{ "\"\\ud800\\u0041\"", 0, 1, 2, "half of a surrogate pair" },
		{ "\"\\ud800\\ud800\"", 0, 1, 2, "half of a surrogate pair" },
		{ "\"\xff\"", 0, 1, 2, "invalid UTF-8" },
		{ "\"\xc0\x80\"", 0, 1, 2, "invalid UTF-8" },
		{ "\"\xed\xa0\x80\"", 0, 1, 2, "invalid UTF-8" },
		{ "\"\xe2\x82", 0, 1, 2, "invalid UTF-8" },
		{ "{\"a\\u0000b\" : 1}", 0, 1, 2,
		  "a name with the character U+0000" },
		{ "{\"a\":1,\"\\u0061\":2}", 0, 1, 8,
		  "an object has two members of the same name" },
		{ "[{\"a\":{\"b\":1,\"b\":1}}]", 0, 1, 14,
		  "an object has two members of the same name" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		size_t len =
		        cases[i].len > 0 ? cases[i].len : strlen(cases[i].text);

		/* The reader must not look behind the end of the text. */
		auto_free char *exact = mem_alloc(len);
		memcpy(exact, cases[i].text, len);
		assert_row(i, json_parse(&arena, "f.json", exact, len, &err) ==
		                      NULL);
		assert_row_text(i, err.message, cases[i].message);
		assert_row_text(i, err.file, "f.json");
		if (err.pos.line != cases[i].line ||
		    err.pos.column != cases[i].column)
			fail_msg("row %zu: at %u:%u", i, err.pos.line,
			         err.pos.column);
	}
}

static void test_json__colons_in_strings_are_no_names(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *map =
	        parse(&arena, "{\"a:b\":\":\",\"c\\\":\":[\"::\"]}");

	UNUSED_STATE(state);
	assert_int_equal(map->length, 2);
	assert_string_equal(value_get_text(map, "a:b", ""), ":");
}

static void test_json__depth_limit_is_exact(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	char text[2 * LIMIT_JSON_DEPTH + 4] = { 0 };

	UNUSED_STATE(state);
	memset(text, '[', LIMIT_JSON_DEPTH);
	text[LIMIT_JSON_DEPTH] = '1';
	memset(text + LIMIT_JSON_DEPTH + 1, ']', LIMIT_JSON_DEPTH);
	assert_non_null(parse(&arena, text));
	memset(text, '[', LIMIT_JSON_DEPTH + 1);
	memset(text + LIMIT_JSON_DEPTH + 1, ']', LIMIT_JSON_DEPTH + 1);
	assert_null(json_parse(&arena, "f", text, strlen(text), &err));
	assert_string_equal(err.message,
	                    "lists and objects are nested too deep");
	assert_int_equal(err.pos.column, LIMIT_JSON_DEPTH + 1);
}

static void test_json__strings_may_hold_nul(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *value = parse(&arena, "\"a\\u0000b\"");

	UNUSED_STATE(state);
	assert_int_equal(value->length, 3);
	assert_memory_equal(value->text, "a\0b", 4);
}

static void test_json__invalid_bytes_are_written_as_replacement(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *value = value_bytes(&arena, "a\xff\xc3", 3);

	UNUSED_STATE(state);
	assert_string_equal(write_json(&arena, value, 0),
	                    "\"a\\ufffd\\ufffd\"");
}

static void test_json__sorted_and_pretty(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *map = parse(&arena, "{\"b\":[1,{}],\"B\":{},\"a\":[],"
	                                  "\"\xc3\xa4\":{\"z\":1,\"y\":2}}");

	UNUSED_STATE(state);
	assert_string_equal(json_canonical(&arena, map),
	                    "{\"B\":{},\"a\":[],\"b\":[1,{}],"
	                    "\"\xc3\xa4\":{\"y\":2,\"z\":1}}");
	assert_string_equal(write_json(&arena, map, JSON_PRETTY),
	                    "{\n"
	                    "  \"b\": [\n"
	                    "    1,\n"
	                    "    {}\n"
	                    "  ],\n"
	                    "  \"B\": {},\n"
	                    "  \"a\": [],\n"
	                    "  \"\xc3\xa4\": {\n"
	                    "    \"z\": 1,\n"
	                    "    \"y\": 2\n"
	                    "  }\n"
	                    "}");
	assert_string_equal(map->members[0].name, "b");
}

static void test_json__members_are_sorted_in_maps_of_any_size(void **state)
{
	enum {
		MOST = 60
	};

	UNUSED_STATE(state);
	for (size_t count = 0; count < MOST; count++) {
		auto_arena struct arena arena = { 0 };
		struct value *map = value_map(&arena);
		auto_buf struct buf wanted = buf_make(1 << 10);

		/* 7 and MOST have no common factor: each number once. */
		for (size_t i = 0; i < MOST; i++) {
			size_t number = i * 7 % MOST;

			if (number < count)
				value_map_int(
				        &arena, map,
				        arena_printf(&arena, "%02zu", number),
				        (int64_t)number);
		}
		for (size_t i = 0; i < count; i++)
			buf_printf(&wanted, "%s\"%02zu\":%zu", i > 0 ? "," : "",
			           i, i);
		assert_row_text(count, json_canonical(&arena, map),
		                arena_printf(&arena, "{%s}", wanted.at));
	}
}

static void add_hex(FILE *file, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert_true(fprintf(file, "%02x", (unsigned char)bytes[i]) ==
		            2);
}

/* Write a text and what becomes of it, for judge_json.py. */
static void write_case(FILE *file, const char *bytes, size_t len)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	/* The reader must not look behind the end of the text. */
	auto_free char *exact = mem_alloc(len);
	struct value *value;

	if (len > 0)
		memcpy(exact, bytes, len);
	value = json_parse(&arena, "case", exact, len, &err);
	add_hex(file, bytes, len);
	assert_int_equal(fputc(' ', file), ' ');
	if (value != NULL) {
		const char *text = json_canonical(&arena, value);

		add_hex(file, text, strlen(text));
	} else {
		assert_non_null(err.message);
		assert_int_equal(fputc('-', file), '-');
	}
	assert_int_equal(fputc('\n', file), '\n');
}

/* The text, each of its beginnings, and it with each byte replaced by each of
 * `others`, or gone. */
static void write_mutations(FILE *file, const char *text)
{
	static const char others[] = "\"\\{}[]:,-.0eEun/ \t\n\x01\x7f\xc3\xed";
	size_t len = strlen(text);
	auto_free char *copy = mem_strdup(text);

	for (size_t i = 0; i <= len; i++)
		write_case(file, text, i);
	for (size_t i = 0; i < len; i++) {
		/* With its NUL, which is the last one to take the place. */
		for (size_t j = 0; j < sizeof(others); j++) {
			copy[i] = others[j];
			write_case(file, copy, len);
		}
		memcpy(copy, text, i);
		memcpy(copy + i, text + i + 1, len - i);
		write_case(file, copy, len - 1);
		memcpy(copy, text, len);
	}
}

static void test_json__agrees_with_another_reader(void **state)
{
	static const char *const seeds[] = {
		"{\"a\":[1,-2.50,true],\"b\":{\"a\":null,\"\":false}}",
		"[\"\\u0041\\ud83d\\ude00\\n\\/\\\\\\\"\",\"\\u0000\\u2028\"]",
		"\xef\xbb\xbf [ 1e5 , 1E+05\t,\r\n0.0e-1 ] ",
		"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 plain text of some length\"",
		"[18446744073709551615,-9223372036854775808,1e308]",
		"{\"ab\":1,\"\\u0061b\\u0001\":2,\"abc\":3,\"abd\":[[[{}]]]}",
	};
	auto_arena struct arena arena = { 0 };
	FILE *file = fopen("cases", "we");

	UNUSED_STATE(state);
	assert_non_null(file);
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++)
		write_mutations(file, seeds[i]);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(
	        system(arena_printf(&arena,
	                            "%s/tests/unit/judge_json.py <cases >&2",
	                            getenv("REEVE_TOP"))),
	        0);
}

static void test_json__hostile_texts_end_soon(void **state)
{
	enum {
		LENGTH = 1 << 20
	};

	static const struct {
		const char *head;
		const char *again; /* as often as it fits */
		const char *tail;
		const char *message; /* NULL: taken */
	} cases[] = {
		{ "", "[", "", "lists and objects are nested too deep" },
		{ "", "{\"a\":", "", "lists and objects are nested too deep" },
		{ "[", "[],", "0]", NULL },
		{ "[", "{},", "0]", NULL },
		{ "[", "1,", "", "the JSON ends too early" },
		{ "", " ", "", "the JSON ends too early" },
		{ "\"", "a", "", "this string is not closed" },
		{ "\"", "\\u00e4", "\"", NULL },
		{ "\"", "\\ud83d", "", "half of a surrogate pair" },
		{ "", "1", "", "a number is too large" },
		{ "0.", "1", "", NULL },
		{ "1e", "0", "", NULL },
		{ "", "-", "", "a number is not spelled as in JSON" },
		{ "", "true", "", "a word that JSON does not have" },
		{ "{", "\"a\":1,", "\"b\":1}",
		  "an object has two members of the same name" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		auto_buf struct buf text = buf_make(2 * LENGTH);
		struct value *value;

		buf_add_text(&text, cases[i].head);
		while (text.len < LENGTH)
			buf_add_text(&text, cases[i].again);
		buf_add_text(&text, cases[i].tail);
		value = json_parse(&arena, "f", text.at, text.len, &err);
		assert_row(i, (value == NULL) == (cases[i].message != NULL));
		assert_row_text(i, err.message, cases[i].message);
	}
}

static void test_json__plain_stretches_of_any_length_are_kept(void **state)
{
	char text[40];

	UNUSED_STATE(state);
	/* An odd byte at each place of the eight that are passed at once. */
	for (size_t at = 1; at < 30; at++) {
		static const char *const odd[] = { "\xc3\xa4", "\\\\", "\\\"",
			                           "\\u007f",  " ",    "~" };

		for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
			auto_arena struct arena arena = { 0 };
			int len = snprintf(text, sizeof(text), "\"%.*s%s%s\"",
			                   (int)at,
			                   "abcdefghijklmnopqrstuvwxyz0123",
			                   odd[i], at % 2 ? "" : "z");

			assert_true(len > 0 && (size_t)len < sizeof(text));
			assert_row_text(
			        at, json_canonical(&arena, parse(&arena, text)),
			        text);
		}
	}
}
