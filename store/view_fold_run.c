/*
 * The fold of what happens to runs and to their steps.
 */
#include <string.h>

#include "store/base/json.h"
#include "store/view_fold_private.h"
#include "store/view_private.h"

/* ---- Runs ---------------------------------------------------------------- */

static int insert_step(struct fold *fold, const struct value *step, size_t n)
{
	struct statement *row = fold_query(
	        fold, "insert or ignore into step (run, step, item, n, kind, "
	              "state) values (?1, ?2, ?5, ?3, ?4, 'waiting')");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_lent(row, 2, value_get_text(step, "id", ""));
	statement_bind_int(row, 3, (int64_t)n);
	statement_bind_lent(row, 4, value_get_text(step, "kind", ""));
	/* Of a step in a loop there are as many as items: one row for all. */
	statement_bind_lent(row, 5,
	                    value_get_bool(step, "loop", false) ? "*" : "");
	return fold_finish(fold, row);
}

/* The place of a step that was there before, and of its items. */
static int number_step(struct fold *fold, const struct value *step, size_t n)
{
	struct statement *row = fold_query(
	        fold, "update step set n = ?3 where run = ?1 and step = ?2");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_lent(row, 2, value_get_text(step, "id", ""));
	statement_bind_int(row, 3, (int64_t)n);
	return fold_finish(fold, row);
}

/* The types of events that the step, or with "" the run, is to hear of. */
static int listen_to(struct fold *fold, const char *step)
{
	struct value *types;

	if (journal_member(fold->view->repo, fold->arena, fold->data, "listens",
	                   &types, fold->err) < 0)
		return -1;
	for (size_t i = 0; types && i < types->length; i++) {
		struct statement *row = fold_query(
		        fold, "insert or ignore into listen (run, step, item, "
		              "type) values (?1, ?2, ?3, ?4)");
		if (!row)
			return -1;
		fold_bind_step(fold, row, 1, step);
		statement_bind_lent(row, 4, types->items[i]->text);
		if (fold_finish(fold, row) < 0)
			return -1;
	}
	return 0;
}

int fold_run_started(struct fold *fold)
{
	struct statement *row = fold_query(
	        fold, "insert or ignore into run (id, job, title, state, "
	              "epoch, cause, inputs, commit_id, tree, library, "
	              "started_at, finished_at, grp, since) "
	              "values (?1, ?2, ?3, "
	              "'open', ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, "
	              "(select coalesce(max(seq), 0) from emitted))");
	struct value *steps;

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_lent(row, 2, fold_text(fold, "job"));
	statement_bind_lent(row, 3, fold_text(fold, "run_title"));
	statement_bind_int(row, 4, value_get_int(fold->data, "epoch", 0));
	fold_bind_json(fold, row, 5, "trigger");
	fold_bind_json(fold, row, 6, "inputs");
	statement_bind_lent(row, 7, fold_text(fold, "commit"));
	statement_bind_lent(row, 8, fold_text(fold, "tree"));
	statement_bind_lent(row, 9, fold_text(fold, "library"));
	statement_bind_int(row, 10, fold->event->time_ms);
	statement_bind_lent(row, 11, fold_text(fold, "group"));
	if (fold_finish(fold, row) < 0)
		return -1;
	if (db_changes(fold->view->db) == 0)
		return fold_void(fold, "the run has started already");
	if (journal_member(fold->view->repo, fold->arena, fold->data, "steps",
	                   &steps, fold->err) < 0)
		return -1;
	for (size_t i = 0; steps && i < steps->length; i++)
		if (insert_step(fold, steps->items[i], i) < 0)
			return -1;
	return listen_to(fold, "");
}

static int run_for_step(struct fold *one, const char *sql)
{
	struct statement *row = fold_query(one, sql);

	if (!row)
		return -1;
	fold_bind_step(one, row, 1, one->step);
	return fold_finish(one, row);
}

/* A step that is made anew has no result; an item of it is not known yet. Its
 * draft, when it is an open gate, is withdrawn. */
