#include "tests/unit/unit.h"

#include <time.h>

#include "store/base/date.h"

static void test_date__days_of_known_dates(void **state)
{
	static const struct {
		int year, month, day;
		int64_t days;
		int weekday;
	} cases[] = {
		{ 1970, 1, 1, 0, 4 },       { 1969, 12, 31, -1, 3 },
		{ 2000, 2, 29, 11016, 2 },  { 2000, 3, 1, 11017, 3 },
		{ 2026, 11, 22, 20779, 7 }, { 1900, 3, 1, -25508, 4 },
		{ 1, 1, 1, -719162, 1 },    { 9999, 12, 31, 2932896, 5 },
		{ 2100, 2, 28, 47540, 7 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct date date;

		assert_row(i, date_to_days(cases[i].year, cases[i].month,
		                           cases[i].day) == cases[i].days);
		date_from_days(cases[i].days, &date);
		assert_row(i, date.year == cases[i].year);
		assert_row(i, date.month == cases[i].month);
		assert_row(i, date.day == cases[i].day);
		assert_row(i, date.weekday == cases[i].weekday);
	}
}

static void test_date__calendar_agrees_with_glibc(void **state)
{
	UNUSED_STATE(state);
	/* Every day of 801 years around all kinds of leap years. */
	for (int64_t days = -150000; days < 142600; days++) {
		time_t seconds = (time_t)days * 86400;
		struct tm tm;
		struct date date;

		assert_non_null(gmtime_r(&seconds, &tm));
		date_from_days(days, &date);
		if (date.year != tm.tm_year + 1900 ||
		    date.month != tm.tm_mon + 1 || date.day != tm.tm_mday ||
		    date.weekday % 7 != tm.tm_wday ||
		    date_to_days(date.year, date.month, date.day) != days)
			fail_msg("day %lld", (long long)days);
	}
}

static void test_date__parse_takes_iso_dates_only(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{ "2026-11-22", true },   { "2024-02-29", true },
		{ "2000-02-29", true },   { "2026-02-29", false },
		{ "1900-02-29", false },  { "2026-04-31", false },
		{ "2026-13-01", false },  { "2026-00-01", false },
		{ "2026-01-00", false },  { "0000-01-01", false },
		{ "2026-1-1", false },    { "20261122", false },
		{ "2026-11-22 ", false }, { "", false },
		{ "2026-11-2x", false },  { "-026-11-22", false },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct date date = { 0 };

		assert_row(i,
		           date_parse(cases[i].text, &date) == cases[i].valid);
		assert_row(i, (date.year > 0) == cases[i].valid);
	}
}

