/*
 * What waits for what. Edges are between steps that stand beside each other, in
 * one block; what a step names outside of its block, the block waits for. An
 * edge comes from a name, from `needs`, and for steps that act from the one
 * above that acts, too.
 *
 * A wall (a gate, a wait, a job that has one) waits for every step above it and
 * everything below waits for the wall, so the steps of a block are a row of
 * stretches between walls, and an edge may only lead up or stay in its stretch:
 * a step that waits for one below a wall would wait for itself. A wall has
 * edges to the steps of the stretch above it and to the wall before that, so
 * that edges stay as few as steps.
 *
 * Everything here is done in one pass over the steps or over the edges: forward
 * a step comes before its block, backward behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/alloc.h"
#include "store/base/text.h"

/* What is known of a block while its steps are passed. */
struct row {
	enum section section;
	size_t first; /* its step of this stretch */
	size_t wall;
	size_t gate;
	size_t actor;
};

/* What is known of a step from those within it. */
struct inside {
	bool acts;
	bool wall;
};

struct ordering {
	const struct job *job;
	struct step *steps;
	struct errors *errors;
	struct inside *inside;
	struct row *rows; /* by block, behind that of the top */
	struct edge *edges;
	size_t count;
};

static bool has_flag(const struct step *step, unsigned flag)
{
	return step->kind != NULL && (step->kind->flags & flag) != 0;
}

static bool is_gate(const struct step *step)
{
	/* A wait is a wall, too, but nobody looks at it. */
	return has_flag(step, KIND_WALL) && !has_flag(step, KIND_PASSES);
}

static bool is_job_block(const struct step *step)
{
	return step->other != NULL && step->fan == NULL;
}

static bool is_wall(const struct ordering *ordering, size_t index)
{
	const struct step *step = &ordering->steps[index];

	return has_flag(step, KIND_WALL) ||
	       (is_job_block(step) && ordering->inside[index].wall);
}

/* ---- what is inside of blocks */

static void look_inside(struct ordering *ordering)
{
	struct inside *inside = ordering->inside;

	for (size_t i = ordering->job->step_count; i-- > 0;) {
		const struct step *step = &ordering->steps[i];

		inside[i].acts |= has_flag(step, KIND_ACTS);
		if (step->parent == STEP_NONE)
			continue;
		inside[step->parent].acts |= inside[i].acts;
		inside[step->parent].wall |=
		        step->section == SECTION_STEPS && is_wall(ordering, i);
	}
}

/* ---- edges */

static void add_edge(struct ordering *ordering, struct edge edge)
{
	ordering->edges =
	        mem_grow(ordering->edges, ordering->count, sizeof(edge));
	ordering->edges[ordering->count++] = edge;
}

/* One that nobody wrote. */
static void imply_edge(struct ordering *ordering, size_t from, size_t to)
{
	add_edge(ordering, (struct edge){ .from = from, .to = to });
}

/* The wall between a step and one below it, or STEP_NONE if the first may wait
 * for the second. */
static size_t wall_between(const struct ordering *ordering, size_t step,
                           size_t target)
{
	const struct step *steps = ordering->steps;

	if (target <= step || steps[step].section != steps[target].section)
		return STEP_NONE;
	if (is_wall(ordering, target))
		return target;
	return steps[step].wall == steps[target].wall ? STEP_NONE
	                                              : steps[target].wall;
}

static void add_below(struct ordering *ordering, const struct edge *edge,
                      size_t wall)
{
	const struct step *steps = ordering->steps;
	const char *kind = steps[wall].kind->name;
	const char *target = steps[edge->to].id;
	struct error *err;

	if (wall == edge->to)
		err = errors_add(ordering->errors, ERR_CONFIG,
		                 steps[edge->from].path, edge->pos,
		                 "the %s \"%s\" is below", kind, target);
	else
		err = errors_add(ordering->errors, ERR_CONFIG,
		                 steps[edge->from].path, edge->pos,
		                 "\"%s\" is below the %s \"%s\"", target, kind,
		                 steps[wall].id != NULL ? steps[wall].id : "");
	error_hint(err,
	           "What is above a %s cannot wait for what is below it; move "
	           "one of them.",
	           kind);
}

/* An edge that somebody wrote in `step`, for what stands beside the target. A
 * name `inside` of a section that would lead through a wall is a field of the
 * section's item; what a step names of itself, of its own block and of a later
 * section is no edge (job_names.c). */
