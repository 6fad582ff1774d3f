#include "tests/unit/unit.h"

#include "store/base/text.h"

static void test_text__equal_knows_null(void **state)
{
	UNUSED_STATE(state);
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_false(text_equal("", NULL));
	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "A"));
}

static void test_text__starts_and_ends(void **state)
{
	UNUSED_STATE(state);
	assert_true(text_starts("jobs/a", "jobs/"));
	assert_true(text_starts("a", ""));
	assert_false(text_starts("job", "jobs"));
	assert_true(text_ends("a.yaml", ".yaml"));
	assert_true(text_ends("a", ""));
	assert_false(text_ends("aml", ".yaml"));
}

/* Fill `at` with `len` times `x` and a NUL. */
static char *repeat(char *at, size_t len)
{
	memset(at, 'x', len);
	at[len] = '\0';
	return at;
}

static void test_text__names(void **state)
{
	static const struct {
		const char *text;
		bool name;
		bool slug;
	} cases[] = {
		{ "", false, false },     { "a", true, true },
		{ "a_b9", true, false },  { "a-b", false, true },
		{ "9a", false, true },    { "_a", false, false },
		{ "Ab", false, false },   { "a--b", false, false },
		{ "-a", false, false },   { "a-", false, false },
		{ "a b", false, false },  { "\xc3\xa4", false, false },
		{ "a9-9a", false, true },
	};

	char text[102];

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_row(i, text_is_name(cases[i].text) == cases[i].name);
		assert_row(i, text_is_slug(cases[i].text) == cases[i].slug);
	}
	assert_true(text_is_name(repeat(text, 64)));
	assert_false(text_is_name(repeat(text, 65)));
	assert_true(text_is_slug(repeat(text, 100)));
	assert_false(text_is_slug(repeat(text, 101)));
}

static void test_text__email_addresses(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{ "anna@example.com", true },
		{ "a.b+c@sub.example.co", true },
		{ "o'brien@example.ie", true },
		{ "a@b-c.de", true },
		{ "", false },
		{ "anna", false },
		{ "@example.com", false },
		{ "anna@", false },
		{ "anna@example", false },
		{ "anna@example.", false },
		{ "anna@.com", false },
		{ "anna@-a.com", false },
		{ "anna@a-.com", false },
		{ "a@b@example.com", false },
		{ ".a@example.com", false },
		{ "a.@example.com", false },
		{ "a..b@example.com", false },
		{ "a b@example.com", false },
		{ "a,b@example.com", false },
		{ "\"a\"@example.com", false },
		{ "Anna <anna@example.com>", false },
		{ "anna@example.com\n", false },
		{ "\xc3\xa4@example.com", false },
		{ "a@\xc3\xa4.com", false },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i, text_is_email(cases[i].text) == cases[i].valid);
}

static void test_text__slug_spells_in_ascii(void **state)
{
	static const struct {
		const char *text;
		const char *slug;
	} cases[] = {
		{ "Hello, World", "hello-world" },
		{ "Müller & Söhne", "mueller-soehne" },
		{ "Straße", "strasse" },
		{ "ÀÁÂÃÄÅÆÇ", "aaaaaeaaec" },
		{ "Þór ðæÿ", "thor-daey" },
		{ "3 × 4 ÷ 5", "3-4-5" },
		{ "Łódź", "lodz" },
		{ "Œuvre Ĳssel", "oeuvre-ijssel" },
		{ "Žižek ſ Ÿ Ā", "zizek-s-y-a" },
		{ "ŀŁłŊŋŐő", "lllnnoo" },
		{ "a – b", "a-b" },
		{ "  a__b  ", "a-b" },
		{ "東京", "" },
		{ "a東京b", "a-b" },
		{ "x\xffy", "x-y" },
		{ "", "" },
		{ "!?", "" },
	};
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row_text(i, text_slug(&arena, cases[i].text),
		                cases[i].slug);
}

static void test_text__slug_is_one_whatever_the_length(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf text = buf_make(1000);

	UNUSED_STATE(state);
	for (size_t i = 0; i < 300; i++) {
		const char *slug;

		buf_add_text(&text, i % 3 == 0 ? "ä" : i % 7 == 0 ? " " : "b");
		slug = text_slug(&arena, text.at);
		assert_row(i, text_is_slug(slug));
		assert_row(i, i < 200 || strlen(slug) > 95);
	}
}

static void test_text__utf8_sequences(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		uint32_t point;
	} cases[] = {
		{ "a", 1, 'a' },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "", 0, 0 },
		{ "\x80", 0, 0 },
		{ "\xc0\x80", 0, 0 },
		{ "\xc1\xbf", 0, 0 },
		{ "\xe0\x9f\xbf", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 },
		{ "\xed\xbf\xbf", 0, 0 },
		{ "\xf0\x8f\xbf\xbf", 0, 0 },
		{ "\xf4\x90\x80\x80", 0, 0 },
		{ "\xf8\x88\x80\x80\x80", 0, 0 },
		{ "\xff", 0, 0 },
		{ "\xc3", 0, 0 },
		{ "\xc3x", 0, 0 },
		{ "\xe2\x82", 0, 0 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].bytes);
		uint32_t point = 0;

		assert_row(i, utf8_next(cases[i].bytes, len, &point) ==
		                      cases[i].size);
		assert_row(i, point == cases[i].point);
		assert_row(i, utf8_valid(cases[i].bytes, len) ==
		                      (cases[i].size == len));
	}
	assert_int_equal(utf8_next("\xc3\xa4", 1, NULL), 0);
	assert_true(utf8_valid("a\0ä", 4));
}

