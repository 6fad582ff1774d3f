/*
 * A job: jobs/NAME.yaml as plain data, with the order of its steps settled.
 *
 * job_parse() looks at one file alone: keys, types, names, tags, expressions,
 * references between its own steps, cycles. What needs other files (agents,
 * templates, effects, policy) is check.h's work.
 */
#ifndef JOB_JOB_H
#define JOB_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/job/expr.h"
#include "engine/job/language.h"
#include "engine/job/template.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

extern const struct field job_fields[];
extern const struct field on_fields[];
extern const struct field commit_fields[];
extern const struct field event_fields[];
extern const struct field input_fields[];
extern const struct field step_fields[]; /* the common keys */

#define STEP_NONE ((size_t)-1)

enum publish {
	PUBLISH_UNSET,
	PUBLISH_REVIEW,
	PUBLISH_MERGE,
};

enum trigger_kind {
	TRIGGER_COMMIT,
	TRIGGER_EVENT,
	TRIGGER_MANUAL,
};

const char *trigger_kind_name(enum trigger_kind kind);

enum change {
	CHANGE_ADDED,
	CHANGE_MODIFIED,
	CHANGE_ANY,
};

struct trigger {
	enum trigger_kind kind;
	struct pos pos;
	const char *const *paths; /* commit: patterns */
	size_t path_count;
	enum change change;
	bool drafts;              /* also what a merged draft brings */
	const char *event_type;   /* event */
	const struct expr *where; /* event: names `event.*`; or NULL */
	const struct value *with; /* input: template of trigger.*; or NULL */
};

struct input {
	const char *name;
	struct pos pos;
	const char *type; /* a word of type.h */
	bool required;
	const struct value *otherwise; /* a template or a value; or NULL */
	const struct value *words;     /* a list (enum:), or NULL */
};

struct allowance {
	const char *effect;
	struct pos pos;
	int64_t count; /* per run; 0: one per step */
};

struct condition {
	const char *message;
	struct pos pos;
	const struct expr *expr;
};

struct step {
	const char *id;
	size_t index; /* in job->steps: the written order */
	struct pos pos;
	const struct step_kind *kind;
	const char *name; /* what a named kind names; else NULL */
	struct pos name_pos;
	const struct value *config; /* the kind's map, or `with`; never NULL */
	const struct expr *condition; /* `if`, or NULL */
	const struct value *artifact; /* path template, or NULL */
	const struct condition *checks;
	size_t check_count;
	enum publish publish; /* PUBLISH_UNSET: by the job and its place */
	bool strict;
	/* Every name in its tags and expressions. */
	const struct name_use *uses;
	size_t use_count;
	/* Indexes of the steps it waits for: those it names, `needs`, and for
	 * one that acts the one above it that acts. Sorted. Walls are extra. */
	const size_t *waits_for;
	size_t wait_count;
	/* Of those, the ones whose output it uses or that it `needs`: it is
	 * skipped when one of them failed or was skipped or declined. */
	const size_t *depends_on;
	size_t depend_count;
	size_t wall; /* the nearest gate above, or STEP_NONE */
};

struct job {
	const char *name;
	const char *path;
	const struct value *title; /* template, or NULL */
	const char *description;
	enum publish publish; /* PUBLISH_REVIEW when not said */
	const struct trigger *triggers;
	size_t trigger_count;
	const struct input *inputs;
	size_t input_count;
	const struct allowance *may;
	size_t may_count;
	const struct step *steps;
	size_t step_count;
};

/* Parse `bytes` of the file `path`, in `arena`. NULL when `errors` got some,
 * and then every one that the file alone shows. */
struct job *job_parse(struct arena *arena, const char *path, const char *bytes,
                      size_t len, const struct language *language,
                      struct errors *errors) MUST_CHECK;

const struct step *job_step(const struct job *job, const char *id);
const struct input *job_input(const struct job *job, const char *name);

/* The first segment of a dotted name, in `arena`: "brief" of "brief.client". */
const char *name_head(struct arena *arena, const char *dotted);

#endif
