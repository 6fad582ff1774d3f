/*
 * The fold of drafts and gates: opened, merged, refused; what a merge leaves
 * out is declined.
 */
#include "store/view_fold_private.h"
#include "store/view_private.h"

/* ---- Drafts and gates ---------------------------------------------------- */

static int insert_draft(struct fold *fold, bool gate)
{
	struct statement *row = fold_query(
	        fold, "insert or ignore into draft (run, n, step, state, "
	              "title, priority, due_at, branch, slip, base, tip, "
	              "revision, opened_at, decided_at, effects, item) values "
	              "(?1, ?2, ?3, 'open', ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, "
	              "?11, 0, ?12, ?13)");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_int(row, 2, value_get_int(fold->data, "n", 0));
	statement_bind_lent(row, 3, gate ? fold->step : NULL);
	statement_bind_lent(row, 4, fold_text(fold, "title"));
	statement_bind_lent(row, 5, fold_text(fold, "priority"));
	statement_bind_int(row, 6, value_get_int(fold->data, "due_at", 0));
	statement_bind_lent(row, 7, fold_text(fold, "branch"));
	statement_bind_lent(row, 8, fold_text(fold, "slip"));
	statement_bind_lent(row, 9, fold_text(fold, "base"));
	statement_bind_lent(row, 10, fold_text(fold, "tip"));
	statement_bind_int(row, 11, fold->event->time_ms);
	fold_bind_json(fold, row, 12, "effects");
	statement_bind_lent(row, 13, fold->item);
	return fold_finish(fold, row);
}

static int put_artifact(struct fold *fold, const struct value *artifact)
{
	struct statement *row = fold_query(
	        fold, "insert into artifact (run, n, step, path, drafted, "
	              "merged, item, field) "
	              "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
	              "on conflict (run, n, path) do update set "
	              "merged = excluded.merged");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_int(row, 2, value_get_int(fold->data, "n", 0));
	statement_bind_lent(row, 3, value_get_text(artifact, "step", ""));
	statement_bind_lent(row, 4, value_get_text(artifact, "path", ""));
	statement_bind_lent(row, 5, value_get_text(artifact, "blob", NULL));
	statement_bind_lent(row, 6, value_get_text(artifact, "merged", NULL));
	statement_bind_lent(row, 7, value_get_text(artifact, "item", ""));
	statement_bind_lent(row, 8, value_get_text(artifact, "field", NULL));
	return fold_finish(fold, row);
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

/* Whether a gate of the run is open: 1, 0, -1. */
static int has_open_gate(struct fold *fold)
{
	struct statement *row =
	        fold_query(fold, "select 1 from draft where run = ?1 and "
	                         "state = 'open' and step is not null");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	int found = statement_step(row, fold->err);
	statement_reset(row);
	return found;
}

/* The run waits for the owner as long as one of its gates is open; those of
 * items may be many. */
static int end_waiting(struct fold *fold)
{
	int others = has_open_gate(fold);

	return others != 0 ? others : fold_move_run(fold, RUN_GATE_DECIDED);
}

int fold_gate_opened(struct fold *fold)
{
	int moved = fold_move_run(fold, RUN_OPENS_GATE);

	if (moved <= 0)
		return fold_status(moved);
	if (fold_reused(fold) < 0)
		return -1;
	moved = fold_settle_step(fold, STEP_OPENS, "output");
	if (moved <= 0)
		return fold_status(moved);
	return insert_draft(fold, true) < 0 ? -1 : put_artifacts(fold);
}

int fold_draft_opened(struct fold *fold)
{
	enum run_state state;
	int live = fold_run_state(fold, &state);

	if (live <= 0)
		return live < 0 ? -1 : fold_void(fold, "there is no such run");
	if (fold_reused(fold) < 0 || insert_draft(fold, false) < 0)
		return -1;
	return put_artifacts(fold);
}

/* 1 when an open draft was decided so, 0 when it was not open, -1. */
static int decide_draft(struct fold *fold, const char *state)
{
	struct statement *row = fold_query(
	        fold, "update draft set state = ?3, decided_at = ?4, "
	              "commit_id = ?5, author = ?6, "
	              "revision = coalesce(?7, revision) "
	              "where run = ?1 and n = ?2 and state = 'open'");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_int(row, 2, value_get_int(fold->data, "n", 0));
	statement_bind_lent(row, 3, state);
	statement_bind_int(row, 4, fold->event->time_ms);
	statement_bind_lent(row, 5, fold_text(fold, "commit"));
	statement_bind_lent(row, 6, fold_text(fold, "author"));
	if (value_get(fold->data, "revision"))
		statement_bind_int(row, 7,
		                   value_get_int(fold->data, "revision", 1));
	else
		statement_bind_lent(row, 7, NULL);
	if (fold_finish(fold, row) < 0)
		return -1;
	if (db_changes(fold->view->db) > 0)
		return 1;
	return fold_void(fold, "the draft is not open");
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
	return fold_move_step(&one, one.step, STEP_IS_DECLINED) < 0 ? -1 : 0;
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

int fold_gate_approved(struct fold *fold)
{
	int decided = decide_draft(fold, "merged");

	if (decided <= 0)
		return fold_status(decided);
	if (end_waiting(fold) < 0 ||
	    fold_settle_step(fold, STEP_FINISHES, "output") < 0 ||
	    put_artifacts(fold) < 0)
		return -1;
	return decline_steps(fold);
}

int fold_gate_rejected(struct fold *fold)
{
	int decided = decide_draft(fold, "rejected");

	if (decided <= 0)
		return fold_status(decided);
	/* One of the whole run ends it, in the same flush. */
	if (*fold->item && end_waiting(fold) < 0)
		return -1;
	return fold_status(fold_settle_step(fold, STEP_IS_DECLINED, "output"));
}

int fold_draft_merged(struct fold *fold)
{
	int decided = decide_draft(fold, "merged");

	return decided <= 0 ? fold_status(decided) : put_artifacts(fold);
}

int fold_draft_rejected(struct fold *fold)
{
	return fold_status(decide_draft(fold, "rejected"));
}
