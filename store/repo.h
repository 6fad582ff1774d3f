/*
 * The Git repository, through libgit2: objects, references, trees, history.
 *
 * The one place that knows libgit2. Two rules make everything above safe:
 * an object counts as written only when it was read back, and a reference
 * moves only by compare-and-swap against the id that the caller last saw.
 * Objects and references are fsynced (libgit2's option is set before the
 * repository is opened). Nothing here touches HEAD, the index or a working
 * tree, and nothing runs hooks, filters or programs of the repository's
 * configuration. Repositories with SHA-256 objects are refused by name.
 *
 *	struct repo *repo = repo_open(".", &err);
 *	struct oid tip;
 *	int found = repo_ref_read(repo, "refs/heads/main", &tip, &err);
 *	...
 *	repo_close(repo);
 */
#ifndef STORE_REPO_H
#define STORE_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

#define OID_TEXT_BYTES 41

struct oid {
	unsigned char bytes[20];
};

bool oid_equal(const struct oid *a, const struct oid *b);
bool oid_is_zero(const struct oid *oid);
void oid_to_text(const struct oid *oid, char ret_text[OID_TEXT_BYTES]);
bool oid_from_text(const char *text, struct oid *ret); /* 40 hex digits */
char *oid_text(struct arena *arena, const struct oid *oid);

struct repo;

void repo_close(struct repo *repo);
/* Make libgit2 ready and open the repository that holds `dir` (upwards, never
 * across file systems). ERR_STATE when there is none ("not a git repository"
 * with what to do as the hint), when it belongs to somebody else or uses
 * SHA-256. Bare repositories open; see repo_is_bare(). */
struct repo *repo_open(const char *dir, struct error *err) MUST_CHECK
        FREED_BY(repo_close);
/* git init with `branch` as the initial branch, then open. */
struct repo *repo_create(const char *dir, const char *branch,
                         struct error *err) MUST_CHECK FREED_BY(repo_close);
void repo_close_auto(struct repo **repo);
#define auto_repo CLEANUP(repo_close_auto)

bool repo_is_bare(const struct repo *repo);
/* Absolute, without a trailing slash; borrowed. */
const char *repo_work_dir(const struct repo *repo);   /* NULL when bare */
const char *repo_common_dir(const struct repo *repo); /* shared by worktrees */
/* The short name of the branch that HEAD names, born or not, in `arena`; NULL
 * without error when HEAD is detached. */
int repo_head_branch(struct repo *repo, struct arena *arena,
                     const char **ret_name, struct error *err) MUST_CHECK;
/* The owner's name and email as git would use them (environment, then
 * configuration). ERR_STATE with a hint when git does not know them. */
int repo_identity(struct repo *repo, struct arena *arena, const char **ret_name,
                  const char **ret_email, struct error *err) MUST_CHECK;

/* References. Names are full ("refs/heads/main"). */

/* 1 and the commit id, 0 when there is none, -1 on failure. */
int repo_ref_read(struct repo *repo, const char *name, struct oid *ret,
                  struct error *err) MUST_CHECK;
/* Set `name` to `new` if it is `old` now (all zero: if it does not exist).
 * ERR_CONFLICT when it is something else or somebody holds its lock: read
 * again, decide again. When libgit2 reports any error, the reference is read
 * back first: if it is `new`, the swap has happened and is made durable. */
int repo_ref_swap(struct repo *repo, const char *name, const struct oid *new,
                  const struct oid *old, const char *reflog,
                  struct error *err) MUST_CHECK;
/* Delete `name` if it is `old`; nothing there is fine. */
int repo_ref_delete(struct repo *repo, const char *name, const struct oid *old,
                    struct error *err) MUST_CHECK;
/* Move git's lock file `path` aside, unless a process has it open: 1 when it
 * is not there (any more), 0 when it is held. Only for who knows that whoever
 * made it has ended. */
int repo_drop_lock(struct repo *repo, const char *path,
                   struct error *err) MUST_CHECK;
/* The same for all locks of reeve's references that are older than a minute. */
int repo_sweep_locks(struct repo *repo, struct error *err) MUST_CHECK;
/* Call `each` for every reference whose name begins with `prefix`, sorted.
 * A non-zero result stops and is returned. */
int repo_ref_list(struct repo *repo, const char *prefix,
                  int (*each)(void *state, const char *name,
                              const struct oid *oid),
                  void *state, struct error *err) MUST_CHECK;

/* Objects. Every write is read back before it returns; an object file that
 * exists but cannot be read is moved aside and written anew. */

int repo_blob_write(struct repo *repo, const void *bytes, size_t len,
                    struct oid *ret, struct error *err) MUST_CHECK;
/* Until the batch is committed, writing an object only puts it where reading
 * finds it; then all are made durable at once, and read back: more than a few
 * as a pack, which costs little more than one loose object. Setting a
 * reference commits what is there so far. Batches nest; each begin has its
 * commit or abandon. When a commit fails, count nothing as written. */
void repo_batch_begin(struct repo *repo);
int repo_batch_commit(struct repo *repo, struct error *err) MUST_CHECK;
void repo_batch_abandon(struct repo *repo);
/* Either of them, for who has done in the batch what ended with `status`. */
int repo_batch_end(struct repo *repo, int status, struct error *err) MUST_CHECK;

/* An object as it is stored; `type` is git's number. */
struct stored {
	struct oid oid;
	int type;
	const char *bytes;
	size_t len;
};

