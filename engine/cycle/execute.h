/*
 * Executing one run: every step that is ready, in the written order, until
 * nothing more can be done now.
 */
#ifndef CYCLE_EXECUTE_H
#define CYCLE_EXECUTE_H

#include "engine/cycle/run.h"
#include "engine/cycle/tick.h"
#include "engine/steps/step.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* Load and execute the run `id`. */
int execute_run(struct tick *tick, const char *id,
                struct error *err) MUST_CHECK;

/* What `step` gets to work with; lives in the run's arena. (configure.c) */
int execute_configure(struct live_run *run, const struct step *step,
                      struct step_run *ret, struct error *err) MUST_CHECK;

/* All steps are settled: publish what is left and end the run. (finish.c) */
int execute_finish(struct tick *tick, struct live_run *run,
                   struct error *err) MUST_CHECK;

/* Open the gate `live` of `run`, whose steps above are all settled: draft,
 * slip, event, branch. (gate.c) */
int gate_open(struct tick *tick, struct live_run *run, struct live_step *live,
              struct error *err) MUST_CHECK;

/* Put the artifacts that no draft holds yet and that are to be merged without
 * a review into a draft of that kind. Called before a gate and at the end; a
 * later publish phase merges it. (publish.c) */
int publish_merges(struct tick *tick, struct live_run *run,
                   struct error *err) MUST_CHECK;
/* At the end of a run: the rest, as a review that nothing waits for. */
int publish_reviews(struct tick *tick, struct live_run *run,
                    struct error *err) MUST_CHECK;
/* Merge what waits to be merged onto the owner's branch, where that is clean
 * and its working tree allows it. */
int publish_pending(struct tick *tick, struct error *err) MUST_CHECK;

/* The steps that were reused since the last wall, as the lines that
 * gate.opened and run.finished carry; they count as reported from here on.
 * NULL when there are none. */
struct value *execute_reused(struct live_run *run);

/* {run, step, item, epoch}: what every event about a step begins with. */
struct value *execute_about(struct live_run *run, const char *step);

/* Whether every condition of `checks` holds; ERR_FAILED with its message. */
int execute_checks(struct live_run *run, const struct step *step,
                   struct error *err) MUST_CHECK;

#endif
