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
	struct value *unsure; /* runs with numbers that nobody knows: a map;
	                         NULL: there is none */
	struct value *listed; /* references that the remote had when all of
	                         reeve's were asked for: a map; NULL: not yet */
	struct value *heard;  /* of whom something came with the last fetch */
};

/* The reference that keeps what the remote has as `ref`, in `arena`. */
const char *sync_tracking(const struct sharing *sharing, struct arena *arena,
                          const char *ref);

/* Push the owner's branch when nothing but merges of reeve's own is new on it.
 * Before the journal says that they were merged: who reads that shall have
 * them. */
int offer_branch(struct tick *tick, struct error *err) MUST_CHECK;
/* Push the drafts that wait, and take those away that were decided. What is
 * refused is told. */
int offer_all(struct tick *tick, struct error *err) MUST_CHECK;

#endif
