/*
 * Every question that is asked of the view: compiled statements, kept by
 * view_query(), whose rows are read into records in the caller's arena.
 */
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/view_private.h"

/* ---- Asking -------------------------------------------------------------- */

static struct value *read_json(struct arena *arena, struct statement *row,
                               int column)
{
	auto_error struct error ignored = { 0 };
	const char *text = statement_text(row, column);

	/* The fold wrote it, so it parses; a damaged file reads as nothing
	 * here and is found by quick_check. */
	return text ? json_parse(arena, "the view", text, strlen(text),
	                         &ignored)
	            : NULL;
}

static const char *read_text(struct arena *arena, struct statement *row,
                             int column)
{
	const char *text = statement_text(row, column);

	return text ? arena_strdup(arena, text) : NULL;
}

static struct oid read_oid(struct statement *row, int column)
{
	const char *text = statement_text(row, column);
	struct oid oid = { 0 };

	if (text && !oid_from_text(text, &oid))
		memset(&oid, 0, sizeof(oid));
	return oid;
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
		text = read_text(arena, row, 0);
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

/* A query with its parameters, whose rows are read into records of `size`. */
struct question {
	struct view *view;
	struct arena *arena;
	struct statement *rows;
	size_t size;
	void (*read)(struct arena *arena, struct statement *row, void *record);
};

/* All rows as an array of records in the arena. */
static int ask_all(struct question *question, void *ret, size_t *ret_count,
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
static int ask_one(struct question *question, void *ret, struct error *err)
{
	int found = statement_step(question->rows, err);

	if (found > 0) {
		memset(ret, 0, question->size);
		question->read(question->arena, question->rows, ret);
	}
	statement_reset(question->rows);
	return found;
}

/* ---- Runs ---------------------------------------------------------------- */

#define RUN_COLUMNS                                                            \
	"select id, job, title, state, epoch, cause, inputs, commit_id, tree," \
	" library, started_at, finished_at, reason, grp from run "

static void read_run(struct arena *arena, struct statement *row, void *record)
{
	struct run_record *run = record;

	run->id = read_text(arena, row, 0);
	run->job = read_text(arena, row, 1);
	run->title = read_text(arena, row, 2);
	if (!run_state_from_name(statement_text(row, 3), &run->state))
		run->state = RUN_FAILED;
	run->epoch = statement_int(row, 4);
	run->trigger = read_json(arena, row, 5);
	run->inputs = read_json(arena, row, 6);
	run->commit = read_oid(row, 7);
	run->tree = read_oid(row, 8);
	run->library = read_oid(row, 9);
	run->started_at = statement_int(row, 10);
	run->finished_at = statement_int(row, 11);
	run->reason = read_text(arena, row, 12);
	run->group = read_text(arena, row, 13);
}

static struct question about_runs(struct view *view, struct arena *arena,
                                  struct statement *rows)
{
	return (struct question){ view, arena, rows, sizeof(struct run_record),
		                  read_run };
}

int view_runs(struct view *view, struct arena *arena, enum run_filter filter,
              struct run_record **ret, size_t *ret_count, struct error *err)
{
	struct statement *rows =
	        filter == RUNS_ALL
	                ? view_query(view, RUN_COLUMNS "order by seq", err)
	                : view_query(view,
	                             RUN_COLUMNS "where state in ('open', "
	                                         "'waiting') order by seq",
	                             err);

	if (!rows)
		return -1;
	struct question question = about_runs(view, arena, rows);
	return ask_all(&question, ret, ret_count, err);
}

int view_run(struct view *view, struct arena *arena, const char *id,
             struct run_record *ret, struct error *err)
{
	struct statement *rows =
	        view_query(view, RUN_COLUMNS "where id = ?1", err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, id);
	struct question question = about_runs(view, arena, rows);
	return ask_one(&question, ret, err);
}

/* NOLINTNEXTLINE(readability-function-size): its list is two parameters */
int view_group_runs(struct view *view, struct arena *arena, const char *group,
                    const char *before, struct run_record **ret,
                    size_t *ret_count, struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        RUN_COLUMNS "where grp = ?1 and state in ('open', 'waiting') "
	                    "and (?2 is null or "
	                    "seq < (select seq from run where id = ?2)) "
	                    "order by seq",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, group);
	statement_bind_text(rows, 2, before);
	struct question question = about_runs(view, arena, rows);
	return ask_all(&question, ret, ret_count, err);
}

int view_runs_due(struct view *view, struct arena *arena, int64_t now_ms,
                  struct run_record **ret, size_t *ret_count, struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        RUN_COLUMNS
	        "left join rest on rest.run = run.id "
	        "where run.state in ('open', 'waiting') and case "
	        "when rest.run is null then run.state = 'open' "
	        "or exists (select 1 from step where step.run = run.id "
	        "and step.state = 'sleeping') "
	        "or exists (select 1 from listen where listen.run = run.id) "
	        "else exists (select 1 from step where step.run = run.id "
	        "and step.state = 'sleeping' "
	        "and step.wake_at between 1 and ?1) "
	        "or exists (select 1 from emitted as e, listen as l "
	        "where e.seq > rest.seq and l.run = run.id "
	        "and l.type in (e.type, '*')) end order by run.seq",
	        err);

