#include "engine/job/duration.h"

#include <string.h>

#include "store/base/alloc.h"
#include "store/base/text.h"

static const int64_t most_workdays = 10000;

static bool parse_workdays(const char *text, int64_t *ret)
{
	size_t len = strcspn(text, " ");
	auto_free char *number = mem_strndup(text, len);

	return (text_equal(text + len, " workdays") ||
	        text_equal(text + len, " workday")) &&
	       text_to_int(number, 0, most_workdays, ret);
}

bool duration_parse(const char *text, int64_t *ret_ms, int64_t *ret_workdays)
{
	int64_t number;

	if (parse_workdays(text, &number)) {
		*ret_ms = 0;
		*ret_workdays = number;
		return true;
	}
	if (!text_to_duration(text, &number))
		return false;
	*ret_ms = duration_ms(text);
	*ret_workdays = 0;
	return true;
}

int64_t duration_ms(const char *text)
{
	int64_t seconds = 0;
	int64_t ms;

	(void)text_to_duration(text, &seconds); /* its row has seen to it */
	if (__builtin_mul_overflow(seconds, INT64_C(1000), &ms))
		return INT64_MAX;
	return ms;
}
