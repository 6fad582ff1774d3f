/*
 * What the parts of the view share: view.c (opening), view_ask.c and its
 * neighbours (asking), and view_fold.c (view_apply(), the only code that turns
 * events into rows).
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
struct near_result {
	const char *key;
	struct result_record result; /* but for its output */
	const char *output;          /* JSON, or NULL */
	size_t output_len;
};

struct view_near {
	struct arena arena;
	struct near_result *rows;
	size_t count;
	size_t next;  /* those before it were asked for */
	size_t reach; /* how many are read at once */
};

/* What decides whether an event may speak of the run `id` (NULL: not known). */
struct view_run_now {
	char *id;
	char *holder; /* NULL: nobody */
	enum run_state state;
	int64_t epoch;
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
	struct view_run_now run_now;
	bool is_loading; /* everything, from the first event on */
	bool was_empty;
	size_t restarts;
	bool rehearsing; /* in a transaction that is never committed */
};

/* The compiled statement for the literal `sql`, reset and ready to bind; it is
 * kept for the next time and freed with the view. NULL with err. */
struct statement *view_query(struct view *view, const char *sql,
                             struct error *err) MUST_CHECK;

/* ---- Asking (view_ask.c) ---- */

/* A query with its parameters, whose rows are read into records of `size`. */
struct question {
	struct view *view;
	struct arena *arena;
	struct statement *rows;
	size_t size;
	void (*read)(struct arena *arena, struct statement *row, void *record);
};

/* All rows as an array of records in the arena. */
int view_ask_all(struct question *question, void *ret, size_t *ret_count,
                 struct error *err) MUST_CHECK;
/* The first row: 1, 0 when there is none, -1. */
int view_ask_one(struct question *question, void *ret,
                 struct error *err) MUST_CHECK;
/* The first column of the only row: 1, 0 when there is none or it is null. */
int view_ask_text(struct arena *arena, struct statement *row, const char **ret,
                  struct error *err) MUST_CHECK;
/* The same as a number: 1, 0 when there is no row, which leaves it, -1. */
int view_ask_int(struct statement *row, int64_t *ret,
                 struct error *err) MUST_CHECK;

/* A column; of text and JSON NULL for null. */
const char *view_read_text(struct arena *arena, struct statement *row,
                           int column);
struct value *view_read_json(struct arena *arena, struct statement *row,
                             int column);
/* What the fold has written as JSON; NULL when the file is damaged. */
struct value *view_parse(struct arena *arena, const char *json, size_t len);
struct oid view_read_oid(struct statement *row, int column);

/* The row of a step, in the columns that its queries name. */
void view_read_step(struct arena *arena, struct statement *row, void *record);

/* The results that were read ahead may be there no longer. */
void view_forget_near(struct view *view);

/* The run that the last event was of may have changed. */
void view_forget_run_now(struct view *view);

/* Forget that the run rests. */
int view_rouse(struct view *view, const char *run,
               struct error *err) MUST_CHECK;

/* The fold. -1 only when the view itself cannot be written. */
int view_apply(void *state, const struct event *event,
               const struct journal_place *place, struct error *err);

#endif
