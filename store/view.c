/*
 * Opening the view, and keeping it at the journal.
 *
 * The file is used only when its application id, its format and its journal
 * fit; everything else (damage included) moves it aside to `view.db.broken`
 * and begins an empty one, which the next catch-up fills. Rows and the commit
 * they stand at are written in one transaction (view_end()).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/alloc.h"
#include "store/base/fault.h"
#include "store/base/fd.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/view_private.h"

#define VIEW_APPLICATION 0x72656576 /* "reev" */
#define VIEW_LOADING     0x7265656c /* "reel": not all is in it yet */
#define VIEW_FORMAT      15         /* raised when the tables change */

static const char schema[] =
        "create table note (name text primary key, text text) "
        "strict, without rowid;"
        "create table run (seq integer primary key, id text unique, job text,"
        " title text, state text, epoch integer, cause text, inputs text,"
        " commit_id text, tree text, library text, started_at integer,"
        " finished_at integer, reason text, grp text, since integer) strict;"
        "create table flood (job text, commit_id text, verdict text,"
        " primary key (job, commit_id)) strict, without rowid;"
        "create table step (run text, step text, item text, n integer,"
        " kind text, state text, key text, event text, commit_id text,"
        " parent_id text, line integer, output text, at integer default 0,"
        " wake_at integer default 0, attempt integer default 0,"
        " reason text, since integer, tree text,"
        " primary key (run, step, item)) strict, without rowid;"
        "create table claim (run text primary key, holder text, event text,"
        " ttl integer) strict, without rowid;"
        "create table listen (run text, step text, item text, type text,"
        " primary key (run, step, item, type)) strict, without rowid;"
        "create table rest (run text primary key, seq integer)"
        " strict, without rowid;"
        "create table result (seq integer primary key, key text unique,"
        " run text, step text, kind text, output text, event text,"
        " commit_id text, parent_id text, line integer, at integer,"
        " ingredients text) strict;"
        "create table draft (seq integer primary key, run text, n integer,"
        " step text, item text, state text, title text, priority text, due_at integer,"
        " branch text, slip text, base text, tip text, revision integer,"
        " opened_at integer, decided_at integer, commit_id text,"
        " author text, effects text, unique (run, n)) strict;"
        "create table artifact (seq integer primary key, run text,"
        " n integer, step text, item text, field text, path text,"
        " drafted text, merged text, lapsed integer default 0,"
        " unique (run, n, path)) strict;"
        "create table effect (key text primary key, run text, step text,"
        " item text, effect text, state text, payload text, result text,"
        " intended_at integer, settled_at integer, begun_at integer,"
        " endpoint text, attempts integer default 0, tried_at integer,"
        " reason text, source text) strict, without rowid;"
        "create index effect_run on effect (run);"
        "create table once (effect text, occasion text, key text unique,"
        " run text, step text, item text, done integer,"
        " primary key (effect, occasion)) strict, without rowid;"
        "create table endpoint (name text primary key, failures integer,"
        " since integer, probe_at integer, trips integer)"
        " strict, without rowid;"
        "create table emitted (seq integer primary key, event text unique,"
        " run text, step text, type text, data text, commit_id text,"
        " at integer) strict;"
        "create table number (sequence text, number integer, run text,"
        " step text, item text, primary key (sequence, number),"
        " unique (sequence, run, step, item)) strict;"
        "create table pass (run text, step text, pass integer,"
        " primary key (run, step)) strict, without rowid;"
        "create table voided (commit_id text, line integer, type text,"
        " reason text) strict;";

/* What the fold itself does not look for: made when everything is loaded. */
static const char indexes[] =
        "create index run_state on run (state, finished_at);"
        "create index run_job on run (job);"
        "create index run_group on run (grp) where grp is not null;"
        "create index step_wake on step (wake_at) where wake_at > 0;"
        "create index step_sleeping on step (run) where state = 'sleeping';"
        "create index draft_state on draft (state);"
        "create index artifact_path on artifact (path);"
        "create index effect_at on effect (intended_at);"
        "create index effect_endpoint on effect (endpoint, begun_at)"
        " where endpoint is not null;"
        "create index effect_doubt on effect (state) where state = 'intended';"
        "create index emitted_type on emitted (type);";

static const char no_indexes[] = "drop index run_state;"
                                 "drop index run_job;"
                                 "drop index run_group;"
                                 "drop index step_wake;"
                                 "drop index step_sleeping;"
                                 "drop index draft_state;"
                                 "drop index artifact_path;"
                                 "drop index effect_at;"
                                 "drop index effect_endpoint;"
                                 "drop index effect_doubt;"
                                 "drop index emitted_type;";

/* ---- Opening ------------------------------------------------------------- */

