/*
 * The formats; functions.c has their rows. Numbers are never floating point
 * here: money and decimals are moved digits.
 */
#include "engine/job/format.h"

#include <inttypes.h>
#include <string.h>

#include "engine/job/function_rows.h"
#include "engine/job/scope.h"
#include "store/base/buf.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define MAX_DECIMALS 18

static const struct separators {
	const char *language;
	const char *thousands;
	const char *point;
} separators[] = {
	{ "en", ",", "." },
	{ "de", ".", "," },
	{ "fr", "\u202f", "," },
};

/* By language alone: "de-AT" is written as "de". English when unknown. */
static const struct separators *separators_of(const char *locale)
{
	for (size_t i = 0; locale && i < ARRAY_LEN(separators); i++)
		if (text_starts(locale, separators[i].language) &&
		    !text_is_alpha(locale[2]))
			return &separators[i];
	return &separators[0];
}

static struct value *misfit(struct arena *arena, const char *who,
                            const char *wanted, const struct value *value,
                            struct error *err)
{
	error_set(err, ERR_CONFIG, "%s takes %s, not %s", who, wanted,
	          scope_describe(arena, value));
	return NULL;
}

/* The bytes of `buf` as a value. */
static struct value *finish(struct arena *arena, const struct buf *buf,
                            const char *what, struct error *err)
{
	if (buf_check(buf, what, err) < 0)
		return NULL;
	return value_bytes(arena, buf->at, buf->len);
}

/* The digits of `number` without its sign, at least `least` of them. */
static char *digits_of(struct arena *arena, int64_t number, int least)
{
	uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;

	return arena_printf(arena, "%0*" PRIu64, least, size);
}

struct value *apply_money(struct arena *arena, const struct value *value,
                          const char *argument, const char *locale,
                          struct error *err)
{
	const struct separators *marks = separators_of(locale);
	auto_buf struct buf text = buf_make(128);
	int64_t cents;

	(void)argument;
	if (!value_to_int(value, &cents))
		return misfit(arena, "money", "whole cents", value, err);

	const char *digits = digits_of(arena, cents, 3);
	size_t whole = strlen(digits) - 2;

	buf_add_text(&text, cents < 0 ? "-" : "");
	for (size_t i = 0; i < whole; i++) {
		if (i > 0 && (whole - i) % 3 == 0)
			buf_add_text(&text, marks->thousands);
		buf_add_char(&text, digits[i]);
	}
	buf_printf(&text, "%s%s", marks->point, digits + whole);
	return finish(arena, &text, "an amount", err);
}

int check_decimal(const char *argument, struct error *err)
{
	int64_t places;

	if (text_to_int(argument, 0, MAX_DECIMALS, &places))
		return 0;
	return error_set(err, ERR_CONFIG,
	                 "decimal takes a number of places from 0 to %d, not "
	                 "\"%s\"",
	                 MAX_DECIMALS, argument);
}

struct value *apply_decimal(struct arena *arena, const struct value *value,
                            const char *argument, const char *locale,
                            struct error *err)
{
	int64_t number;
	int64_t places;

	(void)locale;
	if (!value_to_int(value, &number))
		return misfit(arena, "decimal", "a whole number", value, err);
	if (!text_to_int(argument, 0, MAX_DECIMALS, &places))
		return NULL;
	if (places == 0)
		return value_int(arena, number);

	const char *digits = digits_of(arena, number, (int)places + 1);
	int whole = (int)strlen(digits) - (int)places;

	return value_number(arena, arena_printf(arena, "%s%.*s.%s",
	                                        number < 0 ? "-" : "", whole,
	                                        digits, digits + whole));
}

int format_read_date(const char *who, const struct value *value,
                     struct date *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	int64_t instant;
	size_t days = strlen("2026-11-22");

	if (value->kind == VALUE_STRING && value->length == days &&
	    date_parse(value->text, ret))
		return 0;
	if (value->kind != VALUE_STRING || value->length <= days ||
	    !date_parse_rfc3339(value->text, &instant) ||
	    !date_parse(arena_strndup(&arena, value->text, days), ret)) {
		(void)misfit(&arena, who, "a date such as 2026-11-22", value,
		             err);
		return -1;
	}

	/* The time that is written, wherever that was. */
	const char *time = value->text + days + 1;

	ret->hour = (time[0] - '0') * 10 + time[1] - '0';
	ret->minute = (time[3] - '0') * 10 + time[4] - '0';
	ret->second = (time[6] - '0') * 10 + time[7] - '0';
	return 0;
}

