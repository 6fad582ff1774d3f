/*
 * The fold of what reaches the world: effects, the occasions that they take,
 * numbers, events, and the word on floods of commits.
 */
#include "store/base/text.h"
#include "store/breaker.h"
#include "store/view_fold_private.h"
#include "store/view_private.h"

/* A time that has come, whatever the clock says. */
#define AT_ONCE 1

/* ---- Effects, events, numbers -------------------------------------------- */

/* The event's occasion is taken by its effect key; the first one stands. */
static int take_occasion(struct fold *fold, const char *effect, bool done)
{
	const char *occasion = fold_text(fold, "once");
	struct statement *row = fold_query(
	        fold, "insert or ignore into once (effect, occasion, "
	              "key, run, step, item, done) "
	              "values (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	if (!row)
		return -1;
	if (!occasion)
		return 0;
	statement_bind_lent(row, 1, effect);
	statement_bind_lent(row, 2, occasion);
	statement_bind_lent(row, 3, fold_text(fold, "effect_key"));
	fold_bind_step(fold, row, 4, fold->step);
	statement_bind_int(row, 7, done);
	return fold_finish(fold, row);
}

/* Whether another effect took it: 1, 0, -1. */
static int is_occasion_taken(struct fold *fold)
{
	if (!fold_text(fold, "once"))
		return 0;
	struct statement *row =
	        fold_query(fold, "select 1 from once where effect = ?1 and "
	                         "occasion = ?2 and key <> ?3");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold_text(fold, "effect"));
	statement_bind_lent(row, 2, fold_text(fold, "once"));
	statement_bind_lent(row, 3, fold_text(fold, "effect_key"));
	int found = statement_step(row, fold->err);
	statement_reset(row);
	return found;
}

/* It was done, or it failed and the next one may have the occasion. */
static int settle_occasion(struct fold *fold, bool done)
{
	struct statement *row =
	        done ? fold_query(fold,
	                          "update once set done = 1 where key = ?1")
	             : fold_query(fold, "delete from once where key = ?1");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold_text(fold, "effect_key"));
	return fold_finish(fold, row);
}

int fold_effect_intended(struct fold *fold)
{
	int taken = is_occasion_taken(fold);

	if (taken != 0)
		return taken < 0 ? -1
		                 : fold_void(fold, "its occasion is taken");
	int moved = fold_settle_step(fold, STEP_IS_INTENDED, "output");

	if (moved <= 0)
		return fold_status(moved);
	/* A second one begins it again: what was frozen first stands. */
	struct statement *row = fold_query(
	        fold, "insert into effect (key, run, step, item, effect, "
	              "state, payload, intended_at, begun_at, endpoint, "
	              "source) "
	              "values (?1, ?2, ?3, ?4, ?5, 'intended', ?6, ?7, ?7, "
	              "?8, ?9) on conflict (key) do update set "
	              "state = 'intended', begun_at = ?7, source = ?9 "
	              "where state = 'waiting'");
	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold_text(fold, "effect_key"));
	fold_bind_step(fold, row, 2, fold->step);
	statement_bind_lent(row, 5, fold_text(fold, "effect"));
	fold_bind_json(fold, row, 6, "payload");
	statement_bind_int(row, 7, fold->event->time_ms);
	statement_bind_lent(row, 8, fold_text(fold, "endpoint"));
	statement_bind_lent(row, 9, fold->event->source);
	if (fold_finish(fold, row) < 0)
		return -1;
	return take_occasion(fold, fold_text(fold, "effect"), false);
}

/* ---- Endpoints ----------------------------------------------------------- */

static int read_breaker(struct fold *fold, const char *endpoint,
                        struct breaker *ret)
{
	struct statement *row =
	        fold_query(fold, "select failures, since, probe_at, trips "
	                         "from endpoint where name = ?1");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, endpoint);
	int found = statement_step(row, fold->err);
	if (found > 0)
		*ret = (struct breaker){
			.failures = statement_int(row, 0),
			.since = statement_int(row, 1),
			.probe_at = statement_int(row, 2),
			.trips = statement_int(row, 3),
		};
	statement_reset(row);
	return found;
}

/* The endpoint that the event names has answered, or failed. */
static int note_endpoint(struct fold *fold, bool answered)
{
	const char *endpoint = fold_text(fold, "endpoint");
	struct breaker breaker = { 0 };

	if (!endpoint)
		return 0;
	int found = read_breaker(fold, endpoint, &breaker);
	if (found < 0)
		return -1;
	if (answered && breaker.failures == 0)
		return 0; /* nothing that would be another row */
	if (answered)
		breaker_close(&breaker);
	else
		breaker_fail(&breaker, fold->event->time_ms);
	struct statement *row = fold_query(
	        fold, "insert or replace into endpoint (name, failures, since, "
	              "probe_at, trips) values (?1, ?2, ?3, ?4, ?5)");
	if (!row)
		return -1;
	statement_bind_lent(row, 1, endpoint);
	statement_bind_int(row, 2, breaker.failures);
	statement_bind_int(row, 3, breaker.since);
	statement_bind_int(row, 4, breaker.probe_at);
	statement_bind_int(row, 5, breaker.trips);
	return fold_finish(fold, row);
}

