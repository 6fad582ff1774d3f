/*
 * The view: what the journal says, folded into SQLite (.reeve/view.db).
 *
 * It holds nothing of its own. Every row comes from an event through the one
 * fold, live and on rebuild, so the file may be deleted at any time; a file
 * that is damaged, of another format or of another journal is moved aside and
 * folded anew. The journal commit that it stands at is stored in the same
 * transaction as the rows.
 *
 *	struct view *view = view_open(path, repo, &err);
 *	journal_follow(journal, view_sink(view), view_cursor(view));
 *	journal_catch_up(journal, &err);
 *	... view_runs(), view_steps(), ...
 *
 * Records live in the caller's arena. Times are milliseconds since 1970; 0
 * means not yet.
 */
#ifndef STORE_VIEW_H
#define STORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/breaker.h"
#include "store/journal.h"
#include "store/repo.h"
#include "store/state.h"

struct view;

void view_close(struct view *view);
void view_close_auto(struct view **view);
#define auto_view CLEANUP(view_close_auto)

/* Open or create. `repo` must outlive it. `*ret_moved` (may be NULL) says that
 * an unusable file was moved aside. */
struct view *view_open(const char *path, struct repo *repo, bool *ret_moved,
                       struct error *err) MUST_CHECK FREED_BY(view_close);

const struct journal_sink *view_sink(struct view *view);
const struct oid *view_cursor(struct view *view);
/* Forget everything and stand at the beginning: the next catch-up folds the
 * whole journal. */
int view_reset(struct view *view, struct error *err) MUST_CHECK;
/* Whether it was empty when it was opened. */
bool view_was_empty(const struct view *view);
/* How often this handle has begun anew because what others wrote came before
 * what it had folded: what was read before may not hold any more. */
size_t view_restarts(const struct view *view);
/* Only rehearse from here on: what is folded and noted is forgotten when the
 * view is closed. No other process can fold meanwhile. */
int view_rehearse(struct view *view, struct error *err) MUST_CHECK;
/* Look at every page: ERR_CORRUPT when one is damaged. */
int view_check(struct view *view, struct error *err) MUST_CHECK;
/* Events that the fold has voided: {state, event} pairs without a row. */
int64_t view_voided(struct view *view);

/* Local cursors of the collectors (derived, not folded: after a rebuild they
 * begin anew, which is safe because run ids are hashes). NULL: not set. */
const char *view_note(struct view *view, struct arena *arena, const char *name);
int view_set_note(struct view *view, const char *name, const char *text,
                  struct error *err) MUST_CHECK;

/* ---- Runs ---- */

struct run_record {
	const char *id;
	const char *job;
	const char *title;
	enum run_state state;
	int64_t epoch;
	const struct value *trigger; /* {kind, id, time, …} */
	const struct value *inputs;
	struct oid commit; /* the owner's tip that it is pinned to */
	struct oid tree;
	struct oid library;
	int64_t started_at;
	int64_t finished_at;
	const char *reason; /* of a failure or rejection, or NULL */
	const char *group;  /* whose runs come one after the other; or NULL */
};

enum run_filter {
	RUNS_ALL,
	RUNS_NOT_OVER,
	RUNS_RECENT, /* those that are not over, and the last VIEW_RECENT */
};

#define VIEW_RECENT 20

/* How many there are. */
int view_run_count(struct view *view, int64_t *ret,
                   struct error *err) MUST_CHECK;
/* How many are in `state`. */
int view_runs_in(struct view *view, enum run_state state, int64_t *ret,
                 struct error *err) MUST_CHECK;
/* Those that failed since then and were not tried again, by start. */
int view_failed_runs(struct view *view, struct arena *arena, int64_t since_ms,
                     struct run_record **ret, size_t *ret_count,
                     struct error *err) MUST_CHECK;
/* By start. */
int view_runs(struct view *view, struct arena *arena, enum run_filter filter,
              struct run_record **ret, size_t *ret_count,
              struct error *err) MUST_CHECK;
/* Those of `group` that are not over, by start; with `before` only those that
 * started before that run. */
int view_group_runs(struct view *view, struct arena *arena, const char *group,
                    const char *before, struct run_record **ret,
                    size_t *ret_count, struct error *err) MUST_CHECK;
/* The instant (RFC 3339) of the latest slot that a run of `job` was started
 * for: 1, 0 when there is none, -1. */
