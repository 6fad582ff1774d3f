/*
 * The fold: one function for each type of event, in a table.
 *
 * A handler never fails for what it reads. Where an event meets a state that
 * the tables of state.h have no row for, it is voided: a row in `voided`, and
 * nothing else. Facts (effect results) are taken once; decisions of an epoch
 * below the run's are void.
 *
 * The handlers only write what docs/journal.md says of their type; that page
 * and this file are two spellings of one thing.
 */
#include <string.h>

#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/view_private.h"

/* One event on its way into the view. */
struct fold {
	struct view *view;
	const struct event *event;
	const struct journal_place *place;
	const struct value *data;
	const char *run;
	const char *step;
	const char *item;
	struct arena *arena;
	struct error *err;
};

static const char *text_of(const struct fold *fold, const char *name)
{
	return value_get_text(fold->data, name, NULL);
}

/* Bind `name` of the data as JSON (a stand-in stays one); NULL when absent. */
static void bind_json(const struct fold *fold, struct statement *row, int n,
                      const char *name)
{
	const struct value *value = value_get(fold->data, name);

	statement_bind_text(row, n,
	                    value ? json_canonical(fold->arena, value) : NULL);
}

static void bind_oid(struct statement *row, int n, const struct oid *oid)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(oid, text);
	statement_bind_text(row, n, text);
}

/* The run, `step` and the item, as three parameters from `n` on. */
static void bind_step(const struct fold *fold, struct statement *row, int n,
                      const char *step)
{
	statement_bind_text(row, n, fold->run);
	statement_bind_text(row, n + 1, step);
	statement_bind_text(row, n + 2, fold->item);
}

static struct statement *query(struct fold *fold, const char *sql)
{
	return view_query(fold->view, sql, fold->err);
}

static int finish(struct fold *fold, struct statement *row)
{
	return statement_run(row, fold->err);
}

static int make_void(struct fold *fold, const char *reason)
{
	struct statement *row = query(
	        fold, "insert into voided (commit_id, line, type, reason) "
	              "values (?1, ?2, ?3, ?4)");

	if (!row)
		return -1;
	bind_oid(row, 1, &fold->place->commit);
	statement_bind_int(row, 2, fold->place->line);
	statement_bind_text(row, 3, fold->event->type_text);
	statement_bind_text(row, 4, reason);
	return finish(fold, row);
}

/* ---- States -------------------------------------------------------------- */

/* The state of the event's run: 1 and the state; 0 when there is no such run
 * or the event is of an older epoch, -1. */
static int run_state_now(struct fold *fold, enum run_state *ret)
{
	struct statement *row =
	        query(fold, "select state, epoch from run where id = ?1");

	if (!row)
		return -1;
	statement_bind_text(row, 1, fold->run);
	int found = statement_step(row, fold->err);
	if (found > 0 &&
	    (!run_state_from_name(statement_text(row, 0), ret) ||
	     value_get_int(fold->data, "epoch", 0) < statement_int(row, 1)))
		found = 0;
	statement_reset(row);
	return found;
}

/* Move the run by `event`: 1, 0 when that cannot be (and was voided), -1. */
static int move_run(struct fold *fold, enum run_event event)
{
	enum run_state state;
	int found = run_state_now(fold, &state);

	if (found < 0)
		return -1;
	if (!found || !run_next(state, event, &state))
		return make_void(fold, "the run is not in a state for it");
	struct statement *row =
	        query(fold, "update run set state = ?2, finished_at = ?3, "
	                    "reason = coalesce(?4, reason), "
	                    "title = coalesce(?5, title) where id = ?1");
	if (!row)
		return -1;
	statement_bind_text(row, 1, fold->run);
	statement_bind_text(row, 2, run_state_name(state));
	statement_bind_int(row, 3,
	                   run_is_over(state) ? fold->event->time_ms : 0);
	statement_bind_text(row, 4, text_of(fold, "reason"));
	statement_bind_text(row, 5, text_of(fold, "run_title"));
	return finish(fold, row) < 0 ? -1 : 1;
}

/* The state of `step`: 1, 0 when it has no row, -1. */
static int step_state_now(struct fold *fold, const char *step,
                          enum step_state *ret)
{
	struct statement *row =
	        query(fold, "select state from step "
	                    "where run = ?1 and step = ?2 and item = ?3");

