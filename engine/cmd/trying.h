/*
 * What `try` is told on the command line.
 */
#ifndef CMD_TRYING_H
#define CMD_TRYING_H

#include <stdint.h>

#include "store/base/compiler.h"
#include "store/base/error.h"

/* "2026-11-01" (noon), "2026-11-01T07:00:00Z". ERR_USAGE. */
int trying_time(const char *text, int64_t *ret_ms,
                struct error *err) MUST_CHECK;

#endif
