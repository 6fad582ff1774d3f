/*
 * What the files check*.c share; nobody else includes it.
 *
 * check.c walks the workspace, check_refs.c looks at what steps name in other
 * files, check_parts.c at what their keys refer to, check_page.c at template
 * files, check_shape.c at the fields of values, check_files.c at what is
 * written, check_may.c at how often effects are had, check_cover.c at what
 * reaches the world. check_names.c lists what may be named.
 *
 * A job is looked at linked. What only its own text shows is looked at in its
 * own steps alone: those of other jobs are when it is their turn.
 */
#ifndef JOB_CHECK_PRIVATE_H
#define JOB_CHECK_PRIVATE_H

#include "engine/job/check.h"

struct check {
	struct workspace *workspace;
	const struct config *config; /* NULL: it has errors of its own */
	const struct job *job;       /* NULL while an agent is looked at */
	struct arena *arena;
	struct expr_engine *engine; /* where expressions are compiled */
	struct errors *errors;
	struct errors *warnings;
	/* What loops give, by step: above the next gate, and below it. */
	const struct shape **loops;
	int depth; /* of loops that go through loops */
};

/* A place for a message. */
struct place {
	const char *file;
	struct pos pos;
};

/* check_refs.c: what the step names, and its values. */
void check_references(struct check *check, const struct step *step);
void check_unknown_effect(struct check *check, const char *name,
                          const char *file, struct pos pos);

/* check_parts.c: the other keys of a step, and `end_on`. */
void check_parts(struct check *check, const struct step *step);
void check_endings(struct check *check);

/* check_may.c: the effects that steps call and those that `may` allows. */
void check_may(struct check *check);

/* check_files.c: where artifacts are written. */
void check_artifacts(struct check *check);

/* check_sql.c: what is allowed in expressions and queries, but unwise. */
void check_sql(struct check *check, const struct step *step);

/* check_page.c: the template file at `path` and its partials. `step` gives the
 * values that it is rendered with; NULL: they are not looked at. A missing
 * file is reported at `place`, or not at all when that has no file. */
void check_page(struct check *check, const char *path, const struct step *step,
                struct place place);
/* The templates of an agent. */
void check_agent(struct check *check, const struct agent *agent);

/* check_shape.c: every name that the step uses, and those of the title. */
void check_shapes(struct check *check, const struct step *step);
void check_title(struct check *check);
/* Whether company has the field that `use` names. */
void check_company(struct check *check, const struct name_use *use,
                   const char *file);
/* What `value` of a step's `with` will be; NULL if that has errors. */
const struct shape *check_value_shape(struct check *check,
                                      const struct step *step,
                                      const struct value *value);
/* What `target` is where `step` names it; within its own loop a step is the
 * one of this item. */
const struct shape *check_step_shape(struct check *check,
                                     const struct step *step,
                                     const struct step *target);
/* What an item of the loop `fan` is. */
const struct shape *check_item_shape(struct check *check,
                                     const struct step *fan);
/* What is at `rest` (NULL: itself) below `shape`, which `name` names. NULL
 * with an error at `place` if it has no such field. */
const struct shape *check_below(struct check *check, const struct shape *shape,
                                const char *name, const char *rest,
                                struct place place);

/* check_cover.c: the values of each effect that a gate must release. */
void check_cover(struct check *check);

void check_hint_nearest(struct error *err, const char *word,
                        const char *const *names, size_t count);
/* A `with` by the rows of its effect, whose plain texts hold no tags. */
void check_effect_with(struct check *check, const struct value *with,
                       const struct effect *effect, const char *file);
bool check_is_kind(const struct step *step, const char *names);
/* The step of the job's own text that `step` belongs to: itself, or the one
 * that stands for the other job that it is written in. */
const struct step *check_shown(const struct job *job, const struct step *step);

#endif