	if (!row)
		return -1;
	bind_step(fold, row, 1, step);
	int found = statement_step(row, fold->err);
	if (found > 0 && !step_state_from_name(statement_text(row, 0), ret))
		found = 0;
	statement_reset(row);
	return found;
}

/* An item of a loop is first heard of by what becomes of it: its row is made
 * after that of the step itself, or of the step in all items ("*"). */
static int insert_item(struct fold *fold, const char *step)
{
	struct statement *row = query(
	        fold, "insert into step (run, step, item, n, kind, state) "
	              "select run, step, ?3, n, kind, 'waiting' from step "
	              "where run = ?1 and step = ?2 and item in ('', '*') "
	              "limit 1");

	if (!row)
		return -1;
	bind_step(fold, row, 1, step);
	if (finish(fold, row) < 0)
		return -1;
	return db_changes(fold->view->db) > 0;
}

/* It listens no more. */
static int stop_listening(struct fold *fold, const char *step)
{
	struct statement *row =
	        query(fold, "delete from listen "
	                    "where run = ?1 and step = ?2 and item = ?3");

	if (!row)
		return -1;
	bind_step(fold, row, 1, step);
	return finish(fold, row);
}

/* The same for the step `step`: its state and time alone. */
static int move_step(struct fold *fold, const char *step, enum step_event event)
{
	enum step_state state = STEP_WAITING;
	int found = step_state_now(fold, step, &state);
	bool slept = found > 0 && state == STEP_SLEEPING;

	if (found == 0 && *fold->item)
		found = insert_item(fold, step);
	if (found < 0)
		return -1;
	if (!found || !step_next(state, event, &state))
		return make_void(fold, "the step is not in a state for it");
	if (slept && stop_listening(fold, step) < 0)
		return -1;
	struct statement *row =
	        query(fold, "update step set state = ?4, at = ?5, wake_at = 0 "
	                    "where run = ?1 and step = ?2 and item = ?3");
	if (!row)
		return -1;
	bind_step(fold, row, 1, step);
	statement_bind_text(row, 4, step_state_name(state));
	statement_bind_int(row, 5, fold->event->time_ms);
	return finish(fold, row) < 0 ? -1 : 1;
}

/* What the event says of its own step: output, key, reason, and where. */
static int describe_step(struct fold *fold, const char *output)
{
	struct statement *row =
	        query(fold, "update step set output = coalesce(?4, output), "
	                    "key = coalesce(?5, key), reason = ?6, event = ?7, "
	                    "commit_id = ?8, parent_id = ?9, line = ?10 "
	                    "where run = ?1 and step = ?2 and item = ?3");

	if (!row)
		return -1;
	const char *key = text_of(fold, "key");
	bind_step(fold, row, 1, fold->step);
	bind_json(fold, row, 4, output);
	statement_bind_text(row, 5, key ? key : text_of(fold, "effect_key"));
	statement_bind_text(row, 6, text_of(fold, "reason"));
	statement_bind_text(row, 7, fold->event->id);
	bind_oid(row, 8, &fold->place->commit);
	bind_oid(row, 9, &fold->place->parent);
	statement_bind_int(row, 10, fold->place->line);
	return finish(fold, row);
}

/* Move the event's own step and describe it: 1, 0 when voided, -1. */
static int settle_step(struct fold *fold, enum step_event event,
                       const char *output)
{
	enum run_state state;
	int live = run_state_now(fold, &state);

	if (live <= 0)
		return live < 0 ? -1 : make_void(fold, "there is no such run");
	int moved = move_step(fold, fold->step, event);
	if (moved <= 0)
		return moved;
	return describe_step(fold, output) < 0 ? -1 : 1;
}

static int as_status(int moved)
{
	return moved < 0 ? -1 : 0;
}

/* ---- Runs ---------------------------------------------------------------- */

