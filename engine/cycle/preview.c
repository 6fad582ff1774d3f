/*
 * Every step that is changed is noted with what it was, and put back in the
 * opposite order; parts that were made for the look are taken from their loop
 * again.
 *
 * A loop over `{{reports}}` goes through the parts of `reports` that came
 * about, in their order: so the part that an item is from is known without
 * looking into values, and with it the file that `{{r.report.text}}` is.
 */
#include "engine/cycle/preview.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cycle/execute.h"
#include "engine/job/expr.h"
#include "engine/job/unseen.h"
#include "store/base/text.h"

struct preview_step {
	struct live_step *live;
	enum step_state state;
	const struct value *output;
	const struct value *named; /* what its name meant; or NULL */
	bool unfolded;
};

/* Whether `block` is `outer`, or stands in it. */
static bool is_within(const struct live_block *block,
                      const struct live_block *outer)
{
	while (block && block != outer)
		block = block->over ? block->over->block : NULL;
	return block == outer;
}

static void note(struct preview *preview, struct live_step *live)
{
	preview->before = arena_grow(&preview->run->arena, preview->before,
	                             preview->count, sizeof(*preview->before));
	preview->before[preview->count++] = (struct preview_step){
		.live = live,
		.state = live->state,
		.output = live->output,
		.named = value_get(live->block->scope, live->step->local),
		.unfolded = live->unfolded,
	};
}

void preview_set(struct preview *preview, struct live_step *live,
                 enum step_state state, const struct value *output)
{
	note(preview, live);
	live->state = state;
	live->output = output;
	run_describe_step(preview->run, live);
}

void preview_end(struct preview *preview)
{
	struct live_run *run = preview->run;

	while (preview->count > 0) {
		const struct preview_step *before =
		        &preview->before[--preview->count];
		struct live_step *live = before->live;
		live->state = before->state;
		live->output = before->output;
		if (live->unfolded && !before->unfolded) {
			live->unfolded = false;
			live->part_count = 0;
			live->parts_open = 0;
		}
		run_describe_step(run, live);
		run_share(&run->arena, live->block->scope, live->step->local,
		          before->named);
	}
}

bool preview_releases(const struct preview *preview,
                      const struct live_step *live)
{
	const struct live_step *gate = preview->gate;

	return gate && live->step->gate == gate->step->index &&
	       live_find(preview->run, live->block, live->step->gate) == gate;
}

/* ---- Above --------------------------------------------------------------- */

/* A block that holds a step that was changed. */
struct stale {
	struct live_step *live;
	size_t depth;
};

static int compare_depth(const void *left, const void *right)
{
	const struct stale *a = left;
	const struct stale *b = right;

	return (a->depth < b->depth) - (a->depth > b->depth);
}

static size_t depth_of(const struct live_step *live)
{
	size_t depth = 0;

	for (; live->block->over; live = live->block->over)
		depth++;
	return depth;
}

/* The blocks around what was changed that gave something, each once. */
static struct stale *find_stale(struct preview *preview, size_t *ret_count)
{
	struct arena *arena = &preview->run->arena;
	struct stale *stale = NULL;
	size_t count = 0;

	for (size_t i = 0; i < preview->count; i++) {
		struct live_step *over = preview->before[i].live->block->over;
		for (; over && !over->stale; over = over->block->over) {
			if (!step_has_output(over->state))
				continue;
			over->stale = true;
			stale = arena_grow(arena, stale, count, sizeof(*stale));
			stale[count++] = (struct stale){ over, depth_of(over) };
		}
	}
	*ret_count = count;
	return stale;
}

/* Inner ones before those that hold them. */
static int gather_above(struct preview *preview, struct error *err)
{
	size_t count;
	struct stale *stale = find_stale(preview, &count);

	if (count > 1)
		qsort(stale, count, sizeof(*stale), compare_depth);
	for (size_t i = 0; i < count; i++)
		stale[i].live->stale = false;
	for (size_t i = 0; i < count; i++) {
		struct live_step *live = stale[i].live;
		const struct value *output =
		        live_gather(preview->run, live, err);
		if (!output)
			return -1;
		preview_set(preview, live, live->state, output);
	}
	return 0;
}

/* ---- Moments ------------------------------------------------------------- */

static const struct live_step *step_named(const struct preview *preview,
                                          const struct live_step *live,
                                          const char *name)
{
	const struct step *step =
	        job_step_from(preview->run->job, live->step->parent, name);

	return step ? live_find(preview->run, live->block, step->index) : NULL;
}

