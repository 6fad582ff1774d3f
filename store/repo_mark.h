/*
 * What the references are, as one hash: equal as long as none was made, moved
 * or deleted. It reads files and no object, and never starts libgit2.
 */
#ifndef STORE_REPO_MARK_H
#define STORE_REPO_MARK_H

#include <stdbool.h>

#include "store/base/compiler.h"
#include "store/base/hash.h"
#include "store/repo.h"

/* Of each of `names`, which NULL ends: a reference, or all that are below a
 * folder of them ("refs/heads/reeve"). False: of this repository it cannot be
 * told so. */
bool repo_mark(struct repo *repo, const char *const *names,
               struct hash *ret) MUST_CHECK;

#endif
