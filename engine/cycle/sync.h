/*
 * Sharing with other machines through a remote: the first and the last phase
 * of a tick, and what an effect waits for in between.
 *
 * Without `remote` in reeve.yaml nothing of this happens, and nothing here
 * fails. While the remote cannot be reached work goes on; what must not happen
 * twice (effects, numbers, merges without a review) waits for a later tick.
 */
#ifndef CYCLE_SYNC_H
#define CYCLE_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/cycle/tick.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct sharing;

/* Share `engine`, whose configuration was read, with the remote that it names,
 * if it names one. */
int sync_open(struct engine *engine, struct error *err) MUST_CHECK;
void sync_close(struct engine *engine);

/* There is no journal here. When the owner's files name a remote and that has
 * one, it is this repository's from here on: 1. 0 when none is named, or it has
 * none. ERR_AWAY when nobody answers. */
int sync_first_journal(struct engine *engine, struct error *err) MUST_CHECK;

/* Fetch, and make one line of their journal and ours. */
int sync_begin(struct tick *tick, struct error *err) MUST_CHECK;
/* Give back the runs, and push: the journal, then the rest. */
int sync_end(struct tick *tick, struct error *err) MUST_CHECK;

/* Whether there is a remote that cannot be reached in this tick. */
bool sync_is_away(const struct engine *engine);
/* Whether the run has a number that the remote, which cannot be reached, has
 * not heard of: it may be another's. */
bool sync_is_unsure(const struct engine *engine, const char *run);
/* How long a claim of ours holds without a push. */
int64_t sync_claim_ms(const struct engine *engine);

#endif
