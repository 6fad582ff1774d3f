/* Times that come again: the next is later, and the last of then is that. */
#include "engine/job/cron.h"
#include "tests/fuzz/fuzz.h"

static void look_around(const struct cron *cron, const char *zone,
                        int64_t at_ms)
{
	struct slot next;
	struct slot last;

	if (cron_next(cron, zone, at_ms, &next)) {
		must(next.at_ms > at_ms);
		must(cron_last(cron, zone, next.at_ms, &last));
		must(last.at_ms == next.at_ms && last.minute == next.minute);
	}
	if (cron_last(cron, zone, at_ms, &last))
		must(last.at_ms <= at_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char *const zones[] = { "UTC", "Europe/Berlin",
		                             "Australia/Lord_Howe",
		                             "Pacific/Apia" };
	/* Around the days when some of them change their clocks. */
	static const int64_t times_ms[] = { INT64_C(1774744200000),
		                            INT64_C(1792890000000),
		                            INT64_C(1325199600000) };
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };

	if (len == 0 || len > 200)
		return 0;
	struct cron *cron =
	        cron_parse(&arena, "f", text_of(&arena, bytes, len), &err);
	if (!cron) {
		must(err.code && err.message);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(zones); i++)
		for (size_t j = 0; j < ARRAY_LEN(times_ms); j++)
			look_around(cron, zones[i], times_ms[j]);
	return 0;
}
