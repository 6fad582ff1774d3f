/*
 * A job tried out: all of it, with nothing leaving the house.
 *
 * A try has a repository of its own under .reeve/try/, which borrows the
 * workspace's objects. Its branch holds the working tree as it is now, with
 * what is not committed; its journal goes on from the workspace's, so that what
 * was paid for is reused, or begins anew. There the job is run to its end:
 * gates are merged as they are drafted, waits time out, and time passes at
 * once. Effects happen in the try's own folder, where mail becomes files.
 *
 * Journal, references and working tree of the workspace stay as they are.
 */
#ifndef CYCLE_TRY_H
#define CYCLE_TRY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/cycle/engine.h"
#include "engine/cycle/tick.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct trial {
	struct engine *engine; /* of the workspace */
	struct arena *arena;
	const char *job;
	const struct value *inputs;  /* by name */
	const struct value *answers; /* "step" or "step/item": its output; or
	                                NULL */
	int64_t at_ms;               /* when it is, at the beginning; 0: now */
	bool anew;                   /* with an empty journal */
	void (*tell)(void *state, const struct note *note); /* may be NULL */
	void *state;
};

/* Run it: { state, reason, dir, steps: [{step, item, kind, state, reason}],
 * effects: [{step, item, effect, …what was sent}], artifacts: {path: text} },
 * in the trial's arena. NULL when it could not be run at all; ERR_BUSY while
 * another try is at work. */
struct value *try_job(const struct trial *trial, struct error *err) MUST_CHECK;

#endif
