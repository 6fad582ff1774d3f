/*
 * Values that nobody has seen: made by an agent, a program, memory or somebody
 * outside, and not shown by a gate since.
 *
 *	struct unseen *unseen = unseen_new(job);
 *	maker = unseen_find(unseen, step, &step->uses[0], &through);
 *	unseen_free(unseen);
 *
 * What was found to be settled is remembered, so that looking at each value of
 * a job once takes time by its length.
 */
#ifndef JOB_UNSEEN_H
#define JOB_UNSEEN_H

#include <stdbool.h>

#include "engine/job/job.h"

struct unseen;

void unseen_free(struct unseen *unseen);
void unseen_free_auto(struct unseen **unseen);
#define auto_unseen CLEANUP(unseen_free_auto)

/* `job` must be linked and outlive it. */
struct unseen *unseen_new(const struct job *job) MUST_CHECK
        FREED_BY(unseen_free);

/* The step that makes a value which the name `use` of `step` means or is
 * computed from, and which the gate that releases `step` did not show; from
 * anywhere when there is no such gate. NULL: all of it is settled.
 * `*ret_through` is the name by which that step is reached. */
const struct step *unseen_find(struct unseen *unseen, const struct step *step,
                               const struct name_use *use,
                               const struct name_use **ret_through);

/* Whether the step makes such values itself. A program that is `pure` counts
 * as computing. */
bool unseen_is_made_by(const struct step *step);

/* Whether one goes into `step`, directly or through steps that compute. */
bool unseen_goes_into(const struct job *job, const struct step *step);

/* Whether every word in the `config` of `step` is the owner's: it stands in the
 * jobs' text, comes from files of their branch, was shown by the gate that
 * releases `step`, or is a fact such as a number. The field `except` (NULL:
 * none) may come from anywhere; inputs that are in the map `told` do, too, and
 * are nobody's. */
bool unseen_is_owners(const struct job *job, const struct step *step,
                      const char *except, const struct value *told);

#endif