struct statement *view_query(struct view *view, const char *sql,
                             struct error *err)
{
	for (size_t i = 0; i < view->query_count; i++) {
		if (view->queries[i].sql != sql)
			continue;
		statement_reset(view->queries[i].statement);
		return view->queries[i].statement;
	}
	struct statement *statement = db_prepare(view->db, sql, err);
	if (!statement)
		return NULL;
	view->queries = mem_grow(view->queries, view->query_count,
	                         sizeof(*view->queries));
	view->queries[view->query_count++] = (struct view_query){
		.sql = sql,
		.statement = statement,
	};
	return statement;
}

static void close_db(struct view *view)
{
	view_forget_near(view);
	view_forget_run_now(view);
	for (size_t i = 0; i < view->query_count; i++)
		statement_free(view->queries[i].statement);
	free(view->queries);
	view->queries = NULL;
	view->query_count = 0;
	db_close(view->db);
	view->db = NULL;
}

/* `view.db` and its write-ahead log, out of the way. */
static int move_aside(struct view *view, struct error *err)
{
	static const char *const endings[] = { "", "-wal", "-shm" };

	close_db(view);
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		auto_free char *from =
		        mem_printf("%s%s", view->path, endings[i]);
		auto_free char *to =
		        mem_printf("%s.broken%s", view->path, endings[i]);
		if (!file_exists(from))
			continue;
		if (dir_remove(to, err) < 0)
			return -1;
		if (file_move(from, to, err) < 0)
			return -1;
		FAULT("view.aside");
	}
	return 0;
}

void view_close(struct view *view)
{
	auto_error struct error ignored = { 0 };

	if (!view)
		return;
	/* The next command finds none, and makes it anew. */
	if (view->db && db_is_damaged(view->db))
		(void)move_aside(view, &ignored);
	close_db(view);
	free(view->path);
	free(view);
}

void view_close_auto(struct view **view)
{
	view_close(*view);
}

/* Everything is in it: now it may be found so. */
static int end_loading(struct view *view, struct error *err)
{
	auto_free char *mark =
	        mem_printf("pragma application_id = %d", VIEW_APPLICATION);

	if (db_run(view->db, indexes, err) < 0 ||
	    db_commit(view->db, err) < 0 || db_load_end(view->db, err) < 0)
		return -1;
	view->is_loading = false;
	return db_run(view->db, mark, err);
}

static int view_end(void *state, const struct oid *tip, struct error *err)
{
	struct view *view = state;
	char text[OID_TEXT_BYTES];

	oid_to_text(tip, text);
	if (view_set_note(view, "cursor", text, err) < 0 ||
	    FAULT_FAILS("fold.rows", err))
		return -1;
	if (view->is_loading) {
		if (end_loading(view, err) < 0)
			return -1;
	} else if (!view->rehearsing && db_commit(view->db, err) < 0) {
		return -1;
	}
	FAULT("fold.committed");
	view->cursor = *tip;
	return 0;
}

/* In an empty file, unless another process was quicker. */
static int create_tables(struct view *view, struct error *err)
{
	auto_free char *marks = mem_printf("pragma application_id = %d;"
	                                   "pragma user_version = %d;",
	                                   VIEW_APPLICATION, VIEW_FORMAT);
	int64_t format;

	if (db_begin(view->db, err) < 0 ||
	    db_pragma_int(view->db, "user_version", &format, err) < 0)
		return -1;
	if (format == 0 && (db_run(view->db, schema, err) < 0 ||
	                    db_run(view->db, indexes, err) < 0 ||
	                    db_run(view->db, marks, err) < 0))
		return -1;
	return db_commit(view->db, err);
}

/* Where the stored rows stand; zero in an empty view. A commit that this
 * repository does not have is another journal's: ERR_CORRUPT. */
static int read_cursor(struct view *view, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *text = view_note(view, &arena, "cursor");

	memset(&view->cursor, 0, sizeof(view->cursor));
	if (text && (!oid_from_text(text, &view->cursor) ||
	             !repo_object_exists(view->repo, &view->cursor)))
		return error_set(err, ERR_CORRUPT,
		                 "the view is of another journal");
	return 0;
}

/* One catch-up is one transaction. Another process may have folded since we
 * looked last: what counts is the cursor that stands beside the rows. */
static int view_begin(void *state, struct oid *ret_cursor, struct error *err)
{
	struct view *view = state;

	view_forget_run_now(view);
	if (!view->rehearsing && db_begin(view->db, err) < 0)
		return -1;
	if (read_cursor(view, err) < 0) {
		db_rollback(view->db);
		return -1;
	}
	*ret_cursor = view->cursor;
	return 0;
}

/* Very many events follow. An empty file is filled without a log, and is marked
 * as unfinished meanwhile: when we die it is folded anew. */
