/*
 * Where live steps stand, and when it is their turn.
 *
 * The order is kept by counting. A step knows how many before it are not
 * settled; who settles takes one off each of its dependents, and what comes to
 * nothing is ready. Steps wait for siblings alone, so one table of dependents
 * serves every item of a loop. A block is settled when its steps are.
 */
#include <string.h>

#include "engine/cycle/run.h"

#define FETCHED_AHEAD 4

/* ---- Places -------------------------------------------------------------- */

/* An item of a loop over a single step has that step once more. */
static bool is_again(const struct live_step *live)
{
	return live->block->over && live->block->over->step == live->step;
}

bool live_is_loop(const struct live_step *live)
{
	return live->step->fan && !is_again(live);
}

bool live_is_block(const struct live_step *live)
{
	return live_is_loop(live) || live->step->other;
}

const char *live_name(struct live_run *run, const struct live_step *live)
{
	if (!*live->block->item)
		return live->step->id;
	return arena_printf(&run->arena, "%s of %s", live->step->id,
	                    live->block->item);
}

static size_t parent_of(const struct live_block *block)
{
	return block->over ? block->over->step->index : STEP_NONE;
}

static bool spans(const struct live_block *block, size_t index)
{
	return index >= block->first && index < block->end;
}

/* A step alone in its block is a child of it, whatever its parent is. */
static bool is_child(const struct live_block *block, const struct step *step)
{
	return step->parent == parent_of(block) ||
	       (block->over && block->over->step == step);
}

/* The step at or around `index` that is a child of `block`. */
static struct live_step *child_over(const struct live_run *run,
                                    const struct live_block *block,
                                    size_t index)
{
	const struct step *step = &run->job->steps[index];

	while (!is_child(block, step))
		step = &run->job->steps[step->parent];
	return &block->steps[step->index - block->first];
}

struct live_step *live_find(const struct live_run *run,
                            const struct live_block *block, size_t index)
{
	while (!spans(block, index))
		block = block->over->block;
	/* Only own steps of a block are in use there: mostly it is one. */
	if (block->steps[index - block->first].step)
		return &block->steps[index - block->first];
	for (;;) {
		struct live_step *live = child_over(run, block, index);
		if (live->step->index == index)
			return live;
		if (live_is_loop(live) || live->part_count == 0)
			return NULL;
		block = live->parts[0];
	}
}

/* The part of the loop for `item`, which may be of a loop further in. */
static struct live_block *find_part(const struct live_step *live,
                                    const char *item)
{
	auto_arena struct arena arena = { 0 };
	size_t len = strlen(live->block->item);
	int64_t number;

	if (!live_is_loop(live))
		return live->part_count ? live->parts[0] : NULL;
	if (strncmp(item, live->block->item, len) != 0)
		return NULL;
	len += len > 0 && item[len] == '/';
	len += strcspn(item + len, "/");
	number = value_get_int(live->by_item, arena_strndup(&arena, item, len),
	                       -1);
	return number < 0 ? NULL : live->parts[number];
}

struct live_step *live_at(const struct live_run *run, const char *id,
                          const char *item)
{
	const struct step *step = job_step(run->job, id);
	const struct live_block *block = run->root;

	while (step && block) {
		struct live_step *live = child_over(run, block, step->index);
		if (live->step == step && strcmp(block->item, item) == 0)
			return live;
		if (!live_is_block(live))
			return NULL;
		block = find_part(live, item);
	}
	return NULL;
}

/* ---- Walking ------------------------------------------------------------- */

struct live_step *live_child(const struct live_block *block,
                             const struct live_step *child)
{
	size_t next = child ? child->step->end : block->first;

	return next < block->end ? &block->steps[next - block->first] : NULL;
}

struct live_step *live_first(const struct live_run *run)
{
	return &run->root->steps[0];
}

struct live_step *live_next(const struct live_run *run,
                            const struct live_step *live)
{
	(void)run; /* the blocks know their way */
	if (live->part_count)
		return &live->parts[0]->steps[0];
	for (;;) {
		const struct live_block *block = live->block;
		size_t next = live->step->end;
		if (next < block->end)
			return &block->steps[next - block->first];
		live = block->over;
		if (!live)
			return NULL;
		if (block->number + 1 < live->part_count)
			return &live->parts[block->number + 1]->steps[0];
	}
}

/* ---- Order --------------------------------------------------------------- */

/* Whether the step waits for its wall besides what it waits for anyway. */
static bool waits_for_wall(const struct step *step)
{
	if (step->wall == STEP_NONE)
		return false;
	for (size_t i = 0; i < step->wait_count; i++)
		if (step->waits_for[i] == step->wall)
			return false;
	return true;
}

void live_order(struct live_run *run)
{
	size_t count = run->job->step_count;
	size_t *starts = arena_array(&run->arena, count + 2, sizeof(*starts));
	size_t total = 0;

	/* Counted two places further on, then moved there while filling. */
	for (size_t i = 0; i < count; i++) {
		const struct step *step = &run->job->steps[i];
		for (size_t n = 0; n < step->wait_count; n++)
			starts[step->waits_for[n] + 2]++;
		if (waits_for_wall(step))
			starts[step->wall + 2]++;
	}
	for (size_t i = 2; i < count + 2; i++)
		starts[i] += starts[i - 1];
	total = starts[count + 1];
	run->dependents =
	        arena_array(&run->arena, total + 1, sizeof(*run->dependents));
	for (size_t i = 0; i < count; i++) {
		const struct step *step = &run->job->steps[i];
		for (size_t n = 0; n < step->wait_count; n++)
			run->dependents[starts[step->waits_for[n] + 1]++] = i;
		if (waits_for_wall(step))
			run->dependents[starts[step->wall + 1]++] = i;
	}
	run->starts = starts;
}

