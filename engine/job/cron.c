/*
 * Slots are looked for in local wall time, where a day has 1440 minutes and
 * nothing jumps: day by day, then by the bits of hours and minutes. Only what
 * was found is turned into an instant. The order of wall times is that of their
 * instants (a time that is jumped over comes with the jump, one that comes
 * twice counts once, the first time), so one direction's first fit is right,
 * but for the hour that comes again: whoever asks then has slots ahead of the
 * clock that have come already, and those are stepped over.
 */
#include "engine/job/cron.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "store/base/date.h"
#include "store/base/text.h"

enum {
	DAY_MINUTES = 24 * 60,
	SEARCH_DAYS = 5 * 366,
	SUNDAY = 7,
};

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may",
	                                   "jun", "jul", "aug", "sep", "oct",
	                                   "nov", "dec", NULL };
static const char *const weekday_names[] = { "sun", "mon", "tue", "wed",
	                                     "thu", "fri", "sat", NULL };

static const struct cron_field {
	const char *what;
	unsigned least, most;
	const char *const *names; /* of `least` and up; or NULL */
} cron_fields[] = {
	{ "minute", 0, 59, NULL },
	{ "hour", 0, 23, NULL },
	{ "day of the month", 1, 31, NULL },
	{ "month", 1, 12, month_names },
	{ "day of the week", 0, SUNDAY, weekday_names },
};

enum {
	FIELD_COUNT = ARRAY_LEN(cron_fields),
	DAY_FIELD = 2,
	WEEKDAY_FIELD = 4,
};

static const struct {
	const char *word;
	const char *fields;
} cron_words[] = {
	{ "@hourly", "0 * * * *" },   { "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" }, { "@weekly", "0 0 * * 0" },
	{ "@monthly", "0 0 1 * *" },  { "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
};

/* ---- Reading ------------------------------------------------------------- */

struct cron_reader {
	const char *file;
	const struct value *source;
	const char *text; /* the five fields */
	const char *at;
	struct error *err;
};

static struct pos reader_pos(const struct cron_reader *reader)
{
	/* A word stands for the fields, which then have no mistakes. */
	return value_pos_at(reader->source,
	                    (size_t)(reader->at - reader->text));
}

static bool is_field_char(char c)
{
	return text_is_digit(c) || text_is_alpha(c);
}

/* A name of the field at `at`; -1 when it is none. */
static int find_name(const struct cron_field *field, const char *at, size_t len)
{
	for (int i = 0; field->names != NULL && field->names[i] != NULL; i++)
		if (strlen(field->names[i]) == len &&
		    strncasecmp(field->names[i], at, len) == 0)
			return (int)field->least + i;
	return -1;
}

static int read_digits(const char *at, size_t len)
{
	int number = 0;

	if (len == 0 || len > 4)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (!text_is_digit(at[i]))
			return -1;
		number = number * 10 + (at[i] - '0');
	}
	return number;
}

/* A number or a name within the field's bounds. */
static int read_number(struct cron_reader *reader,
                       const struct cron_field *field, unsigned *ret)
{
	const char *at = reader->at;
	size_t len = 0;
	int number;

	while (is_field_char(at[len]))
		len++;
	number = find_name(field, at, len);
	if (number < 0)
		number = read_digits(at, len);
	if (number < (int)field->least || number > (int)field->most) {
		if (len == 0)
			len = strcspn(at, " \t");
		error_at(reader->err, ERR_CONFIG, reader->file,
		         reader_pos(reader), "\"%.*s\" is no %s", (int)len, at,
		         field->what);
		return error_hint(
		        reader->err, "It is a number from %u to %u%s, or *.",
		        field->least, field->most,
		        field->names != NULL ? ", or a name of three letters"
		                             : "");
	}
	reader->at += len;
	*ret = (unsigned)number;
	return 0;
}

/* "-5" behind the first number of a range, or nothing. */
static int read_range_end(struct cron_reader *reader,
                          const struct cron_field *field, unsigned first,
                          unsigned *ret)
{
	if (*reader->at != '-')
		return 0;
	reader->at++;
	if (read_number(reader, field, ret) < 0)
		return -1;
	if (field->most == SUNDAY && *ret == 0)
		*ret = SUNDAY; /* sat-sun */
	if (*ret >= first)
		return 0;
	error_at(reader->err, ERR_CONFIG, reader->file, reader_pos(reader),
	         "a range of the %s runs backwards", field->what);
	return error_hint(reader->err, "Write it as two: 22-23,0-5.");
}

