#include "engine/cmd/trying.h"

#include "store/base/alloc.h"
#include "store/base/date.h"

int trying_time(const char *text, int64_t *ret_ms, struct error *err)
{
	auto_free char *noon = mem_printf("%sT12:00:00Z", text);

	if (date_parse_rfc3339(text, ret_ms) ||
	    date_parse_rfc3339(noon, ret_ms))
		return 0;
	return error_set(err, ERR_USAGE,
	                 "\"%s\" is neither a date nor a time like "
	                 "2026-11-01T07:00:00Z",
	                 text);
}
