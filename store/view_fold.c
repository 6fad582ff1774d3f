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
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/view_fold_private.h"
#include "store/view_private.h"

const char *fold_text(const struct fold *fold, const char *name)
{
	return value_get_text(fold->data, name, NULL);
}

/* Bind `name` of the data as JSON (a stand-in stays one); NULL when absent. */
void fold_bind_json(const struct fold *fold, struct statement *row, int n,
                    const char *name)
{
	const struct value *value = value_get(fold->data, name);

	statement_bind_lent(row, n,
	                    value ? json_canonical(fold->arena, value) : NULL);
}

void fold_bind_oid(const struct fold *fold, struct statement *row, int n,
                   const struct oid *oid)
{
	statement_bind_lent(row, n, oid_text(fold->arena, oid));
}

/* The run, `step` and the item, as three parameters from `n` on. */
void fold_bind_step(const struct fold *fold, struct statement *row, int n,
                    const char *step)
{
	statement_bind_lent(row, n, fold->run);
	statement_bind_lent(row, n + 1, step);
	statement_bind_lent(row, n + 2, fold->item);
}

struct statement *fold_query(struct fold *fold, const char *sql)
{
	return view_query(fold->view, sql, fold->err);
}

int fold_finish(struct fold *fold, struct statement *row)
{
	return statement_run(row, fold->err);
}

int fold_void(struct fold *fold, const char *reason)
{
	struct statement *row = fold_query(
	        fold, "insert into voided (commit_id, line, type, reason) "
	              "values (?1, ?2, ?3, ?4)");

	if (!row)
		return -1;
	fold_bind_oid(fold, row, 1, &fold->place->commit);
	statement_bind_int(row, 2, fold->place->line);
	statement_bind_lent(row, 3, fold->event->type_text);
	statement_bind_lent(row, 4, reason);
	return fold_finish(fold, row);
}

/* ---- States -------------------------------------------------------------- */

/* Whether the event may decide about its run. An engine's decision names the
 * epoch that it was made in, which must be the present one, and while the run
 * is claimed it must be the holder's. The owner's word names none. */
static bool may_decide(const struct fold *fold, int64_t epoch,
                       const char *holder)
{
	if (!value_get(fold->data, "epoch"))
		return true;
	return value_get_int(fold->data, "epoch", 0) == epoch &&
	       (!holder || text_equal(holder, fold->event->source));
}

/* Read what the state of the event's run is decided by: 1, 0 when there is no
 * such run, -1. */
static int read_run(struct fold *fold, struct view_run_now *ret)
{
	struct statement *row = fold_query(
	        fold, "select state, epoch, "
	              "(select holder from claim where run = run.id) "
	              "from run where id = ?1");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	int found = statement_step(row, fold->err);
	if (found > 0 &&
	    run_state_from_name(statement_text(row, 0), &ret->state)) {
		const char *holder = statement_text(row, 2);
		ret->epoch = statement_int(row, 1);
		ret->id = mem_strdup(fold->run);
		ret->holder = holder ? mem_strdup(holder) : NULL;
	} else if (found > 0) {
		found = 0;
	}
	statement_reset(row);
	return found;
}

/* The state of the event's run: 1 and the state; 0 when there is no such run
 * or the event may not decide about it, -1. Events of one run mostly come one
 * after the other: that of the last one is kept. */
int fold_run_state(struct fold *fold, enum run_state *ret)
{
	struct view_run_now *now = &fold->view->run_now;

	if (!text_equal(now->id, fold->run)) {
		view_forget_run_now(fold->view);
		int found = read_run(fold, now);
		if (found <= 0)
			return found;
	}
	*ret = now->state;
	return may_decide(fold, now->epoch, now->holder);
}

/* Move the run by `event`: 1, 0 when that cannot be (and was voided), -1. */
int fold_move_run(struct fold *fold, enum run_event event)
{
	enum run_state state;
	int found = fold_run_state(fold, &state);

	if (found < 0)
		return -1;
	if (!found || !run_next(state, event, &state))
		return fold_void(fold, "the run is not in a state for it");
	view_forget_run_now(fold->view);
	struct statement *row =
	        fold_query(fold, "update run set state = ?2, finished_at = ?3, "
	                         "reason = coalesce(?4, reason), "
	                         "title = coalesce(?5, title) where id = ?1");
	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_lent(row, 2, run_state_name(state));
	statement_bind_int(row, 3,
	                   run_is_over(state) ? fold->event->time_ms : 0);
	statement_bind_lent(row, 4, fold_text(fold, "reason"));
	statement_bind_lent(row, 5, fold_text(fold, "run_title"));
	return fold_finish(fold, row) < 0 ? -1 : 1;
}

