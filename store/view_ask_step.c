/*
 * What is asked about steps.
 */
#include "store/view_private.h"

void view_read_step(struct arena *arena, struct statement *row, void *record)
{
	struct step_record *step = record;

	step->step = view_read_text(arena, row, 0);
	step->item = view_read_text(arena, row, 1);
	step->kind = view_read_text(arena, row, 2);
	if (!step_state_from_name(statement_text(row, 3), &step->state))
		step->state = STEP_VOID;
	step->key = view_read_text(arena, row, 4);
	step->event = view_read_text(arena, row, 5);
	step->place.commit = view_read_oid(row, 6);
	step->place.parent = view_read_oid(row, 7);
	step->place.line = (unsigned)statement_int(row, 8);
	step->output = view_read_json(arena, row, 9);
	step->at = statement_int(row, 10);
	step->reason = view_read_text(arena, row, 11);
	step->wake_at = statement_int(row, 12);
	step->attempt = statement_int(row, 13);
	step->tree = view_read_oid(row, 14);
}

static struct question about_steps(struct view *view, struct arena *arena,
                                   struct statement *rows)
{
	return (struct question){ view, arena, rows, sizeof(struct step_record),
		                  view_read_step };
}

int view_steps(struct view *view, struct arena *arena, const char *run,
               struct step_record **ret, size_t *ret_count, struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select step, item, kind, state, key, event, commit_id, "
	        "parent_id, line, output, at, reason, wake_at, attempt, tree "
	        "from step where run = ?1 and item <> '*' order by n, item",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, run);
	struct question question = about_steps(view, arena, rows);
	return view_ask_all(&question, ret, ret_count, err);
}

int view_latest(struct view *view, struct arena *arena,
                const struct step_place *place, struct step_record *ret,
                struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select s.step, s.item, s.kind, s.state, s.key, s.event, "
	        "s.commit_id, s.parent_id, s.line, s.output, s.at, s.reason, "
	        "0, 0, null from run r join step s on s.run = r.id and s.step = ?2 "
	        "and s.item = ?3 where r.job = ?1 and "
	        "s.state in ('done', 'reused') and s.event is not null "
	        "order by r.seq desc limit 1",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, place->job);
	statement_bind_text(rows, 2, place->step);
	statement_bind_text(rows, 3, place->item);
	struct question question = about_steps(view, arena, rows);
	return view_ask_one(&question, ret, err);
}

int view_wake(struct view *view, int64_t *ret, struct error *err)
{
	struct statement *row = view_query(
	        view, "select min(wake_at) from step where wake_at > 0", err);

	if (!row)
		return -1;
	*ret = 0;
	return view_ask_int(row, ret, err) < 0 ? -1 : *ret > 0;
}
