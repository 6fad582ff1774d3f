/*
 * Values that nobody has seen: made by an agent, a program or memory, and not
 * shown by a gate since.
 */
#ifndef JOB_UNSEEN_H
#define JOB_UNSEEN_H

#include <stdbool.h>

#include "engine/job/job.h"

/* Whether the step makes such values itself. A program that is `pure` counts
 * as computing. */
bool unseen_is_made_by(const struct step *step);

/* Whether one goes into `step`, directly or through steps that compute: from
 * anywhere above it when there is no gate above it, else from below that. */
bool unseen_goes_into(const struct job *job, const struct step *step);

#endif
