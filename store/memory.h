/*
 * Memory: the Markdown files below memory/, found again by what they say.
 *
 * The index (an SQLite file under .reeve/, may be deleted at any time) is
 * keyed by path and blob id, so the same text is indexed once and a search
 * sees memory as it stood in any tree. A search depends on the files it is
 * given and the query alone, never on what else was indexed before: the
 * statistics of BM25 are those of the searched files.
 *
 * A note's front matter may say `source`, `trust` (owner, agent, outside),
 * `date`, `valid_from`, `valid_to` and `supersedes` (a path or several): what
 * is not valid on the asked day, and what other searched files supersede, is
 * left out. Both days are part of the time. A note supersedes from its
 * `valid_from` on, even after its `valid_to`; one from outside supersedes only
 * others from outside. A note whose front matter cannot be read, or whose
 * `trust` is no known word, is searched as one from outside.
 */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/files.h"

struct memory;

void memory_close(struct memory *memory);
void memory_close_auto(struct memory **memory);
#define auto_memory CLEANUP(memory_close_auto)

/* Open or create the index at `path`. A file that is damaged, or of another
 * format, is replaced by an empty one. */
struct memory *memory_open(const char *path, struct error *err) MUST_CHECK
        FREED_BY(memory_close);

/* So much of a query's text counts. */
#define MEMORY_QUERY_BYTES (16u << 10)

struct memory_query {
	const char *text; /* only its words count; with none, everything is
	                   * found, by path and line, with a score of 0 */
	const char
	        *project;  /* memory/projects/<slug>/ too, or NULL: org only */
	const char *today; /* "2026-11-22" */
	size_t limit;      /* chunks; 0: 8 */
	size_t token_budget; /* of all texts, about 4 bytes each; 0: 2000 */
};

/* A piece of a file: a heading's section or a part of a long one. */
struct memory_chunk {
	const char *path;
	struct oid oid; /* of the whole file */
	unsigned first_line, last_line;
	const char *heading; /* the headings above it, " > " between; or "" */
	const char *text;
	const char *trust;  /* "owner" when the file does not say */
	const char *source; /* or NULL */
	double score;       /* 1 is the best of this search */
};

/* The best chunks of `files`, best first (equals by path and line), in `arena`;
 * none is not an error. What does not fit the budget is left out, but for a
 * first one, which is cut at a line. Of texts with the same words only the
 * best is given. Files that are new to the index are indexed first. ERR_FAILED
 * if `project` is not a slug, ERR_LIMIT if a file is longer than LIMIT_NOTE. */
int memory_search(struct memory *memory, struct files *files,
                  const struct memory_query *query, struct arena *arena,
                  struct memory_chunk **ret, size_t *ret_count,
                  struct error *err) MUST_CHECK;

#endif
