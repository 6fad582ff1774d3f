/*
 * The engine: a workspace opened for work, and what the phases of a tick share.
 *
 *	struct engine *engine = engine_open(dir, &err);
 *	tick(engine, &options, &report, &err);     (tick.h)
 *	engine_close(engine);
 *
 * Opening finds the repository, opens journal and view and catches up, so that
 * every reading command sees the present. It takes no lock.
 */
#ifndef CYCLE_ENGINE_H
#define CYCLE_ENGINE_H

#include <stdbool.h>

#include "engine/io/env.h"
#include "engine/job/job_cache.h"
#include "engine/job/language.h"
#include "engine/job/workspace.h"
#include "store/base/clock.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/files.h"
#include "store/view.h"

struct past;
struct sharing;

struct engine {
	struct env env;
	struct repo *repo;
	struct journal *journal;
	struct view *view;
	struct clock clock;
	struct clock_state clock_state;
	struct language language;
	const char *source;      /* whose events are these: /reeve/<host> */
	const char *holder;      /* the same, with several machines unique */
	struct sharing *sharing; /* with other machines (sync.h); or NULL */
	const char *branch;      /* the owner's, short: "main" */
	const char *branch_ref;  /* "refs/heads/main" */
	char *lock_dir;          /* $GIT_COMMON_DIR/reeve */
	char *state_dir;         /* .reeve */
	struct job_cache *job_cache;
	struct oid library; /* the built-in library as a tree; zero: not yet */
	struct arena arena; /* for the engine's life */
	/* The owner's branch as it was last looked at. */
	struct oid tip; /* commit; zero: no commit yet */
	/* The branch here; `tip` may be the remote's, which is ahead of it. */
	struct oid own_tip;
	struct oid tip_tree;
	struct files *tip_files;
	struct workspace *tip_workspace;
	const struct job **proved; /* of its jobs, those that check passes */
	size_t proved_count;
	/* Jobs of trees that were looked at (past.h), for the engine's life. */
	struct arena past_arena;
	struct past **pasts;
	size_t past_count;
	bool offline;    /* the remote is not asked */
	bool view_moved; /* the view was unusable and moved aside */
	bool rehearsing;
};

void engine_close(struct engine *engine);
void engine_close_auto(struct engine **engine);
#define auto_engine CLEANUP(engine_close_auto)

/* Who writes to the journal on this machine, in `arena`. */
const char *engine_source(struct arena *arena);

/* Open the workspace that holds `dir`. ERR_STATE when it is no repository,
 * bare, or has no journal, with what to do as the hint. */
struct engine *engine_open(const char *dir, struct error *err) MUST_CHECK
        FREED_BY(engine_close);

/* Only rehearse from here on: what is written to journal, view and references
 * is seen by this engine and forgotten when it is closed. */
int engine_rehearse(struct engine *engine, struct error *err) MUST_CHECK;

/* Look at the owner's branch, here or where the remote's is ahead: fills tip,
 * tip_tree, tip_files, tip_workspace. ERR_STATE while it has no commit. Cheap
 * when nothing has moved; when it has, what came from the tip before is gone:
 * whoever holds on to a job or to the configuration does not look meanwhile. */
int engine_look(struct engine *engine, struct error *err) MUST_CHECK;

/* What is wrong with `job`, one of the tip's workspace, on its own and with the
 * files that it needs: the first of its errors. Looked at once for each tip. */
int engine_prove(struct engine *engine, const struct job *job,
                 struct error *err) MUST_CHECK;

/* reeve.yaml at the owner's tip, parsed. The first of its errors otherwise. */
const struct config *engine_config(struct engine *engine,
                                   struct error *err) MUST_CHECK;
/* The same as it was when the tip was last looked at: for what is no effect. */
const struct config *engine_config_seen(struct engine *engine,
                                        struct error *err) MUST_CHECK;

/* The files of `tree` with the library `library` laid under them; zero means
 * the built-in one. Free with files_free(). */
struct files *engine_files(struct engine *engine, const struct oid *tree,
                           const struct oid *library,
                           struct error *err) MUST_CHECK;

/* What `files` say, with jobs that were parsed before taken from .reeve/jobs.
 * Both engine and `files` must outlive it. */
struct workspace *engine_workspace(struct engine *engine,
                                   struct files *files) MUST_CHECK
        FREED_BY(workspace_free);

/* Write the built-in library into the repository and return its tree. */
int engine_library(struct engine *engine, struct oid *ret,
                   struct error *err) MUST_CHECK;

/* The working tree's files over the built-in library; writes nothing. `arena`
 * must outlive the result. */
struct files *engine_work_files(struct arena *arena,
                                const char *work_dir) MUST_CHECK;

/* The words of a job: kinds and effects. */
struct language engine_language(void);

/* "7k2fq0ab": the run as people see it, in `arena`. */
const char *engine_short(struct engine *engine, struct arena *arena,
                         const char *run);

#endif
