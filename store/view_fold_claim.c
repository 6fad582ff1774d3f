/*
 * The fold of claims: which engine a run belongs to.
 *
 * A run that nobody has may be claimed by anyone, in the epoch behind its
 * present one; the first claim in the line is the one that counts. Whoever
 * takes a run from another says from which claim, and has decided that on the
 * very commit before its own: nothing of the other's came in between. Giving a
 * run back raises the epoch once more, so that what an engine decides without
 * having the run never looks like what its last holder did.
 */
#include "store/base/text.h"
#include "store/view_fold_private.h"
#include "store/view_private.h"

/* What is known of the run. */
struct standing {
	int64_t epoch;
	const char *holder; /* NULL: nobody */
	const char *event;
};

/* 1, 0 when there is no such run, -1. */
static int find(struct fold *fold, struct standing *ret)
{
	struct statement *row = fold_query(
	        fold, "select r.epoch, c.holder, c.event from run r "
	              "left join claim c on c.run = r.id where r.id = ?1");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	int found = statement_step(row, fold->err);
	if (found > 0) {
		const char *holder = statement_text(row, 1);
		const char *event = statement_text(row, 2);
		ret->epoch = statement_int(row, 0);
		ret->holder = holder ? arena_strdup(fold->arena, holder) : NULL;
		ret->event = event ? arena_strdup(fold->arena, event) : NULL;
	}
	statement_reset(row);
	return found;
}

static int set_epoch(struct fold *fold, int64_t epoch)
{
	struct statement *row =
	        fold_query(fold, "update run set epoch = ?2 where id = ?1");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_int(row, 2, epoch);
	return fold_finish(fold, row);
}

/* Taken from its holder: from that very claim, and unseen by nobody. */
static bool is_takeover(const struct fold *fold,
                        const struct standing *standing)
{
	struct oid decided;

	return text_equal(fold_text(fold, "over"), standing->event) &&
	       oid_from_text(value_get_text(fold->data, "decided_on", ""),
	                     &decided) &&
	       oid_equal(&decided, &fold->place->parent);
}

int fold_run_claimed(struct fold *fold)
{
	struct standing now = { 0 };
	int found = find(fold, &now);
	int64_t epoch = value_get_int(fold->data, "epoch", 0);

	if (found < 0)
		return -1;
	if (!found)
		return fold_void(fold, "there is no such run");
	if (now.holder && text_equal(now.holder, fold->event->source) &&
	    epoch == now.epoch)
		return 0; /* its holder lives */
	if (epoch != now.epoch + 1 || (now.holder && !is_takeover(fold, &now)))
		return fold_void(fold, "another engine has the run");
	struct statement *row = fold_query(fold, "insert or replace into claim "
	                                         "(run, holder, event, ttl) "
	                                         "values (?1, ?2, ?3, ?4)");
	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	statement_bind_lent(row, 2, fold->event->source);
	statement_bind_lent(row, 3, fold->event->id);
	statement_bind_int(row, 4, value_get_int(fold->data, "ttl", 0));
	return fold_finish(fold, row) < 0 ? -1 : set_epoch(fold, epoch);
}

static int drop(struct fold *fold, int64_t epoch)
{
	struct statement *row =
	        fold_query(fold, "delete from claim where run = ?1");

	if (!row)
		return -1;
	statement_bind_lent(row, 1, fold->run);
	return fold_finish(fold, row) < 0 ? -1 : set_epoch(fold, epoch + 1);
}

int fold_run_released(struct fold *fold)
{
	struct standing now = { 0 };
	int found = find(fold, &now);

	if (found < 0)
		return -1;
	if (!found || !text_equal(now.holder, fold->event->source) ||
	    value_get_int(fold->data, "epoch", 0) != now.epoch)
		return fold_void(fold, "another engine has the run");
	return drop(fold, now.epoch);
}

int fold_end_claim(struct fold *fold)
{
	struct standing now = { 0 };
	int found = find(fold, &now);

	if (found < 0)
		return -1;
	return now.holder ? drop(fold, now.epoch) : 0;
}
