/*
 * Results by their keys, read ahead.
 *
 * Keys are hashes, so each is a search of its own in the file; but a run mostly
 * asks for results in the order in which an earlier one kept them. So a result
 * is read with its neighbours, and the next key is looked for among those
 * first. Who asks for one gets one: the reach doubles with each search.
 *
 * Results are added and never changed, so what was read stays true until the
 * transaction that added it is given up.
 */
#include <string.h>

#include "store/base/text.h"
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

/* Read the result of `key` and its neighbours; as before when it has none. */
static int read_near(struct view *view, const char *key, struct error *err)
{
	struct view_near *near = &view->near;
	size_t reach = near->reach ? near->reach : 1;
	struct statement *rows = view_query(
	        view,
	        "select step, '', kind, 'done', key, event, commit_id, "
	        "parent_id, line, output, at, null, 0, 0, ingredients "
	        "from result where seq >= "
	        "(select seq from result where key = ?1) - ?2 "
	        "order by seq limit ?3",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, key);
	statement_bind_int(rows, 2, (int64_t)(reach / ONE_BEFORE_IN));
	statement_bind_int(rows, 3, (int64_t)reach);
	int more = statement_step(rows, err);
	if (more > 0)
		view_forget_near(view);
	near->reach = reach < MOST_AT_ONCE ? reach * 2 : reach;
	for (; more > 0; more = statement_step(rows, err)) {
		near->rows = arena_grow(&near->arena, near->rows, near->count,
		                        sizeof(*near->rows));
		view_read_step(&near->arena, rows, &near->rows[near->count++]);
	}
	statement_reset(rows);
	return more;
}

/* Those that were not asked for yet come first; NULL: not here. */
static const struct step_record *find_near(struct view_near *near,
                                           const char *key)
{
	for (size_t i = 0; i < near->count; i++) {
		size_t n = (near->next + i) % near->count;
		const struct step_record row = near->rows[n];
		if (!text_equal(row.key, key))
			continue;
		if (n < near->next)
			return &near->rows[n];
		/* What it overtook is likely to be next. */
		near->rows[n] = near->rows[near->next];
		near->rows[near->next] = row;
		return &near->rows[near->next++];
	}
	return NULL;
}

static const char *copy_text(struct arena *arena, const char *text)
{
	return text ? arena_strdup(arena, text) : NULL;
}

int view_result(struct view *view, struct arena *arena, const char *key,
                struct step_record *ret, struct error *err)
{
	const struct step_record *row = find_near(&view->near, key);

	if (!row) {
		if (read_near(view, key, err) < 0)
			return -1;
		row = find_near(&view->near, key);
	}
	if (!row)
		return 0;
	*ret = *row;
	ret->step = copy_text(arena, row->step);
	ret->item = copy_text(arena, row->item);
	ret->kind = copy_text(arena, row->kind);
	ret->key = copy_text(arena, row->key);
	ret->event = copy_text(arena, row->event);
	ret->ingredients = copy_text(arena, row->ingredients);
	ret->output = row->output ? value_copy(arena, row->output) : NULL;
	return 1;
}