/* A fact: the first result of a key stands, whatever became of the run. */
static int settle_effect(struct fold *fold, const char *state,
                         enum step_event event)
{
	struct statement *row =
	        fold_query(fold, "update effect set state = ?2, result = ?3, "
	                         "settled_at = ?4 where key = ?1 and "
	                         "state in ('intended', 'waiting')");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold_text(fold, "effect_key"));
	statement_bind_lent(row, 2, state);
	fold_bind_json(fold, row, 3, "result");
	statement_bind_int(row, 4, fold->event->time_ms);
	if (fold_finish(fold, row) < 0)
		return -1;
	if (db_changes(fold->view->db) == 0)
		return fold_void(fold, "the effect was not intended, or is "
		                       "settled");
	if (settle_occasion(fold, event == STEP_FINISHES) < 0 ||
	    note_endpoint(fold, true) < 0)
		return -1;
	return fold_status(fold_move_and_describe(fold, event, "result"));
}

int fold_effect_done(struct fold *fold)
{
	return settle_effect(fold, "done", STEP_FINISHES);
}

int fold_effect_failed(struct fold *fold)
{
	return settle_effect(fold, "failed", STEP_FAILS);
}

/* Nothing of it left, or the owner has it sent again: its step sleeps until
 * then. `reason`: what is kept of a try that failed. */
static int lay_again(struct fold *fold, int64_t wake_at)
{
	int moved = fold_move_step(fold, fold->step, STEP_IS_LAID);

	if (moved <= 0)
		return fold_status(moved);
	struct statement *row =
	        fold_query(fold, "update step set wake_at = ?4, attempt = ?5 "
	                         "where run = ?1 and step = ?2 and item = ?3");
	if (!row)
		return -1;
	fold_bind_step(fold, row, 1, fold->step);
	statement_bind_int(row, 4, wake_at);
	statement_bind_int(row, 5, value_get_int(fold->data, "attempt", 0));
	return fold_finish(fold, row) < 0 ? -1
	                                  : fold_describe_step(fold, "output");
}

/* Move the effect of the event: 1, 0 when it is settled, -1. */
static int note_try(struct fold *fold, bool waits)
{
	struct statement *row = fold_query(
	        fold, "update effect set state = iif(?2, 'waiting', "
	              "'intended'), attempts = coalesce(?3, attempts), "
	              "tried_at = ?4, reason = coalesce(?5, reason) "
	              "where key = ?1 and state = 'intended'");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold_text(fold, "effect_key"));
	statement_bind_int(row, 2, waits);
	if (value_get(fold->data, "attempt"))
		statement_bind_int(row, 3,
		                   value_get_int(fold->data, "attempt", 0));
	else
		statement_bind_lent(row, 3, NULL);
	statement_bind_int(row, 4, fold->event->time_ms);
	statement_bind_lent(row, 5, fold_text(fold, "reason"));
	if (fold_finish(fold, row) < 0)
		return -1;
	return db_changes(fold->view->db) > 0;
}

/* A try that brought no result: what was not sent waits, else it is in doubt.
 */
int fold_effect_tried(struct fold *fold)
{
	bool unsent =
	        text_equal(value_get_text(fold->data, "outcome", ""), "unsent");
	int noted = note_try(fold, unsent);

	if (noted < 0)
		return -1;
	if (value_get_bool(fold->data, "fault", false) &&
	    note_endpoint(fold, false) < 0)
		return -1;
	if (!noted)
		return fold_void(fold, "the effect was not intended, or is "
		                       "settled");
	if (!unsent)
		return fold_describe_step(fold, "output");
	int64_t wake_at = value_get_int(fold->data, "wake_at", 0);
	return lay_again(fold, wake_at ? wake_at : AT_ONCE);
}

/* The owner's word on an effect in doubt. */
int fold_effect_resolved(struct fold *fold)
{
	const char *verdict = value_get_text(fold->data, "verdict", "");

	if (text_equal(verdict, "done"))
		return settle_effect(fold, "done", STEP_FINISHES);
	if (text_equal(verdict, "failed"))
		return settle_effect(fold, "failed", STEP_FAILS);
	int noted = note_try(fold, true);
	if (noted <= 0)
		return noted < 0 ? -1
		                 : fold_void(fold, "the effect was not "
		                                   "intended, or is settled");
	return lay_again(fold, AT_ONCE);
}

/* Whether nobody holds the number, nor its step another one: 1, 0, -1. */
static int number_is_free(struct fold *fold)
{
	struct statement *row = fold_query(
	        fold, "select 1 from number where sequence = ?1 and "
	              "(number = ?2 or run = ?3 and step = ?4 and item = ?5)");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold_text(fold, "sequence"));
	statement_bind_int(row, 2, value_get_int(fold->data, "number", 0));
	fold_bind_step(fold, row, 3, fold->step);
	int found = statement_step(row, fold->err);
	statement_reset(row);
	return found < 0 ? -1 : !found;
}

