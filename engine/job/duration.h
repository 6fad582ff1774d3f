/*
 * How long something takes: "90s", "10m", "36h", "2d", and for what people wait
 * for "5 workdays", days without weekends and holidays.
 */
#ifndef JOB_DURATION_H
#define JOB_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* One of the two results is not 0 unless the text says so; false if `text` is
 * no duration. */
bool duration_parse(const char *text, int64_t *ret_ms, int64_t *ret_workdays);

/* A text that has passed FIELD_DURATION; what is longer than can be said is the
 * longest that can. */
int64_t duration_ms(const char *text);

#endif
