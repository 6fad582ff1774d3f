/*
 * What every unit test includes first: cmocka with the headers it needs, and
 * a few words for tables of cases.
 *
 * A test is a function of one file tests/unit/test_NAME.c, found by its shape
 * (runner.awk), so that there is nothing to register:
 *
 *	static void test_slug__spells_umlauts(void **state)
 *	{
 *		UNUSED_STATE(state);
 *		...
 *	}
 *
 * It runs in an empty folder of its own file's, which is also TMPDIR and is
 * removed afterwards; HOME is another such folder. REEVE_TOP is the top of
 * the repository. Memory that is not freed fails the test under
 * `make check-asan`.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/base/alloc.h"
#include "store/base/compiler.h"

#define UNUSED_STATE(state) ((void)(state))

/* Fail with the number of the table's row (from 0) and the condition. */
#define assert_row(row, condition)                                             \
	do {                                                                   \
		if (!(condition))                                              \
			fail_msg("row %zu: %s", (size_t)(row), #condition);    \
	} while (0)

/* Fail unless two texts are equal, either of which may be NULL. */
#define assert_row_text(row, got, wanted)                                      \
	do {                                                                   \
		const char *got_ = (got);                                      \
		const char *wanted_ = (wanted);                                \
		if (got_ && wanted_ ? strcmp(got_, wanted_) != 0               \
		                    : got_ != wanted_)                         \
			fail_msg("row %zu: got \"%s\", wanted \"%s\"",         \
			         (size_t)(row), got_ ? got_ : "(null)",        \
			         wanted_ ? wanted_ : "(null)");                \
	} while (0)

#endif