static int insert_step(struct fold *fold, const struct value *step, size_t n)
{
	struct statement *row = query(
	        fold, "insert or ignore into step (run, step, item, n, kind, "
	              "state) values (?1, ?2, ?5, ?3, ?4, 'waiting')");

	if (!row)
		return -1;
	statement_bind_text(row, 1, fold->run);
	statement_bind_text(row, 2, value_get_text(step, "id", ""));
	statement_bind_int(row, 3, (int64_t)n);
	statement_bind_text(row, 4, value_get_text(step, "kind", ""));
	/* Of a step in a loop there are as many as items: one row for all. */
	statement_bind_text(row, 5,
	                    value_get_bool(step, "loop", false) ? "*" : "");
	return finish(fold, row);
}

/* The types of events that the step, or with "" the run, is to hear of. */
static int listen_to(struct fold *fold, const char *step)
{
	struct value *types;

	if (journal_member(fold->view->repo, fold->arena, fold->data, "listens",
	                   &types, fold->err) < 0)
		return -1;
	for (size_t i = 0; types && i < types->length; i++) {
		struct statement *row = query(
		        fold, "insert or ignore into listen (run, step, item, "
		              "type) values (?1, ?2, ?3, ?4)");
		if (!row)
			return -1;
		bind_step(fold, row, 1, step);
		statement_bind_text(row, 4, types->items[i]->text);
		if (finish(fold, row) < 0)
			return -1;
	}
	return 0;
}

static int fold_run_started(struct fold *fold)
{
	struct statement *row =
	        query(fold, "insert or ignore into run (id, job, title, state, "
	                    "epoch, cause, inputs, commit_id, tree, library, "
	                    "started_at, finished_at, grp, since) "
	                    "values (?1, ?2, ?3, "
	                    "'open', ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, "
	                    "(select coalesce(max(seq), 0) from emitted))");
	struct value *steps;

	if (!row)
		return -1;
	statement_bind_text(row, 1, fold->run);
	statement_bind_text(row, 2, text_of(fold, "job"));
	statement_bind_text(row, 3, text_of(fold, "run_title"));
	statement_bind_int(row, 4, value_get_int(fold->data, "epoch", 0));
	bind_json(fold, row, 5, "trigger");
	bind_json(fold, row, 6, "inputs");
	statement_bind_text(row, 7, text_of(fold, "commit"));
	statement_bind_text(row, 8, text_of(fold, "tree"));
	statement_bind_text(row, 9, text_of(fold, "library"));
	statement_bind_int(row, 10, fold->event->time_ms);
	statement_bind_text(row, 11, text_of(fold, "group"));
	if (finish(fold, row) < 0)
		return -1;
	if (db_changes(fold->view->db) == 0)
		return make_void(fold, "the run has started already");
	if (journal_member(fold->view->repo, fold->arena, fold->data, "steps",
	                   &steps, fold->err) < 0)
		return -1;
	for (size_t i = 0; steps && i < steps->length; i++)
		if (insert_step(fold, steps->items[i], i) < 0)
			return -1;
	return listen_to(fold, "");
}

/* A step that waits again has forgotten why it did not. */
static int fold_retried_step(struct fold *fold, const struct value *place)
{
	struct fold one = *fold;

	one.step = value_get_text(place, "step", "");
	one.item = value_get_text(place, "item", "");
	int moved = move_step(&one, one.step, STEP_IS_RETRIED);
	if (moved <= 0)
		return as_status(moved);
	struct statement *row =
	        query(fold, "update step set attempt = 0, since = null, "
	                    "reason = null "
	                    "where run = ?1 and step = ?2 and item = ?3");
	if (!row)
		return -1;
	bind_step(&one, row, 1, one.step);
	if (finish(fold, row) < 0)
		return -1;
	row = query(fold, "delete from effect where run = ?1 and step = ?2 "
	                  "and item = ?3 and state = 'failed'");
	if (!row)
		return -1;
	bind_step(&one, row, 1, one.step);
	return finish(fold, row);
}

