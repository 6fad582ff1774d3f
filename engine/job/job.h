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

struct cron;      /* cron.h */
struct job_index; /* job.c */

extern const struct field job_fields[];
extern const struct field on_fields[];
extern const struct field commit_fields[];
extern const struct field event_fields[];
extern const struct field batch_fields[];
extern const struct field input_fields[];
extern const struct field schedule_fields[];
extern const struct field end_on_fields[];
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
	TRIGGER_SCHEDULE,
};

const char *trigger_kind_name(enum trigger_kind kind);

enum change {
	CHANGE_ADDED,
	CHANGE_MODIFIED,
	CHANGE_ANY,
};

/* What becomes of the times that nobody was there for. */
enum catch_up {
	CATCH_UP_NONE,
	CATCH_UP_LATEST,
	CATCH_UP_ALL,
};

/* What a trigger does while a run of the job is open. */
enum overlap {
	OVERLAP_ANY, /* nothing was said: they run side by side */
	OVERLAP_SKIP,
	OVERLAP_QUEUE,
	OVERLAP_REPLACE,
};

struct trigger {
	enum trigger_kind kind;
	struct pos pos;
	const char *const *paths; /* commit: patterns */
	size_t path_count;
	enum change change;
	bool drafts;              /* also what a merged draft brings */
	bool per_commit;          /* one run a commit, not one a file */
	const char *event_type;   /* event */
	const struct expr *where; /* event: names `event.*`; or NULL */
	const struct cron *cron; /* schedule; of an event: its batch, or NULL */
	int64_t batch_max;       /* events that make a batch at once; 0: none */
	const char *timezone;    /* schedule: NULL: the workspace's */
	enum catch_up catch_up;  /* schedule */
	const struct value *with; /* input: template of trigger.*; or NULL */
};

