/*
 * A test made from history: what a run was given, and what came of it.
 */
#ifndef CMD_RECORDING_H
#define CMD_RECORDING_H

#include "engine/cycle/engine.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* The test (testing.h) that the run makes, in `arena`. NULL with ERR_STATE
 * when the run is neither done nor failed. */
struct value *recording_make(struct engine *engine, struct arena *arena,
                             const struct run_record *run,
                             struct error *err) MUST_CHECK;

#endif
