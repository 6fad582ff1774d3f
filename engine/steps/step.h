/*
 * A step on its way: what a kind gets, and what it gives back.
 *
 * The engine renders the step's configuration and calls the kind's `prepare`,
 * which finds what the step reads and adds to `ingredients` everything that
 * the result depends on. Their hash is the content key. If the journal has no
 * result under it, `start` is called and leaves `output` (and `record`).
 *
 * Everything lives in `arena`, which is the run's; a kind keeps what it found
 * in `prepared` between the two calls.
 */
#ifndef STEPS_STEP_H
#define STEPS_STEP_H

#include "engine/io/env.h"
#include "engine/io/loop.h"
#include "engine/job/expr.h"
#include "engine/job/job.h"
#include "engine/job/workspace.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/files.h"
#include "store/view.h"

struct bus_round;
struct delivery;

struct step_run {
	struct arena *arena;
	struct env *env;
	const struct run_record *run;
	const struct job *job;
	const struct step *step;
	const char *item;              /* "" outside a fan-out */
	struct workspace *workspace;   /* of the pin */
	struct files *files;           /* that `read`, `recall`, `run` see */
	bool owns_files;               /* they were laid for this step alone */
	const struct frame *frame;     /* what names mean, innermost first */
	const char *locale;            /* of the run's reeve.yaml */
	const struct value *holidays;  /* of it, sorted; or NULL */
	const struct value *config;    /* the step's, rendered */
	const struct value *variables; /* its `env`, rendered; or NULL */
	const char *name;              /* what a named kind names, or NULL */
	const char *effect_key;        /* of a kind that acts */
	const char *once;              /* its occasion for all runs; or NULL */
	const struct value
	        *released; /* the `with` that was merged in the slip,
	                      or NULL: then `config` is what is done */
	const struct config *owner_config; /* of the owner's branch now */
	struct files *owner_files;         /* the same */
	int64_t held_since_ms; /* it was put off then; 0: it was not */
	struct oid owner_tip;
	const char *day; /* the trigger's day, 2026-11-22 */

	struct value *ingredients; /* a map; prepare adds to it */
	void *prepared;
	struct child *child; /* from a kind's `begin` to its `finish` */

	struct value *output;
	struct value *record; /* for explain: prompt, decision, … */
	bool journalled;      /* the kind has written its own result */
	/* Of a kind that acts, in place of an output: it is to be started again
	 * then; or, with no time, it is not to be done at all. */
	int64_t wake_at;
	const char *reason;
	/* Or it is begun, or is to be begun when others are done. */
	struct bus_round *round; /* with which it begins */
	struct delivery *delivery;
	bool later;
};

/* NULL-terminated, sorted by name: the rows of the kinds. */
extern const struct step_kind *const step_kinds[];

/* A position for an error about the step: the file and where it stands. */
int step_error(const struct step_run *run, struct error *err,
               const char *format, ...) PRINTF_LIKE(3, 4);

/* What is known where the step stands: its names and the run's customs. */
struct render step_customs(const struct step_run *run);

/* Add { path: blob id } to the ingredient `group`. */
void step_ingredient_file(struct step_run *run, const char *group,
                          const char *path, const struct oid *oid);

/* Add what the functions in `sql` go by beside their arguments: the locale of
 * money(), the holidays of add_workdays(). */
void step_ingredient_customs(struct step_run *run, const struct value *sql);

/* Add to the ingredient "names" the value of each of the job's names in the
 * expression at `key` of the kind's map. One that is not there is left out. */
void step_ingredient_names(struct step_run *run, const char *key,
                           const struct expr *expr);

#endif
