/*
 * Where a repository is and what its references are, read from the files of
 * .git by ourselves.
 *
 * Starting libgit2 takes longer than everything else that a command does
 * together, and most commands only ask whether something is new. What is here
 * answers that for a repository as git makes it, and says so when it meets
 * anything else: then libgit2 is started and decides. No answer of it is
 * different from libgit2's; nothing is written.
 */
#ifndef STORE_REPO_PEEK_H
#define STORE_REPO_PEEK_H

#include <stdbool.h>

#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/repo.h"

struct peek {
	char *git_dir;    /* of the working tree */
	char *common_dir; /* shared by linked worktrees */
	char *work_dir;
};

enum peek_answer {
	PEEK_NONE,   /* there is no such reference */
	PEEK_FOUND,  /* here it is */
	PEEK_UNSURE, /* ask libgit2 */
};

/* Find the repository that holds `dir`. True when it has a working tree, is
 * ours by its owner, and is configured in no unusual way; the paths are on the
 * heap, for peek_clear(). False: ask libgit2, which may also refuse it. */
bool peek_open(const char *dir, struct peek *ret) MUST_CHECK;
void peek_clear(struct peek *peek);

/* The object that the reference `name` stands for. */
enum peek_answer peek_ref(const struct peek *peek, const char *name,
                          struct oid *ret) MUST_CHECK;
/* The reference that HEAD names, appended to `ret`; PEEK_NONE when HEAD is
 * detached. */
enum peek_answer peek_head(const struct peek *peek, struct buf *ret) MUST_CHECK;

#endif
