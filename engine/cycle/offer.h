/*
 * What is pushed behind the journal, each by itself: a draft that is refused
 * holds up nothing. And what the files of sync share.
 */
#ifndef CYCLE_OFFER_H
#define CYCLE_OFFER_H

#include <stdbool.h>

#include "engine/cycle/tick.h"
#include "engine/io/remote.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/journal_share.h"

struct sharing {
	struct engine *engine;
	struct tick *tick; /* NULL: none runs */
	struct remote remote;
	struct share share;
	int64_t claim_ms;
	int64_t confirmed_at; /* on the boot clock: when the last push began
	                         that was accepted; 0: none was */
	bool is_away;         /* nobody is asked in this tick any more */
	struct arena arena;
	struct value *heard; /* of whom something came with the last fetch */
};

/* The reference that keeps what the remote has as `ref`, in `arena`. */
const char *sync_tracking(const struct sharing *sharing, struct arena *arena,
                          const char *ref);

/* Push the drafts that wait, and the owner's branch as far as it is ours to
 * push. What is refused is told. */
int offer_all(struct tick *tick, struct error *err) MUST_CHECK;

#endif
