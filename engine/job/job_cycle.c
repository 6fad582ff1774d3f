/*
 * Steps that wait for each other: a search in depth, whose path is a list on
 * the heap, so that a chain of any length is only a longer list.
 */
#include "engine/job/job_private.h"
#include "store/base/alloc.h"

enum colour {
	UNSEEN,
	OPEN, /* on the path */
	DONE,
};

struct visit {
	size_t step;
	size_t next; /* of its edges, the one to follow */
};

struct search {
	const struct order *order;
	unsigned char *colours;
	struct visit *path;
	size_t depth;
};

/* A message names so many; the rest is "…". */
static const size_t most_named = 12;

static struct pos edge_pos(const struct order *order, size_t from, size_t to)
{
	for (size_t i = order->first[from]; i < order->first[from + 1]; i++)
		if (order->edges[i].to == to && order->edges[i].pos.line > 0)
			return order->edges[i].pos;
	return order->job->steps[from].pos;
}

/* The cycle is the end of the path, from `target` on. */
static void report_cycle(const struct search *search, size_t target)
{
	const struct order *order = search->order;
	const struct step *steps = order->job->steps;
	size_t first = search->depth;
	const char *text = "";
	size_t second;

	while (search->path[--first].step != target)
		;
	for (size_t i = first; i < search->depth; i++) {
		bool named = i - first < most_named;

		if (i - first <= most_named)
			text = arena_printf(
			        order->arena, "%s%s -> ", text,
			        named ? steps[search->path[i].step].id : "…");
	}
	second = first + 1 < search->depth ? search->path[first + 1].step
	                                   : target;
	error_hint(errors_add(order->errors, ERR_CONFIG, steps[target].path,
	                      edge_pos(order, target, second),
	                      "steps wait for each other: %s%s", text,
	                      steps[target].id),
	           "A step waits for those that it names, and effects keep "
	           "their written order.");
}

static void push(struct search *search, size_t step)
{
	search->colours[step] = OPEN;
	search->path[search->depth++] =
	        (struct visit){ step, search->order->first[step] };
}

static void visit_all(struct search *search, size_t start)
{
	const struct order *order = search->order;

	push(search, start);
	while (search->depth > 0) {
		struct visit *top = &search->path[search->depth - 1];
		size_t next;

		if (top->next == order->first[top->step + 1]) {
			search->colours[top->step] = DONE;
			search->depth--;
			continue;
		}
		next = order->edges[top->next++].to;
		if (search->colours[next] == OPEN)
			report_cycle(search, next);
		else if (search->colours[next] == UNSEEN)
			push(search, next);
	}
}

void job_find_cycles(const struct order *order)
{
	size_t count = order->job->step_count;
	auto_free unsigned char *colours = mem_zalloc(count, sizeof(*colours));
	auto_free struct visit *path = mem_zalloc(count, sizeof(*path));
	struct search search = {
		.order = order,
		.colours = colours,
		.path = path,
	};

	for (size_t i = 0; i < count && !errors_full(order->errors); i++)
		if (colours[i] == UNSEEN)
			visit_all(&search, i);
}
