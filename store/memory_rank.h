/*
 * Which pieces of text answer a query best: BM25 over exactly the pieces that
 * are searched, and a share of it for the pieces beside a good one.
 *
 *	struct candidate list[] = { { .id = 7, .file = 0, .words = 120 }, ... };
 *	struct ranking *ranking = ranking_new(list, count);
 *	ranking_add_term(ranking, occurrences, occurrence_count);
 *	...
 *	ranking_finish(ranking);
 *
 * Nothing here touches a file or the index. The same input gives the same
 * bits on every machine.
 */
#ifndef STORE_MEMORY_RANK_H
#define STORE_MEMORY_RANK_H

#include <stddef.h>
#include <stdint.h>

#include "store/base/buf.h"
#include "store/base/compiler.h"

/* Set id, file and words; pieces of one file are in their order and together.
 * The rest is 0 at first. */
struct candidate {
	int64_t id;
	size_t file;    /* a number that its neighbours share */
	unsigned words; /* how long it is */
	double own;     /* the terms in it */
	double score; /* after ranking_finish(): with its neighbours, at most 1
	               */
};

/* A term stands `count` times in candidate `id`. */
struct occurrence {
	int64_t id;
	unsigned count;
};

struct ranking;

void ranking_free(struct ranking *ranking);
/* `candidates` are the caller's, stay where they are and are filled in. */
struct ranking *ranking_new(struct candidate *candidates,
                            size_t count) MUST_CHECK FREED_BY(ranking_free);
void ranking_free_auto(struct ranking **ranking);
#define auto_ranking CLEANUP(ranking_free_auto)

/* One term of the query. Occurrences in pieces that are no candidates do not
 * count. */
void ranking_add_term(struct ranking *ranking,
                      const struct occurrence *occurrences, size_t count);
/* Fill in the scores, and sort: best first, equals in the order they had. */
void ranking_finish(struct ranking *ranking);

/* How many words `text` has, roughly as FTS5 counts them. */
unsigned rank_count_words(const char *text);
/* Add to `ret` what of a query is worth looking for: the words of its first
 * `max` bytes without the common ones ("the", "of"), or all of them if there
 * are no others. */
void rank_query_words(struct buf *ret, const char *query, size_t max);

#endif