	if (!rows)
		return -1;
	statement_bind_int(rows, 1, now_ms);
	struct question question = about_runs(view, arena, rows);
	return ask_all(&question, ret, ret_count, err);
}

int view_set_rest(struct view *view, const char *run, int64_t seq,
                  struct error *err)
{
	struct statement *row = view_query(
	        view, "insert or replace into rest (run, seq) values (?1, ?2)",
	        err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, run);
	statement_bind_int(row, 2, seq);
	return statement_run(row, err);
}

int view_rouse(struct view *view, const char *run, struct error *err)
{
	struct statement *row =
	        view_query(view, "delete from rest where run = ?1", err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, run);
	return statement_run(row, err);
}

/* The first column of the only row: 1, 0 when there is none or it is null. */
static int ask_text(struct arena *arena, struct statement *row,
                    const char **ret, struct error *err)
{
	int found = statement_step(row, err);

	*ret = found > 0 ? read_text(arena, row, 0) : NULL;
	statement_reset(row);
	return found < 0 ? -1 : *ret != NULL;
}

int view_last_slot(struct view *view, struct arena *arena, const char *job,
                   const char **ret, struct error *err)
{
	struct statement *row = view_query(
	        view,
	        "select max(json_extract(cause, '$.time')) from run "
	        "where job = ?1 and json_extract(cause, '$.kind') = 'schedule'",
	        err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, job);
	return ask_text(arena, row, ret, err);
}

int view_last_batch(struct view *view, const char *job, const char *type,
                    int64_t *ret, struct error *err)
{
	struct statement *row = view_query(
	        view,
	        "select max(emitted.seq) from run join emitted "
	        "on emitted.event = json_extract(run.cause, '$.last') "
	        "where run.job = ?1 and "
	        "json_extract(run.cause, '$.kind') = 'batch' and "
	        "json_extract(run.cause, '$.type') = ?2",
	        err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, job);
	statement_bind_text(row, 2, type);
	int found = statement_step(row, err);
	*ret = found > 0 ? statement_int(row, 0) : 0;
	statement_reset(row);
	return found < 0 ? -1 : 0;
}

int view_flood(struct view *view, struct arena *arena, const char *job,
               const struct oid *commit, const char **ret, struct error *err)
{
	struct statement *row = view_query(view,
	                                   "select verdict from flood where "
	                                   "job = ?1 and commit_id = ?2",
	                                   err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, job);
	statement_bind_text(row, 2, oid_text(arena, commit));
	return ask_text(arena, row, ret, err);
}

const char *view_short_id(struct view *view, struct arena *arena,
                          const char *id)
{
	for (size_t len = 8; len < strlen(id); len++) {
		auto_error struct error ignored = { 0 };
		char *prefix = arena_strndup(arena, id, len);
		struct statement *row =
		        view_query(view,
		                   "select count(*) from run where "
		                   "substr(id, 1, ?2) = ?1 and id >= ?1 and "
		                   "id < ?1 || 'zz'",
		                   &ignored);
		if (!row)
			return id;
		statement_bind_text(row, 1, prefix);
		statement_bind_int(row, 2, (int64_t)len);
		bool unique = statement_step(row, &ignored) > 0 &&
		              statement_int(row, 0) <= 1;
		statement_reset(row);
		if (unique)
			return prefix;
	}
	return id;
}

static int too_many(struct view *view, struct arena *arena,
                    const struct run_record *runs, size_t count,
                    const char *prefix, struct error *err)
{
	auto_buf struct buf list = buf_make(LIMIT_ERROR_TEXT);

	for (size_t i = 0; i < count && i < 5; i++)
		buf_printf(&list, "%s%s (%s)", i ? ", " : "",
		           view_short_id(view, arena, runs[i].id), runs[i].job);
	error_set(err, ERR_USAGE, "\"%s\" is more than one run: %s", prefix,
	          list.at);
	return error_hint(err, "Give more of the id.");
}

