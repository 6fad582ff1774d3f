/*
 * `policy` of reeve.yaml: what may be done without anybody being asked.
 *
 * The first line that fits decides; none: gate for client and financial
 * effects, auto for internal ones. It is asked twice: while a job is looked at,
 * what it may come to say (policy_outlook), and at the moment of doing, when
 * all is known (policy_find).
 */
#ifndef JOB_POLICY_H
#define JOB_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/job/language.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct config;

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
	const char *to_file; /* a file with addresses */
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

/* Read the line `map`, which its rows have passed. What is wrong with it beyond
 * them goes into `errors`. */
void policy_read(struct arena *arena, const struct value *map,
                 const struct language *language, struct errors *errors,
                 struct policy_line *ret);

/* Whether the line is for that effect, whomever it reaches. */
bool policy_is_for(const struct policy_line *line, const char *effect);

/* What is said when no line fits. */
enum verdict policy_otherwise(const struct effect *effect);

/* What may become of an effect, as flags. */
enum policy_outlook {
	POLICY_GATE = 1 << VERDICT_GATE,
	POLICY_AUTO = 1 << VERDICT_AUTO,
	POLICY_NEVER = 1 << VERDICT_NEVER,
	/* A line says auto that asks for more than whom it reaches. */
	POLICY_AUTO_IF = 1 << 3,
};

/* What the policy may say of `effect` in `job` towards `target` (NULL: not
 * known), as the flags of policy_outlook. Nothing else is known: not senders,
 * lists of addresses, who wrote a text, how many there were. Pure. */
unsigned policy_outlook(const struct config *config,
                        const struct effect *effect, const char *job,
                        const char *target);

/* What is known at the moment of doing. */
struct policy_facts {
	const char *target; /* NULL: it reaches nobody */
	const char *sender; /* an address, or NULL */
	bool owner_text;
	/* Whether `address` stands in the file `path`: 1, 0, -1. */
	int (*is_listed)(void *state, const char *path, const char *address,
	                 struct error *err);
	/* How many the line has let pass in its `max_ms`; -1. */
	int64_t (*count)(void *state, const struct policy_line *line,
	                 struct error *err);
	void *state;
};

/* The line that decides, for its `delay` and its hours too; NULL in `ret` when
 * none does. A file or a count that cannot be had is an error. */
int policy_find(const struct config *config, const struct effect *effect,
                const char *job, const struct policy_facts *facts,
                const struct policy_line **ret, struct error *err) MUST_CHECK;

/* The earliest time, `now_ms` or later, at which what has been held back since
 * `since_ms` may be done by the line's delay and hours. */
int64_t policy_earliest(const struct policy_line *line, const char *zone,
                        int64_t since_ms, int64_t now_ms);

/* Whether the address, bare or with a name before it, stands in `text`: a list,
 * a column of a table, whatever sets addresses apart by signs that are in none.
 */
bool policy_lists(const char *text, size_t len, const char *address);

#endif
