/*
 * The drafts are decided in the same flush as the run, and their branches moved
 * behind it: what the journal says is what counts, and a branch that is still
 * there decides nothing.
 *
 * An undo is started in that flush, too, so that no crash leaves a run that is
 * over and not taken back. It is made of what the view knows, so what waits to
 * be written goes first.
 */
#include "engine/cycle/cancel.h"

#include <string.h>

#include "store/draft.h"

static void add_withdrawal(struct engine *engine, struct arena *arena,
                           const struct draft_record *draft, const char *reason)
{
	struct value *data = value_map(arena);

	value_map_text(arena, data, "run", draft->run);
	value_map_text(arena, data, "step", draft->step);
	value_map_text(arena, data, "item", draft->item);
	value_map_int(arena, data, "n", draft->n);
	value_map_text(arena, data, "reason", reason);
	journal_add(engine->journal,
	            draft->step ? EVENT_GATE_REJECTED : EVENT_DRAFT_REJECTED,
	            draft->run, data);
}

void run_cancel_add(struct engine *engine, const char *run, const char *reason)
{
	auto_arena struct arena arena = { 0 };
	struct value *end = value_map(&arena);

	value_map_text(&arena, end, "run", run);
	value_map_text(&arena, end, "state", "cancelled");
	value_map_text(&arena, end, "reason", reason);
	journal_add(engine->journal, EVENT_RUN_FINISHED, run, end);
}

static int set_aside(struct engine *engine, struct arena *arena,
                     const struct draft_record *draft, struct error *err)
{
	if (!draft->branch)
		return 0;
	return draft_set_aside(engine->repo, arena,
	                       draft->branch + strlen(DRAFT_BRANCHES),
	                       &draft->tip, err)
	               ? 0
	               : -1;
}

/* Start the undo, which writes what waits for the flush, the end of the run
 * among it; or say why there is none. */
static void start_undo(struct engine *engine, const struct run_record *run,
                       struct cancel_undo *undo)
{
	int outcome = run_undo(engine, undo->arena, run, &undo->undone,
	                       &undo->problem);

	undo->outcome = outcome < 0 ? UNDO_NOTHING : (enum undo)outcome;
}

static int journal_end(struct engine *engine, struct arena *arena,
                       const struct run_record *run, const char *reason,
                       struct cancel_undo *undo, struct error *err)
{
	const char *subject =
	        arena_printf(arena, "%s %s: cancelled", run->job,
	                     engine_short(engine, arena, run->id));

	run_cancel_add(engine, run->id, reason);
	if (undo)
		start_undo(engine, run, undo);
	return journal_flush(engine->journal, subject, err);
}

int run_cancel(struct engine *engine, const struct run_record *run,
               const char *reason, struct cancel_undo *undo, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct draft_record *drafts;
	size_t count;

	if (run_is_over(run->state))
		return 0;
	if (undo && journal_flush(engine->journal,
	                          arena_printf(&arena, "%s %.8s: goes on",
	                                       run->job, run->id),
	                          err) < 0)
		return -1;
	if (view_run_drafts(engine->view, &arena, run->id, &drafts, &count,
	                    err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (drafts[i].state == DRAFT_OPEN)
			add_withdrawal(engine, &arena, &drafts[i], reason);
	if (journal_end(engine, &arena, run, reason, undo, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (drafts[i].state == DRAFT_OPEN &&
		    set_aside(engine, &arena, &drafts[i], err) < 0)
			return -1;
	return 1;
}
