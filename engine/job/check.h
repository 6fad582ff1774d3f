/*
 * What is wrong with a workspace, before anything runs: every error of every
 * file, each at its line and column.
 *
 * Beyond what a file shows alone (job.h): agents, templates, effects and event
 * types that do not exist; names that no step, input or item has; `with` that
 * does not fit its effect; effects that the job's `may` does not allow; values
 * of a gated effect that nobody has seen (a gate covers values, not lines);
 * two steps that write one path; a trigger that leaves a required input empty.
 */
#ifndef JOB_CHECK_H
#define JOB_CHECK_H

#include "engine/job/job.h"
#include "engine/job/workspace.h"
#include "store/base/error.h"

/* The whole workspace. Returns -1 only when files could not be read; what it
 * found is in `errors`, sorted. `warnings` gets what is allowed but unwise. */
int check_workspace(struct workspace *workspace, struct errors *errors,
                    struct errors *warnings, struct error *err) MUST_CHECK;

/* One job, with all it refers to. */
void check_job(struct workspace *workspace, const struct job *job,
               struct errors *errors, struct errors *warnings);

/* Whether the effect of `step` must be released by a gate above it, as far as
 * can be said before its target is known. */
bool check_needs_gate(const struct config *config, const struct job *job,
                      const struct step *step, const struct effect *effect);

/* Where a name comes from. */
enum name_origin {
	ORIGIN_ITEM,  /* of the loop `step` */
	ORIGIN_STEP,  /* what `step` gives */
	ORIGIN_ENTRY, /* of the step's own map, in the expressions below it */
	ORIGIN_FIELD, /* of what is looked through, in the step's `where` */
	ORIGIN_KIND,  /* the kind's own: {{out}} */
	ORIGIN_WITH,  /* in the step's template file */
	ORIGIN_INPUT,
	ORIGIN_RUN,
	ORIGIN_COMPANY,
	ORIGIN_ABOUT, /* steps.ID.*, of `step` */
};

/* A name, which stands for all that is below it. */
struct known_name {
	const char *name; /* "brief", "inputs.tone", "steps.send.date" */
	enum name_origin origin;
	const struct shape *shape;
	const struct step *step;   /* whose it is; or NULL */
	const struct input *input; /* of ORIGIN_INPUT */
	const struct value *value; /* where the files say it; or NULL */
};

/* What the tags and expressions of `step` may name: of its own output in its
 * `checks`, of the others everything that does not wait for it. With NULL what
 * stands behind all steps may name, as `outputs` does. In `arena`. */
void check_names(struct workspace *workspace, const struct job *job,
                 const struct step *step, struct arena *arena,
                 struct known_name **ret, size_t *ret_count);

/* Whether `text` can be the type of an event: "proposal.accepted". */
bool check_event_type(const char *text);

#endif