static int fold_run_retried(struct fold *fold)
{
	int moved = move_run(fold, RUN_IS_RETRIED);
	struct value *list;

	if (moved <= 0)
		return as_status(moved);
	struct statement *row =
	        query(fold, "update run set reason = null where id = ?1");
	if (!row)
		return -1;
	statement_bind_text(row, 1, fold->run);
	if (finish(fold, row) < 0 ||
	    journal_member(fold->view->repo, fold->arena, fold->data, "steps",
	                   &list, fold->err) < 0)
		return -1;
	for (size_t i = 0; list && i < list->length; i++)
		if (fold_retried_step(fold, list->items[i]) < 0)
			return -1;
	return 0;
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
		return make_void(fold, "a line of its reused steps is broken");
	one.step = step;
	one.item = strcmp(item, "-") == 0 ? "" : item;
	int moved = move_step(&one, step, STEP_IS_REUSED);
	if (moved <= 0)
		return as_status(moved);
	struct statement *row =
	        query(fold, "update step set key = ?4, event = r.event, "
	                    "output = r.output, commit_id = r.commit_id, "
	                    "parent_id = r.parent_id, line = r.line "
	                    "from (select * from result where key = ?4) as r "
	                    "where step.run = ?1 and step.step = ?2 and "
	                    "step.item = ?3");
	if (!row)
		return -1;
	bind_step(&one, row, 1, one.step);
	statement_bind_text(row, 4, key);
	return finish(fold, row);
}

/* The steps that were reused since the run's last wall. */
static int fold_reused(struct fold *fold)
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
	struct statement *row =
	        query(fold, "delete from number where run = ?1 and not exists "
	                    "(select 1 from effect where effect.run = ?1)");

	if (!row)
		return -1;
	statement_bind_text(row, 1, fold->run);
	return finish(fold, row);
}

static int fold_run_finished(struct fold *fold)
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
		int moved = move_run(fold, ends[i].event);
		if (moved <= 0)
			return as_status(moved);
		if (fold_reused(fold) < 0)
			return -1;
		if (ends[i].event == RUN_IS_REJECTED && free_numbers(fold) < 0)
			return -1;
		struct statement *row =
		        query(fold, "update step set state = 'void', "
		                    "wake_at = 0 where run = ?1 and state in "
		                    "('waiting', 'in review', 'sleeping')");
		if (!row)
			return -1;
		statement_bind_text(row, 1, fold->run);
		return finish(fold, row);
	}
	return make_void(fold, "its end has no name");
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
		statement_bind_text(row, n, blob);
		return;
	}
	const char *json = json_canonical(fold->arena, value);
	repo_blob_id(json, strlen(json), &oid);
	bind_oid(row, n, &oid);
}

static int keep_result(struct fold *fold)
{
	struct statement *row = query(
	        fold, "insert or ignore into result (key, run, step, kind, "
	              "output, event, commit_id, parent_id, line, at, "
	              "ingredients) values "
	              "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");

	if (!row)
		return -1;
	statement_bind_text(row, 1, text_of(fold, "key"));
	statement_bind_text(row, 2, fold->run);
	statement_bind_text(row, 3, fold->step);
	statement_bind_text(row, 4, text_of(fold, "kind"));
	bind_json(fold, row, 5, "output");
	statement_bind_text(row, 6, fold->event->id);
	bind_oid(row, 7, &fold->place->commit);
	bind_oid(row, 8, &fold->place->parent);
	statement_bind_int(row, 9, fold->place->line);
	statement_bind_int(row, 10, fold->event->time_ms);
	bind_json_blob(fold, row, 11, "ingredients");
	return finish(fold, row);
}

static int fold_step_finished(struct fold *fold)
{
	if (text_of(fold, "key") && keep_result(fold) < 0)
		return -1;
	return as_status(settle_step(fold, STEP_FINISHES, "output"));
}

static int fold_step_failed(struct fold *fold)
{
	return as_status(settle_step(fold, STEP_FAILS, "output"));
}

static int fold_step_skipped(struct fold *fold)
{
	return as_status(settle_step(fold, STEP_IS_SKIPPED, "output"));
}

static int fold_step_slept(struct fold *fold)
{
	int moved = settle_step(fold, STEP_IS_LAID, "output");

	if (moved <= 0)
		return as_status(moved);
	struct statement *row =
	        query(fold, "update step set wake_at = ?4, attempt = ?5, "
	                    "since = coalesce(since, (select "
	                    "coalesce(max(seq), 0) from emitted)) "
	                    "where run = ?1 and step = ?2 and item = ?3");
	if (!row)
		return -1;
	bind_step(fold, row, 1, fold->step);
	statement_bind_int(row, 4, value_get_int(fold->data, "wake_at", 0));
	statement_bind_int(row, 5, value_get_int(fold->data, "attempt", 0));
	return finish(fold, row) < 0 ? -1 : listen_to(fold, fold->step);
}

