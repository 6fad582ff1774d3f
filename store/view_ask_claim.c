/*
 * What is asked about claims.
 */
#include "store/view_private.h"

static void read_claim(struct arena *arena, struct statement *row, void *record)
{
	struct claim_record *claim = record;

	claim->run = view_read_text(arena, row, 0);
	claim->holder = view_read_text(arena, row, 1);
	claim->event = view_read_text(arena, row, 2);
	claim->ttl_ms = statement_int(row, 3);
}

int view_claim(struct view *view, struct arena *arena, const char *run,
               struct claim_record *ret, struct error *err)
{
	struct statement *row = view_query(
	        view,
	        "select run, holder, event, ttl from claim where run = ?1",
	        err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, run);
	struct question question = { view, arena, row,
		                     sizeof(struct claim_record), read_claim };
	return view_ask_one(&question, ret, err);
}

int view_claims(struct view *view, struct arena *arena,
                struct claim_record **ret, size_t *ret_count, struct error *err)
{
	struct statement *rows = view_query(
	        view, "select run, holder, event, ttl from claim order by run",
	        err);

	if (!rows)
		return -1;
	struct question question = { view, arena, rows,
		                     sizeof(struct claim_record), read_claim };
	return view_ask_all(&question, ret, ret_count, err);
}