/* An event that ends the run: the same names as a `wait` for one. */
struct ending {
	struct pos pos;
	const char *event_type;
	const struct expr *where; /* names event.* and the run's; or NULL */
	const char *answers; /* the step whose message it answers; or NULL */
	bool undo;
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

/* When a step takes part. */
enum section {
	SECTION_STEPS,
	SECTION_ON_FAILURE, /* when one of the steps has failed */
	SECTION_FINALLY,    /* at the end, however it ended */
	SECTION_COUNT,
};

/* `for_each`: the step, or the block of steps below it, once for each item. */
struct fan {
	const char *name; /* what an item is called */
	struct pos pos;
	const struct value *list; /* a template that must give a list */
	const struct value *key;  /* a template that names an item; or NULL */
	int64_t max_parallel;     /* 0: as many as there is room for */
	int64_t limit;            /* executed in one run; 0: no limit */
	bool prune;               /* files of items that are gone are deleted */
	bool stop;                /* at the first item that fails */
};

/* Tries: after the first so many more, with growing pauses between them. */
struct retry {
	int64_t max;
	int64_t delay_ms;     /* before the second try; then doubled */
	int64_t max_delay_ms; /* none is longer */
};

enum caching {
	CACHE_ALWAYS, /* reused by its key */
	CACHE_NEVER,
	CACHE_WHILE, /* ... while the result is younger than `cache_ms` */
};

struct step {
	/* Unique in the job. In the steps of another job (kind `job`) the id
	 * of the step that stands for them comes first: "bill/draft". */
	const char *id;
	const char *local; /* its name in its own scope: "draft" */
	const char *path;  /* the file it stands in */
	size_t index;      /* in job->steps: the written order */
	/* The block that it is in: the step with `for_each` and `steps`, or
	 * the `job`; STEP_NONE: in none. Steps of a block stand behind it, up
	 * to its `end`. */
	size_t parent;
	size_t end; /* behind the last step of its block; else index + 1 */
	enum section section;
	const struct fan *fan;   /* NULL: not for_each */
	const struct job *other; /* of kind `job`: whose steps its block has */
	struct pos pos;
	const struct step_kind *kind;
	const char *name; /* what a named kind names; else NULL */
	struct pos name_pos;
	const struct value *config; /* the kind's map, or `with`; never NULL */
	const struct value *needs;  /* ids of steps; or NULL */
	const struct expr *condition;  /* `if`, or NULL */
	const struct value *artifact;  /* path template, or NULL */
	const struct value *artifacts; /* field of the output: path template;
	                                  or NULL */
	const struct condition *checks;
	size_t check_count;
	bool command;             /* it calls an effect that a program does */
	const struct value *env;  /* templates by variable; or NULL */
	const struct value *once; /* template of its occasion; or NULL */
	const struct value *undo; /* { call, with }; or NULL */
	struct retry retry;
	int64_t timeout_ms; /* 0: as the kind has it */
	enum caching caching;
	int64_t cache_ms;
	bool continue_on_error;
	enum publish publish; /* PUBLISH_UNSET: by the job and its place */
	bool strict;
	/* Every name in its tags and expressions. */
	const struct name_use *uses;
	size_t use_count;
	/* Indexes of the steps it waits for: those it names, `needs`, and for
	 * one that acts the one above it that acts. Sorted. All of them are in
	 * its own block: what a step of a block names outside of it, the block
	 * waits for. Walls are extra. */
	const size_t *waits_for;
	size_t wait_count;
	/* Of those, the ones whose output it uses or that it `needs`: it is
	 * skipped when one of them failed or was skipped or declined. */
	const size_t *depends_on;
	size_t depend_count;
	/* The nearest gate or wait above in its own block (a `job` that has one
	 * inside is one), or STEP_NONE. */
	size_t wall;
	/* The nearest gate above, in its block, in a `job` above it or in the
	 * blocks around it: the one that releases it; or STEP_NONE. */
	size_t gate;
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
	const struct ending *endings; /* end_on */
	size_t ending_count;
	enum overlap overlap;
	const struct value *concurrency; /* template of a group; or NULL */
	const struct value *budget;      /* FIELD_MONEY per run; or NULL */
	const struct value *outputs;     /* templates by name; or NULL */
	/* Those of its sections one after the other, each block behind its
	 * step. In a linked job also those of the jobs that it has as steps. */
	const struct step *steps;
	size_t step_count;
	bool linked;
	/* Step ids, for job_step(); private to job.c. */
	const struct job_index *ids;
};

/* Parse `bytes` of the file `path`, in `arena`. NULL when `errors` got some,
 * and then every one that the file alone shows. */
struct job *job_parse(struct arena *arena, const char *path, const char *bytes,
                      size_t len, const struct language *language,
                      struct errors *errors) MUST_CHECK;

/* A job whose steps of kind `job` have the steps of those jobs behind them as
 * a block, ids and places made anew; `find` gives a parsed job by its name, or
 * NULL with errors. The result is in `arena`; `job` itself when it has no such
 * steps. NULL when `errors` got some: unknown jobs, jobs within themselves,
 * more than LIMIT_JOB_DEPTH levels. */
const struct job *job_link(struct arena *arena, const struct job *job,
                           const struct job *(*find)(void *state,
                                                     const char *name,
                                                     struct errors *errors),
                           void *state, struct errors *errors) MUST_CHECK;

/* The step of the full id `id`, or NULL. O(1). */
const struct step *job_step(const struct job *job, const char *id);
/* The step that `name` means for a step in the block `parent` (STEP_NONE: in
 * none): in its own block, or one around it up to its job; or NULL. */
const struct step *job_step_from(const struct job *job, size_t parent,
                                 const char *name);
/* The one of `step` and the blocks around it that stands beside `target`, or
 * STEP_NONE when there is none. */
size_t job_beside(const struct job *job, size_t step, size_t target);
const struct input *job_input(const struct job *job, const char *name);

/* What stands behind "run." and behind "steps.ID."; NULL-terminated. */
extern const char *const job_run_names[];
extern const char *const job_step_names[];

/* The first segment of a dotted name, in `arena`: "brief" of "brief.client". */
const char *name_head(struct arena *arena, const char *dotted);

#endif