static void test_text__width_on_a_terminal(void **state)
{
	UNUSED_STATE(state);
	assert_int_equal(utf8_width(""), 0);
	assert_int_equal(utf8_width("Müller"), 6);
	assert_int_equal(utf8_width("東京"), 4);
	assert_int_equal(utf8_width("a\xff"), 2);
}

static void test_text__printable_shows_what_is_hidden(void **state)
{
	static const struct {
		const char *text;
		const char *shown;
	} cases[] = {
		{ "plain ä 東\n\t", "plain ä 東\n\t" },
		{ "\x1b[31m\r\x7f", "\\x1b[31m\\x0d\\x7f" },
		{ "\xc2\x85", "\\u0085" },
		{ "a\xe2\x80\xae"
		  "b",
		  "a\\u202eb" },
		{ "\xff\xc3", "\\xff\\xc3" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf buf = buf_make(100);

		text_add_printable(&buf, cases[i].text, strlen(cases[i].text));
		assert_row_text(i, buf.at, cases[i].shown);
	}
}

static void test_text__hidden_code_points(void **state)
{
	static const struct {
		uint32_t point;
		bool hidden;
	} cases[] = {
		{ '\n', false },  { '\t', false },   { ' ', false },
		{ 0x0, true },    { '\r', true },    { 0x1f, true },
		{ '~', false },   { 0x7f, true },    { 0x9f, true },
		{ 0xa0, false },  { 0x61c, true },   { 0x200d, false },
		{ 0x200e, true }, { 0x2028, true },  { 0x202e, true },
		{ 0x2066, true }, { 0x206a, false },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i,
		           utf8_is_hidden(cases[i].point) == cases[i].hidden);
}

static void test_text__numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t min;
		int64_t max;
		bool fits;
		int64_t number;
	} cases[] = {
		{ "0", 0, 9, true, 0 },
		{ "-5", -9, 9, true, -5 },
		{ "007", 0, 9, true, 7 },
		{ "10", 0, 9, false, 0 },
		{ "-1", 0, 9, false, 0 },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, true,
		  INT64_MAX },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
		{ "-9223372036854775808", INT64_MIN, INT64_MAX, true,
		  INT64_MIN },
		{ "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
		{ "", 0, 9, false, 0 },
		{ "-", -9, 9, false, 0 },
		{ "+1", 0, 9, false, 0 },
		{ " 1", 0, 9, false, 0 },
		{ "1 ", 0, 9, false, 0 },
		{ "1.0", 0, 9, false, 0 },
		{ "0x1", 0, 9, false, 0 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t number = 0;

		assert_row(i,
		           text_to_int(cases[i].text, cases[i].min,
		                       cases[i].max, &number) == cases[i].fits);
		assert_row(i, number == cases[i].number);
	}
}

static void test_text__durations(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: it is none */
	} cases[] = {
		{ "90s", 90 },
		{ "10m", 600 },
		{ "36h", 129600 },
		{ "2d", 172800 },
		{ "0s", 0 },
		{ "", -1 },
		{ "s", -1 },
		{ "10", -1 },
		{ "10w", -1 },
		{ "-1s", -1 },
		{ "1 h", -1 },
		{ "1h30m", -1 },
		{ "9223372036854775807d", -1 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t seconds = -1;

		assert_row(i, text_to_duration(cases[i].text, &seconds) ==
		                      (cases[i].seconds >= 0));
		assert_row(i, seconds == cases[i].seconds);
	}
}

static void test_text__nearest_is_what_was_meant(void **state)
{
	static const char *const kinds[] = { "read",     "render", "run",
		                             "agent",    "recall", "call",
		                             "remember", "gate",   "id" };

	static const struct {
		const char *word;
		const char *meant;
	} cases[] = {
		{ "rendr", "render" },
		{ "redner", "render" },
		{ "RENDER", "render" },
		{ "gaet", "gate" },
		{ "agnet", "agent" },
		{ "rememmbre", "remember" },
		{ "reed", "read" },
		{ "rn", "run" },
		{ "calls", "call" },
		{ "di", "id" },
		{ "x", NULL },
		{ "", NULL },
		{ "database", NULL },
		{ "workflow", NULL },
		{ "gt", NULL },
		{ "i", "id" },
		{ "recollect", NULL },
		{ "remembering-it", NULL },
		{ "remembering", "remember" },
	};

	char longest[100];

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row_text(
		        i, text_nearest(cases[i].word, kinds, ARRAY_LEN(kinds)),
		        cases[i].meant);
	assert_null(text_nearest(repeat(longest, 99), kinds, ARRAY_LEN(kinds)));
	assert_null(text_nearest("run", NULL, 0));
}