/* "/15", or nothing. */
static int read_step(struct cron_reader *reader, const struct cron_field *field,
                     bool is_range, unsigned *ret)
{
	const char *slash = reader->at;
	size_t len = 0;
	int number;

	*ret = 1;
	if (*slash != '/')
		return 0;
	while (is_field_char(slash[1 + len]))
		len++;
	number = read_digits(slash + 1, len);
	if (!is_range || number < 1 || number > (int)field->most) {
		error_at(reader->err, ERR_CONFIG, reader->file,
		         reader_pos(reader), "\"/%.*s\" is no step of the %s",
		         (int)len, slash + 1, field->what);
		return error_hint(reader->err, "Write it behind * or a range, "
		                               "as */15 or 8-18/2.");
	}
	reader->at += 1 + len;
	*ret = (unsigned)number;
	return 0;
}

/* "*", "5", "1-5", and those with a step. */
static int read_item(struct cron_reader *reader, const struct cron_field *field,
                     uint64_t *bits)
{
	unsigned first = field->least;
	unsigned last = field->most;
	unsigned step;
	bool is_range = true;

	if (*reader->at == '*') {
		reader->at++;
	} else {
		if (read_number(reader, field, &first) < 0)
			return -1;
		last = first;
		is_range = *reader->at == '-';
		if (read_range_end(reader, field, first, &last) < 0)
			return -1;
	}
	if (read_step(reader, field, is_range, &step) < 0)
		return -1;
	for (unsigned i = first; i <= last; i += step)
		*bits |= UINT64_C(1) << i;
	return 0;
}

static int wrong_count(struct cron_reader *reader)
{
	error_at(reader->err, ERR_CONFIG, reader->file, reader->source->pos,
	         "a cron time has five fields");
	return error_hint(reader->err,
	                  "They are minute, hour, day of the month, month and "
	                  "day of the week, as in \"0 7 * * mon-fri\".");
}

/* One field with the blanks behind it. */
static int read_field(struct cron_reader *reader, size_t n, uint64_t *ret)
{
	const struct cron_field *field = &cron_fields[n];

	if (*reader->at == '\0')
		return wrong_count(reader);
	for (;;) {
		if (read_item(reader, field, ret) < 0)
			return -1;
		if (*reader->at != ',')
			break;
		reader->at++;
	}
	if (*reader->at != '\0' && *reader->at != ' ' && *reader->at != '\t')
		return error_at(reader->err, ERR_CONFIG, reader->file,
		                reader_pos(reader),
		                "\"%.1s\" cannot stand in the %s", reader->at,
		                field->what);
	reader->at += strspn(reader->at, " \t");
	return 0;
}

static int read_cron(struct cron_reader *reader, struct cron *ret)
{
	uint64_t bits[FIELD_COUNT] = { 0 };
	bool stars[FIELD_COUNT];

	reader->at += strspn(reader->at, " \t");
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		stars[i] = *reader->at == '*';
		if (read_field(reader, i, &bits[i]) < 0)
			return -1;
	}
	if (*reader->at != '\0')
		return wrong_count(reader);
	*ret = (struct cron){
		.minutes = bits[0],
		.hours = (uint32_t)bits[1],
		.days = (uint32_t)bits[DAY_FIELD],
		.months = (uint32_t)bits[3],
		.weekdays = (uint32_t)((bits[WEEKDAY_FIELD] |
		                        bits[WEEKDAY_FIELD] >> SUNDAY) &
		                       0x7f),
		.either_day = !stars[DAY_FIELD] && !stars[WEEKDAY_FIELD],
	};
	return 0;
}

static const char *expand_word(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(cron_words); i++)
		if (strcmp(cron_words[i].word, text) == 0)
			return cron_words[i].fields;
	return text;
}

/* From a leap year on, so that 29 February is found. */
static bool ever_comes(const struct cron *cron)
{
	struct slot slot;
	const int64_t year_2000_ms = INT64_C(946684800000);

	return cron_next(cron, "UTC", year_2000_ms - 1, &slot);
}