/* The state of `step`: 1, 0 when it has no row, -1. */
static int step_state_now(struct fold *fold, const char *step,
                          enum step_state *ret)
{
	struct statement *row =
	        fold_query(fold, "select state from step "
	                         "where run = ?1 and step = ?2 and item = ?3");

	if (!row)
		return -1;
	fold_bind_step(fold, row, 1, step);
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
	struct statement *row = fold_query(
	        fold, "insert into step (run, step, item, n, kind, state) "
	              "select run, step, ?3, n, kind, 'waiting' from step "
	              "where run = ?1 and step = ?2 and item in ('', '*') "
	              "limit 1");

	if (!row)
		return -1;
	fold_bind_step(fold, row, 1, step);
	if (fold_finish(fold, row) < 0)
		return -1;
	return db_changes(fold->view->db) > 0;
}

/* It listens no more. */
static int stop_listening(struct fold *fold, const char *step)
{
	struct statement *row =
	        fold_query(fold, "delete from listen "
	                         "where run = ?1 and step = ?2 and item = ?3");

	if (!row)
		return -1;
	fold_bind_step(fold, row, 1, step);
	return fold_finish(fold, row);
}

/* The state that `event` takes the step to, which listens no more when it
 * slept: 1, 0 when that cannot be (and was voided), -1. */
static int next_state(struct fold *fold, const char *step,
                      enum step_event event, enum step_state *ret)
{
	enum step_state state = STEP_WAITING;
	int found = step_state_now(fold, step, &state);
	bool slept = found > 0 && state == STEP_SLEEPING;

	if (found == 0 && *fold->item)
		found = insert_item(fold, step);
	if (found < 0)
		return -1;
	if (!found || !step_next(state, event, ret))
		return fold_void(fold, "the step is not in a state for it") < 0
		               ? -1
		               : 0;
	return slept && stop_listening(fold, step) < 0 ? -1 : 1;
}

/* The same for the step `step`: its state and time alone. */
int fold_move_step(struct fold *fold, const char *step, enum step_event event)
{
	enum step_state state;
	int moved = next_state(fold, step, event, &state);

	if (moved <= 0)
		return moved;
	struct statement *row = fold_query(
	        fold, "update step set state = ?4, at = ?5, wake_at = 0 "
	              "where run = ?1 and step = ?2 and item = ?3");
	if (!row)
		return -1;
	fold_bind_step(fold, row, 1, step);
	statement_bind_lent(row, 4, step_state_name(state));
	statement_bind_int(row, 5, fold->event->time_ms);
	return fold_finish(fold, row) < 0 ? -1 : 1;
}

#define DESCRIBE_STEP                                                          \
	"update step set output = coalesce(?4, output), "                      \
	"key = coalesce(?5, key), reason = ?6, event = ?7, "                   \
	"commit_id = ?8, parent_id = ?9, line = ?10"

static int describe(struct fold *fold, struct statement *row,
                    const char *output)
{
	const char *key = fold_text(fold, "key");
	fold_bind_step(fold, row, 1, fold->step);
	fold_bind_json(fold, row, 4, output);
	statement_bind_lent(row, 5, key ? key : fold_text(fold, "effect_key"));
	statement_bind_lent(row, 6, fold_text(fold, "reason"));
	statement_bind_lent(row, 7, fold->event->id);
	fold_bind_oid(fold, row, 8, &fold->place->commit);
	fold_bind_oid(fold, row, 9, &fold->place->parent);
	statement_bind_int(row, 10, fold->place->line);
	return fold_finish(fold, row);
}

/* What the event says of its own step: output, key, reason, and where. */
int fold_describe_step(struct fold *fold, const char *output)
{
	struct statement *row =
	        fold_query(fold, DESCRIBE_STEP " where run = ?1 and step = ?2 "
	                                       "and item = ?3");

	return row ? describe(fold, row, output) : -1;
}

/* Move the step to `next` and describe it, if it is in `from` (NULL: in
 * whichever): 1, 0 when it is not, -1. */
