/*
 * What waits for what. An edge comes from a name, from `needs`, and for steps
 * that act from the one above that acts, too. A gate waits for every step
 * above it and everything below waits for the gate, so the job is a row of
 * sections between gates, and an edge may only lead up or stay in its section:
 * a step that waits for one below a gate would wait for itself. Cycles are
 * therefore looked for within a section.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/text.h"

/* One step's edges while they are collected. */
struct edges {
	bool *waits; /* by step index */
	bool *depends;
};

static bool is_wall(const struct step *step)
{
	return step->kind != NULL && (step->kind->flags & KIND_WALL) != 0;
}

static bool acts(const struct step *step)
{
	return step->kind != NULL && (step->kind->flags & KIND_ACTS) != 0;
}

static void find_walls(struct job_parser *parser)
{
	size_t wall = STEP_NONE;

	for (size_t i = 0; i < parser->job->step_count; i++) {
		parser->steps[i].wall = wall;
		if (is_wall(&parser->steps[i]))
			wall = i;
	}
}

/* The first gate that `target` is at or below, and that `step` is above or is
 * itself; STEP_NONE if `step` may wait for `target`. */
static size_t gate_between(const struct job_parser *parser, size_t step,
                           size_t target)
{
	if (target <= step)
		return STEP_NONE;
	for (size_t i = step; i <= target; i++)
		if (is_wall(&parser->steps[i]))
			return i;
	return STEP_NONE;
}

/* An edge that somebody wrote at `pos`. False, with an error, if it leads
 * through a gate. */
static bool may_wait(struct job_parser *parser, size_t step, size_t target,
                     struct pos pos)
{
	size_t gate = gate_between(parser, step, target);
	const struct step *steps = parser->steps;
	struct error *err;

	if (gate == STEP_NONE)
		return true;
	if (gate == target)
		err = job_error(parser, pos, "the gate \"%s\" is below",
		                steps[gate].id);
	else
		err = job_error(parser, pos, "\"%s\" is below the gate \"%s\"",
		                steps[target].id,
		                steps[gate].id != NULL ? steps[gate].id : "");
	error_hint(err, "What is above a gate cannot wait for what is below "
	                "it; move one of them.");
	return false;
}

/* The step that a name means: its head, or the second segment of steps.ID. */
static size_t target_of(const struct job_parser *parser,
                        const struct name_use *use, bool *ret_asks_state)
{
	const char *name = use->name;
	bool about = text_starts(name, "steps.");
	const char *rest;

	if (about)
		name += strlen("steps.");
	rest = strchr(name, '.');
	*ret_asks_state = about && rest != NULL && strcmp(rest, ".state") == 0;
	return job_find(parser, name_head(parser->arena, name));
}

/* A check may name its own step, whose output it looks at. In a section a name
 * that would lead through a gate is a field of the section's item. */
static void add_uses(struct job_parser *parser, const struct step *step,
                     struct edges *edges)
{
	for (size_t i = 0; i < step->use_count; i++) {
		const struct name_use *use = &step->uses[i];
		bool asks_state;
		size_t target = target_of(parser, use, &asks_state);
		bool check = i >= parser->drafts[step->index].check_uses;

		if (target == STEP_NONE || (check && target == step->index))
			continue;
		if (use->inside &&
		    gate_between(parser, step->index, target) != STEP_NONE)
			continue;
		if (!may_wait(parser, step->index, target, use->pos))
			continue;
		edges->waits[target] = true;
		edges->depends[target] |= !asks_state;
	}
}

static void add_needs(struct job_parser *parser, const struct step *step,
                      struct edges *edges)
{
	const struct value *needs = parser->drafts[step->index].needs;

	for (size_t i = 0; needs != NULL && i < needs->length; i++) {
		const struct value *id = needs->items[i];
		size_t target = job_find(parser, id->text);

		if (target == STEP_NONE ||
		    !may_wait(parser, step->index, target, id->pos))
			continue;
		edges->waits[target] = true;
		edges->depends[target] = true;
	}
}

/* What nobody wrote: a gate waits for all above it, effects for each other. */
static void add_implied(struct job_parser *parser, const struct step *step,
                        struct edges *edges)
{
	if (is_wall(step))
		memset(edges->waits, true, step->index);
	if (!acts(step))
		return;
	for (size_t i = step->index; i-- > 0;)
		if (acts(&parser->steps[i])) {
			edges->waits[i] = true;
			return;
		}
}

