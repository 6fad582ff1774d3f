/*
 * Whether a step is to be done at all, once all that it waits for is settled.
 *
 * It is skipped when something it names has no output, when the wall above it
 * was not passed, when what acts above it or, for a wall, anything above it
 * has failed, and when its `if` is false.
 */
#include <string.h>

#include "engine/cycle/execute.h"
#include "engine/job/expr.h"

/* The wall above was not passed: nothing below it begins. */
static const char *closed_wall(struct live_run *run,
                               const struct live_step *live)
{
	size_t wall = live->step->wall;
	const struct live_step *above =
	        wall == STEP_NONE ? NULL : live_find(run, live->block, wall);

	if (!above || above->state == STEP_DONE)
		return NULL;
	if (above->step->kind->flags & KIND_WALL)
		return arena_printf(&run->arena, "the %s \"%s\" was not opened",
		                    above->step->kind->name, above->step->id);
	return arena_printf(&run->arena, "\"%s\" did not come to its end",
	                    above->step->id);
}

/* Why the step cannot have what it names; NULL when it can. */
static const char *missing_input(struct live_run *run,
                                 const struct live_step *live)
{
	const struct step *step = live->step;

	for (size_t i = 0; i < step->depend_count; i++) {
		const struct live_step *on =
		        live_find(run, live->block, step->depends_on[i]);
		if (!on || step_has_output(on->state))
			continue;
		return arena_printf(&run->arena, "step \"%s\" %s%s",
		                    on->step->id,
		                    on->state == STEP_FAILED ? "" : "was ",
		                    step_state_name(on->state));
	}
	return NULL;
}

/* The step above that acts failed: what follows it does not begin. What is for
 * that, or for the end, does. */
static const char *broken_order(struct live_run *run,
                                const struct live_step *live)
{
	const struct live_block *block = live->block;

	if (!(live->step->kind->flags & KIND_ACTS))
		return NULL;
	for (size_t i = live->step->index; i-- > block->first;) {
		const struct live_step *above = &block->steps[i - block->first];
		if (!above->step || !(above->step->kind->flags & KIND_ACTS))
			continue;
		if (above->step->section != live->step->section)
			return NULL;
		if (above->state == STEP_FAILED)
			return arena_printf(&run->arena,
			                    "step \"%s\" above it failed",
			                    above->step->id);
		/* One that was left out says nothing of those above it. */
		if (step_has_output(above->state))
			return NULL;
	}
	return NULL;
}

/* A wall is reached only when nothing above it has failed. */
static const char *failure_above(struct live_run *run,
                                 const struct live_step *wall)
{
	const struct live_block *block = wall->block;

	if (!(wall->step->kind->flags & KIND_WALL))
		return NULL;
	for (size_t i = block->first; i < wall->step->index; i++) {
		const struct live_step *above = &block->steps[i - block->first];
		if (above->step && above->state == STEP_FAILED &&
		    above->step->section == wall->step->section &&
		    !above->step->continue_on_error)
			return arena_printf(&run->arena,
			                    "step \"%s\" above it failed",
			                    above->step->id);
	}
	return NULL;
}

/* An item of a loop that ends at the first failure. */
static const char *stopped_loop(struct live_run *run,
                                const struct live_step *live)
{
	const struct live_step *over = live->block->over;

	if (!over || !over->stopped)
		return NULL;
	return arena_printf(&run->arena, "another item of \"%s\" failed",
	                    over->step->id);
}

/* ---- Its condition ------------------------------------------------------- */

/* Whether `name` is `head` or something below it. */
static bool name_is_below(const char *name, const char *head)
{
	size_t len = strlen(head);

	return strncmp(name, head, len) == 0 &&
	       (name[len] == '\0' || name[len] == '.');
}

/* The step of a loop over nothing else, in one of its items. */
static bool is_again(const struct live_step *live)
{
	return live->block->over && live->block->over->step == live->step;
}

/* A condition that names the item is asked of each; else of the loop. */
static bool asks_condition(const struct live_step *live)
{
	const struct step *step = live->step;
	const struct name_use *uses;
	size_t count;
	bool names_item = false;

	if (!step->fan || step->end > step->index + 1)
		return true;
	expr_names(step->condition, &uses, &count);
	for (size_t i = 0; i < count; i++)
		names_item = names_item ||
		             name_is_below(uses[i].name, step->fan->name);
	return names_item == is_again(live);
}

/* ---- All of it ----------------------------------------------------------- */

int execute_is_wanted(struct tick *tick, struct live_run *run,
                      struct live_step *live, struct error *err)
{
	static const char *(*const reasons[])(struct live_run * run,
	                                      const struct live_step *live) = {
		stopped_loop, closed_wall,   missing_input,
		broken_order, failure_above,
	};
	const struct step *step = live->step;
	const char *reason = NULL;

	if (is_again(live))
		reason = stopped_loop(run, live);
	else
		for (size_t i = 0; i < ARRAY_LEN(reasons) && !reason; i++)
			reason = reasons[i](run, live);
	if (!reason && step->condition && asks_condition(live)) {
		struct render render = run_render(run, live);
		int wanted = expr_is_true(step->condition, &render, err);
		if (wanted < 0)
			return error_wrap(err, "the condition of step \"%s\"",
			                  step->id);
		if (!wanted)
			reason = "its condition is false";
	}
	if (!reason)
		return 1;
	execute_skip(tick, run, live, reason);
	return 0;
}