static int fold_renewed_step(struct fold *one)
{
	struct statement *row = fold_query(
	        one, "update draft set state = 'withdrawn', decided_at = ?4 "
	             "where run = ?1 and step = ?2 and item = ?3 "
	             "and state = 'open'");

	if (!row)
		return -1;
	fold_bind_step(one, row, 1, one->step);
	statement_bind_int(row, 4, one->event->time_ms);
	if (fold_finish(one, row) < 0)
		return -1;
	return run_for_step(
	        one, *one->item
	                     ? "delete from step where run = ?1 and step = ?2 "
	                       "and item = ?3"
	                     : "update step set output = null, key = null, "
	                       "event = null where run = ?1 and step = ?2 "
	                       "and item = ?3");
}

/* A step that waits again has forgotten why it did not. */
static int fold_retried_step(struct fold *fold, const struct value *place)
{
	struct fold one = *fold;
	bool anew = value_get_bool(place, "anew", false);

	one.step = value_get_text(place, "step", "");
	one.item = value_get_text(place, "item", "");
	int moved = fold_move_step(&one, one.step,
	                           anew ? STEP_IS_RENEWED : STEP_IS_RETRIED);
	if (moved <= 0)
		return fold_status(moved);
	if (anew && fold_renewed_step(&one) < 0)
		return -1;
	struct statement *row =
	        fold_query(fold, "update step set attempt = 0, since = null, "
	                         "reason = null "
	                         "where run = ?1 and step = ?2 and item = ?3");
	if (!row)
		return -1;
	fold_bind_step(&one, row, 1, one.step);
	if (fold_finish(fold, row) < 0)
		return -1;
	row = fold_query(fold,
	                 "delete from effect where run = ?1 and step = ?2 "
	                 "and item = ?3 and state = 'failed'");
	if (!row)
		return -1;
	fold_bind_step(&one, row, 1, one.step);
	return fold_finish(fold, row);
}

/* The text that the run goes on with, and its steps: those that wait and are
 * not in it any more go. */
static int fold_text_of_run(struct fold *fold)
{
	struct statement *row = fold_query(
	        fold, "update run set commit_id = ?2, tree = ?3, library = ?4, "
	              "inputs = ?5 where id = ?1");
	struct value *order;

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_lent(row, 2, fold_text(fold, "commit"));
	statement_bind_lent(row, 3, fold_text(fold, "tree"));
	statement_bind_lent(row, 4, fold_text(fold, "library"));
	fold_bind_json(fold, row, 5, "inputs");
	if (fold_finish(fold, row) < 0)
		return -1;
	row = fold_query(fold, "delete from step where run = ?1 and "
	                       "state = 'waiting'");
	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	if (fold_finish(fold, row) < 0)
		return -1;
	row = fold_query(fold,
	                 "delete from listen where run = ?1 and step = ''");
	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	if (fold_finish(fold, row) < 0 ||
	    journal_member(fold->view->repo, fold->arena, fold->data, "order",
	                   &order, fold->err) < 0)
		return -1;
	for (size_t i = 0; order && i < order->length; i++)
		if (insert_step(fold, order->items[i], i) < 0 ||
		    number_step(fold, order->items[i], i) < 0)
			return -1;
	return listen_to(fold, "");
}

int fold_run_retried(struct fold *fold)
{
	bool anew = fold_text(fold, "tree") != NULL;
	int moved = fold_move_run(fold, anew ? RUN_IS_RENEWED : RUN_IS_RETRIED);
	struct value *list;

	if (moved <= 0)
		return fold_status(moved);
	struct statement *row =
	        fold_query(fold, "update run set reason = null where id = ?1");
	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	if (fold_finish(fold, row) < 0 ||
	    journal_member(fold->view->repo, fold->arena, fold->data, "steps",
	                   &list, fold->err) < 0)
		return -1;
	for (size_t i = 0; list && i < list->length; i++)
		if (fold_retried_step(fold, list->items[i]) < 0)
			return -1;
	return anew ? fold_text_of_run(fold) : 0;
}

/* What a merge made of the step is no longer what it gives; an approval of it
 * counts no more. */