int view_last_slot(struct view *view, struct arena *arena, const char *job,
                   const char **ret, struct error *err) MUST_CHECK;
/* The place (emitted_record.seq) of the last event of `type` that a batch of
 * `job` took; 0: none did. */
int view_last_batch(struct view *view, const char *job, const char *type,
                    int64_t *ret, struct error *err) MUST_CHECK;
/* What was decided about the many runs of `job` that `commit` would start,
 * "released" or "dropped": 1, 0 when nothing was, -1. */
int view_flood(struct view *view, struct arena *arena, const char *job,
               const struct oid *commit, const char **ret,
               struct error *err) MUST_CHECK;
/* Those that are not over and of which something may be done at `now_ms`, by
 * start: all that do not rest, and of those that do the ones whose time has
 * come or that listen to an event that came since. */
int view_runs_due(struct view *view, struct arena *arena, int64_t now_ms,
                  struct run_record **ret, size_t *ret_count,
                  struct error *err) MUST_CHECK;
/* Nothing more can be done in the run, which has heard the events up to `seq`,
 * before it is due. As local as a note; any event about the run ends it. */
int view_set_rest(struct view *view, const char *run, int64_t seq,
                  struct error *err) MUST_CHECK;
/* 1, 0 when there is none, -1. */
int view_run(struct view *view, struct arena *arena, const char *id,
             struct run_record *ret, struct error *err) MUST_CHECK;
/* The run whose id begins with `prefix`, or whose draft branch it is.
 * ERR_MISSING, or ERR_USAGE when several do, naming them. */
int view_find_run(struct view *view, struct arena *arena, const char *prefix,
                  struct run_record *ret, struct error *err) MUST_CHECK;
/* The shortest prefix of at least 8 characters that no other run has. */
const char *view_short_id(struct view *view, struct arena *arena,
                          const char *id);

/* ---- Claims ---- */

/* With several machines a run is worked on by who holds its claim. */
struct claim_record {
	const char *run;
	const char *holder; /* the `source` of its events */
	const char *event;  /* the id of the claim */
	int64_t ttl_ms;
};

/* Who has `run`: 1, 0 when nobody has, -1. */
int view_claim(struct view *view, struct arena *arena, const char *run,
               struct claim_record *ret, struct error *err) MUST_CHECK;
/* All of them, by run. */
int view_claims(struct view *view, struct arena *arena,
                struct claim_record **ret, size_t *ret_count,
                struct error *err) MUST_CHECK;

/* ---- Steps ---- */

struct step_record {
	const char *step;
	const char *item; /* "" outside a fan-out */
	const char *kind;
	enum step_state state;
	const char *key;   /* content or effect key, or NULL */
	const char *event; /* the id of the event that settled it */
	struct journal_place place;
	const struct value *output; /* maybe a stand-in: journal_resolve() */
	int64_t at;
	int64_t wake_at; /* of one that sleeps: when at the latest; 0: never */
	int64_t attempt; /* tries that failed */
	const char *reason; /* of a failure, a skip, …; or NULL */
	struct oid tree;    /* of a wait: of the owner's tip at its end */
};

/* What is kept under a content key. */
struct result_record {
	const char *event; /* that holds it */
	/* The id that the canonical JSON of its ingredients has as a blob. */
	const char *ingredients;
	const struct value *output; /* maybe a stand-in: journal_resolve() */
	int64_t at;
};

/* In the order of the job, then of the items. */
int view_steps(struct view *view, struct arena *arena, const char *run,
               struct step_record **ret, size_t *ret_count,
               struct error *err) MUST_CHECK;
/* The result kept under a content key: 1, 0 when there is none, -1. Its output
 * is in `arena`, its texts are the view's until the next question. */
int view_result(struct view *view, struct arena *arena, const char *key,
                struct result_record *ret, struct error *err) MUST_CHECK;
/* The same as the step that computed it: its kind, its place. */
int view_result_step(struct view *view, struct arena *arena, const char *key,
                     struct step_record *ret, struct error *err) MUST_CHECK;

/* A step of a job, whichever the run. */
struct step_place {
	const char *job;
	const char *step;
	const char *item; /* "" outside a fan-out */
};

/* Its latest result: 1, 0 when it never had one, -1. */
int view_latest(struct view *view, struct arena *arena,
                const struct step_place *place, struct step_record *ret,
                struct error *err) MUST_CHECK;

