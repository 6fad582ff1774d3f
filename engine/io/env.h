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
struct http;
struct loop;
struct secrets;

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
	struct http *http;           /* and what asks servers; or NULL */
	struct secrets *secrets;     /* what it may tell them */
	bool trying;                 /* nothing leaves: files are written */
	/* MAY: env_ready() and env_confirm(), with a remote (cycle/sync.h). */
	int (*ready)(void *state, struct error *err);
	int (*confirm)(void *state, const char *run, int64_t deadline_ms,
	               struct error *err);
	void *sharing; /* their state */
};

/* Everything that was added to the journal is durable and folded when this
 * returns 0. `subject` is for people. */
int env_barrier(struct env *env, const char *subject,
                struct error *err) MUST_CHECK;

/* Before an effect is intended: 0 when it may begin as soon as its intent is
 * durable; ERR_AWAY when the remote cannot be asked now, so that it must wait
 * for a later tick. Without a remote always 0. */
int env_ready(struct env *env, struct error *err) MUST_CHECK;

/* Between an intent's env_barrier() and the sending: 0 when the effect may
 * begin and take up to `deadline_ms`. With a remote the journal, and the intent
 * with it, was accepted there, and `run` is this engine's for long enough; what
 * others wrote may have been folded meanwhile, so look at the intent again.
 * ERR_AWAY: nothing may begin; the effect has certainly not begun, and a later
 * tick goes on with its intent. Without a remote always 0. */
int env_confirm(struct env *env, const char *run, int64_t deadline_ms,
                struct error *err) MUST_CHECK;

/* The memory index, opened for one use; close with memory_close(). */
struct memory *env_memory(struct env *env, struct error *err) MUST_CHECK;

/* "2026-11-22": the day of `wall_ms` in the workspace's zone, in `arena`. */
const char *env_day(const struct env *env, struct arena *arena,
                    int64_t wall_ms);

#endif