static enum moment moment_of_name(const struct preview *preview,
                                  const struct live_step *live,
                                  const char *name)
{
	struct arena *arena = &preview->run->arena;
	const char *head = name_head(arena, name);
	bool about = text_equal(head, "steps");

	if (about)
		head = name_head(arena, name + strcspn(name, ".") + 1);
	const struct live_step *on = step_named(preview, live, head);
	if (!on)
		return MOMENT_NOW;
	if (step_is_settled(on->state))
		return about || step_has_output(on->state) ? MOMENT_NOW
		                                           : MOMENT_NEVER;
	if (on == preview->gate)
		return MOMENT_LATER;
	return unseen_is_made_by(on->step) ||
	                       (on->step->kind->flags & KIND_WALL)
	               ? MOMENT_NEVER
	               : MOMENT_LATER;
}

static enum moment latest(const struct preview *preview,
                          const struct live_step *live,
                          const struct name_use *uses, size_t count)
{
	enum moment moment = MOMENT_NOW;

	for (size_t i = 0; i < count; i++) {
		enum moment one = uses[i].inside ? MOMENT_NOW
		                                 : moment_of_name(preview, live,
		                                                  uses[i].name);
		if (one > moment)
			moment = one;
	}
	return moment;
}

enum moment preview_moment(const struct preview *preview,
                           const struct live_step *live,
                           const struct value *source)
{
	struct name_use *uses = NULL;
	size_t count = 0;
	auto_errors struct errors ignored = { 0 }; /* the job was parsed */

	render_names(&preview->run->arena, live->step->path, source, &uses,
	             &count, &ignored);
	return latest(preview, live, uses, count);
}

/* ---- Where an item is from ----------------------------------------------- */

struct spot {
	const struct live_step *live;
	const char *rest; /* of the name, behind the step: "", "text" */
};

/* The part whose item is called `head` where `block` stands; NULL: none. */
static const struct live_block *item_named(const struct live_block *block,
                                           const char *head)
{
	for (; block->over && live_is_loop(block->over);
	     block = block->over->block)
		if (text_equal(block->over->step->fan->name, head))
			return block->source;
	return NULL;
}

static const struct live_step *child_named(const struct live_run *run,
                                           const struct live_block *part,
                                           const char *local)
{
	for (size_t i = part->first; i < part->end; i = run->job->steps[i].end)
		if (text_equal(run->job->steps[i].local, local))
			return &part->steps[i - part->first];
	return NULL;
}

/* What is behind the first segment of a dotted name. */
static const char *behind_head(const char *name)
{
	name += strcspn(name, ".");
	return *name ? name + 1 : name;
}

/* The step that a value comes from, which may be one of an item's. */
static struct spot find_spot(const struct preview *preview,
                             const struct live_step *live, const char *name)
{
	struct arena *arena = &preview->run->arena;
	const char *head = name_head(arena, name);
	const struct live_block *part = item_named(live->block, head);
	const char *rest = behind_head(name);

	if (!part)
		return (struct spot){ step_named(preview, live, head), rest };
	head = name_head(arena, rest);
	return (struct spot){ child_named(preview->run, part, head),
		              behind_head(rest) };
}

/* The single name that `source` is; NULL when it is anything else. */
static const char *single_name(const struct preview *preview,
                               const struct live_step *live,
                               const struct value *source)
{
	auto_error struct error ignored = { 0 }; /* the job was parsed */

	if (source->kind != VALUE_STRING)
		return NULL;
	struct template *template = template_parse(
	        &preview->run->arena, live->step->path, source, &ignored);
	const struct name_use *single =
	        template ? template_single(template) : NULL;
	return single ? single->name : NULL;
}

const char *preview_artifact(const struct preview *preview,
                             const struct live_step *live,
                             const struct value *source)
{
	const char *name = single_name(preview, live, source);
	struct spot spot = { 0 };

	if (name)
		spot = find_spot(preview, live, name);
	if (!spot.live || live_is_block(spot.live))
		return NULL;
	for (size_t i = 0; i < spot.live->file_count; i++) {
		const struct live_file *file = &spot.live->files[i];
		const struct value *value = spot.live->output;
		const char *rest = spot.rest;
		if (file->field) {
			if (!text_equal(name_head(&preview->run->arena, rest),
			                file->field))
				continue;
			value = value_get(value, file->field);
			rest = behind_head(rest);
		}
		bool whole = !*rest && value && value->kind == VALUE_STRING;
		if (whole || text_equal(rest, "text"))
			return file->path;
	}
	return NULL;
}

