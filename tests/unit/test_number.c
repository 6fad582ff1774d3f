#include "tests/unit/unit.h"

#include "store/base/number.h"

static void test_number__prefix_is_json_s_grammar(void **state)
{
	static const struct {
		const char *text;
		size_t prefix;
	} cases[] = {
		{ "", 0 },       { "0", 1 },      { "-0", 2 },
		{ "12", 2 },     { "007", 1 },    { "-", 0 },
		{ "+1", 0 },     { "1.", 1 },     { "1.5", 3 },
		{ ".5", 0 },     { "-1.50x", 5 }, { "1e", 1 },
		{ "1e+", 1 },    { "1e5", 3 },    { "1E-05", 5 },
		{ "1.5e+9", 6 }, { "1.5.5", 3 },  { "12:30", 2 },
		{ "0x1f", 1 },   { "NaN", 0 },    { "-Infinity", 0 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].text);
		size_t prefix = cases[i].prefix;

		assert_row(i, number_prefix(cases[i].text, len) == prefix);
		assert_row(i, number_valid(cases[i].text, len) ==
		                      (len > 0 && prefix == len));
	}
}

static void test_number__length_bounds_the_text(void **state)
{
	UNUSED_STATE(state);
	assert_int_equal(number_prefix("1234", 2), 2);
	assert_int_equal(number_prefix("1.5", 2), 1);
	assert_int_equal(number_prefix("1e5", 2), 1);
	assert_int_equal(number_prefix("-5", 1), 0);
}

static void test_number__fits_64_bits_or_a_double(void **state)
{
	static const struct {
		const char *text;
		bool fits;
	} cases[] = {
		{ "9223372036854775808", true },
		{ "18446744073709551615", true },
		{ "18446744073709551616", false },
		{ "-9223372036854775808", true },
		{ "-9223372036854775809", false },
		{ "99999999999999999999999999", false },
		{ "99999999999999999999999999.0", true },
		{ "1e308", true },
		{ "1e999", false },
		{ "-1e999", false },
		{ "1e-999", true },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i,
		           number_fits(cases[i].text, strlen(cases[i].text)) ==
		                   cases[i].fits);
}

static void test_number__has_a_value_to_compare(void **state)
{
	UNUSED_STATE(state);
	assert_true(number_value("0.5") < number_value("1"));
	assert_true(number_value("-2e3") < number_value("-1999.5"));
}
