/*
 * What gates and publishing share: the artifacts that no draft holds yet, as
 * commits that say where they come from.
 */
#ifndef CYCLE_DRAFTING_H
#define CYCLE_DRAFTING_H

#include "engine/cycle/run.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/draft.h"

/* Artifacts on their way into a draft. */
struct drafting {
	struct live_run *run;
	const char *name; /* "proposal-7k2fq0ab.1" */
	int64_t n;        /* of the run's drafts, from 1 */
	const char *slip; /* actions/<name>.yaml */
	struct draft_commit *commits;
	size_t count;
	struct tree_change *changes; /* of all commits, in their order */
	size_t change_count;
	const struct live_step *last; /* that was added */
	/* List of {step, item, field, path, blob}; without a blob the file is
	 * deleted, and its item is gone. */
	struct value *artifacts;
	struct live_step **steps;       /* whose they are; one each, or NULL */
	const struct live_file **files; /* and which */
	struct value *left; /* paths that were edited, and so not deleted */
	bool differs; /* the owner's branch has one of them otherwise, or not */
};

/* Which artifacts: those that are merged without a review, or the others. */
enum drafting_choice {
	DRAFTING_REVIEWS,
	DRAFTING_MERGES,
	DRAFTING_ALL,
};

/* Gather the artifacts of settled steps above `gate` (NULL: all) that no draft
 * holds yet, write their blobs, and prepare one commit a step; of a loop, one
 * for all of its items. With them go the files of items that are gone, of a
 * loop that says so. */
int drafting_gather(struct live_run *run, const struct live_step *gate,
                    enum drafting_choice choice, struct drafting *ret,
                    struct error *err) MUST_CHECK;

/* One more commit, subject `subject`, of these changes. */
void drafting_add_changes(struct drafting *drafting,
                          const struct tree_change *changes, size_t count,
                          const char *subject);

/* Write `bytes` as the file `path` in one more commit, subject `subject`. */
int drafting_add_file(struct drafting *drafting, const char *path,
                      const struct buf *bytes, const char *subject,
                      struct error *err) MUST_CHECK;

/* Build the commits on `base`. */
int drafting_build(struct drafting *drafting, const struct oid *base,
                   struct oid *ret_tip, struct error *err) MUST_CHECK;

/* The artifacts are in a draft now. */
void drafting_done(struct drafting *drafting);
/* They need no draft. */
void drafting_none(struct drafting *drafting);

/* Whether an artifact of `step` is merged without a review. */
bool drafting_merges(const struct live_run *run, const struct step *step);

#endif
