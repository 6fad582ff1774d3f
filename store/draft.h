/*
 * Drafts: review branches, made of commits that never touch a working tree.
 *
 * A draft named N is the branch refs/heads/reeve/draft/N and, beside it, the
 * anchor refs/reeve/anchor/N. The branch is the owner's to edit, merge or
 * delete; the anchor is ours. A branch that is gone while its anchor stands
 * was deleted by somebody; one that is gone with its anchor was never made
 * (the process died between the event and the reference) and is made again.
 */
#ifndef STORE_DRAFT_H
#define STORE_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/repo.h"

#define DRAFT_BRANCHES "reeve/draft/"
#define DRAFT_ANCHORS  "refs/reeve/anchor/"

struct draft_commit {
	const char *message;
	const struct tree_change *changes;
	size_t change_count;
};

/* Write `commits` one on top of the other, the first on `*tip`, which the last
 * becomes, all by `author`. A commit that would change nothing is left out. */
int draft_build(struct repo *repo, const struct draft_commit *commits,
                size_t count, const struct signature *author, struct oid *tip,
                struct error *err) MUST_CHECK;

/* Make the references of the draft `name` (behind DRAFT_BRANCHES), unless they
 * are there. ERR_CONFLICT when the branch exists and is not `tip`. */
int draft_publish(struct repo *repo, const char *name, const struct oid *tip,
                  struct error *err) MUST_CHECK;

/* Make the anchor of a draft whose branch is there, unless it is, too. */
int draft_anchor(struct repo *repo, const char *name, const struct oid *tip,
                 struct error *err) MUST_CHECK;

/* Whether the branch, which nobody has touched since it was made here, is not
 * of the draft that counts, which another machine has made and ends at `tip`:
 * 1, 0, -1. */
int draft_is_stray(struct repo *repo, const char *name, const struct oid *tip,
                   struct error *err) MUST_CHECK;
/* Then put it there. */
int draft_correct(struct repo *repo, const char *name, const struct oid *tip,
                  struct error *err) MUST_CHECK;

enum draft_presence {
	DRAFT_THERE,
	DRAFT_NEVER_MADE,
	DRAFT_DELETED,
};

/* Where the draft's branch stands now: `*ret_tip` is filled when there. */
int draft_look(struct repo *repo, const char *name, enum draft_presence *ret,
               struct oid *ret_tip, struct error *err) MUST_CHECK;

/* Keep a rejected draft under refs/reeve/rejected/ and take it off the list of
 * branches. Returns the name it is kept under, in `arena`. */
const char *draft_set_aside(struct repo *repo, struct arena *arena,
                            const char *name, const struct oid *tip,
                            struct error *err) MUST_CHECK;

/* Forget the anchor of a draft that was decided: its branch is the owner's. */
int draft_forget(struct repo *repo, const char *name,
                 struct error *err) MUST_CHECK;

#endif