const char *preview_item(const struct live_step *live, const struct step *over)
{
	const struct live_block *block = live->block;

	for (; block && over; block = block->over ? block->over->block : NULL)
		if (block->source && block->source->over->step == over)
			return block->source->item;
	return NULL;
}

/* Pair the parts of `loop` with those that its list is made of. */
static void find_sources(const struct preview *preview, struct live_step *loop)
{
	const char *name = single_name(preview, loop, loop->step->fan->list);
	struct spot spot = { 0 };
	size_t to = 0;

	if (name)
		spot = find_spot(preview, loop, name);
	if (!spot.live || *spot.rest || !live_is_loop(spot.live))
		return;
	for (size_t i = 0; i < spot.live->part_count && to < loop->part_count;
	     i++)
		if (live_is_whole(spot.live->parts[i]))
			loop->parts[to++]->source = spot.live->parts[i];
}

/* ---- Below --------------------------------------------------------------- */

static int unfold(struct preview *preview, struct live_step *live,
                  struct error *err)
{
	const struct value *list =
	        live_is_loop(live) ? live->step->fan->list : live->step->config;

	if (preview_moment(preview, live, list) != MOMENT_NOW)
		return 0;
	note(preview, live);
	if (live_unfold(preview->run, live, err) < 0)
		return -1;
	if (live_is_loop(live))
		find_sources(preview, live);
	return 0;
}

/* What computes from what is there, and reads nothing. */
static bool is_plain(const struct step_kind *kind)
{
	static const char *const names[] = { "let", "query", "render" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(kind->name, names[i]) == 0)
			return true;
	return false;
}

static int compute(struct preview *preview, struct live_step *live,
                   struct error *err)
{
	struct live_run *run = preview->run;
	const struct step_kind *kind = live->step->kind;
	struct step_run step_run;

	if (latest(preview, live, live->step->uses, live->step->use_count) !=
	    MOMENT_NOW)
		return 0;
	if (execute_configure(run, live, &run->arena, &step_run, err) < 0 ||
	    (kind->prepare && kind->prepare(&step_run, err) < 0) ||
	    kind->start(&step_run, err) < 0)
		return -1;
	preview_set(preview, live, STEP_DONE, step_run.output);
	return 0;
}

/* 1 when it will be left out as far as can be said now. */
static int is_left_out(const struct preview *preview,
                       const struct live_step *live, struct error *err)
{
	const struct step *step = live->step;
	const struct name_use *uses;
	size_t count;

	for (size_t i = 0; i < step->depend_count; i++) {
		const struct live_step *on = live_find(
		        preview->run, live->block, step->depends_on[i]);
		if (on && step_is_settled(on->state) &&
		    !step_has_output(on->state))
			return 1;
	}
	/* That of a loop over one step is asked of each item. */
	if (!step->condition ||
	    (live_is_loop(live) && step->end == step->index + 1))
		return 0;
	expr_names(step->condition, &uses, &count);
	if (latest(preview, live, uses, count) != MOMENT_NOW)
		return 0;
	struct render render = run_render(preview->run, live);
	int wanted = expr_is_true(step->condition, &render, err);
	return wanted < 0 ? -1 : !wanted;
}

static int look_at(struct preview *preview, struct live_step *live,
                   struct error *err)
{
	int left_out = is_left_out(preview, live, err);

	if (left_out < 0)
		return -1;
	if (left_out)
		preview_set(preview, live, STEP_SKIPPED, NULL);
	else if (live_is_block(live) && !live->unfolded)
		return unfold(preview, live, err);
	else if (is_plain(live->step->kind) && live->step->kind->start)
		return compute(preview, live, err);
	return 0;
}

static bool is_below(const struct preview *preview,
                     const struct live_step *live)
{
	const struct live_step *gate = preview->gate;

	return gate && live->step->index > gate->step->index &&
	       live->step->gate == gate->step->index &&
	       !step_is_settled(live->state) &&
	       (is_within(live->block, gate->block) ||
	        preview_releases(preview, live));
}

int preview_begin(struct preview *preview, struct error *err)
{
	struct live_run *run = preview->run;

	if (gather_above(preview, err) < 0)
		return -1;
	for (struct live_step *live = live_first(run); live;
	     live = live_next(run, live))
		if (is_below(preview, live) && look_at(preview, live, err) < 0)
			return error_wrap(err, "step \"%s\"",
			                  live_name(run, live));
	return 0;
}
