/*
 * A read-only set of files by workspace path: a git tree, a directory, the
 * library that is built in, or one laid over another.
 *
 * The engine reads a run's files from the tree that the run is pinned to;
 * `reeve check` reads the working tree, so that mistakes show before they are
 * committed. Both go through this type and so cannot differ.
 *
 * Symbolic links and submodules are not followed: they are not there.
 */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/repo.h"

struct files;

void files_free(struct files *files);
/* The tree `tree`; `repo` must outlive the result. */
struct files *files_from_tree(struct repo *repo,
                              const struct oid *tree) MUST_CHECK
        FREED_BY(files_free);
/* The directory `root`; `.git` and `.reeve` are left out. */
struct files *files_from_dir(const char *root) MUST_CHECK FREED_BY(files_free);

/* A table of files in memory, which must outlive the result. */
struct file_row {
	const char *path;
	const unsigned char *bytes;
	size_t len;
};

struct files *files_from_table(const struct file_row *rows,
                               size_t count) MUST_CHECK FREED_BY(files_free);
/* What `over` has, else what `under` has. Takes both. */
struct files *files_overlay(struct files *over, struct files *under) MUST_CHECK
        FREED_BY(files_free);
void files_free_auto(struct files **files);
#define auto_files CLEANUP(files_free_auto)

/* 1 and the whole file with its blob id (`ret_oid` may be NULL); 0 when there
 * is none (`ret` untouched); -1. `ret`'s limit holds. */
int files_read(struct files *files, const char *path, struct buf *ret,
               struct oid *ret_oid, struct error *err) MUST_CHECK;

/* 1 and the id of the file's blob, 0 when there is none, -1; ERR_LIMIT for a
 * file that has to be read for it and is longer than `max` bytes. */
int files_find(struct files *files, const char *path, size_t max,
               struct oid *ret, struct error *err) MUST_CHECK;

struct file_entry {
	const char *path;
	struct oid oid; /* blob id */
};

/* Every file whose path fits `pattern` (path_matches()), sorted by bytes, in
 * `arena`. */
int files_list(struct files *files, struct arena *arena, const char *pattern,
               struct file_entry **ret, size_t *ret_count,
               struct error *err) MUST_CHECK;
/* Their paths alone: the ids are zero, and no file is opened. */
int files_names(struct files *files, struct arena *arena, const char *pattern,
                struct file_entry **ret, size_t *ret_count,
                struct error *err) MUST_CHECK;

#endif
