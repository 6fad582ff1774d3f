/*
 * Which steps wait again is decided here, where the job's walls are known, and
 * named in the event; the fold only moves them.
 *
 * An effect that failed was refused: nothing left, so its intent is forgotten
 * with the failure and there may be another. One of which nobody knows whether
 * it was done has not failed, and stays in doubt.
 */
#include "engine/cycle/retry.h"

#include "engine/cycle/run.h"

/* Whether a wall below it, in its block or in one around it, was passed. */
static bool is_behind_wall(const struct live_step *live)
{
	while (live) {
		const struct live_block *block = live->block;
		for (size_t i = live->step->end; i < block->end; i++) {
			const struct live_step *below =
			        &block->steps[i - block->first];
			if (below->step && below->state == STEP_DONE &&
			    (below->step->kind->flags & KIND_WALL))
				return true;
		}
		live = block->over;
	}
	return false;
}

static bool is_tried_again(const struct live_step *live)
{
	switch (live->state) {
	case STEP_FAILED:
	case STEP_SKIPPED:
	case STEP_VOID:
		return !is_behind_wall(live);
	case STEP_WAITING:
	case STEP_STARTED:
	case STEP_IN_REVIEW:
	case STEP_SLEEPING:
	case STEP_DONE:
	case STEP_REUSED:
	case STEP_DECLINED:
		break;
	}
	return false;
}

static struct value *places(struct live_run *run)
{
	struct arena *arena = &run->arena;
	struct value *list = value_list(arena);

	for (const struct live_step *live = live_first(run); live;
	     live = live_next(run, live)) {
		if (!is_tried_again(live))
			continue;
		struct value *place = value_map(arena);
		value_map_text(arena, place, "step", live->step->id);
		value_map_text(arena, place, "item", live->block->item);
		value_list_add(arena, list, place);
	}
	return list;
}

int run_retry(struct engine *engine, const struct run_record *record,
              struct error *err)
{
	auto_run struct live_run *run = NULL;

	if (record->state != RUN_FAILED)
		return error_set(
		        err, ERR_STATE, "%s %s has not failed: it is %s",
		        record->job,
		        engine_short(engine, &engine->arena, record->id),
		        run_state_name(record->state));
	run = run_load(engine, record->id, err);
	if (!run)
		return -1;
	struct value *data = value_map(&run->arena);
	value_map_text(&run->arena, data, "run", record->id);
	value_map_int(&run->arena, data, "epoch", record->epoch);
	value_map_set(&run->arena, data, "steps", places(run));
	journal_add(engine->journal, EVENT_RUN_RETRIED, record->id, data);
	return journal_flush(
	        engine->journal,
	        arena_printf(&run->arena, "%s: tried again", run->name), err);
}
