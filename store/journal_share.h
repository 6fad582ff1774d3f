/*
 * One journal on several machines: theirs, as it was fetched, and ours, with
 * what we wrote since, become one line again.
 *
 *	struct share share = { .journal = journal, .remote = "origin" };
 *	share_take(&share, &theirs, &state, &err);    after each fetch
 *	share_pushed(&share, &tip, &err);             after each push
 *
 * What the remote has stays as it is. What it lacks of ours is put on top: the
 * same trees and messages, so the same events, in new commits. Ours are only
 * moved when they are not there, so an event is never in the line twice.
 *
 * A second witness for each remote ($GIT_COMMON_DIR/reeve/pushed.<remote>) is
 * the last tip that we and it agreed on. A remote whose journal does not hold
 * it was rewritten, and is refused.
 */
#ifndef STORE_JOURNAL_SHARE_H
#define STORE_JOURNAL_SHARE_H

#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/journal.h"
#include "store/repo.h"

struct share {
	struct journal *journal;
	const char *remote; /* its name */
	/* MAY. Who wrote one of the events that came: their `source`. */
	void (*heard)(void *state, const char *source);
	void *state;
};

enum share_state {
	SHARE_SAME,   /* both have the same journal */
	SHARE_AHEAD,  /* ours has more: push it */
	SHARE_TAKEN,  /* theirs had more, which ours has now, too */
	SHARE_MERGED, /* both had: ours is theirs with our events on top */
};

/* Bring ours and `theirs`, a commit that was fetched, together. Without a
 * journal of ours, ours begins as theirs. What came is read before anything
 * moves. ERR_STATE when theirs was rewritten, has another root, or holds events
 * of a newer reeve; ERR_CORRUPT when it is none. Nothing was changed then.
 * The sink sees nothing of it before journal_catch_up(). */
int share_take(const struct share *share, const struct oid *theirs,
               enum share_state *ret, struct error *err) MUST_CHECK;

/* The remote has no journal (any more). ERR_STATE when it had one. */
int share_missing(const struct share *share, struct error *err) MUST_CHECK;

/* The remote has said that it has `tip`. Durable. */
int share_pushed(const struct share *share, const struct oid *tip,
                 struct error *err) MUST_CHECK;
/* 1 and what it had when it was asked last, 0 when it never had any, -1. */
int share_last(const struct share *share, struct oid *ret,
               struct error *err) MUST_CHECK;

/* Give every event of ours that the remote, when it was asked last, had not, to
 * `event`, oldest first. A result other than 0 stops and is returned. */
int share_ahead(const struct share *share,
                int (*event)(void *state, const struct event *event,
                             const struct journal_place *place,
                             struct error *err),
                void *state, struct error *err) MUST_CHECK;

#endif