/* The earliest time at which a step of a run that is not over wakes: 1, 0 when
 * none sleeps until a time, -1. */
int view_wake(struct view *view, int64_t *ret, struct error *err) MUST_CHECK;

/* ---- Drafts and gates ---- */

enum draft_state {
	DRAFT_OPEN,
	DRAFT_MERGED,
	DRAFT_REJECTED,
	DRAFT_WITHDRAWN, /* its gate is to open anew */
	DRAFT_LAPSED,    /* the same, after it was merged */
};

const char *draft_state_name(enum draft_state state);
/* Whether the owner's branch has its files. */
bool draft_was_merged(enum draft_state state);

struct draft_record {
	const char *run;
	int64_t n;
	const char *step; /* the gate, or NULL: nothing waits for it */
	const char *item; /* of the gate; "" outside of loops */
	enum draft_state state;
	const char *title;
	const char *priority; /* low normal high */
	int64_t due_at;
	const char *branch; /* reeve/draft/…; NULL with publish: merge */
	const char *slip;   /* path; NULL with publish: merge */
	struct oid base, tip;
	int64_t revision;
	int64_t opened_at, decided_at;
	struct oid commit;  /* that approved it */
	const char *author; /* of that commit */
	const struct value
	        *effects; /* maybe a stand-in: view_draft_effects() */
};

struct artifact_record {
	const char *run;
	int64_t n;
	const char *step;
	const char *item;
	const char *field; /* of the step's output; NULL: all of it */
	const char *path;
	struct oid drafted; /* zero: the draft deletes the file */
	struct oid merged;  /* zero: not merged (yet), or declined */
	bool lapsed;        /* its step was rewound since */
};

/* All drafts of `run`, or the open ones of all runs, by opening. */
int view_run_drafts(struct view *view, struct arena *arena, const char *run,
                    struct draft_record **ret, size_t *ret_count,
                    struct error *err) MUST_CHECK;
int view_open_drafts(struct view *view, struct arena *arena,
                     struct draft_record **ret, size_t *ret_count,
                     struct error *err) MUST_CHECK;
/* Those whose branch is `branch`, "reeve/draft/…". */
int view_branch_drafts(struct view *view, struct arena *arena,
                       const char *branch, struct draft_record **ret,
                       size_t *ret_count, struct error *err) MUST_CHECK;
/* What merging it releases, a list of {step, item, effect, says, of}. */
int view_draft_effects(struct view *view, struct arena *arena,
                       const struct draft_record *draft, struct value **ret,
                       struct error *err) MUST_CHECK;
/* Of `draft`, whose `run` and `n` are looked at. */
int view_artifacts(struct view *view, struct arena *arena,
                   const struct draft_record *draft,
                   struct artifact_record **ret, size_t *ret_count,
                   struct error *err) MUST_CHECK;
/* Those of the step `id` in runs of `job` that were merged, each path once,
 * with the last one. */
int view_artifacts_of(struct view *view, struct arena *arena, const char *job,
                      const char *id, struct artifact_record **ret,
                      size_t *ret_count, struct error *err) MUST_CHECK;
/* Every artifact that was ever drafted at `path`, latest first. */
int view_artifacts_at(struct view *view, struct arena *arena, const char *path,
                      struct artifact_record **ret, size_t *ret_count,
                      struct error *err) MUST_CHECK;
/* Whether a draft brought this content to this path: 1, 0, -1. */
int view_draft_brought(struct view *view, const char *path,
                       const struct oid *blob, struct error *err) MUST_CHECK;

/* ---- Effects, events, numbers ---- */

struct effect_record {
	const char *key;
	const char *run, *step, *item;
	const char *effect;
	const char *state;           /* intended, waiting, done, failed */
	const struct value *payload; /* maybe a stand-in */
	const struct value *result;  /* maybe a stand-in; or NULL */
	int64_t intended_at;
	int64_t begun_at;     /* when it was begun last; 0: never yet */
	int64_t tried_at;     /* when a try brought no result; 0: none did */
	int64_t attempts;     /* tries that came to nothing */
	const char *reason;   /* why the last one brought none; or NULL */
	const char *endpoint; /* whom it is sent to; or NULL */
	const char *source;   /* the engine that began it last */
};

/* How often the effects of each step of `run` were named by a rewind: a map of
 * step to integer, without those that never were. NULL with err. */