struct cron *cron_parse(struct arena *arena, const char *file,
                        const struct value *source, struct error *err)
{
	const char *text = expand_word(source->text);
	struct cron_reader reader = {
		.file = file,
		.source = source,
		.text = text,
		.at = text,
		.err = err,
	};
	struct cron cron;
	struct cron *kept;

	if (read_cron(&reader, &cron) < 0)
		return NULL;
	if (!ever_comes(&cron)) {
		error_at(err, ERR_CONFIG, file, source->pos,
		         "\"%s\" never comes: no month of it has that day",
		         source->text);
		return NULL;
	}
	kept = arena_new(arena, struct cron);
	*kept = cron;
	return kept;
}

/* ---- Wall time ----------------------------------------------------------- */

static int64_t floor_days(int64_t minute)
{
	return minute / DAY_MINUTES - (minute % DAY_MINUTES < 0);
}

static bool day_fits(const struct cron *cron, int64_t days)
{
	struct date date;
	bool day;
	bool weekday;

	date_from_days(days, &date);
	if ((cron->months >> date.month & 1) == 0)
		return false;
	day = (cron->days >> date.day & 1) != 0;
	weekday = (cron->weekdays >> date.weekday % SUNDAY & 1) != 0;
	return cron->either_day ? day || weekday : day && weekday;
}

/* The fitting minute of a day that is `minute` or the next one in the direction
 * `step`, which is 1 or -1; -1 when the day has none. */
static int64_t fit_minute(const struct cron *cron, int64_t minute, int step)
{
	while (minute >= 0 && minute < DAY_MINUTES) {
		if ((cron->hours >> (minute / 60) & 1) != 0 &&
		    (cron->minutes >> (minute % 60) & 1) != 0)
			return minute;
		minute += step;
	}
	return -1;
}

/* The same over days; false when there is none for five years. */
static bool fit_wall(const struct cron *cron, int64_t minute, int step,
                     int64_t *ret)
{
	int64_t days = floor_days(minute);
	int64_t in_day = minute - days * DAY_MINUTES;

	for (int i = 0; i <= SEARCH_DAYS; i++, days += step) {
		int64_t fit = day_fits(cron, days)
		                      ? fit_minute(cron, in_day, step)
		                      : -1;

		if (fit >= 0) {
			*ret = days * DAY_MINUTES + fit;
			return true;
		}
		in_day = step > 0 ? 0 : DAY_MINUTES - 1;
	}
	return false;
}

/* ---- Instants ------------------------------------------------------------ */

/* What clocks in `zone` show, in whole minutes as a slot has them. */
static int64_t wall_minute(const char *zone, int64_t at_ms)
{
	struct date local;

	zone_local(zone, at_ms, &local);
	return date_to_days(local.year, local.month, local.day) * DAY_MINUTES +
	       (int64_t)local.hour * 60 + local.minute;
}

static int64_t instant_ms(const char *zone, int64_t minute)
{
	return zone_instant(zone, minute * 60) * 1000;
}

/* The slot of `minute`, or the last one that comes at the same instant. */
static void settle_slot(const struct cron *cron, const char *zone,
                        int64_t minute, struct slot *ret)
{
	int64_t at_ms = instant_ms(zone, minute);
	int64_t shown = wall_minute(zone, at_ms);

	/* Where nothing was jumped over it is `minute` itself. */
	if (shown > minute)
		(void)fit_wall(cron, shown, -1, &minute);
	*ret = (struct slot){ .minute = minute, .at_ms = at_ms };
}

bool cron_next(const struct cron *cron, const char *zone, int64_t after_ms,
               struct slot *ret)
{
	int64_t minute = wall_minute(zone, after_ms);

	do {
		if (!fit_wall(cron, minute + 1, 1, &minute))
			return false;
	} while (instant_ms(zone, minute) <= after_ms);
	settle_slot(cron, zone, minute, ret);
	return true;
}

bool cron_last(const struct cron *cron, const char *zone, int64_t until_ms,
               struct slot *ret)
{
	int64_t minute = wall_minute(zone, until_ms);
	int64_t ahead = minute;

	if (!fit_wall(cron, minute, -1, &minute))
		return false;
	while (fit_wall(cron, ahead + 1, 1, &ahead) &&
	       instant_ms(zone, ahead) <= until_ms)
		minute = ahead;
	settle_slot(cron, zone, minute, ret);
	return true;
}

const char *slot_text(struct arena *arena, const struct slot *slot)
{
	int64_t days = floor_days(slot->minute);
	int64_t in_day = slot->minute - days * DAY_MINUTES;
	struct date date;

	date_from_days(days, &date);
	return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d", date.year,
	                    date.month, date.day, (int)(in_day / 60),
	                    (int)(in_day % 60));
}
