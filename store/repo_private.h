/*
 * What the files of the repository's wrapper share; nobody else includes this.
 *
 * The only header that includes libgit2's. Every read of an object goes
 * through repo_object_read() and every write through repo_object_write(), so
 * that "written" means "read back from the disk" in one place.
 */
#ifndef STORE_REPO_PRIVATE_H
#define STORE_REPO_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <git2.h>

#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/odb.h"
#include "store/repo.h"
#include "store/repo_peek.h"

struct shelf;

struct repo {
	struct peek at; /* where it is; no work_dir when it is bare */
	bool is_plain;  /* peek_ref() may be asked */
	char *objects_dir;
	struct odb *objects; /* what is read without libgit2 */
	git_repository *git; /* NULL until repo_start() */
	git_odb *odb;
	struct batch *batch; /* NULL until the first */
	struct shelf *shelf; /* levels looked into last; repo_level.c */
	bool rehearsing;
	int lock_wait_ms; /* how long a reference's lock is waited for */
};

/* Before any use of `git` and `odb`: make sure that libgit2 was started. */
int repo_start(struct repo *repo, struct error *err) MUST_CHECK;

/* The same, before libgit2 looks at objects by itself: what an open batch
 * holds is written. */
int repo_settle(struct repo *repo, struct error *err) MUST_CHECK;

/* Releases a libgit2 object when its variable leaves its scope. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type takes none */
#define GIT_CLEANUP(type)                                                      \
	static inline void type##_cleanup(type **pointer)                      \
	{                                                                      \
		type##_free(*pointer);                                         \
	}

GIT_CLEANUP(git_blame)
GIT_CLEANUP(git_commit)
GIT_CLEANUP(git_config)
GIT_CLEANUP(git_diff)
GIT_CLEANUP(git_index)
GIT_CLEANUP(git_index_conflict_iterator)
GIT_CLEANUP(git_odb_object)
GIT_CLEANUP(git_reference)
GIT_CLEANUP(git_reference_iterator)
GIT_CLEANUP(git_signature)
GIT_CLEANUP(git_tree)

#define auto_git(type) CLEANUP(type##_cleanup) type *

/* NOLINTEND(bugprone-macro-parentheses) */

static inline git_oid oid_to_git(const struct oid *oid)
{
	git_oid git;
	memcpy(git.id, oid->bytes, sizeof(git.id));
	return git;
}

static inline struct oid oid_from_git(const git_oid *git)
{
	struct oid oid;
	memcpy(oid.bytes, git->id, sizeof(oid.bytes));
	return oid;
}

/* Report `rc`, what a libgit2 function has just returned: the message, ": "
 * and libgit2's own words. Returns -1. */
int repo_fail(struct error *err, int rc, const char *format, ...)
        PRINTF_LIKE(3, 4);

/* An object that was read: valid until object_clear(). */
struct object {
	const char *bytes; /* followed by a NUL that does not count */
	size_t len;
	char *own;           /* on the heap, */
	git_odb_object *git; /* or libgit2's */
};

void object_clear(struct object *object);
#define auto_object CLEANUP(object_clear)

/* The object, freshly from the disk and checked against its id. ERR_MISSING
 * when it is not there or not of `type`, ERR_CORRUPT when it is damaged. */
int repo_object_read(struct repo *repo, const struct oid *oid,
                     enum object_type type, struct object *ret,
                     struct error *err) MUST_CHECK;
/* Durable and read back when it returns 0. */
int repo_object_write(struct repo *repo, enum object_type type,
                      const void *bytes, size_t len, struct oid *ret,
                      struct error *err) MUST_CHECK;
/* 0 if there is such an object of `type`. Reads no more than its header. */
int repo_object_expect(struct repo *repo, const struct oid *oid,
                       enum object_type type, struct error *err) MUST_CHECK;
/* Read the object back; a loose file that does not hold it is moved aside,
 * so that the next write of the same bytes is not skipped. */
int repo_object_verify(struct repo *repo, const struct oid *oid,
                       enum object_type type, struct error *err) MUST_CHECK;

/* The same as a loose file; its id is known. */
int repo_loose_write(struct repo *repo, enum object_type type,
                     const struct oid *oid, const void *bytes, size_t len,
                     struct error *err) MUST_CHECK;

/* The open batch of repo_batch_begin(). */
struct pack_item;
void repo_batch_free(struct batch *batch);
bool repo_batch_is_open(const struct repo *repo);
int repo_batch_add(struct repo *repo, enum object_type type,
                   const struct oid *oid, const void *bytes, size_t len,
                   struct error *err) MUST_CHECK;
/* What it holds under this name; valid until the next write. */
const struct pack_item *repo_batch_find(const struct repo *repo,
                                        const struct oid *oid);
/* Put on disk what it holds. */
int repo_batch_flush(struct repo *repo, struct error *err) MUST_CHECK;

/* A tree for libgit2's own functions; NULL for NULL (the empty tree). */
int repo_tree_open(struct repo *repo, const struct oid *oid, git_tree **ret,
                   struct error *err) MUST_CHECK;
/* repo_tree_write() for changes that come from git itself: their paths and
 * objects are not checked. */
int repo_tree_apply(struct repo *repo, const struct oid *base,
                    const struct tree_change *changes, size_t count,
                    struct oid *ret, struct error *err) MUST_CHECK;
/* The differences that libgit2 found, in `arena`. */
void repo_diff_list(const git_diff *diff, struct arena *arena,
                    struct tree_difference **ret, size_t *ret_count);
/* What commit `oid` has as tree and first parent (zero: none). */
int repo_commit_links(struct repo *repo, const struct oid *oid,
                      struct oid *ret_tree, struct oid *ret_parent,
                      struct error *err) MUST_CHECK;

/* Move the file at `path` to $GIT_COMMON_DIR/reeve/stale/. */
int repo_move_aside(struct repo *repo, const char *path,
                    struct error *err) MUST_CHECK;
/* fsync the file or directory at `path`: 1, 0 when there is none, -1. */
int repo_sync_path(const char *path, struct error *err) MUST_CHECK;

/* One name of a level of a tree: mode 0 is none. */
struct slot {
	const char *name;
	struct oid oid;
	unsigned mode;
};

/* A tree while its entries are read, one after the other. */
struct level {
	struct object object;
	const struct oid *oid;
	const char *at;
};

void level_close(struct level *level);
int level_open(struct repo *repo, const struct oid *oid, struct level *ret,
               struct error *err) MUST_CHECK;
/* 1 and the next entry, whose name lives as long as the level; 0; -1. */
int level_next(struct level *level, struct slot *ret,
               struct error *err) MUST_CHECK;
/* 1 and the entry `name` (which `ret` does not hold) of the tree `oid`, 0, -1.
 * Asking the same tree again costs no reading. */
int level_find(struct repo *repo, const struct oid *oid, const char *name,
               struct slot *ret, struct error *err) MUST_CHECK;
void shelf_free(struct shelf *shelf);

#endif
