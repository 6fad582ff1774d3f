/*
 * The functions of days. Calendar arithmetic is on day numbers; months are
 * counted from year 0, and a day that its month does not have becomes the
 * month's last.
 */
#include <stdio.h>
#include <string.h>

#include "engine/job/format.h"
#include "engine/job/function_rows.h"
#include "engine/job/scope.h"
#include "store/base/buf.h"
#include "store/base/date.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* Years that a date can be written in. */
#define YEAR_MIN 1
#define YEAR_MAX 9999

/* Days of a week from Monday, which is 1. */
#define SATURDAY 6

static struct value *date_value(struct arena *arena, const struct date *date)
{
	return value_printf(arena, "%04d-%02d-%02d", date->year, date->month,
	                    date->day);
}

static int days_in_month(int year, int month)
{
	int day = 31;

	while (!date_is_valid(year, month, day))
		day--;
	return day;
}

static int out_of_range(const char *who, struct error *err)
{
	return error_set(err, ERR_CONFIG, "%s leaves the years from %d to %d",
	                 who, YEAR_MIN, YEAR_MAX);
}

static int move_months(const char *who, struct date *date, int64_t months,
                       struct error *err)
{
	int64_t span = 12 * (int64_t)YEAR_MAX;
	int64_t number = 12 * (int64_t)date->year + date->month - 1;

	if (months < -span || months > span)
		return out_of_range(who, err);
	number += months;
	if (number < 12 * (int64_t)YEAR_MIN || number >= span + 12)
		return out_of_range(who, err);
	date->year = (int)(number / 12);
	date->month = (int)(number % 12) + 1;

	int last = days_in_month(date->year, date->month);

	date->day = date->day < last ? date->day : last;
	return 0;
}

/* The date of values[0], moved by the months of values[1] if there is one. */
static int take_moved(const char *who, struct value **values, size_t count,
                      struct date *ret, struct error *err)
{
	int64_t months = 0;

	if (format_read_date(who, values[0], ret, err) < 0)
		return -1;
	if (count > 1 && function_int(who, values[1], &months, err) < 0)
		return -1;
	return move_months(who, ret, months, err);
}

struct value *call_month_start(const struct customs *customs,
                               struct arena *arena, struct value **values,
                               size_t count, struct error *err)
{
	struct date date;

	(void)customs;
	if (take_moved("month_start", values, count, &date, err) < 0)
		return NULL;
	date.day = 1;
	return date_value(arena, &date);
}

struct value *call_month_end(const struct customs *customs, struct arena *arena,
                             struct value **values, size_t count,
                             struct error *err)
{
	struct date date;

	(void)customs;
	if (take_moved("month_end", values, count, &date, err) < 0)
		return NULL;
	date.day = days_in_month(date.year, date.month);
	return date_value(arena, &date);
}

struct value *call_add_months(const struct customs *customs,
                              struct arena *arena, struct value **values,
                              size_t count, struct error *err)
{
	struct date date;

	(void)customs;
	if (take_moved("add_months", values, count, &date, err) < 0)
		return NULL;
	return date_value(arena, &date);
}

struct value *call_add_days(const struct customs *customs, struct arena *arena,
                            struct value **values, size_t count,
                            struct error *err)
{
	int64_t span = 366 * (int64_t)YEAR_MAX;
	struct date date;
	int64_t days;

	(void)customs, (void)count;
	if (format_read_date("add_days", values[0], &date, err) < 0 ||
	    function_int("add_days", values[1], &days, err) < 0)
		return NULL;
	if (days < -span || days > span) {
		out_of_range("add_days", err);
		return NULL;
	}
	date_from_days(date_to_days(date.year, date.month, date.day) + days,
	               &date);
	if (date.year < YEAR_MIN || date.year > YEAR_MAX) {
		out_of_range("add_days", err);
		return NULL;
	}
	return date_value(arena, &date);
}

struct value *call_days_between(const struct customs *customs,
                                struct arena *arena, struct value **values,
                                size_t count, struct error *err)
{
	struct date from;
	struct date to;

	(void)customs, (void)count;
	if (format_read_date("days_between", values[0], &from, err) < 0 ||
	    format_read_date("days_between", values[1], &to, err) < 0)
		return NULL;
	return value_int(arena,
	                 date_to_days(to.year, to.month, to.day) -
	                         date_to_days(from.year, from.month, from.day));
}

struct value *call_iso_week(const struct customs *customs, struct arena *arena,
                            struct value **values, size_t count,
                            struct error *err)
{
	struct date date;
	int year;
	int week;

	(void)customs, (void)count;
	if (format_read_date("iso_week", values[0], &date, err) < 0)
		return NULL;
	date_iso_week(&date, &year, &week);
	return value_printf(arena, "%04d-W%02d", year, week);
}

