/*
 * A function checks its arguments by kind with take_date(), take_int() and
 * take_text(), whose errors name the function and what it got. Calendar
 * arithmetic is on day numbers; months are counted from year 0, and a day that
 * its month does not have becomes the month's last.
 */
#include "engine/job/functions.h"

#include <stdlib.h>
#include <string.h>

#include "engine/job/format.h"
#include "engine/job/scope.h"
#include "store/base/buf.h"
#include "store/base/date.h"
#include "store/base/text.h"

/* Years that a date can be written in. */
#define YEAR_MIN 1
#define YEAR_MAX 9999

__extension__ typedef __int128 wide_int;
__extension__ typedef unsigned __int128 wide_size;

static int take_date(const char *who, const struct value *value,
                     struct date *ret, struct error *err)
{
	return format_read_date(who, value, ret, err);
}

static int take_int(const char *who, const struct value *value, int64_t *ret,
                    struct error *err)
{
	auto_arena struct arena arena = { 0 };

	if (value_to_int(value, ret))
		return 0;
	return error_set(err, ERR_CONFIG, "%s takes a whole number, not %s",
	                 who, scope_describe(&arena, value));
}

/* NULL with `err` when it is no text. */
static const char *take_text(const char *who, const struct value *value,
                             struct error *err)
{
	auto_arena struct arena arena = { 0 };

	if (value->kind == VALUE_STRING)
		return value->text;
	error_set(err, ERR_CONFIG, "%s takes a text, not %s", who,
	          scope_describe(&arena, value));
	return NULL;
}

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

	if (take_date(who, values[0], ret, err) < 0)
		return -1;
	if (count > 1 && take_int(who, values[1], &months, err) < 0)
		return -1;
	return move_months(who, ret, months, err);
}

static struct value *call_month_start(struct arena *arena,
                                      struct value **values, size_t count,
                                      struct error *err)
{
	struct date date;

	if (take_moved("month_start", values, count, &date, err) < 0)
		return NULL;
	date.day = 1;
	return date_value(arena, &date);
}

static struct value *call_month_end(struct arena *arena, struct value **values,
                                    size_t count, struct error *err)
{
	struct date date;

	if (take_moved("month_end", values, count, &date, err) < 0)
		return NULL;
	date.day = days_in_month(date.year, date.month);
	return date_value(arena, &date);
}

static struct value *call_add_months(struct arena *arena, struct value **values,
                                     size_t count, struct error *err)
{
	struct date date;

	if (take_moved("add_months", values, count, &date, err) < 0)
		return NULL;
	return date_value(arena, &date);
}

