/*
 * Approval has one rule: the first commit on the owner's branch (by first
 * parents) whose tree holds the draft's slip, and fits.
 *
 * By whatever road it came: a merge, a squash, a rebase, `reeve approve`.
 * Ancestry and trailers prove nothing. A slip or an artifact that no longer
 * parses keeps the gate closed, with its place; a later commit that mends it
 * is the approval.
 */
#ifndef CYCLE_APPROVAL_H
#define CYCLE_APPROVAL_H

#include "engine/cycle/run.h"
#include "engine/cycle/tick.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct approval {
	struct oid commit;
	struct oid tree;
	const char *author; /* address of that commit's author */
	int64_t revision;
	struct value *artifacts; /* list of {step, path, blob, merged?} */
	struct value *declined;  /* list of step ids */
};

/* Is `draft` (of `run`, open) approved on the owner's branch as it is now?
 * 1 and how, in the run's arena; 0 not yet; -1 with what is in the way: a
 * misfit with its position (ERR_CONFIG), an author who may not approve or a
 * deleted branch (ERR_STATE). */
int approval_look(struct live_run *run, const struct draft_record *draft,
                  struct approval *ret, struct error *err) MUST_CHECK;

/* Whether the draft's slip is on the owner's branch at all, cheaply: 1, 0, or
 * -1 with what is in the way (a deleted draft branch). */
int approval_is_near(struct engine *engine, const struct draft_record *draft,
                     struct error *err) MUST_CHECK;

/* See to all open drafts: journal the approvals. Problems are told. */
int approvals_collect(struct tick *tick, struct error *err) MUST_CHECK;

struct narrowing;

/* Merge the draft's branch into the owner's, as the owner; with a `narrowing`
 * (else NULL) without the items that it leaves out. The approval itself is seen
 * by the next tick. ERR_CONFLICT with the paths when it does not merge cleanly.
 */
struct merging {
	const struct run_record *run;
	const struct draft_record *draft;
	struct narrowing *narrowing;
};

int approval_merge(struct engine *engine, struct arena *arena,
                   const struct merging *merging, struct oid *ret_commit,
                   struct error *err) MUST_CHECK;

struct rejection {
	const struct run_record *run;
	const struct draft_record *draft;
	const char *reason; /* or NULL */
};

/* Journal that the owner rejects the draft, and set the branch aside: as
 * `*ret_kept`, in `arena`; NULL when there was none. The run is over, unless
 * the gate is of one item. */
int approval_reject(struct engine *engine, const struct rejection *rejection,
                    struct arena *arena, const char **ret_kept,
                    struct error *err) MUST_CHECK;

#endif
