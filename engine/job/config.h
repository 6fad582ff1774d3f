/*
 * reeve.yaml, parsed.
 */
#ifndef JOB_CONFIG_H
#define JOB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/job/language.h"
#include "engine/job/policy.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

extern const struct field config_fields[]; /* for the manual */

struct config {
	const struct value *company;    /* a map, never NULL */
	const char *timezone;           /* a zone that the machine knows */
	const char *locale;             /* "en", "de", "fr" */
	const struct value *connectors; /* a map of maps, never NULL */
	const struct value *secrets;    /* a map of maps, or NULL */
	const struct policy_line *policy;
	size_t policy_count;
	const char *const *approvers; /* addresses; none: anyone */
	size_t approver_count;
	const char *branch;           /* NULL: the one HEAD named at init */
	const char *remote;           /* of git's; NULL: this machine alone */
	int64_t claim_ms;             /* how long a claim holds unrenewed */
	const struct value *holidays; /* dates, sorted; never NULL */
	int64_t jobs;                 /* steps side by side; 0: by the cores */
};

/* Parse the text of reeve.yaml, in `arena`. NULL when `errors` got some; an
 * empty text is one ("reeve.yaml is empty", with the smallest valid one as a
 * hint). */
struct config *config_parse(struct arena *arena, const char *bytes, size_t len,
                            const struct language *language,
                            struct errors *errors) MUST_CHECK;

#endif
