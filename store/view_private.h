/*
 * What the two halves of the view share: view.c (opening, asking) and
 * view_fold.c (view_apply(), the only code that turns events into rows).
 */
#ifndef STORE_VIEW_PRIVATE_H
#define STORE_VIEW_PRIVATE_H

#include "store/db.h"
#include "store/view.h"

struct view_query {
	const char *sql; /* compared by address: literals only */
	struct statement *statement;
};

struct view {
	struct db *db;
	struct repo *repo;
	char *path;
	struct oid cursor;
	struct journal_sink sink;
	struct view_query *queries;
	size_t query_count;
	bool rehearsing; /* in a transaction that is never committed */
};

/* The compiled statement for the literal `sql`, reset and ready to bind; it is
 * kept for the next time and freed with the view. NULL with err. */
struct statement *view_query(struct view *view, const char *sql,
                             struct error *err) MUST_CHECK;

/* Forget that the run rests. */
int view_rouse(struct view *view, const char *run,
               struct error *err) MUST_CHECK;

/* The fold. -1 only when the view itself cannot be written. */
int view_apply(void *state, const struct event *event,
               const struct journal_place *place, struct error *err);

#endif
