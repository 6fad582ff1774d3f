/*
 * What the files view_fold*.c share; nobody else includes it.
 *
 * view_fold.c has the table of handlers and what moves runs and steps;
 * view_fold_run.c, view_fold_draft.c and view_fold_effect.c have the handlers.
 */
#ifndef STORE_VIEW_FOLD_PRIVATE_H
#define STORE_VIEW_FOLD_PRIVATE_H

#include "store/event.h"
#include "store/journal.h"
#include "store/state.h"

struct statement;
struct view;

/* One event on its way into the view. */
struct fold {
	struct view *view;
	const struct event *event;
	const struct journal_place *place;
	const struct value *data;
	const char *run;
	const char *step;
	const char *item;
	struct arena *arena;
	struct error *err;
};

/* A text of the data, or NULL. */
const char *fold_text(const struct fold *fold, const char *name);
/* Bind `name` of the data as JSON (a stand-in stays one); NULL when absent. */
void fold_bind_json(const struct fold *fold, struct statement *row, int n,
                    const char *name);
void fold_bind_oid(const struct fold *fold, struct statement *row, int n,
                   const struct oid *oid);
/* The run, `step` and the item, as three parameters from `n` on. */
void fold_bind_step(const struct fold *fold, struct statement *row, int n,
                    const char *step);
struct statement *fold_query(struct fold *fold, const char *sql);
int fold_finish(struct fold *fold, struct statement *row);
/* Leave it out, and say why. */
int fold_void(struct fold *fold, const char *reason);
/* The state of the event's run: 1 and the state; 0 when there is no such run or
 * the event may not decide about it, -1. */
int fold_run_state(struct fold *fold, enum run_state *ret);
/* Move the run by `event`: 1, 0 when that cannot be (and was voided), -1. */
int fold_move_run(struct fold *fold, enum run_event event);
/* The same for the step `step`: its state and time alone. */
int fold_move_step(struct fold *fold, const char *step, enum step_event event);
/* Move the event's own step and describe it: 1, 0 when voided, -1. */
int fold_settle_step(struct fold *fold, enum step_event event,
                     const char *output);
/* The same without a look at its run. */
int fold_move_and_describe(struct fold *fold, enum step_event event,
                           const char *output);
/* 1, 0 and -1 of these as 0, 0 and -1. */
int fold_status(int moved);
/* What the event says of its own step: output, key, reason, and where. */
int fold_describe_step(struct fold *fold, const char *output);
/* A run that is over is nobody's. */
int fold_end_claim(struct fold *fold);
/* The steps that were reused since the run's last wall. */
int fold_reused(struct fold *fold);

/* The handlers. */
int fold_run_started(struct fold *fold);
int fold_run_finished(struct fold *fold);
int fold_run_retried(struct fold *fold);
int fold_run_claimed(struct fold *fold);
int fold_run_released(struct fold *fold);
int fold_run_rewound(struct fold *fold);
int fold_step_finished(struct fold *fold);
int fold_step_failed(struct fold *fold);
int fold_step_skipped(struct fold *fold);
int fold_step_slept(struct fold *fold);
int fold_gate_opened(struct fold *fold);
int fold_gate_approved(struct fold *fold);
int fold_gate_rejected(struct fold *fold);
int fold_draft_opened(struct fold *fold);
int fold_draft_merged(struct fold *fold);
int fold_draft_rejected(struct fold *fold);
int fold_effect_intended(struct fold *fold);
int fold_effect_done(struct fold *fold);
int fold_effect_failed(struct fold *fold);
int fold_effect_tried(struct fold *fold);
int fold_effect_resolved(struct fold *fold);
int fold_number_taken(struct fold *fold);
int fold_number_freed(struct fold *fold);
int fold_event_emitted(struct fold *fold);
int fold_trigger_released(struct fold *fold);
int fold_trigger_dropped(struct fold *fold);

#endif