int view_find_run(struct view *view, struct arena *arena, const char *prefix,
                  struct run_record *ret, struct error *err)
{
	/* "reeve/draft/proposal-7k2fq0ab.1" and "proposal-7k2fq0ab" are ways
	 * to say "7k2fq0ab", of this job. */
	const char *slash = strrchr(prefix, '/');
	const char *name = slash ? slash + 1 : prefix;
	const char *dash = strrchr(name, '-');
	const char *bare = dash ? dash + 1 : name;
	char *id = arena_strndup(arena, bare, strcspn(bare, "."));
	char *job =
	        arena_strndup(arena, name, dash ? (size_t)(dash - name) : 0);
	struct run_record *runs;
	size_t count;
	struct statement *rows = view_query(
	        view,
	        RUN_COLUMNS "where substr(id, 1, ?2) = ?1 and ?3 in ('', job) "
	                    "order by seq",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, id);
	statement_bind_int(rows, 2, (int64_t)strlen(id));
	statement_bind_text(rows, 3, job);
	struct question question = about_runs(view, arena, rows);
	if (ask_all(&question, &runs, &count, err) < 0)
		return -1;
	if (!*id || count == 0) {
		error_set(err, ERR_MISSING, "there is no run \"%s\"", prefix);
		return error_hint(err, "\"reeve status\" lists the runs.");
	}
	if (count > 1)
		return too_many(view, arena, runs, count, prefix, err);
	*ret = runs[0];
	return 0;
}

/* ---- Steps --------------------------------------------------------------- */

void view_read_step(struct arena *arena, struct statement *row, void *record)
{
	struct step_record *step = record;

	step->step = read_text(arena, row, 0);
	step->item = read_text(arena, row, 1);
	step->kind = read_text(arena, row, 2);
	if (!step_state_from_name(statement_text(row, 3), &step->state))
		step->state = STEP_VOID;
	step->key = read_text(arena, row, 4);
	step->event = read_text(arena, row, 5);
	step->place.commit = read_oid(row, 6);
	step->place.parent = read_oid(row, 7);
	step->place.line = (unsigned)statement_int(row, 8);
	step->output = read_json(arena, row, 9);
	step->at = statement_int(row, 10);
	step->reason = read_text(arena, row, 11);
	step->wake_at = statement_int(row, 12);
	step->attempt = statement_int(row, 13);
	step->ingredients = read_text(arena, row, 14);
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
	        "parent_id, line, output, at, reason, wake_at, attempt, null "
	        "from step where run = ?1 and item <> '*' order by n, item",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, run);
	struct question question = about_steps(view, arena, rows);
	return ask_all(&question, ret, ret_count, err);
}

int view_latest(struct view *view, struct arena *arena, const char *job,
                const char *id, const char *item, struct step_record *ret,
                struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select s.step, s.item, s.kind, s.state, s.key, s.event, "
	        "s.commit_id, s.parent_id, s.line, s.output, s.at, s.reason, "
	        "0, 0 from run r join step s on s.run = r.id and s.step = ?2 "
	        "and s.item = ?3 where r.job = ?1 and "
	        "s.state in ('done', 'reused') and s.event is not null "
	        "order by r.seq desc limit 1",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, job);
	statement_bind_text(rows, 2, id);
	statement_bind_text(rows, 3, item);
	struct question question = about_steps(view, arena, rows);
	return ask_one(&question, ret, err);
}

int view_wake(struct view *view, int64_t *ret, struct error *err)
{
	struct statement *row = view_query(
	        view, "select min(wake_at) from step where wake_at > 0", err);

	if (!row)
		return -1;
	int found = statement_step(row, err);
	*ret = found > 0 ? statement_int(row, 0) : 0;
	statement_reset(row);
	return found < 0 ? -1 : *ret > 0;
}

/* ---- Drafts -------------------------------------------------------------- */

static const char *const draft_names[] = {
	[DRAFT_OPEN] = "open",
	[DRAFT_MERGED] = "merged",
	[DRAFT_REJECTED] = "rejected",
};

const char *draft_state_name(enum draft_state state)
{
	return draft_names[state];
}

