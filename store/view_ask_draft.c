/*
 * What is asked about drafts and their files.
 */
#include "store/base/text.h"
#include "store/view_private.h"

static const char *const draft_names[] = {
	[DRAFT_OPEN] = "open",         [DRAFT_MERGED] = "merged",
	[DRAFT_REJECTED] = "rejected", [DRAFT_WITHDRAWN] = "withdrawn",
	[DRAFT_LAPSED] = "lapsed",
};

bool draft_was_merged(enum draft_state state)
{
	return state == DRAFT_MERGED || state == DRAFT_LAPSED;
}

const char *draft_state_name(enum draft_state state)
{
	return draft_names[state];
}

static void read_draft(struct arena *arena, struct statement *row, void *record)
{
	struct draft_record *draft = record;
	const char *state = statement_text(row, 3);

	draft->run = view_read_text(arena, row, 0);
	draft->n = statement_int(row, 1);
	draft->step = view_read_text(arena, row, 2);
	for (size_t i = 0; i < ARRAY_LEN(draft_names); i++)
		if (text_equal(draft_names[i], state))
			draft->state = (enum draft_state)i;
	draft->title = view_read_text(arena, row, 4);
	draft->priority = view_read_text(arena, row, 5);
	draft->due_at = statement_int(row, 6);
	draft->branch = view_read_text(arena, row, 7);
	draft->slip = view_read_text(arena, row, 8);
	draft->base = view_read_oid(row, 9);
	draft->tip = view_read_oid(row, 10);
	draft->revision = statement_int(row, 11);
	draft->opened_at = statement_int(row, 12);
	draft->decided_at = statement_int(row, 13);
	draft->commit = view_read_oid(row, 14);
	draft->author = view_read_text(arena, row, 15);
	draft->effects = view_read_json(arena, row, 16);
	draft->item = view_read_text(arena, row, 17);
}

#define DRAFT_COLUMNS                                                          \
	"select run, n, step, state, title, priority, due_at, branch, slip, "  \
	"base, tip, revision, opened_at, decided_at, commit_id, author, "      \
	"effects, item from draft "

int view_run_drafts(struct view *view, struct arena *arena, const char *run,
                    struct draft_record **ret, size_t *ret_count,
                    struct error *err)
{
	struct statement *rows = view_query(
	        view, DRAFT_COLUMNS "where run = ?1 order by seq", err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, run);
	struct question question = { view, arena, rows,
		                     sizeof(struct draft_record), read_draft };
	return view_ask_all(&question, ret, ret_count, err);
}

int view_branch_drafts(struct view *view, struct arena *arena,
                       const char *branch, struct draft_record **ret,
                       size_t *ret_count, struct error *err)
{
	struct statement *rows = view_query(
	        view, DRAFT_COLUMNS "where branch = ?1 order by seq", err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, branch);
	struct question question = { view, arena, rows,
		                     sizeof(struct draft_record), read_draft };
	return view_ask_all(&question, ret, ret_count, err);
}

int view_open_drafts(struct view *view, struct arena *arena,
                     struct draft_record **ret, size_t *ret_count,
                     struct error *err)
{
	struct statement *rows = view_query(
	        view, DRAFT_COLUMNS "where state = 'open' order by seq", err);

	if (!rows)
		return -1;
	struct question question = { view, arena, rows,
		                     sizeof(struct draft_record), read_draft };
	return view_ask_all(&question, ret, ret_count, err);
}

static void read_artifact(struct arena *arena, struct statement *row,
                          void *record)
{
	struct artifact_record *artifact = record;

	artifact->run = view_read_text(arena, row, 0);
	artifact->n = statement_int(row, 1);
	artifact->step = view_read_text(arena, row, 2);
	artifact->path = view_read_text(arena, row, 3);
	artifact->drafted = view_read_oid(row, 4);
	artifact->merged = view_read_oid(row, 5);
	artifact->item = view_read_text(arena, row, 6);
	artifact->field = view_read_text(arena, row, 7);
	artifact->lapsed = statement_int(row, 8) != 0;
}

#define ARTIFACT_COLUMNS                                                       \
	"select run, n, step, path, drafted, merged, item, field, "            \
	"lapsed "                                                              \
	"from artifact "

int view_draft_effects(struct view *view, struct arena *arena,
                       const struct draft_record *draft, struct value **ret,
                       struct error *err)
{
	*ret = NULL;
	if (draft->effects &&
	    journal_resolve(view->repo, arena, draft->effects, ret, err) < 0)
		return -1;
	if (!*ret || (*ret)->kind != VALUE_LIST)
		*ret = value_list(arena);
	return 0;
}

int view_artifacts(struct view *view, struct arena *arena,
                   const struct draft_record *draft,
                   struct artifact_record **ret, size_t *ret_count,
                   struct error *err)
{
	struct statement *rows = view_query(
	        view, ARTIFACT_COLUMNS "where run = ?1 and n = ?2 order by seq",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, draft->run);
	statement_bind_int(rows, 2, draft->n);
	struct question question = { view, arena, rows,
		                     sizeof(struct artifact_record),
		                     read_artifact };
	return view_ask_all(&question, ret, ret_count, err);
}

int view_artifacts_of(struct view *view, struct arena *arena, const char *job,
                      const char *id, struct artifact_record **ret,
                      size_t *ret_count, struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        ARTIFACT_COLUMNS
	        "where seq in (select max(a.seq) from artifact as a "
	        "join run on run.id = a.run where run.job = ?1 "
	        "and a.step = ?2 and a.merged is not null group by a.path) "
	        "order by path",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, job);
	statement_bind_text(rows, 2, id);
	struct question question = { view, arena, rows,
		                     sizeof(struct artifact_record),
		                     read_artifact };
	return view_ask_all(&question, ret, ret_count, err);
}

int view_artifacts_at(struct view *view, struct arena *arena, const char *path,
                      struct artifact_record **ret, size_t *ret_count,
                      struct error *err)
{
	struct statement *rows = view_query(
	        view, ARTIFACT_COLUMNS "where path = ?1 order by seq desc",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, path);
	struct question question = { view, arena, rows,
		                     sizeof(struct artifact_record),
		                     read_artifact };
	return view_ask_all(&question, ret, ret_count, err);
}

int view_draft_brought(struct view *view, const char *path,
                       const struct oid *blob, struct error *err)
{
	char text[OID_TEXT_BYTES];
	struct statement *row =
	        view_query(view,
	                   "select 1 from artifact where path = ?1 and "
	                   "(drafted = ?2 or merged = ?2)",
	                   err);

	if (!row)
		return -1;
	oid_to_text(blob, text);
	statement_bind_text(row, 1, path);
	statement_bind_text(row, 2, text);
	int found = statement_step(row, err);
	statement_reset(row);
	return found;
}