static void test_date__iso_weeks(void **state)
{
	static const struct {
		const char *date;
		int year;
		int week;
	} cases[] = {
		{ "2026-11-22", 2026, 47 }, { "2026-01-01", 2026, 1 },
		{ "2025-12-29", 2026, 1 },  { "2025-12-28", 2025, 52 },
		{ "2027-01-03", 2026, 53 }, { "2027-01-04", 2027, 1 },
		{ "2021-01-01", 2020, 53 }, { "2024-12-31", 2025, 1 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct date date;
		int year;
		int week;

		assert_row(i, date_parse(cases[i].date, &date));
		date_iso_week(&date, &year, &week);
		assert_row(i, year == cases[i].year && week == cases[i].week);
	}
}

static void test_date__zone_check_knows_the_data_base(void **state)
{
	static const struct {
		const char *zone;
		bool known;
	} cases[] = {
		{ "UTC", true },
		{ "Europe/Berlin", true },
		{ "America/Argentina/Buenos_Aires", true },
		{ "Etc/GMT+3", true },
		{ "", false },
		{ "Europe/Atlantis", false },
		{ "Europe", false },
		{ "/usr/share/zoneinfo/UTC", false },
		{ "../zoneinfo/UTC", false },
		{ "Europe/../UTC", false },
		{ "Europe//Berlin", false },
		{ "Europe/", false },
		{ "zone.tab", false },
		{ ":UTC", false },
		{ "XYZ3", false },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error err = { 0 };
		int result = zone_check(cases[i].zone, &err);

		assert_row(i, result == (cases[i].known ? 0 : -1));
		assert_row(i, err.code ==
		                      (cases[i].known ? ERR_NONE : ERR_CONFIG));
		assert_row(i, (err.hint != NULL) == !cases[i].known);
	}
}

static void test_date__zones_follow_their_rules(void **state)
{
	static const struct {
		const char *zone;
		const char *instant;
		const char *shown;
	} cases[] = {
		{ "UTC", "2026-11-22T08:15:00Z",
		  "Sun, 22 Nov 2026 08:15:00 +0000" },
		{ "Europe/Berlin", "2026-11-22T08:15:00Z",
		  "Sun, 22 Nov 2026 09:15:00 +0100" },
		{ "Europe/Berlin", "2026-03-29T00:59:59Z",
		  "Sun, 29 Mar 2026 01:59:59 +0100" },
		{ "Europe/Berlin", "2026-03-29T01:00:00Z",
		  "Sun, 29 Mar 2026 03:00:00 +0200" },
		{ "America/New_York", "2026-01-01T03:04:05Z",
		  "Wed, 31 Dec 2025 22:04:05 -0500" },
		{ "America/St_Johns", "2026-07-01T12:00:00Z",
		  "Wed, 1 Jul 2026 09:30:00 -0230" },
		{ "Asia/Kathmandu", "2026-07-01T20:00:00Z",
		  "Thu, 2 Jul 2026 01:45:00 +0545" },
		{ "UTC", "1969-12-31T23:59:59Z",
		  "Wed, 31 Dec 1969 23:59:59 +0000" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf buf = buf_make(100);
		struct date date;
		int64_t wall_ms;

		assert_row(i, date_parse_rfc3339(cases[i].instant, &wall_ms));
		zone_local(cases[i].zone, wall_ms, &date);
		date_add_rfc5322(&buf, &date);
		assert_row_text(i, buf.at, cases[i].shown);
	}
}

static void test_date__process_keeps_its_own_zone(void **state)
{
	static const char *const zones[] = { "America/New_York", NULL };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		struct date date;

		if (zones[i] != NULL)
			(void)setenv("TZ", zones[i], 1);
		else
			(void)unsetenv("TZ");
		zone_local("Asia/Kathmandu", 0, &date);
		assert_row(i, date.hour == 5 && date.minute == 30);
		assert_row_text(i, getenv("TZ"), zones[i]);
		if (zones[i] != NULL)
			assert_row(i, timezone == 5 * 3600L);
	}
}

static void test_date__rfc3339_both_ways(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
		const char *written;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z" },
		{ "2026-11-22T09:15:00+01:00", INT64_C(1795335300000),
		  "2026-11-22T08:15:00Z" },
		{ "2026-11-22T08:15:00.123Z", INT64_C(1795335300123),
		  "2026-11-22T08:15:00.123Z" },
		{ "2026-11-22t08:15:00.1239999z", INT64_C(1795335300123),
		  "2026-11-22T08:15:00.123Z" },
		{ "2026-11-22T08:15:00.5-00:00", INT64_C(1795335300500),
		  "2026-11-22T08:15:00.500Z" },
		{ "1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z" },
		{ "2016-12-31T23:59:60Z", INT64_C(1483228800000),
		  "2017-01-01T00:00:00Z" },
		{ "2026-11-22T08:15:00-03:30", INT64_C(1795347900000),
		  "2026-11-22T11:45:00Z" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf buf = buf_make(100);
		int64_t ms = 0;

		assert_row(i, date_parse_rfc3339(cases[i].text, &ms));
		assert_row(i, ms == cases[i].ms);
		date_add_rfc3339(&buf, ms);
		assert_row_text(i, buf.at, cases[i].written);
	}
}

static void test_date__rfc3339_refuses_all_else(void **state)
{
	static const char *const cases[] = {
		"",
		"2026-11-22",
		"2026-11-22T08:15Z",
		"2026-11-22T08:15:00",
		"2026-11-22 08:15:00Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T08:60:00Z",
		"2026-11-22T08:15:61Z",
		"2026-11-22T08:15:00.Z",
		"2026-11-22T08:15:00Zx",
		"2026-11-22T08:15:00+0100",
		"2026-11-22T08:15:00+24:00",
		"2026-11-22T08:15:00+01:60",
		"2026-02-30T08:15:00Z",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t ms = 7;

		assert_row(i, !date_parse_rfc3339(cases[i], &ms));
		assert_row(i, ms == 7);
	}
}

static const struct date thursday = {
	.year = 2006,
	.month = 1,
	.day = 5,
	.hour = 7,
	.minute = 8,
	.second = 9,
	.weekday = 4,
};

static void test_date__patterns(void **state)
{
	static const struct {
		const char *pattern;
		const char *shown;
	} cases[] = {
		{ "yyyy-MM-dd HH:mm:ss", "2006-01-05 07:08:09" },
		{ "d MMMM yyyy", "5 January 2006" },
		{ "EEEE, d MMM yy", "Thursday, 5 Jan 06" },
		{ "EEE d.M.", "Thu 5.1." },
		{ "'week of' d", "week of 5" },
		{ "h''", NULL },
		{ "d 'o''clock' ''", "5 o'clock '" },
		{ "", "" },
		{ "'open", NULL },
		{ "yyy", NULL },
		{ "dddd", NULL },
		{ "Q", NULL },
		{ "d b", NULL },
		{ "d — M", "5 — 1" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf buf = buf_make(100);
		auto_error struct error err = { 0 };
		int result;

		buf_add_text(&buf, "<");
		result = date_add_pattern(&buf, &thursday, cases[i].pattern,
		                          &err);
		assert_row(i, result == (cases[i].shown != NULL ? 0 : -1));
		assert_row(i, (err.hint != NULL) == (result < 0));
		assert_row_text(i, buf.at + 1,
		                cases[i].shown != NULL ? cases[i].shown : "");
	}
}

static void test_date__all_names_of_months_and_days(void **state)
{
	auto_buf struct buf buf = buf_make(1000);
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	for (int i = 1; i <= 12; i++) {
		struct date date = thursday;

		date.month = i;
		date.weekday = i % 7 + 1;
		assert_int_equal(
		        date_add_pattern(&buf, &date, "MMM EEE ", &err), 0);
	}
	assert_string_equal(buf.at,
	                    "Jan Tue Feb Wed Mar Thu Apr Fri May Sat Jun Sun "
	                    "Jul Mon Aug Tue Sep Wed Oct Thu Nov Fri Dec Sat ");
}