/* ---- Drafts and gates ---------------------------------------------------- */

static int insert_draft(struct fold *fold, bool gate)
{
	struct statement *row = query(
	        fold, "insert or ignore into draft (run, n, step, state, "
	              "title, priority, due_at, branch, slip, base, tip, "
	              "revision, opened_at, decided_at, effects, item) values "
	              "(?1, ?2, ?3, 'open', ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, "
	              "?11, 0, ?12, ?13)");

	if (!row)
		return -1;
	statement_bind_text(row, 1, fold->run);
	statement_bind_int(row, 2, value_get_int(fold->data, "n", 0));
	statement_bind_text(row, 3, gate ? fold->step : NULL);
	statement_bind_text(row, 4, text_of(fold, "title"));
	statement_bind_text(row, 5, text_of(fold, "priority"));
	statement_bind_int(row, 6, value_get_int(fold->data, "due_at", 0));
	statement_bind_text(row, 7, text_of(fold, "branch"));
	statement_bind_text(row, 8, text_of(fold, "slip"));
	statement_bind_text(row, 9, text_of(fold, "base"));
	statement_bind_text(row, 10, text_of(fold, "tip"));
	statement_bind_int(row, 11, fold->event->time_ms);
	bind_json(fold, row, 12, "effects");
	statement_bind_text(row, 13, fold->item);
	return finish(fold, row);
}

static int put_artifact(struct fold *fold, const struct value *artifact)
{
	struct statement *row = query(
	        fold, "insert into artifact (run, n, step, path, drafted, "
	              "merged, item, field) "
	              "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
	              "on conflict (run, n, path) do update set "
	              "merged = excluded.merged");

	if (!row)
		return -1;
	statement_bind_text(row, 1, fold->run);
	statement_bind_int(row, 2, value_get_int(fold->data, "n", 0));
	statement_bind_text(row, 3, value_get_text(artifact, "step", ""));
	statement_bind_text(row, 4, value_get_text(artifact, "path", ""));
	statement_bind_text(row, 5, value_get_text(artifact, "blob", NULL));
	statement_bind_text(row, 6, value_get_text(artifact, "merged", NULL));
	statement_bind_text(row, 7, value_get_text(artifact, "item", ""));
	statement_bind_text(row, 8, value_get_text(artifact, "field", NULL));
	return finish(fold, row);
}

static int put_artifacts(struct fold *fold)
{
	struct value *list;

	if (journal_member(fold->view->repo, fold->arena, fold->data,
	                   "artifacts", &list, fold->err) < 0)
		return -1;
	for (size_t i = 0; list && i < list->length; i++)
		if (put_artifact(fold, list->items[i]) < 0)
			return -1;
	return 0;
}

/* A gate of one item waits alone: the run goes on beside it. */
static int move_run_by_gate(struct fold *fold, enum run_event event)
{
	enum run_state state;

	if (!*fold->item)
		return move_run(fold, event);
	int found = run_state_now(fold, &state);
	if (found < 0)
		return -1;
	if (found && !run_is_over(state))
		return 1;
	return make_void(fold, "the run is not in a state for it");
}

static int fold_gate_opened(struct fold *fold)
{
	int moved = move_run_by_gate(fold, RUN_OPENS_GATE);

	if (moved <= 0)
		return as_status(moved);
	if (fold_reused(fold) < 0)
		return -1;
	moved = settle_step(fold, STEP_OPENS, "output");
	if (moved <= 0)
		return as_status(moved);
	return insert_draft(fold, true) < 0 ? -1 : put_artifacts(fold);
}

static int fold_draft_opened(struct fold *fold)
{
	if (fold_reused(fold) < 0 || insert_draft(fold, false) < 0)
		return -1;
	return put_artifacts(fold);
}