static int move_to(struct fold *fold, const char *from, enum step_state next,
                   const char *output)
{
	struct statement *row = fold_query(
	        fold, DESCRIBE_STEP ", state = ?11, at = ?12, wake_at = 0 "
	                            "where run = ?1 and step = ?2 "
	                            "and item = ?3 "
	                            "and state = coalesce(?13, state)");
	if (!row)
		return -1;
	statement_bind_lent(row, 11, step_state_name(next));
	statement_bind_int(row, 12, fold->event->time_ms);
	statement_bind_lent(row, 13, from);
	if (describe(fold, row, output) < 0)
		return -1;
	return db_changes(fold->view->db) > 0;
}

/* The state that a step is most likely in when `event` comes. */
static enum step_state likely_state(const struct fold *fold)
{
	switch (fold->event->type) {
	case EVENT_GATE_APPROVED:
	case EVENT_GATE_REJECTED:
		return STEP_IN_REVIEW;
	case EVENT_EFFECT_DONE:
	case EVENT_EFFECT_FAILED:
		return STEP_STARTED;
	default:
		return STEP_WAITING;
	}
}

/* Move the event's own step and describe it at once, which is most of what a
 * journal is read for: first as if the step were where it is likely to be. */
int fold_move_and_describe(struct fold *fold, enum step_event event,
                           const char *output)
{
	enum step_state state = likely_state(fold);
	enum step_state next;

	if (step_next(state, event, &next)) {
		int moved = move_to(fold, step_state_name(state), next, output);
		if (moved != 0)
			return moved;
	}
	int moved = next_state(fold, fold->step, event, &next);
	return moved <= 0 ? moved : move_to(fold, NULL, next, output);
}

/* Move the event's own step and describe it: 1, 0 when voided, -1. */
int fold_settle_step(struct fold *fold, enum step_event event,
                     const char *output)
{
	enum run_state state;
	int live = fold_run_state(fold, &state);

	if (live <= 0)
		return live < 0 ? -1 : fold_void(fold, "there is no such run");
	return fold_move_and_describe(fold, event, output);
}

/* Whether the event can change what fold_run_state() keeps. */
static bool moves_runs(enum event_type type)
{
	switch (type) {
	case EVENT_STEP_FINISHED:
	case EVENT_STEP_FAILED:
	case EVENT_STEP_SKIPPED:
	case EVENT_STEP_SLEPT:
	case EVENT_EFFECT_INTENDED:
	case EVENT_EFFECT_DONE:
	case EVENT_EFFECT_FAILED:
	case EVENT_EFFECT_TRIED:
	case EVENT_NUMBER_TAKEN:
	case EVENT_EVENT_EMITTED:
		return false;
	default:
		return true;
	}
}

void view_forget_run_now(struct view *view)
{
	free(view->run_now.id);
	free(view->run_now.holder);
	view->run_now = (struct view_run_now){ 0 };
}

int fold_status(int moved)
{
	return moved < 0 ? -1 : 0;
}

static int fold_nothing(struct fold *fold)
{
	(void)fold; /* the root's facts are the journal's own */
	return 0;
}

static int (*const handlers[])(struct fold *fold) = {
	[EVENT_JOURNAL_STARTED] = fold_nothing,
	[EVENT_JOURNAL_ADOPTED] = fold_nothing,
	[EVENT_RUN_STARTED] = fold_run_started,
	[EVENT_RUN_FINISHED] = fold_run_finished,
	[EVENT_RUN_RETRIED] = fold_run_retried,
	[EVENT_RUN_CLAIMED] = fold_run_claimed,
	[EVENT_RUN_RELEASED] = fold_run_released,
	[EVENT_RUN_REWOUND] = fold_run_rewound,
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
	[EVENT_EFFECT_TRIED] = fold_effect_tried,
	[EVENT_EFFECT_RESOLVED] = fold_effect_resolved,
	[EVENT_NUMBER_TAKEN] = fold_number_taken,
	[EVENT_NUMBER_FREED] = fold_number_freed,
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

	/* Whatever is new of a run, somebody has to look at it; whose it is,
	 * is nothing new of it. */
	if (*fold.run && !view->is_loading &&
	    event->type != EVENT_RUN_CLAIMED &&
	    event->type != EVENT_RUN_RELEASED &&
	    view_rouse(view, fold.run, err) < 0)
		return -1;
	if (moves_runs(event->type))
		view_forget_run_now(view);
	return handlers[event->type](&fold);
}
