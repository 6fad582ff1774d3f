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

/* Whether `text` can be the type of an event: "proposal.accepted". */
bool check_event_type(const char *text);

#endif
