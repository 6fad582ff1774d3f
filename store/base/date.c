/*
 * The calendar is counted from 1 March of the year 0, so that the leap day is
 * the last of its year and the months behind it need no exception. 400 years
 * are 146097 days, and everything repeats after them.
 *
 * Zones are glibc's: TZ is set, one instant is converted, TZ is restored.
 */
#include "store/base/date.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/text.h"

enum {
	DAY_SECONDS = 86400,
	ERA_YEARS = 400,
	ERA_DAYS = 146097,
	EPOCH_DAYS = 719468, /* from 0000-03-01 to 1970-01-01 */
	LAST_YEAR = 9999,
};

/* a / b, rounded down, and what is left, for negative numbers, too. */
static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t floor_mod(int64_t a, int64_t b)
{
	return a - floor_div(a, b) * b;
}

/* Days from 1 March to the first of the month that is `month` months later:
 * 31 30 31 30 31, twice and again, is 153 days in five months. */
static int64_t days_before_month(int64_t month)
{
	return (153 * month + 2) / 5;
}

int64_t date_to_days(int year, int month, int day)
{
	int64_t march_month = (month + 9) % 12;
	int64_t march_year = (int64_t)year - (month <= 2);
	int64_t era = floor_div(march_year, ERA_YEARS);
	int64_t in_era = floor_mod(march_year, ERA_YEARS);

	return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 +
	       days_before_month(march_month) + day - 1 - EPOCH_DAYS;
}