void live_push(struct live_run *run, struct live_step *live)
{
	if (run->ready_head == run->ready_count)
		run->ready_head = run->ready_count = 0;
	run->ready = arena_grow(&run->arena, run->ready, run->ready_count,
	                        sizeof(struct live_step *));
	run->ready[run->ready_count++] = live;
}

/* Steps of a large job lie far apart: those whose turn is near are fetched from
 * memory while others are worked on. */
static void fetch_ahead(const struct live_run *run)
{
	size_t left = run->ready_count - run->ready_head;
	struct live_step *const *next = &run->ready[run->ready_head];

	if (left <= 2 * FETCHED_AHEAD)
		return;
	__builtin_prefetch(next[2 * FETCHED_AHEAD]);
	__builtin_prefetch(next[FETCHED_AHEAD]->step);
	__builtin_prefetch(&next[FETCHED_AHEAD]->step->config);
	__builtin_prefetch(next[FETCHED_AHEAD / 2]->step->config);
}

struct live_step *live_pop(struct live_run *run)
{
	if (run->ready_head == run->ready_count)
		return NULL;
	fetch_ahead(run);
	return run->ready[run->ready_head++];
}

/* A loop that has items left comes again. */
const struct live_step *live_ahead(const struct live_run *run,
                                   const struct live_step *live)
{
	if (run->ready_head < run->ready_count)
		return run->ready[run->ready_head];
	for (; live; live = live->block->over) {
		const struct live_step *below = live;
		while ((below = live_child(live->block, below)) != NULL)
			if (below->step->section == live->step->section &&
			    !step_is_settled(below->state))
				return below;
		const struct live_step *over = live->block->over;
		if (over && over->parts_begun < over->part_count)
			return over;
	}
	return NULL;
}

/* ---- Sections ------------------------------------------------------------ */

const struct live_step *live_failure(const struct live_block *block)
{
	for (const struct live_step *live = live_child(block, NULL); live;
	     live = live_child(block, live))
		if (live->state == STEP_FAILED &&
		    !live->step->continue_on_error)
			return live;
	return NULL;
}

/* The section whose turn it is, or SECTION_COUNT: what follows a failure has
 * none when there was none. */
static enum section section_now(const struct live_block *block)
{
	for (enum section i = SECTION_STEPS; i < SECTION_COUNT; i++)
		if (block->sections->open[i] > 0 &&
		    (i != SECTION_ON_FAILURE || live_failure(block)))
			return i;
	return SECTION_COUNT;
}

bool live_is_open(const struct live_block *block)
{
	return block->sections ? section_now(block) < SECTION_COUNT
	                       : block->open > 0;
}

bool live_goes_on(struct live_run *run, struct live_block *block)
{
	enum section section = section_now(block);

	if (section == SECTION_COUNT)
		return false;
	if (section == SECTION_STEPS || block->sections->begun[section])
		return true;
	block->sections->begun[section] = true;
	for (struct live_step *live = live_child(block, NULL); live;
	     live = live_child(block, live))
		if (live->step->section == section && live->waiting > 0 &&
		    --live->waiting == 0 && !step_is_settled(live->state))
			live_push(run, live);
	return true;
}

/* ---- Beginning ----------------------------------------------------------- */

void live_activate(struct live_run *run, struct live_block *block)
{
	block->active = true;
	for (struct live_step *live = live_child(block, NULL); live;
	     live = live_child(block, live))
		if (live->waiting == 0 && !step_is_settled(live->state))
			live_push(run, live);
	if (block->over && block->sections)
		(void)live_goes_on(run, block);
}

/* How many parts may be at work at a time. */
static size_t parts_at_once(const struct live_step *live)
{
	const struct fan *fan = live->step->fan;

	if (!fan || fan->max_parallel == 0)
		return live->part_count;
	return (size_t)fan->max_parallel;
}

void live_activate_parts(struct live_run *run, struct live_step *live)
{
	size_t at_work = 0;

	for (size_t i = 0; i < live->parts_begun; i++)
		at_work += live_is_open(live->parts[i]);
	while (live->parts_begun < live->part_count &&
	       at_work < parts_at_once(live)) {
		struct live_block *part = live->parts[live->parts_begun++];
		at_work += live_is_open(part);
		live_activate(run, part);
	}
}

/* A part has come to its end: the next one may begin, or the whole may. */
static void part_settled(struct live_run *run, struct live_step *over)
{
	over->parts_open--;
	if (over->parts_open == 0)
		live_push(run, over);
	else if (over->parts_begun < over->part_count) {
		struct live_block *part = over->parts[over->parts_begun++];
		live_activate(run, part);
	}
}

static bool is_going_on(struct live_run *run, struct live_block *block)
{
	return block->sections ? live_goes_on(run, block) : block->open > 0;
}

void live_settled(struct live_run *run, struct live_step *live)
{
	struct live_block *block = live->block;
	size_t index = live->step->index;
	bool again = block->over && block->over->step == live->step;

	for (size_t i = run->starts[index];
	     !again && i < run->starts[index + 1]; i++) {
		size_t at = run->dependents[i] - block->first;
		struct live_step *next = &block->steps[at];
		if (--next->waiting == 0 && block->active &&
		    !step_is_settled(next->state))
			live_push(run, next);
	}
	block->open--;
	if (block->sections)
		block->sections->open[live->step->section]--;
	if (block->over && !is_going_on(run, block))
		part_settled(run, block->over);
}
