/*
 * Times that come again, as cron writes them: "0 7 1 * *".
 *
 * Five fields: minute, hour, day of the month, month, day of the week. Each is
 * `*`, a number or a name (jan, mon), a range, either with a step, or a list of
 * such. Sunday is 0 and 7. A time must fit both kinds of day, but where neither
 * begins with `*`, one is enough. @hourly @daily @midnight @weekly @monthly
 * @yearly and @annually are short for five fields.
 *
 * A slot is a minute of the local wall time of a zone, and known by it. One
 * that a clock jumps over comes when it has jumped; of several that come at one
 * instant only the last is a slot. One that clocks show twice comes the first
 * time. All is a function of the zone's data; nothing asks for the time.
 */
#ifndef JOB_CRON_H
#define JOB_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* Bits by number. */
struct cron {
	uint64_t minutes;
	uint32_t hours;
	uint32_t days;     /* 1 to 31 */
	uint32_t months;   /* 1 to 12 */
	uint32_t weekdays; /* 0, Sunday, to 6 */
	bool either_day;   /* both kinds of day were named: one is enough */
};

struct slot {
	int64_t minute; /* of local wall time since 1970-01-01T00:00 */
	int64_t at_ms;  /* when it comes */
};

/* Read the string `source`, in `arena`. NULL with ERR_CONFIG at the place of
 * what is wrong, also when it is a time that never comes. */
struct cron *cron_parse(struct arena *arena, const char *file,
                        const struct value *source,
                        struct error *err) MUST_CHECK;

/* The first slot that comes after `after_ms`; false when none does within five
 * years. The zone must be a known one (zone_check). */
bool cron_next(const struct cron *cron, const char *zone, int64_t after_ms,
               struct slot *ret);
/* The last slot that has come at `until_ms`; false when none did in the five
 * years before. With `slot.at_ms - 1` it gives the one before a slot. */
bool cron_last(const struct cron *cron, const char *zone, int64_t until_ms,
               struct slot *ret);

/* "2026-03-29T02:30", in `arena`. */
const char *slot_text(struct arena *arena, const struct slot *slot);

#endif
