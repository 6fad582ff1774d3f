/*
 * The index of memory: an SQLite file that knows, for each content of each
 * note, its pieces and which words stand where in them. All of it is derived.
 *
 * Private to store/memory.c, which decides what is searched and what is best.
 */
#ifndef STORE_MEMORY_INDEX_H
#define STORE_MEMORY_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/db.h"
#include "store/files.h"
#include "store/memory.h"
#include "store/memory_rank.h"

/* One content of one file, and what its front matter says. */
struct note {
	struct file_entry entry;
	int64_t id; /* in the index; 0: it is not there */
	const char *trust;
	const char *source;     /* or NULL */
	const char *valid_from; /* "2026-11-22", or NULL */
	const char *valid_to;   /* or NULL */
	bool is_left_out;       /* of this search */
};

/* Open or create. ERR_CORRUPT when the file is damaged, of another format, or
 * something else. */
struct db *index_open(const char *path, struct error *err) MUST_CHECK
        FREED_BY(db_close);
/* Remove the file, whatever it is; no connection may be open. */
int index_remove(const char *path, struct error *err) MUST_CHECK;

/* Complete `note` by its path and blob id, texts in `arena`. Its id stays 0
 * when it is not in the index. */
int index_find(struct db *db, struct arena *arena, struct note *note,
               struct error *err) MUST_CHECK;
/* Read `note`'s file and add it, inside a transaction of the caller's. The
 * blob id becomes that of what was read. The id stays 0 when there is no such
 * file any more. */
int index_add(struct db *db, struct arena *arena, struct files *files,
              struct note *note, struct error *err) MUST_CHECK;

/* The paths that a note supersedes, in `arena`. */
int index_supersedes(struct db *db, struct arena *arena, int64_t note,
                     const char ***ret, size_t *ret_count,
                     struct error *err) MUST_CHECK;

struct candidates {
	struct candidate *items;
	size_t count;
};

/* Add the pieces of `note` to `ret`, in `arena`, as pieces of file `file`. */
int index_candidates(struct db *db, struct arena *arena, int64_t note,
                     size_t file, struct candidates *ret,
                     struct error *err) MUST_CHECK;

/* The terms of `words` as the index spells them, sorted, each once. */
int index_terms(struct db *db, struct arena *arena, const char *words,
                const char ***ret, size_t *ret_count,
                struct error *err) MUST_CHECK;
/* Where a term stands, in all that was ever indexed. */
int index_occurrences(struct db *db, struct arena *arena, const char *term,
                      struct occurrence **ret, size_t *ret_count,
                      struct error *err) MUST_CHECK;

/* Fill in heading, text and lines of a piece, in `arena`. */
int index_read_chunk(struct db *db, struct arena *arena, int64_t id,
                     struct memory_chunk *ret, struct error *err) MUST_CHECK;

#endif
