/*
 * The batch cycle: everything that is due, then exit.
 *
 *	sync → recover → collect → execute → publish → sync
 *
 * Safe to call at any time, from anywhere, any number of times. One process
 * executes: who finds the engine lock held leaves a note in `wake` and returns
 * ERR_BUSY; the holder collects again when that file grew.
 */
#ifndef CYCLE_TICK_H
#define CYCLE_TICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/cycle/engine.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* What a tick tells as it happens; the caller prints it. */
enum note_kind {
	NOTE_EMITTED, /* an event, by hand; `run` is its type */
	NOTE_STARTED, /* a run */
	NOTE_BEGAN,   /* a step's program; `text` is the step that comes next */
	NOTE_ENDED,   /* a step's program; what becomes of the step follows */
	NOTE_STEP,    /* a step was settled */
	NOTE_GATE,    /* a gate or a draft was opened */
	NOTE_APPROVED, /* a gate, by a merge */
	NOTE_MERGED,   /* the engine published onto the owner's branch */
	NOTE_FINISHED, /* a run */
	NOTE_PROBLEM,  /* something waits for the owner, with what to do */
};

struct note {
	enum note_kind kind;
	const char *run;             /* "proposal 7k2fq0ab", or NULL */
	const char *step;            /* or NULL */
	const char *state;           /* "done", "reused", … ; or NULL */
	const char *text;            /* or NULL */
	const char *hint;            /* what to do about it, or NULL */
	const struct error *problem; /* NOTE_PROBLEM */
};

struct outbox;
struct plan;

struct tick {
	struct engine *engine;
	struct plan *plan; /* nothing is to happen (plan.h); NULL: it is */
	const char *only;  /* the run that is worked on; NULL: all */
	/* What steps give without being done, by "step" or "step/item"; NULL:
	 * nothing (try.h). */
	const struct value *answers;
	void (*tell)(void *state, const struct note *note); /* may be NULL */
	/* MAY: called now and then while programs run, several times a second.
	 */
	void (*idle)(void *state);
	void *state;
	/* Filled in. */
	struct outbox *outbox; /* effects that are begun together */
	size_t changes;        /* events written, merges made */
	size_t failures;       /* runs that failed in this tick */
	size_t problems;
	/* The first time at which something is due although nothing was moved,
	 * told with tick_due(); 0: none. */
	int64_t due_at;
};

/* Whoever leaves something for later says when. */
void tick_due(struct tick *tick, int64_t at_ms);

/* Do everything that is due. ERR_BUSY when another engine has the workspace.
 * A failing run is no failure of the tick: see `failures`. */
int tick_run(struct tick *tick, struct error *err) MUST_CHECK;

/* Start a run of `job` by hand, with `inputs` (a map of texts); its id is in
 * `arena`. Takes only the append lock; a tick executes it. */
int run_start_by_hand(struct engine *engine, struct arena *arena,
                      const char *job, const struct value *inputs,
                      const char **ret_run, struct error *err) MUST_CHECK;

/* Publish an event of `type` by hand, with `event` (a map) as what it says.
 * What listens for it is started by the next tick. */
int event_emit_by_hand(struct engine *engine, struct arena *arena,
                       const char *type, const struct value *event,
                       struct error *err) MUST_CHECK;

void tick_tell(struct tick *tick, const struct note *note);

#endif
