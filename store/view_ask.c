/*
 * What all questions to the view have in common: compiled statements, kept by
 * view_query(), whose rows are read into records in the caller's arena. And
 * the notes, which are no rows of the fold.
 */
#include <string.h>

#include "store/base/json.h"
#include "store/view_private.h"

struct value *view_parse(struct arena *arena, const char *json, size_t len)
{
	/* The fold wrote it, so it parses; a damaged file reads as nothing
	 * here and is found by quick_check. */
	auto_error struct error ignored = { 0 };

	return json_parse(arena, "the view", json, len, &ignored);
}

struct value *view_read_json(struct arena *arena, struct statement *row,
                             int column)
{
	const char *text = statement_text(row, column);

	return text ? view_parse(arena, text, strlen(text)) : NULL;
}

const char *view_read_text(struct arena *arena, struct statement *row,
                           int column)
{
	const char *text = statement_text(row, column);

	return text ? arena_strdup(arena, text) : NULL;
}

struct oid view_read_oid(struct statement *row, int column)
{
	const char *text = statement_text(row, column);
	struct oid oid = { 0 };

	if (text && !oid_from_text(text, &oid))
		memset(&oid, 0, sizeof(oid));
	return oid;
}

/* All rows as an array of records in the arena. */
int view_ask_all(struct question *question, void *ret, size_t *ret_count,
                 struct error *err)
{
	char *records = NULL;
	size_t count = 0;
	int more;

	while ((more = statement_step(question->rows, err)) > 0) {
		records = arena_grow(question->arena, records, count,
		                     question->size);
		question->read(question->arena, question->rows,
		               records + count * question->size);
		count++;
	}
	statement_reset(question->rows);
	if (more < 0)
		return -1;
	memcpy(ret, &records, sizeof(records));
	*ret_count = count;
	return 0;
}

/* The first row: 1, 0 when there is none, -1. */
int view_ask_one(struct question *question, void *ret, struct error *err)
{
	int found = statement_step(question->rows, err);

	if (found > 0) {
		memset(ret, 0, question->size);
		question->read(question->arena, question->rows, ret);
	}
	statement_reset(question->rows);
	return found;
}

/* The first column of the only row: 1, 0 when there is none or it is null. */
int view_ask_text(struct arena *arena, struct statement *row, const char **ret,
                  struct error *err)
{
	int found = statement_step(row, err);

	*ret = found > 0 ? view_read_text(arena, row, 0) : NULL;
	statement_reset(row);
	return found < 0 ? -1 : *ret != NULL;
}

int view_ask_int(struct statement *row, int64_t *ret, struct error *err)
{
	int found = statement_step(row, err);

	if (found > 0)
		*ret = statement_int(row, 0);
	statement_reset(row);
	return found;
}

const char *view_note(struct view *view, struct arena *arena, const char *name)
{
	auto_error struct error ignored = { 0 };
	struct statement *row = view_query(
	        view, "select text from note where name = ?1", &ignored);
	const char *text = NULL;

	if (!row)
		return NULL;
	statement_bind_text(row, 1, name);
	if (statement_step(row, &ignored) > 0)
		text = view_read_text(arena, row, 0);
	statement_reset(row);
	return text;
}

int view_set_note(struct view *view, const char *name, const char *text,
                  struct error *err)
{
	struct statement *row = view_query(
	        view,
	        "insert into note (name, text) values (?1, ?2) "
	        "on conflict (name) do update set text = excluded.text",
	        err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, name);
	statement_bind_text(row, 2, text);
	return statement_run(row, err);
}

int64_t view_voided(struct view *view)
{
	auto_error struct error ignored = { 0 };
	struct statement *row =
	        view_query(view, "select count(*) from voided", &ignored);
	int64_t count = 0;

	if (row && statement_step(row, &ignored) > 0)
		count = statement_int(row, 0);
	if (row)
		statement_reset(row);
	return count;
}