struct value *call_format_date(const struct customs *customs,
                               struct arena *arena, struct value **values,
                               size_t count, struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_ERROR_TEXT);
	const char *pattern = function_text("format_date", values[1], err);
	struct date date;

	(void)customs, (void)count;
	if (!pattern ||
	    format_read_date("format_date", values[0], &date, err) < 0 ||
	    date_add_pattern(&text, &date, pattern, err) < 0 ||
	    buf_check(&text, "a date", err) < 0)
		return NULL;
	return value_bytes(arena, text.at, text.len);
}

/* Whether nobody works on that day. */
static bool is_free(const struct customs *customs, int64_t days)
{
	const struct value *holidays = customs->holidays;
	size_t low = 0;
	size_t high = holidays ? holidays->length : 0;
	char text[sizeof("-2147483648-12-31")];
	struct date date;

	date_from_days(days, &date);
	if (date.weekday >= SATURDAY)
		return true;
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02d", date.year,
	               date.month, date.day);
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(text, holidays->items[middle]->text);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* From day to day, over at most all the years there are. */
struct value *call_add_workdays(const struct customs *customs,
                                struct arena *arena, struct value **values,
                                size_t count, struct error *err)
{
	struct date date;
	int64_t left;

	(void)count;
	if (format_read_date("add_workdays", values[0], &date, err) < 0 ||
	    function_int("add_workdays", values[1], &left, err) < 0)
		return NULL;

	int64_t days = date_to_days(date.year, date.month, date.day);
	int64_t step = left < 0 ? -1 : 1;

	while (left != 0 && date.year >= YEAR_MIN && date.year <= YEAR_MAX) {
		days += step;
		date_from_days(days, &date);
		if (!is_free(customs, days))
			left -= step;
	}
	if (left != 0) {
		out_of_range("add_workdays", err);
		return NULL;
	}
	return date_value(arena, &date);
}

/* The letters of parse_date: at most how many digits they read. */
static const struct date_letters {
	const char *letters;
	int least;
	int most;
	size_t offset;
} date_letters[] = {
	{ "yyyy", 4, 4, offsetof(struct date, year) },
	{ "MM", 2, 2, offsetof(struct date, month) },
	{ "M", 1, 2, offsetof(struct date, month) },
	{ "dd", 2, 2, offsetof(struct date, day) },
	{ "d", 1, 2, offsetof(struct date, day) },
};

static const struct date_letters *find_letters(const char *at, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(date_letters); i++)
		if (strlen(date_letters[i].letters) == len &&
		    memcmp(date_letters[i].letters, at, len) == 0)
			return &date_letters[i];
	return NULL;
}

/* Read one number; what is behind it, or NULL if it has too few digits. */
static const char *read_number(const char *text,
                               const struct date_letters *letters,
                               struct date *date)
{
	int number = 0;
	int count = 0;

	while (count < letters->most && text_is_digit(text[count]))
		number = 10 * number + (text[count++] - '0');
	if (count < letters->least)
		return NULL;
	memcpy((char *)date + letters->offset, &number, sizeof(number));
	return text + count;
}

/* 1: `text` fits; 0: it does not; -1: the pattern is not one. */
static int read_by_pattern(const char *text, const char *pattern,
                           struct date *date, struct error *err)
{
	while (*pattern != '\0') {
		const char letter[] = { *pattern, '\0' };
		size_t len =
		        text_is_alpha(*pattern) ? strspn(pattern, letter) : 1;
		const struct date_letters *letters = find_letters(pattern, len);

		if (text_is_alpha(*pattern) && !letters)
			return error_set(err, ERR_CONFIG,
			                 "parse_date does not know \"%.*s\"; "
			                 "it reads yyyy MM M dd d",
			                 (int)len, pattern);
		if (letters)
			text = read_number(text, letters, date);
		else
			text = *text == *pattern ? text + 1 : NULL;
		if (!text)
			return 0;
		pattern += len;
	}
	return *text == '\0';
}

struct value *call_parse_date(const struct customs *customs,
                              struct arena *arena, struct value **values,
                              size_t count, struct error *err)
{
	struct date date = { .year = YEAR_MIN, .month = 1, .day = 1 };
	const char *text = function_text("parse_date", values[0], err);
	const char *pattern =
	        text ? function_text("parse_date", values[1], err) : NULL;

	(void)customs, (void)count;
	if (!pattern)
		return NULL;

	int fits = read_by_pattern(text, pattern, &date, err);

	if (fits < 0)
		return NULL;
	if (!fits || !date_is_valid(date.year, date.month, date.day)) {
		error_set(err, ERR_CONFIG, "%s is not a date of the form %s",
		          scope_describe(arena, values[0]), pattern);
		return NULL;
	}
	return date_value(arena, &date);
}