void date_from_days(int64_t days, struct date *ret)
{
	int64_t since = days + EPOCH_DAYS;
	int64_t era = floor_div(since, ERA_DAYS);
	int64_t left = floor_mod(since, ERA_DAYS);
	/* Without the leap days before it, a year is 365 days: one day in
	 * 1460 goes, but not in 36524, but in 146096. */
	int64_t year =
	        (left - left / 1460 + left / 36524 - left / 146096) / 365;
	int64_t month;

	left -= year * 365 + year / 4 - year / 100;
	month = (5 * left + 2) / 153;
	*ret = (struct date){
		.year = (int)(era * ERA_YEARS + year + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(left - days_before_month(month) + 1),
		/* 1970-01-01 was a Thursday. */
		.weekday = (int)floor_mod(days + 3, 7) + 1,
	};
}

bool date_is_valid(int year, int month, int day)
{
	struct date same;

	if (year < 1 || year > LAST_YEAR || month < 1 || month > 12 ||
	    day < 1 || day > 31)
		return false;
	/* The 31st of a short month is a day of the next one. */
	date_from_days(date_to_days(year, month, day), &same);
	return same.month == month;
}

/* Exactly `digits` digits at `*at`, which is moved behind them. */
static bool take_number(const char **at, int digits, int *ret)
{
	int number = 0;

	for (; digits > 0; digits--, (*at)++) {
		if (!text_is_digit(**at))
			return false;
		number = number * 10 + (**at - '0');
	}
	*ret = number;
	return true;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* "2026-11-22" at `*at`. */
static bool take_date(const char **at, struct date *ret)
{
	int year;
	int month;
	int day;

	if (!take_number(at, 4, &year) || !take_char(at, '-') ||
	    !take_number(at, 2, &month) || !take_char(at, '-') ||
	    !take_number(at, 2, &day) || !date_is_valid(year, month, day))
		return false;
	date_from_days(date_to_days(year, month, day), ret);
	return true;
}

bool date_parse(const char *text, struct date *ret)
{
	struct date date;

	if (!take_date(&text, &date) || *text != '\0')
		return false;
	*ret = date;
	return true;
}

void date_iso_week(const struct date *date, int *ret_year, int *ret_week)
{
	/* A week belongs to the year that its Thursday is in. */
	int64_t thursday = date_to_days(date->year, date->month, date->day) +
	                   4 - date->weekday;
	struct date day;

	date_from_days(thursday, &day);
	*ret_year = day.year;
	*ret_week = (int)((thursday - date_to_days(day.year, 1, 1)) / 7) + 1;
}

/* Letters, digits, `_`, `+`, `-` and inner slashes: no dots, so no way out of
 * the directory, and nothing that glibc takes for a rule. */
static bool is_zone_name(const char *zone)
{
	char before = '/';

	for (; *zone != '\0'; before = *zone++) {
		if (*zone == '/' && before == '/')
			return false;
		if (*zone != '/' && !text_is_alpha(*zone) &&
		    !text_is_digit(*zone) && strchr("_+-", *zone) == NULL)
			return false;
	}
	return before != '/';
}

/* Whether the data base has a file of that name. */
static bool has_zone_file(const char *zone)
{
	auto_free char *path = mem_printf("/usr/share/zoneinfo/%s", zone);
	auto_error struct error ignored = { 0 };
	auto_fd int fd = fd_open(path, O_RDONLY | O_NONBLOCK, 0, &ignored);
	auto_buf struct buf bytes = buf_make(1 << 20);
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       fd_read_all(fd, path, &bytes, &ignored) == 0 &&
	       text_starts(bytes.at, "TZif");
}

int zone_check(const char *zone, struct error *err)
{
	if (text_equal(zone, "UTC"))
		return 0;
	if (is_zone_name(zone) && has_zone_file(zone))
		return 0;
	error_set(err, ERR_CONFIG, "unknown time zone \"%s\"", zone);
	return error_hint(err, "Use a name of the IANA time zone data base, "
	                       "such as \"Europe/Berlin\", or \"UTC\".");
}

static void from_utc(int64_t seconds, struct date *ret)
{
	int in_day = (int)floor_mod(seconds, DAY_SECONDS);

	date_from_days(floor_div(seconds, DAY_SECONDS), ret);
	ret->hour = in_day / 3600;
	ret->minute = in_day / 60 % 60;
	ret->second = in_day % 60;
}

/* NOLINTBEGIN(concurrency-mt-unsafe): reeve has one thread */

/* Set TZ, or remove it when `zone` is NULL. */
static void set_zone(const char *zone)
{
	if (zone != NULL)
		(void)setenv("TZ", zone, 1); /* fails for lack of memory only */
	else
		(void)unsetenv("TZ");
	tzset();
}

/* Ask in `zone` until leave_zone(); what comes back is for that. */
static char *enter_zone(const char *zone)
{
	const char *before = getenv("TZ");
	char *old = before != NULL ? mem_strdup(before) : NULL;

	set_zone(zone);
	return old;
}

/* NOLINTEND(concurrency-mt-unsafe) */

static void leave_zone(char *old)
{
	set_zone(old);
	free(old);
}

/* In a zone that was entered: of its local time from UTC. */
static int64_t offset_at(int64_t seconds)
{
	time_t instant = (time_t)seconds;
	struct tm local = { 0 };

	/* It fails for years that no int holds. */
	return localtime_r(&instant, &local) != NULL ? local.tm_gmtoff : 0;
}

void zone_local(const char *zone, int64_t wall_ms, struct date *ret)
{
	int64_t seconds = floor_div(wall_ms, 1000);
	int64_t offset = 0;

	if (!text_equal(zone, "UTC")) {
		char *old = enter_zone(zone);

		offset = offset_at(seconds);
		leave_zone(old);
	}
	from_utc(seconds + offset, ret);
	ret->offset_s = (int)offset;
}

/* The first second with another offset than at `low`; at `high` it is. */
static int64_t find_jump(int64_t low, int64_t high)
{
	int64_t offset = offset_at(low);

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (offset_at(middle) == offset)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static int64_t instant_of(int64_t local_s)
{
	/* Offsets are below a day, and so is the largest jump but one (Samoa
	 * left out a day): two days away is before and behind it. No zone
	 * jumps twice in between. */
	int64_t low = local_s - 2 * (int64_t)DAY_SECONDS;
	int64_t high = local_s + 2 * (int64_t)DAY_SECONDS;
	int64_t before = offset_at(low);
	int64_t after = offset_at(high);
	int64_t jump;

	if (before == after)
		return local_s - before;
	jump = find_jump(low, high);
	if (local_s - before < jump)
		return local_s - before;
	return local_s - after < jump ? jump : local_s - after;
}

int64_t zone_instant(const char *zone, int64_t local_s)
{
	char *old;
	int64_t instant;

	if (text_equal(zone, "UTC"))
		return local_s;
	old = enter_zone(zone);
	instant = instant_of(local_s);
	leave_zone(old);
	return instant;
}

/* `before`, if it is no NUL, and `number` with at least `width` digits. By
 * hand, because each event has a time. */
static void add_number(struct buf *buf, char before, int number, int width)
{
	char text[8];
	int rest = number;

	if (before != '\0')
		buf_add_char(buf, before);
	for (int i = width; i > 0; i--) {
		text[i - 1] = (char)('0' + rest % 10);
		rest /= 10;
	}
	if (number >= 0 && rest == 0)
		buf_add(buf, text, (size_t)width);
	else
		buf_printf(buf, "%0*d", width, number);
}

void date_add_iso(struct buf *buf, const struct date *date)
{
	add_number(buf, '\0', date->year, 4);
	add_number(buf, '-', date->month, 2);
	add_number(buf, '-', date->day, 2);
}

void date_add_rfc3339(struct buf *buf, int64_t wall_ms)
{
	int ms = (int)floor_mod(wall_ms, 1000);
	struct date date;

	from_utc(floor_div(wall_ms, 1000), &date);
	date_add_iso(buf, &date);
	add_number(buf, 'T', date.hour, 2);
	add_number(buf, ':', date.minute, 2);
	add_number(buf, ':', date.second, 2);
	if (ms > 0)
		add_number(buf, '.', ms, 3);
	buf_add_char(buf, 'Z');
}

/* "08:15:00" at `*at`. Second 60, a leap second, is the next minute's first. */
static bool take_time(const char **at, int64_t *ret_seconds)
{
	int hour;
	int minute;
	int second;

	if (!take_number(at, 2, &hour) || !take_char(at, ':') ||
	    !take_number(at, 2, &minute) || !take_char(at, ':') ||
	    !take_number(at, 2, &second))
		return false;
	*ret_seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
	return hour < 24 && minute < 60 && second <= 60;
}

/* ".123" or nothing; what is behind the milliseconds is cut. */
static bool take_fraction(const char **at, int64_t *ret_ms)
{
	int64_t unit_ms = 100;

	*ret_ms = 0;
	if (!take_char(at, '.'))
		return true;
	if (!text_is_digit(**at))
		return false;
	for (; text_is_digit(**at); (*at)++, unit_ms /= 10)
		*ret_ms += (**at - '0') * unit_ms;
	return true;
}

/* "Z" or "+01:00". */
static bool take_offset(const char **at, int64_t *ret_seconds)
{
	int64_t sign = **at == '-' ? -1 : 1;
	int hour;
	int minute;

	*ret_seconds = 0;
	if (take_char(at, 'Z') || take_char(at, 'z'))
		return true;
	if (!take_char(at, '+') && !take_char(at, '-'))
		return false;
	if (!take_number(at, 2, &hour) || !take_char(at, ':') ||
	    !take_number(at, 2, &minute))
		return false;
	*ret_seconds = sign * ((int64_t)hour * 3600 + (int64_t)minute * 60);
	return hour < 24 && minute < 60;
}

bool date_parse_rfc3339(const char *text, int64_t *ret_ms)
{
	struct date date;
	int64_t days;
	int64_t seconds;
	int64_t ms;
	int64_t offset;

	if (!take_date(&text, &date) ||
	    (!take_char(&text, 'T') && !take_char(&text, 't')) ||
	    !take_time(&text, &seconds) || !take_fraction(&text, &ms) ||
	    !take_offset(&text, &offset) || *text != '\0')
		return false;
	days = date_to_days(date.year, date.month, date.day);
	*ret_ms = (days * DAY_SECONDS + seconds - offset) * 1000 + ms;
	return true;
}

static const char *const month_names[] = {
	"January", "February", "March",     "April",   "May",      "June",
	"July",    "August",   "September", "October", "November", "December",
};

static const char *const weekday_names[] = {
	"Monday", "Tuesday",  "Wednesday", "Thursday",
	"Friday", "Saturday", "Sunday",
};

void date_add_rfc5322(struct buf *buf, const struct date *date)
{
	int minutes = abs(date->offset_s) / 60;

	buf_printf(buf, "%.3s, %d %.3s %04d %02d:%02d:%02d %c%02d%02d",
	           weekday_names[date->weekday - 1], date->day,
	           month_names[date->month - 1], date->year, date->hour,
	           date->minute, date->second, date->offset_s < 0 ? '-' : '+',
	           minutes / 60, minutes % 60);
}

/* Letters of a pattern: which field, how wide, and its names if it has any.
 * A number of width two shows its last two digits: all of them, but for yy. */
static const struct pattern_field {
	const char *letters;
	size_t offset;
	int width;
	const char *const *names; /* of 1, 2, … */
} pattern_fields[] = {
	{ "yyyy", offsetof(struct date, year), 4, NULL },
	{ "yy", offsetof(struct date, year), 2, NULL },
	{ "MMMM", offsetof(struct date, month), 9, month_names },
	{ "MMM", offsetof(struct date, month), 3, month_names },
	{ "MM", offsetof(struct date, month), 2, NULL },
	{ "M", offsetof(struct date, month), 1, NULL },
	{ "dd", offsetof(struct date, day), 2, NULL },
	{ "d", offsetof(struct date, day), 1, NULL },
	{ "EEEE", offsetof(struct date, weekday), 9, weekday_names },
	{ "EEE", offsetof(struct date, weekday), 3, weekday_names },
	{ "HH", offsetof(struct date, hour), 2, NULL },
	{ "mm", offsetof(struct date, minute), 2, NULL },
	{ "ss", offsetof(struct date, second), 2, NULL },
};

static const struct pattern_field *find_field(const char *letters, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(pattern_fields); i++) {
		const struct pattern_field *field = &pattern_fields[i];

		if (strlen(field->letters) == len &&
		    memcmp(field->letters, letters, len) == 0)
			return field;
	}
	return NULL;
}

static void add_field(struct buf *buf, const struct date *date,
                      const struct pattern_field *field)
{
	int number;

	memcpy(&number, (const char *)date + field->offset, sizeof(number));
	if (field->names != NULL)
		buf_printf(buf, "%.*s", field->width, field->names[number - 1]);
	else
		buf_printf(buf, "%0*d", field->width,
		           field->width == 2 ? number % 100 : number);
}

/* The quoted text that begins at `at`; NULL if nothing closes it, else what is
 * behind it. Two quotes in a row are one, inside and outside of quotes. */
static const char *add_quoted(struct buf *buf, const char *at)
{
	if (at[1] == '\'') {
		buf_add_char(buf, '\'');
		return at + 2;
	}
	for (at++; *at != '\0'; at++) {
		if (at[0] == '\'' && at[1] != '\'')
			return at + 1;
		at += at[0] == '\'';
		buf_add_char(buf, *at);
	}
	return NULL;
}

static int add_by_pattern(struct buf *buf, const struct date *date,
                          const char *pattern, struct error *err)
{
	for (const char *at = pattern; *at != '\0';) {
		const char letter[] = { *at, '\0' };
		size_t len = strspn(at, letter);
		const struct pattern_field *field = find_field(at, len);

		if (*at == '\'') {
			at = add_quoted(buf, at);
			if (at == NULL)
				return error_set(err, ERR_CONFIG,
				                 "the date pattern \"%s\" has "
				                 "an open quote",
				                 pattern);
			continue;
		}
		if (text_is_alpha(*at) && field == NULL)
			return error_set(err, ERR_CONFIG,
			                 "unknown letters \"%.*s\" in the date "
			                 "pattern \"%s\"",
			                 (int)len, at, pattern);
		if (field != NULL)
			add_field(buf, date, field);
		else
			buf_add(buf, at, len);
		at += len;
	}
	return 0;
}

int date_add_pattern(struct buf *buf, const struct date *date,
                     const char *pattern, struct error *err)
{
	size_t before = buf->len;

	if (add_by_pattern(buf, date, pattern, err) == 0)
		return 0;
	buf_cut(buf, before);
	return error_hint(err, "The letters are yyyy yy MMMM MMM MM M dd d "
	                       "EEEE EEE HH mm ss; other text stands between "
	                       "single quotes.");
}