static int view_many(void *state, struct error *err)
{
	struct view *view = state;
	auto_free char *mark =
	        mem_printf("pragma application_id = %d", VIEW_LOADING);

	if (view->rehearsing || view->restarts > 0 ||
	    !oid_is_zero(&view->cursor))
		return 0;
	if (db_run(view->db, mark, err) < 0 || db_commit(view->db, err) < 0)
		return -1;
	view->is_loading = true;
	FAULT("fold.loading");
	if (db_load_begin(view->db, err) < 0 || db_begin(view->db, err) < 0)
		return -1;
	return db_run(view->db, no_indexes, err);
}

/* What is in it is of a line that the journal has no longer. */
static int view_anew(void *state, struct error *err)
{
	struct view *view = state;

	view_forget_near(view);
	view_forget_run_now(view);
	if (view->rehearsing)
		return error_set(err, ERR_STATE,
		                 "the journal was rewritten meanwhile");
	db_rollback(view->db);
	memset(&view->cursor, 0, sizeof(view->cursor));
	view->restarts++;
	return view_reset(view, err) < 0 ? -1 : db_begin(view->db, err);
}

int view_rehearse(struct view *view, struct error *err)
{
	if (db_begin(view->db, err) < 0)
		return -1;
	view->rehearsing = true;
	return 0;
}

static void view_abandon(void *state)
{
	struct view *view = state;

	view_forget_near(view);
	view_forget_run_now(view);
	db_rollback(view->db);
}

bool view_was_empty(const struct view *view)
{
	return view->was_empty;
}

size_t view_restarts(const struct view *view)
{
	return view->restarts;
}

/* Damage in a small file is found when it is opened, before anything is said;
 * in a large one when it is met, which costs that command. */
#define SMALL_BYTES (4 << 20)

/* A process that was killed leaves its log; then every page is looked at. */
int view_check(struct view *view, struct error *err)
{
	auto_statement struct statement *row =
	        db_prepare(view->db, "pragma quick_check(1)", err);

	if (!row || statement_step(row, err) < 0)
		return -1;
	if (!text_equal(statement_text(row, 0), "ok"))
		return error_set(err, ERR_CORRUPT, "the view is damaged");
	return 0;
}

/* Open what is at the path, or make it. ERR_CORRUPT when it is not ours. */
static int open_db(struct view *view, struct error *err)
{
	auto_free char *log = mem_printf("%s-wal", view->path);
	bool suspect = file_exists(log);
	struct stat status;
	int64_t application;
	int64_t format;

	if (stat(view->path, &status) == 0) {
		if (!S_ISREG(status.st_mode))
			return error_set(err, ERR_CORRUPT,
			                 "the view is no file");
		suspect |= status.st_size > 0 && status.st_size <= SMALL_BYTES;
	}
	view->db = db_open(view->path, err);
	if (!view->db || (suspect && view_check(view, err) < 0) ||
	    db_pragma_int(view->db, "application_id", &application, err) < 0 ||
	    db_pragma_int(view->db, "user_version", &format, err) < 0)
		return -1;
	if (application == 0 && format == 0) {
		if (create_tables(view, err) < 0)
			return -1;
	} else if (application != VIEW_APPLICATION || format != VIEW_FORMAT) {
		return error_set(err, ERR_CORRUPT,
		                 "the view has another format");
	}
	return read_cursor(view, err);
}

struct view *view_open(const char *path, struct repo *repo, bool *ret_moved,
                       struct error *err)
{
	auto_view struct view *view = mem_zalloc(1, sizeof(*view));
	auto_error struct error reason = { 0 };

	view->repo = repo;
	view->path = mem_strdup(path);
	view->sink = (struct journal_sink){
		.begin = view_begin,
		.event = view_apply,
		.end = view_end,
		.abandon = view_abandon,
		.anew = view_anew,
		.many = view_many,
		.state = view,
	};
	if (ret_moved)
		*ret_moved = false;
	if (open_db(view, &reason) == 0) {
		view->was_empty = oid_is_zero(&view->cursor);
		return steal(&view);
	}
	if (reason.code != ERR_CORRUPT) {
		error_move(err, &reason);
		return NULL;
	}
	if (move_aside(view, err) < 0 || open_db(view, err) < 0)
		return NULL;
	view->was_empty = true;
	if (ret_moved)
		*ret_moved = true;
	return steal(&view);
}

int view_reset(struct view *view, struct error *err)
{
	static const char *const endings[] = { "", "-wal", "-shm" };

	close_db(view);
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		auto_free char *path =
		        mem_printf("%s%s", view->path, endings[i]);
		if (dir_remove(path, err) < 0)
			return -1;
		FAULT("view.removed");
	}
	return open_db(view, err);
}

const struct journal_sink *view_sink(struct view *view)
{
	return &view->sink;
}

const struct oid *view_cursor(struct view *view)
{
	return &view->cursor;
}
