/*
 * `end_on`: events that end a run, since it started. They are looked for when
 * the run is taken up, at each of its walls and before each of its effects; so
 * what came while it was drafting, waiting or in review ends it, and nothing
 * leaves behind such an event.
 */
#include "engine/cycle/cancel.h"
#include "engine/cycle/execute.h"
#include "engine/cycle/hear.h"

static struct hearing hearing_of(const struct live_run *run,
                                 const struct ending *ending)
{
	const struct step *step =
	        ending->answers
	                ? job_step_from(run->job, STEP_NONE, ending->answers)
	                : NULL;

	return (struct hearing){
		.type = ending->event_type,
		.where = ending->where,
		.answers = step ? live_find(run, run->root, step->index) : NULL,
	};
}

/* The first of the job's endings that has come: 1, 0, -1. */
static int find(struct tick *tick, struct live_run *run,
                const struct ending **ret, struct heard *ret_heard,
                struct error *err)
{
	for (size_t i = 0; i < run->job->ending_count; i++) {
		const struct hearing hearing =
		        hearing_of(run, &run->job->endings[i]);
		int came = hear(tick, run, &hearing, ret_heard, err);
		if (came == 0)
			continue;
		*ret = &run->job->endings[i];
		return came;
	}
	return 0;
}

static void tell_ended(struct tick *tick, const struct live_run *run,
                       const char *reason)
{
	struct note note = {
		.kind = NOTE_FINISHED,
		.run = run->name,
		.state = run_state_name(RUN_CANCELLED),
		.text = reason,
	};

	tick_tell(tick, &note);
	tick->changes++;
}

/* Of an ending with `undo: true`: what came of that. Nothing to take back is
 * no news. */
static void tell_undo(struct tick *tick, struct live_run *run,
                      struct cancel_undo *undo)
{
	const struct run_record *record = &undo->undone.run;
	struct note problem = {
		.kind = NOTE_PROBLEM,
		.run = run->name,
		.problem = &undo->problem,
	};

	if (undo->problem.code != ERR_NONE) {
		error_wrap(&undo->problem, "it ended and is not undone");
		tick_tell(tick, &problem);
		tick->problems++;
	} else if (undo->outcome == UNDO_STARTED) {
		struct note started = {
			.kind = NOTE_STARTED,
			.run = arena_printf(&run->arena, "%s %s", record->job,
			                    engine_short(run->engine,
			                                 &run->arena,
			                                 record->id)),
			.text = run->name,
		};
		tick_tell(tick, &started);
	}
}

/* The run is over, and nothing more of it begins. */
static int end(struct tick *tick, struct live_run *run,
               const struct ending *ending, const char *reason,
               struct error *err)
{
	struct cancel_undo undo = { .arena = &run->arena };

	run->ended = true;
	run->ready_head = run->ready_count = run->sleeping = 0;
	int status = run_cancel(run->engine, &run->record, reason,
	                        ending->undo ? &undo : NULL, err);
	if (status >= 0) {
		tell_ended(tick, run, reason);
		tell_undo(tick, run, &undo);
	}
	error_clear(&undo.problem);
	return status < 0 ? -1 : 1;
}

int ending_look(struct tick *tick, struct live_run *run, struct error *err)
{
	const struct ending *ending = NULL;
	struct heard heard;

	if (run->job->ending_count == 0)
		return 0;
	if (journal_catch_up(run->engine->journal, err) < 0)
		return -1;
	int came = find(tick, run, &ending, &heard, err);
	if (came <= 0)
		return came;
	const char *reason =
	        arena_printf(&run->arena, "%s came (event %.8s)",
	                     ending->event_type, heard.emitted->event);
	return end(tick, run, ending, reason, err);
}
