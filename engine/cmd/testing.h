/*
 * A job's test: a file below tests/, and whether a try of the job fits it.
 *
 *	job: proposal
 *	inputs: { brief: inbox/intake/acme.yaml }
 *	at: 2026-11-01
 *	expect:
 *	  effects: [{ effect: email.send, to: ann@acme.example }]
 *	  artifacts: { projects/acme/proposal.md: Dear Ann }
 *
 * The state that is expected is done, unless the file names another. Effects
 * and artifacts are looked at when the file has them.
 */
#ifndef CMD_TESTING_H
#define CMD_TESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct test {
	const char *file;
	const char *job;
	const struct value *inputs;  /* never NULL */
	const struct value *answers; /* by step; never NULL */
	int64_t at_ms;               /* 0: now */
	const char *state;
	const struct value *effects;   /* list of maps; NULL: any */
	const struct value *artifacts; /* by path; NULL: any */
};

/* Read the test in `bytes` of `file`. Everything is in `arena`. False when
 * there is something wrong with it: every error goes to `errors`. */
bool test_read(struct arena *arena, const char *file, const char *bytes,
               size_t len, struct test *ret, struct errors *errors) MUST_CHECK;

/* What of `outcome` (try.h) is not as expected: a list of texts, one a
 * difference; empty when all of it fits. */
struct value *test_compare(struct arena *arena, const struct test *test,
                           const struct value *outcome) MUST_CHECK;

#endif
