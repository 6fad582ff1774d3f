/*
 * Each list is one question whose columns are those of the list, asked with
 * the run's id and the time of its start; a column whose name ends in `_at` or
 * is `at` holds milliseconds and becomes a time. What was put into a blob for
 * its size is read back.
 */
#include "store/view_lists.h"

#include <string.h>

#include "store/base/buf.h"
#include "store/base/date.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/view_private.h"

const char *const view_list_names[] = { "runs", "gates", "effects", "events" };
const size_t view_list_count = ARRAY_LEN(view_list_names);

/* ?1 is the run, ?2 the time of its start; in the order of the names. */
static const char *const questions[] = {
	"select id, job, title,"
	" case when finished_at > ?2 then 'open' else state end as state,"
	" started_at,"
	" iif(finished_at = 0 or finished_at > ?2, null, finished_at)"
	" as finished_at,"
	" iif(finished_at > ?2, null, reason) as reason"
	" from run where seq < (select seq from run where id = ?1)"
	" order by seq",
	"select run, step, title,"
	" case when decided_at > ?2 then 'open' else state end as state,"
	" opened_at,"
	" iif(decided_at = 0 or decided_at > ?2, null, decided_at)"
	" as decided_at,"
	" iif(decided_at > ?2, null, author) as author"
	" from draft where step is not null and opened_at <= ?2 and run <> ?1"
	" order by seq",
	"select run, step, item, effect,"
	" case when settled_at > ?2 then 'intended' else state end as state,"
	" iif(coalesce(settled_at, 0) = 0, intended_at,"
	" iif(settled_at > ?2, intended_at, settled_at)) as at,"
	" payload, iif(settled_at > ?2, null, result) as result"
	" from effect where intended_at <= ?2 and run <> ?1"
	" order by intended_at, key",
	("select event as id, run, step, type, at, data from emitted"
	 " where at <= ?2 and run <> ?1 order by seq"),
};

struct listing {
	struct view *view;
	struct arena *arena;
	struct statement *rows;
	struct error *err;
};

static bool is_time(const char *name)
{
	size_t len = strlen(name);

	return strcmp(name, "at") == 0 ||
	       (len > 3 && strcmp(name + len - 3, "_at") == 0);
}

static bool is_data(const char *name)
{
	return strcmp(name, "data") == 0 || strcmp(name, "payload") == 0 ||
	       strcmp(name, "result") == 0;
}

static struct value *time_value(struct listing *listing, int column)
{
	auto_buf struct buf text = buf_make(LIMIT_ERROR_TEXT);

	if (statement_is_null(listing->rows, column))
		return value_null(listing->arena);
	date_add_rfc3339(&text, statement_int(listing->rows, column));
	return value_bytes(listing->arena, text.at, text.len);
}

/* NULL with err. */
static struct value *data_value(struct listing *listing, int column)
{
	const char *text = statement_text(listing->rows, column);
	struct value *whole;
	struct value *data;

	if (!text)
		return value_null(listing->arena);
	data = json_parse(listing->arena, "the view", text, strlen(text),
	                  listing->err);
	if (!data || journal_resolve(listing->view->repo, listing->arena, data,
	                             &whole, listing->err) < 0)
		return NULL;
	return value_string(listing->arena,
	                    json_canonical(listing->arena, whole));
}

/* NULL with err. */
static struct value *row_value(struct listing *listing)
{
	struct value *row = value_map(listing->arena);
	int count = statement_columns(listing->rows);

	for (int i = 0; i < count; i++) {
		const char *name = statement_column_name(listing->rows, i);
		struct value *cell =
		        is_time(name)   ? time_value(listing, i)
		        : is_data(name) ? data_value(listing, i)
		                        : statement_value(listing->arena,
		                                          listing->rows, i);

		if (!cell)
			return NULL;
		value_map_set(listing->arena, row, name, cell);
	}
	return row;
}

static int take_rows(struct listing *listing, struct value *list)
{
	int more;

	while ((more = statement_step(listing->rows, listing->err)) > 0) {
		struct value *row = row_value(listing);

		if (!row)
			return -1;
		value_list_add(listing->arena, list, row);
	}
	return more;
}

/* When the run started: 1, 0 when it is not known, -1. */
static int started_at(struct view *view, const char *run, int64_t *ret,
                      struct error *err)
{
	struct statement *row = view_query(
	        view, "select started_at from run where id = ?1", err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, run);

	int found = statement_step(row, err);

	if (found > 0)
		*ret = statement_int(row, 0);
	statement_reset(row);
	return found;
}

int view_list(struct view *view, struct arena *arena, const char *name,
              const char *run, struct value **ret, struct error *err)
{
	struct listing listing = { view, arena, NULL, err };
	struct value *list = value_list(arena);
	int64_t start = 0;
	size_t at = 0;

	while (strcmp(view_list_names[at], name) != 0)
		if (++at == view_list_count)
			return error_set(err, ERR_MISSING,
			                 "the journal has no list \"%s\"",
			                 name);
	if (started_at(view, run, &start, err) < 0)
		return -1;
	listing.rows = view_query(view, questions[at], err);
	if (!listing.rows)
		return -1;
	statement_bind_text(listing.rows, 1, run);
	statement_bind_int(listing.rows, 2, start);

	int status = take_rows(&listing, list);

	statement_reset(listing.rows);
	if (status < 0)
		return -1;
	*ret = list;
	return 0;
}
