/*
 * What may be named where a step stands, with what is known of it.
 *
 * Of the other steps those are left out that wait for this one, for naming them
 * would close a circle. Who waits is found by passes over the steps of the job:
 * what waits for a step that waits does so, too, and a wall for all above it.
 * Steps are mostly written below those that they wait for, so that a pass or
 * two will do.
 */
#include <string.h>

#include "engine/job/check_private.h"
#include "engine/job/type.h"
#include "store/base/text.h"

static const struct shape any_shape = { .kind = SHAPE_ANY };
static const struct shape text_shape = { .kind = SHAPE_TEXT, .word = "text" };

/* The names as they are found. */
struct listing {
	struct check check;
	const struct step *step;  /* where they stand */
	const struct step *inner; /* the same, of the job; NULL: behind all */
	struct known_name *names;
	size_t count;
};

static struct known_name *add(struct listing *listing, const char *name,
                              enum name_origin origin,
                              const struct shape *shape)
{
	struct known_name *known;

	listing->names = arena_grow(listing->check.arena, listing->names,
	                            listing->count, sizeof(*listing->names));
	known = &listing->names[listing->count++];
	*known = (struct known_name){
		.name = name,
		.origin = origin,
		.shape = shape != NULL ? shape : &any_shape,
	};
	return known;
}

/* ---- who waits for the step */

/* Whether something that is marked is above the wall `at` in its block. */
static bool is_below_marked(const struct job *job, const bool *marked,
                            const struct step *step)
{
	size_t first = step->parent == STEP_NONE ? 0 : step->parent + 1;

	for (size_t i = first; i < step->index; i = job->steps[i].end)
		if (marked[i] && job->steps[i].section == step->section)
			return true;
	return false;
}

static bool waits(const struct job *job, const bool *marked,
                  const struct step *step)
{
	for (size_t i = 0; i < step->wait_count; i++)
		if (marked[step->waits_for[i]])
			return true;
	if (step->wall != STEP_NONE && marked[step->wall])
		return true;
	return step->kind->flags & KIND_WALL &&
	       is_below_marked(job, marked, step);
}

/* The step and what waits for it, with the blocks that it is in and what waits
 * for those. */
static bool *mark_waiting(struct check *check, const struct step *step)
{
	const struct job *job = check->job;
	bool *marked = arena_array(check->arena, job->step_count, 1);
	bool changed = true;

	for (size_t i = step->index; i != STEP_NONE; i = job->steps[i].parent)
		marked[i] = true;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < job->step_count; i++)
			if (!marked[i] && waits(job, marked, &job->steps[i]))
				changed = marked[i] = true;
	}
	return marked;
}

/* Whether the step at `target` can be named: it is of this job's own text, in
 * the block or one around it, and does not wait. */
static bool is_open(const struct listing *listing, const bool *marked,
                    const struct step *target)
{
	const struct job *job = listing->check.job;
	const struct step *inner = listing->inner;
	size_t beside;

	if (check_shown(job, target) != target ||
	    job_step_from(job, listing->step->parent, target->local) != target)
		return false;
	if (inner == NULL)
		return true;
	beside = job_beside(job, inner->index, target->index);
	return !marked[target->index] &&
	       target->section <= job->steps[beside].section;
}

static const bool *find_waiting(struct listing *listing)
{
	return listing->inner != NULL
	               ? mark_waiting(&listing->check, listing->inner)
	               : NULL;
}

/* ---- what is found */

static void add_items(struct listing *listing)
{
	const struct job *job = listing->check.job;
	const struct step *at = listing->inner;

	while (at != NULL) {
		if (at->fan != NULL)
			add(listing, at->fan->name, ORIGIN_ITEM,
			    check_item_shape(&listing->check, at))
			        ->step = at;
		at = at->parent != STEP_NONE ? &job->steps[at->parent] : NULL;
	}
}

static void add_steps(struct listing *listing, const bool *marked)
{
	const struct job *job = listing->check.job;

	for (size_t i = 0; i < job->step_count; i++) {
		const struct step *target = &job->steps[i];

		if (target == listing->inner && target->check_count > 0)
			add(listing, target->local, ORIGIN_STEP,
			    check_step_shape(&listing->check, target, target))
			        ->step = target;
		else if (is_open(listing, marked, target))
			add(listing, target->local, ORIGIN_STEP,
			    check_step_shape(&listing->check, listing->step,
			                     target))
			        ->step = target;
	}
}

static void add_about(struct listing *listing, const bool *marked)
{
	const struct job *job = listing->check.job;
	struct arena *arena = listing->check.arena;

	for (size_t i = 0; i < job->step_count; i++) {
		const struct step *target = &job->steps[i];

		if (!is_open(listing, marked, target))
			continue;
		for (size_t n = 0; job_step_names[n] != NULL; n++)
			add(listing,
			    arena_printf(arena, "steps.%s.%s", target->local,
			                 job_step_names[n]),
			    ORIGIN_ABOUT, &text_shape)
			        ->step = target;
	}
}

