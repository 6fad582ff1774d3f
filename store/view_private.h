/*
 * What the parts of the view share: view.c (opening), view_ask.c and
 * view_result.c (asking), and view_fold.c (view_apply(), the only code that
 * turns events into rows).
 */
#ifndef STORE_VIEW_PRIVATE_H
#define STORE_VIEW_PRIVATE_H

#include "store/db.h"
#include "store/view.h"

struct view_query {
	const char *sql; /* compared by address: literals only */
	struct statement *statement;
};

/* Results that were kept one after the other. (view_result.c) */
struct view_near {
	struct arena arena;
	struct step_record *rows;
	size_t count;
	size_t next;  /* those before it were asked for */
	size_t reach; /* how many are read at once */
};

struct view {
	struct db *db;
	struct repo *repo;
	char *path;
	struct oid cursor;
	struct journal_sink sink;
	struct view_query *queries;
	size_t query_count;
	struct view_near near;
	bool rehearsing; /* in a transaction that is never committed */
};

/* The compiled statement for the literal `sql`, reset and ready to bind; it is
 * kept for the next time and freed with the view. NULL with err. */
struct statement *view_query(struct view *view, const char *sql,
                             struct error *err) MUST_CHECK;

/* The row of a step or a result, in the columns that its queries name. */
void view_read_step(struct arena *arena, struct statement *row, void *record);

/* The results that were read ahead may be there no longer. */
void view_forget_near(struct view *view);

/* Forget that the run rests. */
int view_rouse(struct view *view, const char *run,
               struct error *err) MUST_CHECK;

/* The fold. -1 only when the view itself cannot be written. */
int view_apply(void *state, const struct event *event,
               const struct journal_place *place, struct error *err);

#endif