/* The indexes at which `flags` is set, sorted. */
static const size_t *indexes(struct job_parser *parser, const bool *flags,
                             size_t *ret_count)
{
	size_t count = 0;
	size_t *list;

	for (size_t i = 0; i < parser->job->step_count; i++)
		count += flags[i];
	list = arena_array(parser->arena, count, sizeof(*list));
	*ret_count = 0;
	for (size_t i = 0; i < parser->job->step_count; i++)
		if (flags[i])
			list[(*ret_count)++] = i;
	return list;
}

static void connect(struct job_parser *parser, struct step *step)
{
	auto_arena struct arena scratch = { 0 };
	size_t count = parser->job->step_count;
	struct edges edges = {
		.waits = arena_array(&scratch, count, sizeof(bool)),
		.depends = arena_array(&scratch, count, sizeof(bool)),
	};

	add_uses(parser, step, &edges);
	add_needs(parser, step, &edges);
	add_implied(parser, step, &edges);
	step->waits_for = indexes(parser, edges.waits, &step->wait_count);
	step->depends_on = indexes(parser, edges.depends, &step->depend_count);
}

/* ---- cycles */

enum colour {
	UNSEEN,
	OPEN, /* on the path */
	DONE,
};

struct search {
	struct job_parser *parser;
	enum colour *colours;
	size_t *path;
	size_t depth;
};

/* Where step `from` says that it waits for `to`. */
static struct pos edge_pos(const struct job_parser *parser, size_t from,
                           size_t to)
{
	const struct step *step = &parser->steps[from];
	const struct value *needs = parser->drafts[from].needs;

	for (size_t i = 0; i < step->use_count; i++) {
		bool asks_state;

		if (target_of(parser, &step->uses[i], &asks_state) == to)
			return step->uses[i].pos;
	}
	for (size_t i = 0; needs != NULL && i < needs->length; i++)
		if (text_equal(needs->items[i]->text, parser->steps[to].id))
			return needs->items[i]->pos;
	return step->pos;
}

/* The cycle is the end of the path, from `target` on. */
static void report_cycle(struct search *search, size_t target)
{
	struct job_parser *parser = search->parser;
	size_t first = search->depth;
	const char *text = "";
	struct pos pos;

	while (search->path[--first] != target)
		;
	for (size_t i = first; i < search->depth; i++)
		text = arena_printf(parser->arena, "%s%s -> ", text,
		                    parser->steps[search->path[i]].id);
	pos = edge_pos(parser, target,
	               first + 1 < search->depth ? search->path[first + 1]
	                                         : target);
	error_hint(job_error(parser, pos, "steps wait for each other: %s%s",
	                     text, parser->steps[target].id),
	           "A step waits for those that it names, and effects keep "
	           "their written order.");
}

static void visit(struct search *search, size_t index)
{
	const struct step *steps = search->parser->steps;
	const struct step *step = &steps[index];

	search->colours[index] = OPEN;
	search->path[search->depth++] = index;
	for (size_t i = 0; i < step->wait_count; i++) {
		size_t next = step->waits_for[i];

		if (is_wall(&steps[next]) || steps[next].wall != step->wall)
			continue;
		if (search->colours[next] == OPEN)
			report_cycle(search, next);
		else if (search->colours[next] == UNSEEN)
			visit(search, next);
	}
	search->depth--;
	search->colours[index] = DONE;
}

static void find_cycles(struct job_parser *parser)
{
	auto_arena struct arena scratch = { 0 };
	size_t count = parser->job->step_count;
	struct search search = {
		.parser = parser,
		.colours = arena_array(&scratch, count, sizeof(enum colour)),
		.path = arena_array(&scratch, count, sizeof(size_t)),
	};

	for (size_t i = 0; i < count; i++)
		if (search.colours[i] == UNSEEN && !is_wall(&parser->steps[i]))
			visit(&search, i);
}

void job_order_steps(struct job_parser *parser)
{
	find_walls(parser);
	for (size_t i = 0; i < parser->job->step_count; i++)
		connect(parser, &parser->steps[i]);
	find_cycles(parser);
}
