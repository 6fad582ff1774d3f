/*
 * A run done again from its record, with no effect, no model call and no cost,
 * and nothing written.
 *
 * Each step is done from what the record says that it was given: so a
 * difference is told of the step that it is in, and of no other one. What
 * computes is computed again: its key, what it gives, the bytes of its files,
 * its checks. Of an effect the payload is frozen again as it was at the time.
 * What an agent, a gate, a wait or the world has said is taken from the record,
 * of an agent with its key.
 *
 *	{ run, job, steps: [ row ], same, differs, record }
 *	row: { step, item, kind, result: same | differs | record, why,
 *	       differs: [ { what, recorded, now } ] }
 */
#ifndef CYCLE_REPLAY_H
#define CYCLE_REPLAY_H

#include "engine/cycle/engine.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* Replay the run `id`; the engine is a rehearsal's from then on. NULL with err:
 * the run cannot be loaded. */
struct value *replay_run(struct engine *engine, struct arena *arena,
                         const char *id, struct error *err) MUST_CHECK;

#endif
