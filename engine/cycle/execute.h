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

/* Work on all runs that can go on, side by side as far as they wait for
 * programs. (worker.c) */
int execute_runs(struct tick *tick, struct error *err) MUST_CHECK;

/* Look at every step of `run` that is ready. What waits for a program goes on
 * with execute_reap(). */
int execute_ready(struct tick *tick, struct live_run *run,
                  struct error *err) MUST_CHECK;
/* Whether a step of `run` can be looked at with some hope, or all are settled:
 * else nothing can be done in it now. */
bool execute_has_work(struct live_run *run);
/* Wait for one program, at most `timeout_ms` (-1: as long as it takes), and
 * settle its step: 1; 0 when none ended. Steps that are ready by it are looked
 * at by the next execute_ready() of its run. */
int execute_reap(struct tick *tick, int64_t timeout_ms,
                 struct error *err) MUST_CHECK;
/* Whether nothing is left to do in the run; its last sections are begun when
 * it is their turn. */
bool execute_is_over(struct live_run *run);

/* Whether `live` is to be done: 1, 0 when it was skipped, -1. (wanted.c) */
int execute_is_wanted(struct tick *tick, struct live_run *run,
                      struct live_step *live, struct error *err) MUST_CHECK;

/* What `live` gets to work with; lives in `arena`. (configure.c) */
int execute_configure(struct live_run *run, const struct live_step *live,
                      struct arena *arena, struct step_run *ret,
                      struct error *err) MUST_CHECK;

/* All steps are settled: publish what is left and end the run, from the next
 * flush on. (finish.c) */
int execute_finish(struct tick *tick, struct live_run *run,
                   struct error *err) MUST_CHECK;
/* That is flushed: the tick tells it. */
void execute_tell_finished(struct tick *tick, struct live_run *run);
/* "proposal 7k2fq0ab: done", for the subject of that flush. */
const char *execute_finish_subject(struct live_run *run);

/* Open the gate `live` of `run`, whose steps above are all settled: draft,
 * slip, event, branch. (gate.c) */
int gate_open(struct tick *tick, struct live_run *run, struct live_step *live,
              struct error *err) MUST_CHECK;

/* How a step is laid to sleep. */
struct nap {
	int64_t wake_at; /* 0: only an event wakes it */
	int64_t attempt; /* tries that failed */
	const char *reason;
	struct value *listens;     /* types of events, "*" for any; or NULL */
	const struct value *begun; /* its output until it wakes; or NULL */
};

/* It sleeps; that is durable with the next flush, before anything acts.
 * (sleep.c) */
void sleep_lay(struct tick *tick, struct live_run *run, struct live_step *live,
               const struct nap *nap);
/* The same of one of which the journal says so already. */
void sleep_fall(struct tick *tick, struct live_run *run, struct live_step *live,
                const struct nap *nap);
/* Lay a step that failed to sleep before its next try; false when it has no
 * try left. */
bool sleep_before_retry(struct tick *tick, struct live_run *run,
                        struct live_step *live, const struct error *reason);
/* "2026-11-27 09:00", in `arena`: for people, in the zone of the run. */
const char *sleep_time(const struct live_run *run, struct arena *arena,
                       int64_t at_ms);
/* Let the steps be ready whose time has come, and say in `ret_next` when the
 * next one's comes (0: none sleeps until a time). */
void sleep_wake(struct live_run *run, int64_t *ret_next);

/* Begin the wait `live`, or look whether it is over. (wait.c) */
int wait_advance(struct tick *tick, struct live_run *run,
                 struct live_step *live, struct error *err) MUST_CHECK;

/* Look whether one of the events came that end the run, and end it: 1, 0,
 * -1. (ending.c) */
int ending_look(struct tick *tick, struct live_run *run,
                struct error *err) MUST_CHECK;

/* Put the artifacts that no draft holds yet and that are to be merged without
 * a review into a draft of that kind. Called before a gate and at the end; a
 * later publish phase merges it. (publish.c) */
int publish_merges(struct tick *tick, struct live_run *run, bool at_end,
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

/* {run, step, item, epoch}: what every event about a step begins with; NULL:
 * about the run. */
struct value *execute_about(struct live_run *run, const struct live_step *live);
/* What such an event is about: "run/step", "run/step/item". */
const char *execute_subject(struct live_run *run, const struct live_step *live);

/* The step is in that state from now on: names know it, the tick tells it,
 * who waited for it goes on. (settle.c, as are the next four.) */
void execute_settle(struct tick *tick, struct live_run *run,
                    struct live_step *live, enum step_state state,
                    const char *reason);

/* The tick tells the step as it is. */
void execute_tell(struct tick *tick, struct live_run *run,
                  const struct live_step *live);

/* It is not done, for that reason. */
void execute_skip(struct tick *tick, struct live_run *run,
                  struct live_step *live, const char *reason);
/* It failed; with `items` of a loop (else NULL), so that it is the same when it
 * is looked at again. */
void execute_fail(struct tick *tick, struct live_run *run,
                  struct live_step *live, const struct error *reason,
                  struct value *items);
/* What the failure `reason` of a step means: another try, its end, or, as -1
 * with err, the tick's. */
int execute_take_failure(struct tick *tick, struct live_run *run,
                         struct live_step *live, struct error *reason,
                         struct error *err) MUST_CHECK;

/* Whether the output of `live` may stand: its artifacts have a place, which is
 * theirs from here on, and its checks hold. (accept.c) */
int execute_accept(struct live_run *run, struct live_step *live,
                   struct error *err) MUST_CHECK;
/* Whether every condition of `checks` holds; ERR_FAILED with its message. */
int execute_checks(struct live_run *run, const struct live_step *live,
                   struct error *err) MUST_CHECK;

#endif
