/*
 * What the rooms of the engine share while a command runs: the open stores,
 * time and chance, and the barrier. `cmd/` fills it in once, through
 * engine_open(); lower rooms call up only through it.
 */
#ifndef IO_ENV_H
#define IO_ENV_H

#include "engine/job/expr.h"
#include "store/base/clock.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/journal.h"
#include "store/memory.h"
#include "store/repo.h"
#include "store/view.h"

struct checkouts;
struct loop;

struct env {
	struct repo *repo;
	struct journal *journal;
	struct view *view;
	const struct clock *clock;
	const struct journal_root *root;
	const char *work_dir;        /* the working tree */
	const char *state_dir;       /* .reeve in it */
	const char *timezone;        /* of the owner's current tip */
	struct expr_engine *engine;  /* where expressions are evaluated */
	struct loop *loop;           /* where programs run */
	struct checkouts *checkouts; /* and what they run in */
};

/* Everything that was added to the journal is durable and folded when this
 * returns 0. `subject` is for people. */
int env_barrier(struct env *env, const char *subject,
                struct error *err) MUST_CHECK;

/* The memory index, opened for one use; close with memory_close(). */
struct memory *env_memory(struct env *env, struct error *err) MUST_CHECK;

/* "2026-11-22": the day of `wall_ms` in the workspace's zone, in `arena`. */
const char *env_day(const struct env *env, struct arena *arena,
                    int64_t wall_ms);

#endif
