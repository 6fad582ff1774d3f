/*
 * How a function gets its arguments
 *
 * It checks them by kind with function_int(), function_text() and
 * format_read_date(), whose errors name the function and what it got. A format
 * that is a function, too, is called with its second argument as the format's.
 *
 * SQLite gets a row of its own for each function, since the table here is
 * constant and knows no place: the row carries the customs.
 */
#include "engine/job/functions.h"

#include <stdlib.h>
#include <string.h>

#include "engine/job/function_rows.h"
#include "engine/job/scope.h"
#include "store/base/alloc.h"
#include "store/base/text.h"

__extension__ typedef __int128 wide_int;
__extension__ typedef unsigned __int128 wide_size;

int function_int(const char *who, const struct value *value, int64_t *ret,
                 struct error *err)
{
	auto_arena struct arena arena = { 0 };

	if (value_to_int(value, ret))
		return 0;
	return error_set(err, ERR_CONFIG, "%s takes a whole number, not %s",
	                 who, scope_describe(&arena, value));
}

/* NULL with `err` when it is no text. */
const char *function_text(const char *who, const struct value *value,
                          struct error *err)
{
	auto_arena struct arena arena = { 0 };

	if (value->kind == VALUE_STRING)
		return value->text;
	error_set(err, ERR_CONFIG, "%s takes a text, not %s", who,
	          scope_describe(&arena, value));
	return NULL;
}

