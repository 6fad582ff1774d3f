/*
 * Results by their keys, read ahead.
 *
 * Keys are hashes, so each is a search of its own in the file; but a run mostly
 * asks for results in the order in which an earlier one kept them. So a result
 * is read with its neighbours, and the next key is looked for among those
 * first. Who asks for one gets one: the reach doubles with each search.
 *
 * Results are added and never changed, so what was read stays true until the
 * transaction that added it is given up. What they gave is parsed only for who
 * asks: most are read for the sake of their neighbours.
 */
#include <string.h>

#include "store/view_private.h"

/* A few come before: programs side by side end in any order. */
enum {
	MOST_AT_ONCE = 256,
	ONE_BEFORE_IN = 16
};

void view_forget_near(struct view *view)
{
	arena_clear(&view->near.arena);
	view->near = (struct view_near){ 0 };
}

static void read_result(struct view_near *near, struct statement *row)
{
	struct arena *arena = &near->arena;

	near->rows =
	        arena_grow(arena, near->rows, near->count, sizeof(*near->rows));
	near->rows[near->count++] = (struct near_result){
		.key = view_read_text(arena, row, 0),
		.result = {
			.event = view_read_text(arena, row, 1),
			.ingredients = view_read_text(arena, row, 2),
			.at = statement_int(row, 4),
		},
		.output = view_read_text(arena, row, 3),
		.output_len = statement_bytes(row, 3),
	};
}

/* Read the result of `key` and its neighbours; as before when it has none. */
static int read_near(struct view *view, const char *key, struct error *err)
{
	struct view_near *near = &view->near;
	size_t reach = near->reach ? near->reach : 1;
	struct statement *rows = view_query(
	        view,
	        "select key, event, ingredients, output, at from result "
	        "where seq >= (select seq from result where key = ?1) - ?2 "
	        "order by seq limit ?3",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, key);
	statement_bind_int(rows, 2, (int64_t)(reach / ONE_BEFORE_IN));
	statement_bind_int(rows, 3, (int64_t)reach);
	int more = statement_step(rows, err);
	if (more > 0) {
		arena_reset(&near->arena);
		*near = (struct view_near){ .arena = near->arena };
	}
	near->reach = reach < MOST_AT_ONCE ? reach * 2 : reach;
	for (; more > 0; more = statement_step(rows, err))
		read_result(near, rows);
	statement_reset(rows);
	return more;
}

/* Keys are hashes: nearly all others differ in their first bytes. */
static bool has_key(const struct near_result *row, const char *key)
{
	return row->key[0] == key[0] && strcmp(row->key, key) == 0;
}

/* Those that were not asked for yet come first; NULL: not here. */
static const struct near_result *find_near(struct view_near *near,
                                           const char *key)
{
	size_t next = near->next;

	if (next < near->count && has_key(&near->rows[next], key))
		return &near->rows[near->next++];
	for (size_t i = 0; i < near->count; i++) {
		size_t n = (next + i) % near->count;
		if (!has_key(&near->rows[n], key))
			continue;
		if (n < next)
			return &near->rows[n];
		/* What it overtook is likely to be next. */
		const struct near_result row = near->rows[n];
		near->rows[n] = near->rows[next];
		near->rows[next] = row;
		return &near->rows[near->next++];
	}
	return NULL;
}

int view_result(struct view *view, struct arena *arena, const char *key,
                struct result_record *ret, struct error *err)
{
	const struct near_result *row = find_near(&view->near, key);

	if (!row) {
		if (read_near(view, key, err) < 0)
			return -1;
		row = find_near(&view->near, key);
	}
	if (!row)
		return 0;
	*ret = row->result;
	if (row->output)
		ret->output = view_parse(arena, row->output, row->output_len);
	return 1;
}

int view_result_step(struct view *view, struct arena *arena, const char *key,
                     struct step_record *ret, struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select step, '', kind, 'done', key, event, commit_id, "
	        "parent_id, line, output, at, null, 0, 0, null from result "
	        "where key = ?1",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, key);
	struct question question = { view, arena, rows, sizeof(*ret),
		                     view_read_step };
	return view_ask_one(&question, ret, err);
}