static struct value *call_add_days(struct arena *arena, struct value **values,
                                   size_t count, struct error *err)
{
	int64_t span = 366 * (int64_t)YEAR_MAX;
	struct date date;
	int64_t days;

	(void)count;
	if (take_date("add_days", values[0], &date, err) < 0 ||
	    take_int("add_days", values[1], &days, err) < 0)
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

static struct value *call_days_between(struct arena *arena,
                                       struct value **values, size_t count,
                                       struct error *err)
{
	struct date from;
	struct date to;

	(void)count;
	if (take_date("days_between", values[0], &from, err) < 0 ||
	    take_date("days_between", values[1], &to, err) < 0)
		return NULL;
	return value_int(arena,
	                 date_to_days(to.year, to.month, to.day) -
	                         date_to_days(from.year, from.month, from.day));
}

static struct value *call_iso_week(struct arena *arena, struct value **values,
                                   size_t count, struct error *err)
{
	struct date date;
	int year;
	int week;

	(void)count;
	if (take_date("iso_week", values[0], &date, err) < 0)
		return NULL;
	date_iso_week(&date, &year, &week);
	return value_printf(arena, "%04d-W%02d", year, week);
}

static struct value *call_format_date(struct arena *arena,
                                      struct value **values, size_t count,
                                      struct error *err)
{
	const char *pattern = take_text("format_date", values[1], err);
	const struct format *format =
	        pattern ? format_get("date", pattern, err) : NULL;

	(void)count;

	return format ? format->apply(arena, values[0], pattern, NULL, err)
	              : NULL;
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

static struct value *call_parse_date(struct arena *arena, struct value **values,
                                     size_t count, struct error *err)
{
	struct date date = { .year = YEAR_MIN, .month = 1, .day = 1 };
	const char *text = take_text("parse_date", values[0], err);
	const char *pattern =
	        text ? take_text("parse_date", values[1], err) : NULL;

	(void)count;
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

/* a * b / c, rounded half away from zero. */
static struct value *call_mul_div(struct arena *arena, struct value **values,
                                  size_t count, struct error *err)
{
	int64_t a;
	int64_t b;
	int64_t c;

	(void)count;
	if (take_int("mul_div", values[0], &a, err) < 0 ||
	    take_int("mul_div", values[1], &b, err) < 0 ||
	    take_int("mul_div", values[2], &c, err) < 0)
		return NULL;
	if (c == 0) {
		error_set(err, ERR_CONFIG, "mul_div cannot divide by 0");
		return NULL;
	}

	/* |a * b| is at most 2^126 and |c| at most 2^63: nothing wraps. */
	wide_int product = (wide_int)a * b;
	wide_size size = (wide_size)(product < 0 ? -product : product);
	wide_size by = (wide_size)(c < 0 ? -(wide_int)c : c);
	wide_int result = (wide_int)((2 * size + by) / (2 * by));

	if ((product < 0) != (c < 0))
		result = -result;
	if (result < INT64_MIN || result > INT64_MAX) {
		error_set(err, ERR_CONFIG,
		          "the result of mul_div is larger than 64 bits");
		return NULL;
	}
	return value_int(arena, (int64_t)result);
}

/* "-12.5" to -1250: digits, then at most two decimals that are not 0. */
static bool read_cents(const char *text, int64_t *ret)
{
	char digits[32];
	size_t whole =
	        strspn(text + (*text == '-'), "0123456789") + (*text == '-');
	const char *decimals = text[whole] == '.' ? text + whole + 1 : "";
	size_t places = strspn(decimals, "0123456789");

	if (whole == (*text == '-') || whole > sizeof(digits) - 3 ||
	    (text[whole] != '.' && text[whole] != '\0') ||
	    (text[whole] == '.' && places == 0) || decimals[places] != '\0')
		return false;
	for (size_t i = 2; i < places; i++)
		if (decimals[i] != '0')
			return false;
	memcpy(digits, text, whole);
	digits[whole] = places > 0 ? decimals[0] : '0';
	digits[whole + 1] = places > 1 ? decimals[1] : '0';
	digits[whole + 2] = '\0';
	return text_to_int(digits, INT64_MIN, INT64_MAX, ret);
}

static struct value *call_cents(struct arena *arena, struct value **values,
                                size_t count, struct error *err)
{
	const struct value *value = values[0];
	int64_t cents;

	(void)count;
	if ((value->kind == VALUE_NUMBER || value->kind == VALUE_STRING) &&
	    read_cents(value->text, &cents))
		return value_int(arena, cents);
	error_set(err, ERR_CONFIG,
	          "cents takes an amount such as 12.50, not %s",
	          scope_describe(arena, value));
	return NULL;
}

static struct value *call_money(struct arena *arena, struct value **values,
                                size_t count, struct error *err)
{
	(void)count;
	return format_find("money")->apply(arena, values[0], NULL, NULL, err);
}

static struct value *call_slug(struct arena *arena, struct value **values,
                               size_t count, struct error *err)
{
	(void)count;
	return format_find("slug")->apply(arena, values[0], NULL, NULL, err);
}

const struct db_function functions[] = {
	{ "add_days", 2, call_add_days },
	{ "add_months", 2, call_add_months },
	{ "cents", 1, call_cents },
	{ "days_between", 2, call_days_between },
	{ "format_date", 2, call_format_date },
	{ "iso_week", 1, call_iso_week },
	{ "money", 1, call_money },
	{ "month_end", 1, call_month_end },
	{ "month_end", 2, call_month_end },
	{ "month_start", 1, call_month_start },
	{ "month_start", 2, call_month_start },
	{ "mul_div", 3, call_mul_div },
	{ "parse_date", 2, call_parse_date },
	{ "slug", 1, call_slug },
};

const size_t function_count = ARRAY_LEN(functions);

int functions_add(struct db *db, struct error *err)
{
	for (size_t i = 0; i < function_count; i++)
		if (db_add_function(db, &functions[i], err) < 0)
			return -1;
	return 0;
}