/* A number holds only when nobody wrote between its decision and itself, and
 * when its step could take it: a number that no step has would be a gap. */
int fold_number_taken(struct fold *fold)
{
	struct oid decided;
	const char *on = value_get_text(fold->data, "decided_on", "");

	if (!oid_from_text(on, &decided) ||
	    !oid_equal(&decided, &fold->place->parent))
		return fold_void(fold, "the journal had moved on");
	int is_free = number_is_free(fold);
	if (is_free <= 0)
		return is_free < 0 ? -1
		                   : fold_void(fold, "the number is taken");
	int moved = fold_settle_step(fold, STEP_FINISHES, "output");
	if (moved <= 0)
		return fold_status(moved);
	struct statement *row = fold_query(
	        fold, "insert into number (sequence, number, run, step, item) "
	              "values (?1, ?2, ?3, ?4, ?5)");
	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold_text(fold, "sequence"));
	statement_bind_int(row, 2, value_get_int(fold->data, "number", 0));
	fold_bind_step(fold, row, 3, fold->step);
	if (fold_finish(fold, row) < 0)
		return -1;
	return take_occasion(fold, fold_text(fold, "effect"), true);
}

/* Whether somebody holds the number whose run has shown it to nobody: 1, 0, -1.
 */
static int may_go_back(struct fold *fold)
{
	struct statement *row = fold_query(
	        fold, "select 1 from number where sequence = ?1 and "
	              "number = ?2 and not exists "
	              "(select 1 from effect where effect.run = number.run)");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold_text(fold, "sequence"));
	statement_bind_int(row, 2, value_get_int(fold->data, "number", 0));
	int found = statement_step(row, fold->err);
	statement_reset(row);
	return found;
}

/* With its occasion, which another run may have now. */
int fold_number_freed(struct fold *fold)
{
	static const char *const deletes[] = {
		"delete from once where exists (select 1 from number where "
		"sequence = ?1 and number = ?2 and number.run = once.run and "
		"number.step = once.step and number.item = once.item)",
		"delete from number where sequence = ?1 and number = ?2",
	};
	int may = may_go_back(fold);

	if (may <= 0)
		return may < 0 ? -1
		               : fold_void(fold, "the number cannot go back");
	int moved = fold_settle_step(fold, STEP_FINISHES, "output");
	if (moved <= 0)
		return fold_status(moved);
	for (size_t i = 0; i < ARRAY_LEN(deletes); i++) {
		struct statement *row = fold_query(fold, deletes[i]);
		if (!row)
			return -1;
		statement_bind_lent(row, 1, fold_text(fold, "sequence"));
		statement_bind_int(row, 2,
		                   value_get_int(fold->data, "number", 0));
		if (fold_finish(fold, row) < 0)
			return -1;
	}
	return take_occasion(fold, fold_text(fold, "effect"), true);
}

int fold_event_emitted(struct fold *fold)
{
	if (*fold->run) {
		int moved = fold_settle_step(fold, STEP_FINISHES, "output");
		if (moved <= 0)
			return fold_status(moved);
	}
	struct statement *row = fold_query(
	        fold, "insert or ignore into emitted (event, run, step, type, "
	              "data, commit_id, at) values (?1, ?2, ?3, ?4, ?5, ?6, "
	              "?7)");
	if (!row)
		return -1;
	/* Emitted by a step, it is known by its effect key. */
	const char *key = fold_text(fold, "effect_key");
	statement_bind_lent(row, 1, key ? key : fold->event->id);
	statement_bind_lent(row, 2, fold->run);
	statement_bind_lent(row, 3, fold->step);
	statement_bind_lent(row, 4, fold_text(fold, "type"));
	fold_bind_json(fold, row, 5, "event");
	statement_bind_lent(row, 6, fold_text(fold, "commit"));
	statement_bind_int(row, 7, fold->event->time_ms);
	if (fold_finish(fold, row) < 0)
		return -1;
	return take_occasion(fold, fold_text(fold, "type"), true);
}

/* What the owner decided about a commit that would start many runs. */
static int decide_flood(struct fold *fold, const char *verdict)
{
	struct statement *row = fold_query(
	        fold, "insert or ignore into flood (job, commit_id, verdict) "
	              "values (?1, ?2, ?3)");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, value_get_text(fold->data, "job", ""));
	statement_bind_lent(row, 2, value_get_text(fold->data, "commit", ""));
	statement_bind_lent(row, 3, verdict);
	if (fold_finish(fold, row) < 0)
		return -1;
	return db_changes(fold->view->db) > 0
	               ? 0
	               : fold_void(fold, "it was decided already");
}

int fold_trigger_released(struct fold *fold)
{
	return decide_flood(fold, "released");
}

int fold_trigger_dropped(struct fold *fold)
{
	return decide_flood(fold, "dropped");
}