static void add_inputs(struct listing *listing)
{
	const struct job *job = listing->check.job;
	struct arena *arena = listing->check.arena;

	for (size_t i = 0; i < job->input_count; i++) {
		const struct input *input = &job->inputs[i];
		struct shape *shape = arena_new(arena, struct shape);
		bool optional;

		*shape = any_shape;
		shape->word = input->type;
		if (type_find(input->type, &optional) != NULL)
			shape->kind = type_find(input->type, &optional)->shape;
		if (shape->kind == SHAPE_LIST)
			shape->item = &any_shape;
		add(listing, arena_printf(arena, "inputs.%s", input->name),
		    ORIGIN_INPUT, shape)
		        ->input = input;
	}
}

static void add_run(struct listing *listing)
{
	for (size_t i = 0; job_run_names[i] != NULL; i++)
		add(listing,
		    arena_printf(listing->check.arena, "run.%s",
		                 job_run_names[i]),
		    ORIGIN_RUN, &text_shape);
	if (listing->check.config != NULL &&
	    listing->check.config->company != NULL)
		add(listing, "company", ORIGIN_COMPANY, &any_shape)->value =
		        listing->check.config->company;
}

/* ---- what the kind knows of itself */

/* The entries of a map of expressions. */
static void add_entries(struct listing *listing)
{
	const struct step *step = listing->inner;
	const struct shape *shape = step->kind->shape(
	        listing->check.workspace, step, listing->check.arena);

	for (size_t i = 0; i < step->config->length; i++)
		if (step->kind->owner(step->config, "",
		                      step->config->members[i].name) !=
		    NAME_OUTER)
			add(listing, step->config->members[i].name,
			    ORIGIN_ENTRY, shape->fields[i].shape)
			        ->step = step;
}

/* The names in `where` that mean what is looked at. */
static void add_fields(struct listing *listing)
{
	const struct step *step = listing->inner;
	const struct shape *shape = step->kind->shape(
	        listing->check.workspace, step, listing->check.arena);

	if (step->kind->owner(step->config, "where", "event") == NAME_OWN) {
		add(listing, "event", ORIGIN_FIELD, &any_shape)->step = step;
		return;
	}
	if (shape != NULL && shape->kind == SHAPE_LIST)
		shape = shape->item;
	for (size_t i = 0; shape != NULL && i < shape->count; i++)
		add(listing, shape->fields[i].name, ORIGIN_FIELD,
		    shape->fields[i].shape)
		        ->step = step;
}

static void add_own(struct listing *listing)
{
	const struct step *step = listing->inner;
	const struct step_kind *kind = step->kind;
	struct arena *arena = listing->check.arena;

	if (kind->own != NULL)
		add(listing, kind->own, ORIGIN_KIND, &text_shape)->step = step;
	if (kind->owner != NULL && kind->shape != NULL) {
		if (field_is_any(kind->fields))
			add_entries(listing);
		else if (value_get(step->config, "where") != NULL)
			add_fields(listing);
	}
	if (check_is_kind(step, "agent") || check_is_kind(step, "template"))
		for (size_t i = 0; i < step->config->length; i++)
			add(listing,
			    arena_printf(arena, "with.%s",
			                 step->config->members[i].name),
			    ORIGIN_WITH,
			    check_value_shape(&listing->check, step,
			                      step->config->members[i].value))
			        ->step = step;
}

/* ---- together */

/* What stands behind all steps: below the last gate that is in no block. */
static struct step make_end(const struct job *job,
                            const struct language *language)
{
	struct step end = {
		.path = job->path,
		.index = job->step_count,
		.end = job->step_count + 1,
		.parent = STEP_NONE,
		.wall = STEP_NONE,
		.gate = STEP_NONE,
		.kind = language_kind(language, "let"),
	};

	for (size_t i = 0; i < job->step_count; i = job->steps[i].end)
		if ((job->steps[i].kind->flags & (KIND_WALL | KIND_PASSES)) ==
		    KIND_WALL)
			end.gate = i;
	return end;
}

void check_names(struct workspace *workspace, const struct job *job,
                 const struct step *step, struct arena *arena,
                 struct known_name **ret, size_t *ret_count)
{
	auto_errors struct errors ignored = { 0 }; /* `check` says them */
	auto_expr_engine struct expr_engine *engine = expr_engine_new();
	struct step end = make_end(job, workspace_language(workspace));
	struct listing listing = {
		.check = {
			.workspace = workspace,
			.config = workspace_config(workspace, &ignored),
			.job = job,
			.arena = arena,
			.engine = engine,
			.errors = &ignored,
			.warnings = &ignored,
			.loops = arena_array(arena, 2 * job->step_count,
			                     sizeof(const struct shape *)),
		},
		.step = step != NULL ? step : &end,
		.inner = step,
	};
	const bool *marked = find_waiting(&listing);

	add_items(&listing);
	if (step != NULL)
		add_own(&listing);
	add_steps(&listing, marked);
	add_inputs(&listing);
	add_run(&listing);
	add_about(&listing, marked);
	*ret = listing.names;
	*ret_count = listing.count;
}
