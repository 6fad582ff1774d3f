/*
 * Starting runs: a trigger, its inputs, its pin.
 */
#ifndef CYCLE_START_H
#define CYCLE_START_H

#include "engine/cycle/engine.h"
#include "engine/cycle/tick.h"
#include "engine/job/job.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* What starts a run. */
struct cause {
	const char *kind; /* "commit", "schedule", "event", "batch", "hand",
	                     "undo" */
	const char *id;   /* makes the run's id with the job's name */
	const char *says; /* for people: "inbox/intake/acme.yaml" */
	int64_t time_ms;
	const struct value *facts; /* what `trigger.*` means; a map */
	const struct value *with;  /* templates over it, by input; or NULL */
	const struct value *given; /* values by input (by hand); or NULL */
};

enum start {
	START_KNOWN,   /* the run was there already */
	START_STARTED, /* and queued, if run_is_queued() says so */
	START_SKIPPED, /* `overlap: skip`: it is there now, and cancelled */
};

/* Journal run.started for `job` of the engine's tip as it was last looked at,
 * unless that run is there.
 * An enum start, or -1: ERR_CONFIG when the inputs do not fit. With `overlap:
 * replace` open runs of its group are cancelled. `ret_run` is in `arena`. */
int start_run(struct engine *engine, struct arena *arena, const struct job *job,
              const struct cause *cause, const char **ret_run,
              struct error *err) MUST_CHECK;

/* A job and the tree that it stands in, which its run is pinned to. */
struct pin {
	const struct job *job;
	const struct oid *tree;
};

/* The same for a job that is made, not the owner's, and that the caller has
 * checked. */
int start_pinned(struct engine *engine, struct arena *arena,
                 const struct pin *pin, const struct cause *cause,
                 const char **ret_run, struct error *err) MUST_CHECK;

/* What a run of `job` has below `inputs`: what the cause gives, else what the
 * job says. NULL with ERR_CONFIG when that does not fit. In `arena`. */
const struct value *start_inputs(struct engine *engine, struct arena *arena,
                                 const struct job *job,
                                 const struct cause *cause, const char *run,
                                 struct error *err) MUST_CHECK;
/* What run.started says of a job's steps: list of {id, kind, loop}; and of the
 * types of events that end its runs, or NULL. */
struct value *start_steps(struct arena *arena, const struct job *job);
struct value *start_listens(struct arena *arena, const struct job *job);

/* Whether `run` has to wait because a run of its group that started before it
 * is not over: 1, 0, -1. A function of the view alone. */
int run_is_queued(struct engine *engine, const struct run_record *run,
                  struct error *err) MUST_CHECK;

/* Look at the owner's new commits and at new events, and start what they
 * trigger. */
int triggers_collect(struct tick *tick, struct error *err) MUST_CHECK;

#endif