static int fold_rewound_step(struct fold *fold, const struct value *place)
{
	static const char *const changes[] = {
		"update artifact set lapsed = 1 "
		"where run = ?1 and step = ?2 and item = ?3",
		"update draft set state = 'lapsed' where run = ?1 and "
		"step = ?2 and item = ?3 and state = 'merged'",
		"delete from effect where run = ?1 and step = ?2 and "
		"item = ?3 and state = 'failed'",
		"update step set attempt = 0, since = null, reason = null "
		"where run = ?1 and step = ?2 and item = ?3",
	};
	struct fold one = *fold;

	one.step = value_get_text(place, "step", "");
	one.item = value_get_text(place, "item", "");
	int moved = fold_move_step(&one, one.step, STEP_IS_REWOUND);
	if (moved <= 0)
		return fold_status(moved);
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		if (run_for_step(&one, changes[i]) < 0)
			return -1;
	return fold_renewed_step(&one);
}

/* Its effects have other keys from now on, so they may be done again. */
static int fold_pass(struct fold *fold, const struct value *again)
{
	struct statement *row = fold_query(
	        fold, "insert or replace into pass (run, step, pass) "
	              "values (?1, ?2, ?3)");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_lent(row, 2, value_get_text(again, "step", ""));
	statement_bind_int(row, 3, value_get_int(again, "pass", 0));
	return fold_finish(fold, row);
}

static int fold_rewound_all(struct fold *fold)
{
	struct value *steps;
	struct value *again;

	if (journal_member(fold->view->repo, fold->arena, fold->data, "steps",
	                   &steps, fold->err) < 0 ||
	    journal_member(fold->view->repo, fold->arena, fold->data, "again",
	                   &again, fold->err) < 0)
		return -1;
	for (size_t i = 0; steps && i < steps->length; i++)
		if (fold_rewound_step(fold, steps->items[i]) < 0)
			return -1;
	for (size_t i = 0; again && i < again->length; i++)
		if (fold_pass(fold, again->items[i]) < 0)
			return -1;
	return fold_text(fold, "tree") ? fold_text_of_run(fold) : 0;
}

int fold_run_rewound(struct fold *fold)
{
	int moved = fold_move_run(fold, RUN_IS_REWOUND);

	if (moved <= 0)
		return fold_status(moved);
	struct statement *row =
	        fold_query(fold, "update run set reason = null where id = ?1");
	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	return fold_finish(fold, row) < 0 ? -1 : fold_rewound_all(fold);
}

/* One line of a reused blob: "step item key event", item "-" for none. */
static int fold_reused_line(struct fold *fold, char *line)
{
	char *rest = line;
	const char *step = strsep(&rest, " ");
	const char *item = strsep(&rest, " ");
	const char *key = strsep(&rest, " ");
	struct fold one = *fold;

	if (!key || !rest)
		return fold_void(fold, "a line of its reused steps is broken");
	one.step = step;
	one.item = strcmp(item, "-") == 0 ? "" : item;
	int moved = fold_move_step(&one, step, STEP_IS_REUSED);
	if (moved <= 0)
		return fold_status(moved);
	struct statement *row = fold_query(
	        fold, "update step set key = ?4, event = r.event, "
	              "output = r.output, commit_id = r.commit_id, "
	              "parent_id = r.parent_id, line = r.line "
	              "from (select * from result where key = ?4) as r "
	              "where step.run = ?1 and step.step = ?2 and "
	              "step.item = ?3");
	if (!row)
		return -1;
	fold_bind_step(&one, row, 1, one.step);
	statement_bind_lent(row, 4, key);
	return fold_finish(fold, row);
}

/* The steps that were reused since the run's last wall. */
int fold_reused(struct fold *fold)
{
	struct value *lines;

	if (journal_member(fold->view->repo, fold->arena, fold->data, "reused",
	                   &lines, fold->err) < 0)
		return -1;
	if (!lines || lines->kind != VALUE_STRING)
		return 0;
	char *rest = arena_strdup(fold->arena, lines->text);
	while (rest && *rest) {
		char *line = strsep(&rest, "\n");
		if (*line && fold_reused_line(fold, line) < 0)
			return -1;
	}
	return 0;
}

/* Numbers of a run that ended without an effect in the world are free. */
static int free_numbers(struct fold *fold)
{
	struct statement *row = fold_query(
	        fold, "delete from number where run = ?1 and not exists "
	              "(select 1 from effect where effect.run = ?1)");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	return fold_finish(fold, row);
}

