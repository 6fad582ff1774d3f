/*
 * What is asked about runs.
 */
#include <string.h>

#include "store/base/limits.h"
#include "store/view_private.h"

#define RUN_COLUMNS                                                            \
	"select id, job, title, state, epoch, cause, inputs, commit_id, tree," \
	" library, started_at, finished_at, reason, grp from run "

static void read_run(struct arena *arena, struct statement *row, void *record)
{
	struct run_record *run = record;

	run->id = view_read_text(arena, row, 0);
	run->job = view_read_text(arena, row, 1);
	run->title = view_read_text(arena, row, 2);
	if (!run_state_from_name(statement_text(row, 3), &run->state))
		run->state = RUN_FAILED;
	run->epoch = statement_int(row, 4);
	run->trigger = view_read_json(arena, row, 5);
	run->inputs = view_read_json(arena, row, 6);
	run->commit = view_read_oid(row, 7);
	run->tree = view_read_oid(row, 8);
	run->library = view_read_oid(row, 9);
	run->started_at = statement_int(row, 10);
	run->finished_at = statement_int(row, 11);
	run->reason = view_read_text(arena, row, 12);
	run->group = view_read_text(arena, row, 13);
}

static struct question about_runs(struct view *view, struct arena *arena,
                                  struct statement *rows)
{
	return (struct question){ view, arena, rows, sizeof(struct run_record),
		                  read_run };
}

int view_run_count(struct view *view, int64_t *ret, struct error *err)
{
	/* They are numbered from 1 and none is ever taken out. */
	struct statement *row =
	        view_query(view, "select coalesce(max(seq), 0) from run", err);

	return row ? view_ask_int(row, ret, err) : -1;
}

int view_runs_in(struct view *view, enum run_state state, int64_t *ret,
                 struct error *err)
{
	struct statement *row = view_query(
	        view, "select count(*) from run where state = ?1", err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, run_state_name(state));
	return view_ask_int(row, ret, err);
}

int view_failed_runs(struct view *view, struct arena *arena, int64_t since_ms,
                     struct run_record **ret, size_t *ret_count,
                     struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        RUN_COLUMNS "where state = 'failed' and finished_at > ?1 "
	                    "order by seq",
	        err);

	if (!rows)
		return -1;
	statement_bind_int(rows, 1, since_ms);
	struct question question = about_runs(view, arena, rows);
	return view_ask_all(&question, ret, ret_count, err);
}

#define NOT_OVER "state in ('open', 'waiting') "

int view_runs(struct view *view, struct arena *arena, enum run_filter filter,
              struct run_record **ret, size_t *ret_count, struct error *err)
{
	static const char *const questions[] = {
		[RUNS_ALL] = RUN_COLUMNS "order by seq",
		[RUNS_NOT_OVER] = RUN_COLUMNS "where " NOT_OVER "order by seq",
		[RUNS_RECENT] = RUN_COLUMNS "where " NOT_OVER
		                            "or seq in (select seq from run "
		                            "order by seq desc limit ?1) "
		                            "order by seq",
	};
	struct statement *rows = view_query(view, questions[filter], err);

	if (!rows)
		return -1;
	if (filter == RUNS_RECENT)
		statement_bind_int(rows, 1, VIEW_RECENT);
	struct question question = about_runs(view, arena, rows);
	return view_ask_all(&question, ret, ret_count, err);
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
	return view_ask_one(&question, ret, err);
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
	return view_ask_all(&question, ret, ret_count, err);
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
	        "or exists (select 1 from draft where draft.run = run.id "
	        "and draft.item <> '') "
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
	return view_ask_all(&question, ret, ret_count, err);
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
	return view_ask_text(arena, row, ret, err);
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
	*ret = 0;
	return view_ask_int(row, ret, err) < 0 ? -1 : 0;
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
	return view_ask_text(arena, row, ret, err);
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
	if (view_ask_all(&question, &runs, &count, err) < 0)
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