/* 1 when an open draft was decided so, 0 when it was not open, -1. */
static int decide_draft(struct fold *fold, const char *state)
{
	struct statement *row =
	        query(fold, "update draft set state = ?3, decided_at = ?4, "
	                    "commit_id = ?5, author = ?6, "
	                    "revision = coalesce(?7, revision) "
	                    "where run = ?1 and n = ?2 and state = 'open'");

	if (!row)
		return -1;
	statement_bind_text(row, 1, fold->run);
	statement_bind_int(row, 2, value_get_int(fold->data, "n", 0));
	statement_bind_text(row, 3, state);
	statement_bind_int(row, 4, fold->event->time_ms);
	statement_bind_text(row, 5, text_of(fold, "commit"));
	statement_bind_text(row, 6, text_of(fold, "author"));
	if (value_get(fold->data, "revision"))
		statement_bind_int(row, 7,
		                   value_get_int(fold->data, "revision", 1));
	else
		statement_bind_text(row, 7, NULL);
	if (finish(fold, row) < 0)
		return -1;
	if (db_changes(fold->view->db) > 0)
		return 1;
	return make_void(fold, "the draft is not open");
}

/* One that the merge left out: a step's id, or {step, item}. */
static int decline_step(struct fold *fold, const struct value *place)
{
	struct fold one = *fold;
	const char *step = place->kind == VALUE_STRING
	                           ? place->text
	                           : value_get_text(place, "step", NULL);

	if (!step)
		return 0;
	one.step = step;
	one.item = value_get_text(place, "item", "");
	return move_step(&one, one.step, STEP_IS_DECLINED) < 0 ? -1 : 0;
}

/* The steps whose artifact or entry the merge left out. */
static int decline_steps(struct fold *fold)
{
	struct value *list;

	if (journal_member(fold->view->repo, fold->arena, fold->data,
	                   "declined", &list, fold->err) < 0)
		return -1;
	for (size_t i = 0; list && i < list->length; i++)
		if (decline_step(fold, list->items[i]) < 0)
			return -1;
	return 0;
}

static int fold_gate_approved(struct fold *fold)
{
	int decided = decide_draft(fold, "merged");

	if (decided <= 0)
		return as_status(decided);
	if (move_run_by_gate(fold, RUN_GATE_DECIDED) < 0 ||
	    settle_step(fold, STEP_FINISHES, "output") < 0 ||
	    put_artifacts(fold) < 0)
		return -1;
	return decline_steps(fold);
}

static int fold_gate_rejected(struct fold *fold)
{
	int decided = decide_draft(fold, "rejected");

	if (decided <= 0)
		return as_status(decided);
	return as_status(settle_step(fold, STEP_IS_DECLINED, "output"));
}

static int fold_draft_merged(struct fold *fold)
{
	int decided = decide_draft(fold, "merged");

	return decided <= 0 ? as_status(decided) : put_artifacts(fold);
}

static int fold_draft_rejected(struct fold *fold)
{
	return as_status(decide_draft(fold, "rejected"));
}

/* ---- Effects, events, numbers -------------------------------------------- */