int fold_run_finished(struct fold *fold)
{
	static const struct {
		const char *state;
		enum run_event event;
	} ends[] = {
		{ "done", RUN_IS_DONE },
		{ "failed", RUN_FAILS },
		{ "rejected", RUN_IS_REJECTED },
		{ "cancelled", RUN_IS_CANCELLED },
	};

	const char *state = value_get_text(fold->data, "state", "");

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (strcmp(ends[i].state, state) != 0)
			continue;
		int moved = fold_move_run(fold, ends[i].event);
		if (moved <= 0)
			return fold_status(moved);
		if (fold_reused(fold) < 0 || fold_end_claim(fold) < 0)
			return -1;
		if (ends[i].event == RUN_IS_REJECTED && free_numbers(fold) < 0)
			return -1;
		struct statement *row = fold_query(
		        fold, "update step set state = 'void', "
		              "wake_at = 0 where run = ?1 and state in "
		              "('waiting', 'in review', 'sleeping')");
		if (!row)
			return -1;
		statement_bind_lent(row, 1, fold->run);
		return fold_finish(fold, row);
	}
	return fold_void(fold, "its end has no name");
}

/* ---- Steps --------------------------------------------------------------- */

/* The blob that the value's canonical JSON would be, or is in: then the event
 * has a stand-in. */
static void bind_json_blob(const struct fold *fold, struct statement *row,
                           int n, const char *name)
{
	const struct value *value = value_get(fold->data, name);
	const char *blob = value_get_text(value, "$blob", NULL);
	struct oid oid;

	if (!value || blob) {
		statement_bind_lent(row, n, blob);
		return;
	}
	const char *json = json_canonical(fold->arena, value);
	repo_blob_id(json, strlen(json), &oid);
	fold_bind_oid(fold, row, n, &oid);
}

static int keep_result(struct fold *fold)
{
	struct statement *row = fold_query(
	        fold, "insert or ignore into result (key, run, step, kind, "
	              "output, event, commit_id, parent_id, line, at, "
	              "ingredients) values "
	              "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold_text(fold, "key"));
	statement_bind_lent(row, 2, fold->run);
	statement_bind_lent(row, 3, fold->step);
	statement_bind_lent(row, 4, fold_text(fold, "kind"));
	fold_bind_json(fold, row, 5, "output");
	statement_bind_lent(row, 6, fold->event->id);
	fold_bind_oid(fold, row, 7, &fold->place->commit);
	fold_bind_oid(fold, row, 8, &fold->place->parent);
	statement_bind_int(row, 9, fold->place->line);
	statement_bind_int(row, 10, fold->event->time_ms);
	bind_json_blob(fold, row, 11, "ingredients");
	return fold_finish(fold, row);
}

int fold_step_finished(struct fold *fold)
{
	if (fold_text(fold, "key") && keep_result(fold) < 0)
		return -1;
	int moved = fold_settle_step(fold, STEP_FINISHES, "output");

	if (moved <= 0 || !fold_text(fold, "tree"))
		return fold_status(moved);
	struct statement *row =
	        fold_query(fold, "update step set tree = ?4 "
	                         "where run = ?1 and step = ?2 and item = ?3");
	if (!row)
		return -1;
	fold_bind_step(fold, row, 1, fold->step);
	statement_bind_lent(row, 4, fold_text(fold, "tree"));
	return fold_finish(fold, row);
}

int fold_step_failed(struct fold *fold)
{
	return fold_status(fold_settle_step(fold, STEP_FAILS, "output"));
}

int fold_step_skipped(struct fold *fold)
{
	return fold_status(fold_settle_step(fold, STEP_IS_SKIPPED, "output"));
}

int fold_step_slept(struct fold *fold)
{
	int moved = fold_settle_step(fold, STEP_IS_LAID, "output");

	if (moved <= 0)
		return fold_status(moved);
	struct statement *row =
	        fold_query(fold, "update step set wake_at = ?4, attempt = ?5, "
	                         "since = coalesce(since, (select "
	                         "coalesce(max(seq), 0) from emitted)) "
	                         "where run = ?1 and step = ?2 and item = ?3");
	if (!row)
		return -1;
	fold_bind_step(fold, row, 1, fold->step);
	statement_bind_int(row, 4, value_get_int(fold->data, "wake_at", 0));
	statement_bind_int(row, 5, value_get_int(fold->data, "attempt", 0));
	return fold_finish(fold, row) < 0 ? -1 : listen_to(fold, fold->step);
}
