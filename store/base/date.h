/*
 * Instants, civil dates and time zones.
 *
 * Formats: RFC 3339 for instants ("2026-11-22T08:15:00Z"), ISO 8601 for dates
 * and weeks. The calendar is the proleptic Gregorian one. Zones are the names
 * of the IANA data base, asked through glibc: the process's own zone is set
 * while one is asked (a library's global; reeve has one thread).
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct date {
	int year;
	int month; /* 1 to 12 */
	int day;   /* 1 to 31 */
	int hour, minute, second;
	int weekday;  /* 1 Monday to 7 Sunday */
	int offset_s; /* of local time from UTC */
};

/* Days since 1970-01-01 and back. */
int64_t date_to_days(int year, int month, int day);
void date_from_days(int64_t days, struct date *ret); /* time fields zero */
bool date_is_valid(int year, int month, int day);
/* "2026-11-22", nothing else; false if it is no date. */
bool date_parse(const char *text, struct date *ret);
/* ISO 8601 week and the year that it belongs to. */
void date_iso_week(const struct date *date, int *ret_year, int *ret_week);

/* 0 if the machine knows the zone; else ERR_CONFIG. "UTC" always works. */
int zone_check(const char *zone, struct error *err) MUST_CHECK;
/* What the clocks in `zone` show at `wall_ms`. The zone must be a known one. */
void zone_local(const char *zone, int64_t wall_ms, struct date *ret);
/* The instant at which the clocks in `zone` show `local_s`, which is counted as
 * if they showed UTC: the first, where they show it twice; where they never do,
 * because they jump over it, the instant of the jump. */
int64_t zone_instant(const char *zone, int64_t local_s);

/* Append "2026-11-22T08:15:00Z", with ".123" when there are milliseconds. */
void date_add_rfc3339(struct buf *buf, int64_t wall_ms);
/* RFC 3339 with Z or an offset, to milliseconds. */
bool date_parse_rfc3339(const char *text, int64_t *ret_ms);
/* Append "2026-11-22". */
void date_add_iso(struct buf *buf, const struct date *date);
/* Append "Sun, 22 Nov 2026 09:15:00 +0100" (RFC 5322). */
void date_add_rfc5322(struct buf *buf, const struct date *date);
/* Append by a pattern of CLDR letters: yyyy yy MMMM MMM MM M dd d EEEE EEE HH
 * mm ss; '…' is literal. English names. -1 for any other letter. */
int date_add_pattern(struct buf *buf, const struct date *date,
                     const char *pattern, struct error *err) MUST_CHECK;

#endif