static void add_written(struct ordering *ordering, size_t step, bool inside,
                        struct edge edge)
{
	const struct step *steps = ordering->steps;
	size_t wall;

	edge.from = job_beside(ordering->job, step, edge.to);
	if (edge.from == edge.to || edge.from == STEP_NONE ||
	    steps[edge.to].section > steps[edge.from].section)
		return;
	wall = wall_between(ordering, edge.from, edge.to);
	if (wall == STEP_NONE)
		add_edge(ordering, edge);
	else if (!inside)
		add_below(ordering, &edge, wall);
}

/* The step that a name means: its head, or the second segment of steps.ID. Of
 * a step that failed its state and its error can be asked. */
static const struct step *target_of(const struct job *job,
                                    const struct step *step,
                                    const struct name_use *use, bool *ret_asks)
{
	const char *name = use->name;
	bool about = text_starts(name, "steps.");
	char head[128];
	size_t len;

	if (about)
		name += strlen("steps.");
	len = strcspn(name, ".");
	*ret_asks = about && (text_equal(name + len, ".state") ||
	                      text_equal(name + len, ".error"));
	if (len >= sizeof(head))
		return NULL;
	memcpy(head, name, len);
	head[len] = '\0';
	return job_step_from(job, step->parent, head);
}

static void add_uses(struct ordering *ordering, const struct step *step)
{
	for (size_t i = 0; i < step->use_count; i++) {
		const struct name_use *use = &step->uses[i];
		bool asks;
		const struct step *target =
		        target_of(ordering->job, step, use, &asks);

		if (target != NULL)
			add_written(ordering, step->index, use->inside,
			            (struct edge){
			                    .to = target->index,
			                    .depends = !asks,
			                    .pos = use->pos,
			            });
	}
}

static void add_needs(struct ordering *ordering, const struct step *step)
{
	for (size_t i = 0; step->needs != NULL && i < step->needs->length;
	     i++) {
		const struct value *id = step->needs->items[i];
		const struct step *target =
		        job_step_from(ordering->job, step->parent, id->text);

		if (target != NULL)
			add_written(ordering, step->index, false,
			            (struct edge){
			                    .to = target->index,
			                    .depends = true,
			                    .pos = id->pos,
			            });
	}
}

/* ---- walls and gates */

/* The row of the step's block; it begins anew with each section. */
static struct row *row_of(struct ordering *ordering, const struct step *step)
{
	size_t block = step->parent == STEP_NONE ? 0 : step->parent + 1;
	struct row *row = &ordering->rows[block];

	if (row->section != step->section)
		*row = (struct row){
			.section = step->section,
			.first = step->index,
			.wall = STEP_NONE,
			.gate = STEP_NONE,
			.actor = STEP_NONE,
		};
	return row;
}

/* A block within a loop is released by the gate above the loop; what is above
 * another job's text releases nothing in it. */
static void begin_block(struct ordering *ordering, const struct step *step)
{
	ordering->rows[step->index + 1] = (struct row){
		.section = step->other != NULL ? SECTION_STEPS : step->section,
		.first = step->index + 1,
		.wall = STEP_NONE,
		.gate = step->other != NULL ? STEP_NONE : step->gate,
		.actor = STEP_NONE,
	};
}

/* What is below waits for the wall, which waits for the stretch above it. */
static void build_wall(struct ordering *ordering, size_t index, struct row *row)
{
	for (size_t i = row->first; i < index; i = ordering->steps[i].end)
		imply_edge(ordering, index, i);
	row->wall = index;
	row->first = index;
}

/* A gate releases what is below it, also below the job that it is in. */
static void open_gate(struct ordering *ordering, size_t index)
{
	const struct step *step = &ordering->steps[index];

	row_of(ordering, step)->gate = index;
	while (step->section == SECTION_STEPS && step->parent != STEP_NONE &&
	       is_job_block(&ordering->steps[step->parent])) {
		step = &ordering->steps[step->parent];
		row_of(ordering, step)->gate = index;
	}
}

