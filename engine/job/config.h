/*
 * reeve.yaml, parsed.
 */
#ifndef JOB_CONFIG_H
#define JOB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/job/language.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

extern const struct field config_fields[]; /* for the manual */
extern const struct field policy_fields[];

enum verdict {
	VERDICT_GATE,
	VERDICT_AUTO,
	VERDICT_NEVER,
};

/* A line of `policy`; NULL fields fit everything. */
struct policy_line {
	struct pos pos;
	const char *effect; /* a name, or a family as "email.*" */
	const char *job;
	const char *to; /* an address, or a pattern as "*@example.com" */
	enum verdict then;
};

struct config {
	const struct value *company;    /* a map, never NULL */
	const char *timezone;           /* a zone that the machine knows */
	const char *locale;             /* "en", "de", "fr" */
	const struct value *connectors; /* a map of maps, never NULL */
	const struct policy_line *policy;
	size_t policy_count;
	const char *const *approvers; /* addresses; none: anyone */
	size_t approver_count;
	const char *branch; /* NULL: the one HEAD named at init */
};

/* Parse the text of reeve.yaml, in `arena`. NULL when `errors` got some; an
 * empty text is one ("reeve.yaml is empty", with the smallest valid one as a
 * hint). */
struct config *config_parse(struct arena *arena, const char *bytes, size_t len,
                            const struct language *language,
                            struct errors *errors) MUST_CHECK;

/* What the policy says of `effect` in `job` towards `target` (NULL: not known,
 * so that a line with `to` fits only when its verdict is the stricter one).
 * The first line that fits decides; none: gate for client and financial
 * effects, auto for internal ones. Pure. */
enum verdict policy_decide(const struct config *config,
                           const struct effect *effect, const char *job,
                           const char *target);

#endif