static void read_draft(struct arena *arena, struct statement *row, void *record)
{
	struct draft_record *draft = record;
	const char *state = statement_text(row, 3);

	draft->run = read_text(arena, row, 0);
	draft->n = statement_int(row, 1);
	draft->step = read_text(arena, row, 2);
	for (size_t i = 0; i < ARRAY_LEN(draft_names); i++)
		if (text_equal(draft_names[i], state))
			draft->state = (enum draft_state)i;
	draft->title = read_text(arena, row, 4);
	draft->priority = read_text(arena, row, 5);
	draft->due_at = statement_int(row, 6);
	draft->branch = read_text(arena, row, 7);
	draft->slip = read_text(arena, row, 8);
	draft->base = read_oid(row, 9);
	draft->tip = read_oid(row, 10);
	draft->revision = statement_int(row, 11);
	draft->opened_at = statement_int(row, 12);
	draft->decided_at = statement_int(row, 13);
	draft->commit = read_oid(row, 14);
	draft->author = read_text(arena, row, 15);
	draft->effects = read_json(arena, row, 16);
	draft->item = read_text(arena, row, 17);
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
	return ask_all(&question, ret, ret_count, err);
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
	return ask_all(&question, ret, ret_count, err);
}

static void read_artifact(struct arena *arena, struct statement *row,
                          void *record)
{
	struct artifact_record *artifact = record;

	artifact->run = read_text(arena, row, 0);
	artifact->n = statement_int(row, 1);
	artifact->step = read_text(arena, row, 2);
	artifact->path = read_text(arena, row, 3);
	artifact->drafted = read_oid(row, 4);
	artifact->merged = read_oid(row, 5);
	artifact->item = read_text(arena, row, 6);
	artifact->field = read_text(arena, row, 7);
}

#define ARTIFACT_COLUMNS                                                       \
	"select run, n, step, path, drafted, merged, item, field "             \
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
	return ask_all(&question, ret, ret_count, err);
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
	return ask_all(&question, ret, ret_count, err);
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

/* ---- Effects, events, numbers -------------------------------------------- */

static void read_effect(struct arena *arena, struct statement *row,
                        void *record)
{
	struct effect_record *effect = record;

	effect->key = read_text(arena, row, 0);
	effect->run = read_text(arena, row, 1);
	effect->step = read_text(arena, row, 2);
	effect->item = read_text(arena, row, 3);
	effect->effect = read_text(arena, row, 4);
	effect->state = read_text(arena, row, 5);
	effect->payload = read_json(arena, row, 6);
	effect->result = read_json(arena, row, 7);
	effect->intended_at = statement_int(row, 8);
}

#define EFFECT_COLUMNS                                                         \
	"select key, run, step, item, effect, state, payload, result, "        \
	"intended_at from effect "

int view_effect(struct view *view, struct arena *arena, const char *key,
                struct effect_record *ret, struct error *err)
{
	struct statement *rows =
	        view_query(view, EFFECT_COLUMNS "where key = ?1", err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, key);
	struct question question = { view, arena, rows,
		                     sizeof(struct effect_record),
		                     read_effect };
	return ask_one(&question, ret, err);
}

static void read_effect_count(struct arena *arena, struct statement *row,
                              void *record)
{
	struct effect_count *count = record;

	count->effect = read_text(arena, row, 0);
	count->count = statement_int(row, 1);
}

int view_effects_since(struct view *view, struct arena *arena, const char *job,
                       int64_t since_ms, struct effect_count **ret,
                       size_t *ret_count, struct error *err)
{
	struct statement *rows =
	        view_query(view,
	                   "select e.effect, count(*) from effect e join run r "
	                   "on r.id = e.run where e.intended_at >= ?1 and "
	                   "e.state <> 'failed' and (?2 is null or r.job = ?2) "
	                   "group by e.effect",
	                   err);

	if (!rows)
		return -1;
	statement_bind_int(rows, 1, since_ms);
	statement_bind_text(rows, 2, job);
	struct question question = { view, arena, rows,
		                     sizeof(struct effect_count),
		                     read_effect_count };
	return ask_all(&question, ret, ret_count, err);
}

int view_effects_of(struct view *view, const char *run, const char *effect,
                    const char *steps, const char *item, int64_t *ret,
                    struct error *err)
{
	struct statement *row = view_query(
	        view,
	        "select count(*) from effect where run = ?1 and effect = ?2 "
	        "and state <> 'failed' and "
	        "substr(step, 1, length(?3)) = ?3 and (?4 = '' or item = ?4 "
	        "or substr(item, 1, length(?4) + 1) = ?4 || '/')",
	        err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, run);
	statement_bind_text(row, 2, effect);
	statement_bind_text(row, 3, steps);
	statement_bind_text(row, 4, item);
	int found = statement_step(row, err);
	if (found > 0)
		*ret = statement_int(row, 0);
	statement_reset(row);
	return found < 0 ? -1 : 0;
}