/* a * b / c, rounded half away from zero. */
static struct value *call_mul_div(const struct customs *customs,
                                  struct arena *arena, struct value **values,
                                  size_t count, struct error *err)
{
	int64_t a;
	int64_t b;
	int64_t c;

	(void)customs, (void)count;
	if (function_int("mul_div", values[0], &a, err) < 0 ||
	    function_int("mul_div", values[1], &b, err) < 0 ||
	    function_int("mul_div", values[2], &c, err) < 0)
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

static struct value *call_cents(const struct customs *customs,
                                struct arena *arena, struct value **values,
                                size_t count, struct error *err)
{
	const struct value *value = values[0];
	int64_t cents;

	(void)customs, (void)count;
	if ((value->kind == VALUE_NUMBER || value->kind == VALUE_STRING) &&
	    read_cents(value->text, &cents))
		return value_int(arena, cents);
	error_set(err, ERR_CONFIG,
	          "cents takes an amount such as 12.50, not %s",
	          scope_describe(arena, value));
	return NULL;
}

const struct function functions[] = {
	{
	        .name = "add_days",
	        .help = "the date so many days later",
	        .example = "add_days(run.date, 14)",
	        .least = 2,
	        .most = 2,
	        .call = call_add_days,
	},
	{
	        .name = "add_months",
	        .help = "the date so many months later; the last day if the month is shorter",
	        .example = "add_months(invoice.date, 1)",
	        .least = 2,
	        .most = 2,
	        .call = call_add_months,
	},
	{
	        .name = "add_workdays",
	        .help = "the date so many workdays later, without weekends and the holidays of reeve.yaml",
	        .example = "add_workdays(run.date, 5)",
	        .least = 2,
	        .most = 2,
	        .call = call_add_workdays,
	},
	{
	        .name = "cents",
	        .help = "an amount such as 12.50 as whole cents",
	        .example = "cents(row.amount)",
	        .least = 1,
	        .most = 1,
	        .call = call_cents,
	},
	{
	        .name = "count",
	        .help = "how many items a list or fields a map has",
	        .example = "{{reports | count}}",
	        .apply = apply_count,
	},
	{
	        .name = "date",
	        .help = "a date by a pattern of letters",
	        .example = "{{due | date 'd MMMM yyyy'}}",
	        .apply = apply_date,
	        .argument = "'d MMMM yyyy'",
	        .check = check_date,
	},
	{
	        .name = "days_between",
	        .help = "days from the first date to the second",
	        .example = "days_between(sent, run.date) > 14",
	        .least = 2,
	        .most = 2,
	        .call = call_days_between,
	},
	{
	        .name = "decimal",
	        .help = "a whole number with the point moved so many places",
	        .example = "{{cents | decimal 2}}",
	        .least = 2,
	        .most = 2,
	        .apply = apply_decimal,
	        .argument = "2",
	        .check = check_decimal,
	},
	{
	        .name = "format_date",
	        .help = "a date by a pattern of letters",
	        .example = "format_date(run.date, 'MMMM yyyy')",
	        .least = 2,
	        .most = 2,
	        .call = call_format_date,
	},
	{
	        .name = "iso_week",
	        .help = "the ISO week of a date, such as 2026-W47",
	        .example = "iso_week(run.date)",
	        .least = 1,
	        .most = 1,
	        .call = call_iso_week,
	},
	{
	        .name = "join",
	        .help = "the items of a list with a text between them",
	        .example = "{{names | join ', '}}",
	        .apply = apply_join,
	        .argument = "', '",
	},
	{
	        .name = "json",
	        .help = "any value as JSON on one line",
	        .example = "{{brief | json}}",
	        .apply = apply_json,
	        .encoded = true,
	},
	{
	        .name = "money",
	        .help = "whole cents as an amount, written as in the locale",
	        .example = "{{net | money}}",
	        .least = 1,
	        .most = 1,
	        .apply = apply_money,
	},
	{
	        .name = "month_end",
	        .help = "the last day of the month of a date, or of the month so many later",
	        .example = "month_end(run.date, -1)",
	        .least = 1,
	        .most = 2,
	        .call = call_month_end,
	},
	{
	        .name = "month_start",
	        .help = "the first day of the month of a date, or of the month so many later",
	        .example = "month_start(run.date, -1)",
	        .least = 1,
	        .most = 2,
	        .call = call_month_start,
	},
	{
	        .name = "mul_div",
	        .help = "a * b / c without a loss, rounded half away from zero",
	        .example = "mul_div(minutes, rate_cents, 60)",
	        .least = 3,
	        .most = 3,
	        .call = call_mul_div,
	},
	{
	        .name = "parse_date",
	        .help = "the date of a text that is written by a pattern",
	        .example = "parse_date(row.day, 'd.M.yyyy')",
	        .least = 2,
	        .most = 2,
	        .call = call_parse_date,
	},
	{
	        .name = "slug",
	        .help = "a text as one segment of a path",
	        .example = "{{name | slug}}",
	        .least = 1,
	        .most = 1,
	        .apply = apply_slug,
	},
};

const size_t function_count = ARRAY_LEN(functions);

/* ---- for SQLite */

/* A row for SQLite and what it means. */
struct binding {
	struct db_function sql;
	const struct function *function;
	const struct customs *customs;
};

struct function_set {
	struct binding bindings[ARRAY_LEN(functions)];
};

static struct value *call_format(const struct binding *binding,
                                 struct arena *arena, struct value **values,
                                 size_t count, struct error *err)
{
	const struct function *function = binding->function;
	const char *argument = count > 1 ? scope_text(values[1]) : NULL;

	if (function->check && function->check(argument, err) < 0)
		return NULL;
	return function->apply(arena, values[0], argument,
	                       binding->customs->locale, err);
}

static struct value *call_bound(void *state, struct arena *arena,
                                struct value **values, size_t count,
                                struct error *err)
{
	const struct binding *binding = state;

	if (!binding->function->call)
		return call_format(binding, arena, values, count, err);
	return binding->function->call(binding->customs, arena, values, count,
	                               err);
}

void functions_free(struct function_set *set)
{
	free(set);
}

struct function_set *functions_add(struct db *db, const struct customs *customs,
                                   struct error *err)
{
	struct function_set *set = mem_zalloc(1, sizeof(*set));

	for (size_t i = 0; i < function_count; i++) {
		struct binding *binding = &set->bindings[i];

		*binding = (struct binding){
			.sql = { functions[i].name, functions[i].least,
			         functions[i].most, call_bound, binding },
			.function = &functions[i],
			.customs = customs,
		};
		if (functions[i].most > 0 &&
		    db_add_function(db, &binding->sql, err) < 0) {
			functions_free(set);
			return NULL;
		}
	}
	return set;
}