int check_date(const char *argument, struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_ERROR_TEXT);
	struct date date;

	date_from_days(0, &date);
	if (date_add_pattern(&text, &date, argument, err) < 0)
		return -1;
	return buf_check(&text, "a date", err);
}

struct value *apply_date(struct arena *arena, const struct value *value,
                         const char *argument, const char *locale,
                         struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_ERROR_TEXT);
	struct date date;

	(void)locale;
	if (format_read_date("date", value, &date, err) < 0 ||
	    date_add_pattern(&text, &date, argument, err) < 0)
		return NULL;
	return finish(arena, &text, "a date", err);
}

struct value *apply_join(struct arena *arena, const struct value *value,
                         const char *argument, const char *locale,
                         struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);

	(void)locale;
	if (value->kind != VALUE_LIST)
		return misfit(arena, "join", "a list", value, err);
	for (size_t i = 0; i < value->length; i++) {
		const char *item = scope_text(value->items[i]);

		if (!item)
			return misfit(arena, "join", "a list of plain values",
			              value->items[i], err);
		buf_printf(&text, "%s%s", i > 0 ? argument : "", item);
	}
	return finish(arena, &text, "the joined list", err);
}

struct value *apply_count(struct arena *arena, const struct value *value,
                          const char *argument, const char *locale,
                          struct error *err)
{
	(void)argument;
	(void)locale;
	if (value->kind != VALUE_LIST && value->kind != VALUE_MAP)
		return misfit(arena, "count", "a list", value, err);
	return value_int(arena, (int64_t)value->length);
}

struct value *apply_slug(struct arena *arena, const struct value *value,
                         const char *argument, const char *locale,
                         struct error *err)
{
	(void)argument;
	(void)locale;
	if (value->kind != VALUE_STRING && value->kind != VALUE_NUMBER)
		return misfit(arena, "slug", "a text", value, err);

	const char *slug = text_slug(arena, value->text);

	if (*slug == '\0')
		return misfit(arena, "slug", "a text with letters or digits",
		              value, err);
	return value_string(arena, slug);
}

struct value *apply_json(struct arena *arena, const struct value *value,
                         const char *argument, const char *locale,
                         struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);

	(void)argument;
	(void)locale;
	json_write(&text, value, 0);
	return finish(arena, &text, "the JSON text", err);
}

const struct function *format_find(const char *name)
{
	for (size_t i = 0; i < function_count; i++)
		if (functions[i].apply && text_equal(functions[i].name, name))
			return &functions[i];
	return NULL;
}

static const struct function *unknown(const char *name, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf list = buf_make(LIMIT_ERROR_TEXT);
	const char **names =
	        arena_array(&arena, function_count, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < function_count; i++)
		if (functions[i].apply)
			names[count++] = functions[i].name;
	for (size_t i = 0; i < count; i++)
		buf_printf(&list, "%s%s",
		           i == 0           ? ""
		           : i + 1 == count ? " and "
		                            : ", ",
		           names[i]);

	const char *nearest = text_nearest(name, names, count);

	error_set(err, ERR_CONFIG, "there is no format \"%s\"", name);
	if (nearest)
		error_hint(err, "Did you mean \"%s\"?", nearest);
	else
		error_hint(err, "The formats are %s.", list.at);
	return NULL;
}

const struct function *format_get(const char *name, const char *argument,
                                  struct error *err)
{
	const struct function *format = format_find(name);

	if (!format)
		return unknown(name, err);
	if (!argument != !format->argument) {
		error_set(err, ERR_CONFIG, "the format \"%s\" takes %s", name,
		          format->argument ? "an argument" : "no argument");
		error_hint(err, "Write %s.", format->example);
		return NULL;
	}
	if (argument && format->check && format->check(argument, err) < 0)
		return NULL;
	return format;
}
