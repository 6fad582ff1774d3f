/*
 * Claims: with several machines a run belongs to one engine at a time.
 *
 * A claim is an event, and it holds once the remote has it: the remote's
 * reference is the one arbiter. An engine claims the runs in which it can do
 * something, works on them, and gives them back at the end of the tick. What
 * others have is left alone, until nothing was heard of its holder for as long
 * as the claim lasts, on this machine's own boot clock: what was seen, and
 * since when, is kept in $GIT_COMMON_DIR/reeve/claims.
 *
 * Without a remote the engine lock is the claim, and none is written; only
 * what another machine left behind is waited for and taken over.
 */
#ifndef CYCLE_CLAIM_H
#define CYCLE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/cycle/tick.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* The name of this engine, in `arena`: /reeve/<host>/<id>. The id is made once
 * for each repository; a copy of the repository gets another. */
const char *claim_holder(struct engine *engine, struct arena *arena,
                         struct error *err) MUST_CHECK;

/* Make `runs` this engine's as far as nobody else has them; `ret_ours` says of
 * each whether it is. Those of others are told. */
int claims_take(struct tick *tick, const char *const *runs, size_t count,
                bool *ret_ours, struct error *err) MUST_CHECK;

/* Whether this engine has the run now: 1, 0, -1. Without a remote, and without
 * anybody else's claim, it has. */
int claim_holds(struct engine *engine, const char *run,
                struct error *err) MUST_CHECK;

/* Say once more that this engine has the run. */
int claim_renew(struct engine *engine, const char *run,
                struct error *err) MUST_CHECK;

/* Give back what this engine has. */
int claims_release(struct engine *engine, struct error *err) MUST_CHECK;

/* Note who has what; `heard` are the names of those of whom something came
 * since (a map). */
int claims_watch(struct engine *engine, const struct value *heard,
                 struct error *err) MUST_CHECK;

#endif