static void place_step(struct ordering *ordering, size_t index)
{
	struct step *step = &ordering->steps[index];
	struct row *row = row_of(ordering, step);

	step->wall = row->wall;
	step->gate = row->gate;
	if (is_wall(ordering, index))
		build_wall(ordering, index, row);
	if (ordering->inside[index].acts) {
		if (row->actor != STEP_NONE)
			imply_edge(ordering, index, row->actor);
		row->actor = index;
	}
	begin_block(ordering, step);
	if (is_gate(step))
		open_gate(ordering, index);
}

/* ---- the edges of each step */

static int compare_edges(const void *a, const void *b)
{
	const struct edge *left = a;
	const struct edge *right = b;

	if (left->to != right->to)
		return left->to < right->to ? -1 : 1;
	/* One that somebody wrote before one that nobody did. */
	if ((left->pos.line == 0) != (right->pos.line == 0))
		return left->pos.line == 0 ? 1 : -1;
	if (left->pos.line != right->pos.line)
		return left->pos.line < right->pos.line ? -1 : 1;
	return (left->pos.column > right->pos.column) -
	       (left->pos.column < right->pos.column);
}

/* By `from`, counted and then put in place; within it by `to`. */
static void sort_edges(struct ordering *ordering, struct edge *sorted,
                       size_t *first)
{
	size_t count = ordering->job->step_count;

	for (size_t i = 0; i < ordering->count; i++)
		first[ordering->edges[i].from + 1]++;
	for (size_t i = 0; i < count; i++)
		first[i + 1] += first[i];
	for (size_t i = ordering->count; i-- > 0;) {
		const struct edge *edge = &ordering->edges[i];

		sorted[--first[edge->from + 1]] = *edge;
	}
	/* Now each entry behind the first is where its step begins. */
	for (size_t i = 0; i < count; i++)
		first[i] = first[i + 1];
	first[count] = ordering->count;
	for (size_t i = 0; i < count; i++)
		qsort(&sorted[first[i]], first[i + 1] - first[i],
		      sizeof(*sorted), compare_edges);
}

/* Each target once; those that any edge depends on. */
static void connect(struct step *step, const struct edge *edges, size_t count,
                    size_t *waits, size_t *depends)
{
	step->waits_for = waits;
	step->depends_on = depends;
	step->wait_count = 0;
	step->depend_count = 0;
	for (size_t i = 0; i < count;) {
		size_t to = edges[i].to;
		bool needed = false;

		for (; i < count && edges[i].to == to; i++)
			needed |= edges[i].depends;
		waits[step->wait_count++] = to;
		if (needed)
			depends[step->depend_count++] = to;
	}
}

static void connect_steps(struct arena *arena, struct ordering *ordering)
{
	size_t count = ordering->job->step_count;
	auto_free struct edge *sorted =
	        mem_zalloc(ordering->count, sizeof(*sorted));
	auto_free size_t *first = mem_zalloc(count + 1, sizeof(*first));
	size_t *waits = arena_array(arena, ordering->count, sizeof(*waits));
	size_t *depends = arena_array(arena, ordering->count, sizeof(*depends));
	const struct order order = {
		.arena = arena,
		.errors = ordering->errors,
		.job = ordering->job,
		.edges = sorted,
		.first = first,
	};

	sort_edges(ordering, sorted, first);
	for (size_t i = 0; i < count; i++)
		connect(&ordering->steps[i], &sorted[first[i]],
		        first[i + 1] - first[i], &waits[first[i]],
		        &depends[first[i]]);
	job_find_cycles(&order);
}

void job_order_steps(struct arena *arena, const struct job *job,
                     struct step *steps, struct errors *errors)
{
	auto_free struct inside *inside =
	        mem_zalloc(job->step_count, sizeof(*inside));
	auto_free struct row *rows =
	        mem_zalloc(job->step_count + 1, sizeof(*rows));
	struct ordering ordering = {
		.job = job,
		.steps = steps,
		.errors = errors,
		.inside = inside,
		.rows = rows,
	};

	rows[0] = (struct row){
		.wall = STEP_NONE,
		.gate = STEP_NONE,
		.actor = STEP_NONE,
	};
	look_inside(&ordering);
	for (size_t i = 0; i < job->step_count; i++)
		place_step(&ordering, i);
	for (size_t i = 0; i < job->step_count && !errors_full(errors); i++) {
		add_uses(&ordering, &steps[i]);
		add_needs(&ordering, &steps[i]);
	}
	connect_steps(arena, &ordering);
	free(ordering.edges);
}