/* The event's occasion is taken by its effect key; the first one stands. */
static int take_occasion(struct fold *fold, const char *effect, bool done)
{
	const char *occasion = text_of(fold, "once");
	struct statement *row =
	        query(fold, "insert or ignore into once (effect, occasion, "
	                    "key, run, step, item, done) "
	                    "values (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	if (!row)
		return -1;
	if (!occasion)
		return 0;
	statement_bind_text(row, 1, effect);
	statement_bind_text(row, 2, occasion);
	statement_bind_text(row, 3, text_of(fold, "effect_key"));
	bind_step(fold, row, 4, fold->step);
	statement_bind_int(row, 7, done);
	return finish(fold, row);
}

/* Whether another effect took it: 1, 0, -1. */
static int is_occasion_taken(struct fold *fold)
{
	struct statement *row =
	        query(fold, "select 1 from once where effect = ?1 and "
	                    "occasion = ?2 and key <> ?3");

	if (!row)
		return -1;
	statement_bind_text(row, 1, text_of(fold, "effect"));
	statement_bind_text(row, 2, text_of(fold, "once"));
	statement_bind_text(row, 3, text_of(fold, "effect_key"));
	int found = statement_step(row, fold->err);
	statement_reset(row);
	return found;
}

/* It was done, or it failed and the next one may have the occasion. */
static int settle_occasion(struct fold *fold, bool done)
{
	struct statement *row =
	        done ? query(fold, "update once set done = 1 where key = ?1")
	             : query(fold, "delete from once where key = ?1");

	if (!row)
		return -1;
	statement_bind_text(row, 1, text_of(fold, "effect_key"));
	return finish(fold, row);
}

static int fold_effect_intended(struct fold *fold)
{
	int taken = is_occasion_taken(fold);

	if (taken != 0)
		return taken < 0 ? -1
		                 : make_void(fold, "its occasion is taken");
	int moved = settle_step(fold, STEP_IS_INTENDED, "output");

	if (moved <= 0)
		return as_status(moved);
	struct statement *row = query(
	        fold, "insert or ignore into effect (key, run, step, item, "
	              "effect, state, payload, intended_at) values (?1, ?2, "
	              "?3, ?4, ?5, 'intended', ?6, ?7)");
	if (!row)
		return -1;
	statement_bind_text(row, 1, text_of(fold, "effect_key"));
	bind_step(fold, row, 2, fold->step);
	statement_bind_text(row, 5, text_of(fold, "effect"));
	bind_json(fold, row, 6, "payload");
	statement_bind_int(row, 7, fold->event->time_ms);
	if (finish(fold, row) < 0)
		return -1;
	return take_occasion(fold, text_of(fold, "effect"), false);
}

/* A fact: the first result of a key stands, whatever became of the run. */
static int settle_effect(struct fold *fold, const char *state,
                         enum step_event event)
{
	struct statement *row = query(
	        fold, "update effect set state = ?2, result = ?3, "
	              "settled_at = ?4 where key = ?1 and state = 'intended'");

	if (!row)
		return -1;
	statement_bind_text(row, 1, text_of(fold, "effect_key"));
	statement_bind_text(row, 2, state);
	bind_json(fold, row, 3, "result");
	statement_bind_int(row, 4, fold->event->time_ms);
	if (finish(fold, row) < 0)
		return -1;
	if (db_changes(fold->view->db) == 0)
		return make_void(fold, "the effect was not intended, or is "
		                       "settled");
	if (settle_occasion(fold, event == STEP_FINISHES) < 0)
		return -1;
	int moved = move_step(fold, fold->step, event);
	if (moved <= 0)
		return as_status(moved);
	return describe_step(fold, "result");
}

static int fold_effect_done(struct fold *fold)
{
	return settle_effect(fold, "done", STEP_FINISHES);
}

static int fold_effect_failed(struct fold *fold)
{
	return settle_effect(fold, "failed", STEP_FAILS);
}

/* Whether nobody holds the number, nor its step another one: 1, 0, -1. */
static int number_is_free(struct fold *fold)
{
	struct statement *row = query(
	        fold, "select 1 from number where sequence = ?1 and "
	              "(number = ?2 or run = ?3 and step = ?4 and item = ?5)");

	if (!row)
		return -1;
	statement_bind_text(row, 1, text_of(fold, "sequence"));
	statement_bind_int(row, 2, value_get_int(fold->data, "number", 0));
	bind_step(fold, row, 3, fold->step);
	int found = statement_step(row, fold->err);
	statement_reset(row);
	return found < 0 ? -1 : !found;
}

/* A number holds only when nobody wrote between its decision and itself, and
 * when its step could take it: a number that no step has would be a gap. */
static int fold_number_taken(struct fold *fold)
{
	struct oid decided;
	const char *on = value_get_text(fold->data, "decided_on", "");

	if (!oid_from_text(on, &decided) ||
	    !oid_equal(&decided, &fold->place->parent))
		return make_void(fold, "the journal had moved on");
	int is_free = number_is_free(fold);
	if (is_free <= 0)
		return is_free < 0 ? -1
		                   : make_void(fold, "the number is taken");
	int moved = settle_step(fold, STEP_FINISHES, "output");
	if (moved <= 0)
		return as_status(moved);
	struct statement *row = query(
	        fold, "insert into number (sequence, number, run, step, item) "
	              "values (?1, ?2, ?3, ?4, ?5)");
	if (!row)
		return -1;
	statement_bind_text(row, 1, text_of(fold, "sequence"));
	statement_bind_int(row, 2, value_get_int(fold->data, "number", 0));
	bind_step(fold, row, 3, fold->step);
	if (finish(fold, row) < 0)
		return -1;
	return take_occasion(fold, text_of(fold, "effect"), true);
}

static int fold_event_emitted(struct fold *fold)
{
	if (*fold->run) {
		int moved = settle_step(fold, STEP_FINISHES, "output");
		if (moved <= 0)
			return as_status(moved);
	}
	struct statement *row = query(
	        fold, "insert or ignore into emitted (event, run, step, type, "
	              "data, commit_id, at) values (?1, ?2, ?3, ?4, ?5, ?6, "
	              "?7)");
	if (!row)
		return -1;
	/* Emitted by a step, it is known by its effect key. */
	const char *key = text_of(fold, "effect_key");
	statement_bind_text(row, 1, key ? key : fold->event->id);
	statement_bind_text(row, 2, fold->run);
	statement_bind_text(row, 3, fold->step);
	statement_bind_text(row, 4, text_of(fold, "type"));
	bind_json(fold, row, 5, "event");
	statement_bind_text(row, 6, text_of(fold, "commit"));
	statement_bind_int(row, 7, fold->event->time_ms);
	if (finish(fold, row) < 0)
		return -1;
	return take_occasion(fold, text_of(fold, "type"), true);
}

/* What the owner decided about a commit that would start many runs. */
static int decide_flood(struct fold *fold, const char *verdict)
{
	struct statement *row = query(
	        fold, "insert or ignore into flood (job, commit_id, verdict) "
	              "values (?1, ?2, ?3)");

	if (!row)
		return -1;
	statement_bind_text(row, 1, value_get_text(fold->data, "job", ""));
	statement_bind_text(row, 2, value_get_text(fold->data, "commit", ""));
	statement_bind_text(row, 3, verdict);
	if (finish(fold, row) < 0)
		return -1;
	return db_changes(fold->view->db) > 0
	               ? 0
	               : make_void(fold, "it was decided already");
}

static int fold_trigger_released(struct fold *fold)
{
	return decide_flood(fold, "released");
}

static int fold_trigger_dropped(struct fold *fold)
{
	return decide_flood(fold, "dropped");
}

static int fold_nothing(struct fold *fold)
{
	(void)fold; /* the root's facts are the journal's own */
	return 0;
}

static int (*const handlers[])(struct fold *fold) = {
	[EVENT_JOURNAL_STARTED] = fold_nothing,
	[EVENT_RUN_STARTED] = fold_run_started,
	[EVENT_RUN_FINISHED] = fold_run_finished,
	[EVENT_RUN_RETRIED] = fold_run_retried,
	[EVENT_STEP_FINISHED] = fold_step_finished,
	[EVENT_STEP_FAILED] = fold_step_failed,
	[EVENT_STEP_SKIPPED] = fold_step_skipped,
	[EVENT_STEP_SLEPT] = fold_step_slept,
	[EVENT_GATE_OPENED] = fold_gate_opened,
	[EVENT_GATE_APPROVED] = fold_gate_approved,
	[EVENT_GATE_REJECTED] = fold_gate_rejected,
	[EVENT_DRAFT_OPENED] = fold_draft_opened,
	[EVENT_DRAFT_MERGED] = fold_draft_merged,
	[EVENT_DRAFT_REJECTED] = fold_draft_rejected,
	[EVENT_EFFECT_INTENDED] = fold_effect_intended,
	[EVENT_EFFECT_DONE] = fold_effect_done,
	[EVENT_EFFECT_FAILED] = fold_effect_failed,
	[EVENT_NUMBER_TAKEN] = fold_number_taken,
	[EVENT_EVENT_EMITTED] = fold_event_emitted,
	[EVENT_TRIGGER_RELEASED] = fold_trigger_released,
	[EVENT_TRIGGER_DROPPED] = fold_trigger_dropped,
};

int view_apply(void *state, const struct event *event,
               const struct journal_place *place, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct view *view = state;
	struct fold fold = {
		.view = view,
		.event = event,
		.place = place,
		.data = event->data,
		.run = value_get_text(event->data, "run", ""),
		.step = value_get_text(event->data, "step", ""),
		.item = value_get_text(event->data, "item", ""),
		.arena = &arena,
		.err = err,
	};

	/* Whatever is new of a run, somebody has to look at it. */
	if (*fold.run && view_rouse(view, fold.run, err) < 0)
		return -1;
	return handlers[event->type](&fold);
}
