/*
 * Why a step is what it is: what its result was made from, where it was made,
 * who agreed, what left the house because of it.
 *
 * An explanation is a value, so that text and JSON cannot differ. It is put
 * together from the journal's own events, never computed again.
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "engine/io/env.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/view.h"

/* The run: its trigger, pin, inputs, and each step with its reason. In
 * `arena`; NULL with err. */
struct value *explain_run(struct env *env, struct arena *arena,
                          const struct run_record *run,
                          struct error *err) MUST_CHECK;

/* One step: its state and key; what made up the key; for a reused result the
 * run that computed it; the record of an agent and the pieces of memory that
 * it was given; an effect with its intent, what released it and its result; a
 * gate with its approval; what was merged of an artifact. */
struct value *explain_step(struct env *env, struct arena *arena,
                           const struct run_record *run,
                           const struct step_record *step,
                           struct error *err) MUST_CHECK;

#endif
