/*
 * reeve.yaml, parsed.
 */
#ifndef JOB_CONFIG_H
#define JOB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* A line of `policy`; what is NULL or 0 fits everything. */
struct policy_line {
	struct pos pos;
	const char *effect; /* a name, or a family as "email.*" */
	const char *job;
	const char *to;      /* an address, or a pattern as "*@example.com" */
	const char *to_file; /* a file with an address on each line */
	bool to_sender;      /* whom the event that began the run is from */
	bool owner_text;     /* only words that the owner wrote or merged */
	int64_t max;         /* so many in `max_ms`; 0: any */
	int64_t max_ms;
	int64_t delay_ms;  /* held back so long, then done */
	unsigned weekdays; /* done on these only: 1 << 0 is Monday; 0: any */
	int from_minute;   /* ... and in these minutes of the day */
	int to_minute;
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
	const char *branch;           /* NULL: the one HEAD named at init */
	const struct value *holidays; /* dates, sorted; never NULL */
	int64_t jobs;                 /* steps side by side; 0: by the cores */
};

/* Parse the text of reeve.yaml, in `arena`. NULL when `errors` got some; an
 * empty text is one ("reeve.yaml is empty", with the smallest valid one as a
 * hint). */
struct config *config_parse(struct arena *arena, const char *bytes, size_t len,
                            const struct language *language,
                            struct errors *errors) MUST_CHECK;

/* What the policy says of `effect` in `job` towards `target`. NULL: not known,
 * and neither are senders, lists of addresses, who wrote a text and how many
 * there were: a line that asks for what is not known fits only when its verdict
 * is the stricter one. The first line that fits decides; none: gate for client
 * and financial effects, auto for internal ones. Pure. */
enum verdict policy_decide(const struct config *config,
                           const struct effect *effect, const char *job,
                           const char *target);

/* Whether it is never done, whatever else is not known. */
bool policy_refuses(const struct config *config, const struct effect *effect,
                    const char *job, const char *target);

/* What is known at the moment of doing. */
struct policy_facts {
	const char *target;
	const char *sender; /* an address, or NULL */
	bool owner_text;
	/* Whether `address` stands in the file `path`. */
	bool (*is_listed)(void *state, const char *path, const char *address);
	/* How many the line has let pass in its `max_ms`. */
	int64_t (*count)(void *state, const struct policy_line *line);
	void *state;
};

/* The line that decides, for its `delay` and its hours too; or NULL. */
const struct policy_line *policy_find(const struct config *config,
                                      const struct effect *effect,
                                      const char *job,
                                      const struct policy_facts *facts);

#endif