int view_effects_in_doubt(struct view *view, struct arena *arena,
                          struct effect_record **ret, size_t *ret_count,
                          struct error *err)
{
	struct statement *rows =
	        view_query(view,
	                   EFFECT_COLUMNS "where state = 'intended' "
	                                  "order by intended_at, key",
	                   err);

	if (!rows)
		return -1;
	struct question question = { view, arena, rows,
		                     sizeof(struct effect_record),
		                     read_effect };
	return ask_all(&question, ret, ret_count, err);
}

static void read_once(struct arena *arena, struct statement *row, void *record)
{
	struct once_record *once = record;

	once->key = read_text(arena, row, 0);
	once->run = read_text(arena, row, 1);
	once->step = read_text(arena, row, 2);
	once->item = read_text(arena, row, 3);
	once->done = statement_int(row, 4) != 0;
	once->output = read_json(arena, row, 5);
}

int view_once(struct view *view, struct arena *arena, const char *effect,
              const char *occasion, struct once_record *ret, struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select once.key, run, step, item, done, output from once "
	        "left join step using (run, step, item) "
	        "where effect = ?1 and occasion = ?2",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, effect);
	statement_bind_text(rows, 2, occasion);
	struct question question = { view, arena, rows,
		                     sizeof(struct once_record), read_once };
	return ask_one(&question, ret, err);
}

static void read_emitted(struct arena *arena, struct statement *row,
                         void *record)
{
	struct emitted_record *emitted = record;

	emitted->seq = statement_int(row, 0);
	emitted->event = read_text(arena, row, 1);
	emitted->run = read_text(arena, row, 2);
	emitted->step = read_text(arena, row, 3);
	emitted->type = read_text(arena, row, 4);
	emitted->data = read_json(arena, row, 5);
	emitted->commit = read_oid(row, 6);
	emitted->at = statement_int(row, 7);
}

int view_emitted(struct view *view, struct arena *arena, int64_t seq,
                 struct emitted_record **ret, size_t *ret_count,
                 struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select seq, event, run, step, type, data, commit_id, "
	        "at from emitted where seq > ?1 order by seq",
	        err);

	if (!rows)
		return -1;
	statement_bind_int(rows, 1, seq);
	struct question question = { view, arena, rows,
		                     sizeof(struct emitted_record),
		                     read_emitted };
	return ask_all(&question, ret, ret_count, err);
}

int view_last_emitted(struct view *view, int64_t *ret, struct error *err)
{
	struct statement *row = view_query(
	        view, "select coalesce(max(seq), 0) from emitted", err);

	if (!row)
		return -1;
	int found = statement_step(row, err);
	*ret = found > 0 ? statement_int(row, 0) : 0;
	statement_reset(row);
	return found < 0 ? -1 : 0;
}

int view_heard(struct view *view, struct arena *arena,
               const struct listener *listener, struct emitted_record **ret,
               size_t *ret_count, struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select seq, event, run, step, type, data, commit_id, "
	        "at from emitted where (?4 is null or type = ?4) and seq > "
	        "case ?2 when '' then (select since from run where id = ?1) "
	        "else (select since from step where run = ?1 and step = ?2 "
	        "and item = ?3) end order by seq",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, listener->run);
	statement_bind_text(rows, 2, listener->step);
	statement_bind_text(rows, 3, listener->item);
	statement_bind_text(rows, 4, listener->type);
	struct question question = { view, arena, rows,
		                     sizeof(struct emitted_record),
		                     read_emitted };
	return ask_all(&question, ret, ret_count, err);
}

int view_number(struct view *view, const char *sequence,
                const struct number_holder *holder, int64_t *ret,
                struct error *err)
{
	struct statement *row =
	        view_query(view,
	                   "select number from number where sequence = ?1 and "
	                   "run = ?2 and step = ?3 and item = ?4",
	                   err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, sequence);
	statement_bind_text(row, 2, holder->run);
	statement_bind_text(row, 3, holder->step);
	statement_bind_text(row, 4, holder->item);
	int found = statement_step(row, err);
	if (found > 0)
		*ret = statement_int(row, 0);
	statement_reset(row);
	return found;
}

int view_number_next(struct view *view, const char *sequence, int64_t *ret,
                     struct error *err)
{
	struct statement *row =
	        view_query(view,
	                   "select min(n) from (select 1 as n union all "
	                   "select number + 1 from number where sequence = ?1) "
	                   "where n not in (select number from number "
	                   "where sequence = ?1)",
	                   err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, sequence);
	int found = statement_step(row, err);
	if (found > 0)
		*ret = statement_int(row, 0);
	statement_reset(row);
	return found < 0 ? -1 : 0;
}