/* Give what the open batch holds. */
void repo_batch_each(const struct repo *repo,
                     void (*each)(void *state, const struct stored *object),
                     void *state);
/* Write `object` if it is not there, or cannot be read as a file of its own: 1;
 * 0 when it can be read; -1. */
int repo_restore(struct repo *repo, const struct stored *object,
                 struct error *err) MUST_CHECK;

/* Only rehearse from here on: a batch that is never committed holds what is
 * written, and changing a reference does nothing. */
void repo_rehearse(struct repo *repo);

/* The id that a blob of these bytes has; writes nothing. */
void repo_blob_id(const void *bytes, size_t len, struct oid *ret);
/* ERR_MISSING when there is no such blob, ERR_LIMIT over the buffer's limit. */
int repo_blob_read(struct repo *repo, const struct oid *oid, struct buf *ret,
                   struct error *err) MUST_CHECK;
bool repo_object_exists(struct repo *repo, const struct oid *oid);

struct signature {
	const char *name;
	const char *email;
	int64_t time_s; /* since 1970, UTC; written with offset +0000 */
};

struct commit {
	struct oid id;
	struct oid tree;
	const struct oid *parents;
	size_t parent_count;
	struct signature author;
	struct signature committer;
	const char *message; /* as stored, byte for byte */
	size_t message_len;
};

/* Write `commit` (its `id` is ignored) without an encoding header. */
int repo_commit_write(struct repo *repo, const struct commit *commit,
                      struct oid *ret, struct error *err) MUST_CHECK;
/* Read into `arena`. ERR_MISSING when there is no such commit. */
int repo_commit_read(struct repo *repo, struct arena *arena,
                     const struct oid *oid, struct commit *ret,
                     struct error *err) MUST_CHECK;

/* Trees. Paths have `/`; modes are git's: 0100644, 0100755, 0120000 (symbolic
 * link), 040000 (tree), 0160000 (submodule). */

struct tree_entry {
	const char *path;
	struct oid oid;
	unsigned mode;
};

struct tree_change {
	const char *path; /* at any depth; directories are made and pruned */
	struct oid oid;   /* a blob, or a tree when mode is 040000 */
	unsigned mode;    /* 0 removes the path */
};

/* `base` (NULL: empty) with `changes` applied. A change below what is a file
 * in `base` is ERR_CONFLICT. */
int repo_tree_write(struct repo *repo, const struct oid *base,
                    const struct tree_change *changes, size_t count,
                    struct oid *ret, struct error *err) MUST_CHECK;
/* 1 and the entry (its path is not set), 0 when there is none, -1. */
int repo_tree_find(struct repo *repo, const struct oid *tree, const char *path,
                   struct tree_entry *ret, struct error *err) MUST_CHECK;
/* Every blob and link below `dir` ("" for all), in git's order, into
 * `arena`. No such directory: none. */
int repo_tree_list(struct repo *repo, struct arena *arena,
                   const struct oid *tree, const char *dir,
                   struct tree_entry **ret, size_t *ret_count,
                   struct error *err) MUST_CHECK;

struct tree_difference {
	const char *path;
	struct oid old_oid, new_oid; /* zero: not there */
	unsigned old_mode, new_mode; /* 0: not there */
};

/* What changed from `old` (NULL: empty) to `new`, by path; renames are not
 * looked for. */
int repo_tree_diff(struct repo *repo, struct arena *arena,
                   const struct oid *old, const struct oid *new,
                   struct tree_difference **ret, size_t *ret_count,
                   struct error *err) MUST_CHECK;
/* The same as a unified diff in git's form, appended to `ret`. */
int repo_tree_diff_text(struct repo *repo, const struct oid *old,
                        const struct oid *new, struct buf *ret,
                        struct error *err) MUST_CHECK;

/* History. */

/* Whether `ancestor` is `descendant` or reachable from it: 1, 0, -1. */
int repo_is_ancestor(struct repo *repo, const struct oid *ancestor,
                     const struct oid *descendant,
                     struct error *err) MUST_CHECK;
/* 1 and a best common ancestor, 0 when there is none, -1. */
int repo_merge_base(struct repo *repo, const struct oid *a, const struct oid *b,
                    struct oid *ret, struct error *err) MUST_CHECK;
/* The commits from `tip` along first parents down to (not including) `until`
 * (NULL, or not met: to the root), oldest first, into `arena`. */
int repo_first_parents(struct repo *repo, struct arena *arena,
                       const struct oid *tip, const struct oid *until,
                       struct oid **ret, size_t *ret_count,
                       struct error *err) MUST_CHECK;
/* The same, unproven and several times as quick: who reads one of them holds
 * its parent against the one before. */
int repo_line(struct repo *repo, struct arena *arena, const struct oid *tip,
              const struct oid *until, struct oid **ret, size_t *ret_count,
              struct error *err) MUST_CHECK;
/* Merge the trees of two commits in memory. 0 and the tree; or ERR_CONFLICT,
 * the message naming the paths (at most five). */
int repo_merge_trees(struct repo *repo, const struct oid *ours,
                     const struct oid *theirs, struct oid *ret_tree,
                     struct error *err) MUST_CHECK;
/* The commit that last wrote line `line` (1-based) of `path` as of `tip`, and
 * the line's number in that commit. ERR_MISSING: no such file or line. */
int repo_blame_line(struct repo *repo, const struct oid *tip, const char *path,
                    unsigned line, struct oid *ret_commit, unsigned *ret_line,
                    struct error *err) MUST_CHECK;

#endif