struct value *view_passes(struct view *view, struct arena *arena,
                          const char *run, struct error *err) MUST_CHECK;
int view_effect(struct view *view, struct arena *arena, const char *key,
                struct effect_record *ret, struct error *err) MUST_CHECK;

/* How many effects of each name were begun since `since_ms`, by runs of `job`
 * (NULL: of all jobs). Those that were refused do not count. */
struct effect_count {
	const char *effect;
	int64_t count;
};

int view_effects_since(struct view *view, struct arena *arena, const char *job,
                       int64_t since_ms, struct effect_count **ret,
                       size_t *ret_count, struct error *err) MUST_CHECK;
/* How many effects of that name `run` has begun, likewise; only those of steps
 * whose id begins with `steps` and of the item `item` or one within it ("": of
 * any). */
int view_effects_of(struct view *view, const char *run, const char *effect,
                    const char *steps, const char *item, int64_t *ret,
                    struct error *err) MUST_CHECK;
/* Intents without a result, oldest first. */
int view_effects_in_doubt(struct view *view, struct arena *arena,
                          struct effect_record **ret, size_t *ret_count,
                          struct error *err) MUST_CHECK;

/* The endpoints that failed last, by name; of `name` alone when it is not
 * NULL. */
struct endpoint_record {
	const char *name;
	struct breaker breaker;
};

int view_endpoints(struct view *view, struct arena *arena, const char *name,
                   struct endpoint_record **ret, size_t *ret_count,
                   struct error *err) MUST_CHECK;
/* When the effect at `endpoint` was begun behind which there were `later`
 * others: 1, 0 when there were not so many, -1. */
int view_begun_at(struct view *view, const char *endpoint, int64_t later,
                  int64_t *ret, struct error *err) MUST_CHECK;

/* Who took the occasion of an effect. */
struct once_record {
	const char *key; /* its effect key */
	const char *run, *step, *item;
	bool done;                  /* else nobody knows yet */
	int64_t at;                 /* when that step ended */
	const struct value *output; /* of that step; maybe a stand-in */
};

/* 1, 0 when nobody did, -1. */
int view_once(struct view *view, struct arena *arena, const char *effect,
              const char *occasion, struct once_record *ret,
              struct error *err) MUST_CHECK;

struct emitted_record {
	int64_t seq;       /* the order of the journal, from 1 */
	const char *event; /* id */
	const char *run, *step;
	const char *type;
	const struct value *data; /* maybe a stand-in */
	struct oid commit;        /* the owner's tip when it was emitted */
	int64_t at;
};

/* Domain events behind `seq`, oldest first. */
int view_emitted(struct view *view, struct arena *arena, int64_t seq,
                 struct emitted_record **ret, size_t *ret_count,
                 struct error *err) MUST_CHECK;

/* The place of the last of them; 0: there is none. */
int view_last_emitted(struct view *view, int64_t *ret,
                      struct error *err) MUST_CHECK;

/* Who listens: a step that sleeps, to what came since it lay down; or with
 * "" the run, to what came since it started. */
struct listener {
	const char *run;
	const char *step;
	const char *item;
	const char *type; /* of events; NULL: any */
};

/* What `listener` hears, oldest first. */
int view_heard(struct view *view, struct arena *arena,
               const struct listener *listener, struct emitted_record **ret,
               size_t *ret_count, struct error *err) MUST_CHECK;

struct number_holder {
	const char *run;
	const char *step;
	const char *item; /* "" for none */
};

/* The number of `sequence` that `holder` holds: 1, 0 when none, -1. */
int view_number(struct view *view, const char *sequence,
                const struct number_holder *holder, int64_t *ret,
                struct error *err) MUST_CHECK;

struct number_record {
	const char *sequence;
	int64_t number;
	bool used; /* its run had an effect in the world, or may have had */
};

/* The number that `holder` holds, and the one that somebody holds: 1, 0 when
 * there is none, -1. */
int view_number_of(struct view *view, struct arena *arena,
                   const struct number_holder *holder,
                   struct number_record *ret, struct error *err) MUST_CHECK;
int view_number_at(struct view *view, struct arena *arena, const char *sequence,
                   int64_t number, struct number_record *ret,
                   struct error *err) MUST_CHECK;
/* The smallest number of `sequence` from 1 that nobody holds. */
int view_number_next(struct view *view, const char *sequence, int64_t *ret,
                     struct error *err) MUST_CHECK;

#endif
