/*
 * `reeve` alone: what needs the owner, most urgent first. One line when
 * nothing does.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cycle/approval.h"

/* Failures that are older are past. */
#define RECENT_MS ((int64_t)7 * 24 * 3600 * 1000)

/* A draft, or what is in its way. */
struct item {
	struct run_record run;
	struct draft_record draft;
	bool merged;          /* approved; the next tick goes on */
	struct error problem; /* code ERR_NONE: none */
};

struct desk {
	const struct invocation *invocation;
	struct arena *arena;
	struct engine *engine;
	int64_t now_ms;
	struct item *items;
	size_t count;
	struct effect_record *doubts;
	size_t doubt_count;
	struct endpoint_record *endpoints; /* that failed last */
	size_t endpoint_count;
	struct run_record *failed;
	size_t failed_count;
	int64_t open, done; /* runs that go on, runs that are over */
};

static void desk_clear(struct desk *desk)
{
	for (size_t i = 0; i < desk->count; i++)
		error_clear(&desk->items[i].problem);
}

/* ---- Looking ------------------------------------------------------------- */

static void look_at_item(struct desk *desk, struct item *item)
{
	struct error *problem = &item->problem;
	struct approval approval;
	auto_run struct live_run *run =
	        run_load(desk->engine, item->run.id, problem);

	if (!run || !item->draft.branch)
		return;
	int found = approval_look(run, &item->draft, &approval, problem);
	item->merged = found > 0;
}

static int priority_of(const struct item *item)
{
	static const char *const words[] = { "high", "normal", "low" };
	const char *priority = item->draft.priority;

	for (size_t i = 0; priority && i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], priority) == 0)
			return (int)i;
	return (int)ARRAY_LEN(words); /* nothing waits for it */
}

/* Priority, then due (none is last), then age. */
static bool is_before(const struct item *a, const struct item *b)
{
	int64_t a_due = a->draft.due_at ? a->draft.due_at : INT64_MAX;
	int64_t b_due = b->draft.due_at ? b->draft.due_at : INT64_MAX;

	if (priority_of(a) != priority_of(b))
		return priority_of(a) < priority_of(b);
	if (a_due != b_due)
		return a_due < b_due;
	return a->draft.opened_at < b->draft.opened_at;
}

/* Insertion keeps equals in order; a desk has few of them. */
static void put_item(struct desk *desk, const struct item *item)
{
	size_t at = desk->count;

	desk->items = arena_grow(desk->arena, desk->items, desk->count,
	                         sizeof(*desk->items));
	while (at > 0 && is_before(item, &desk->items[at - 1])) {
		desk->items[at] = desk->items[at - 1];
		at--;
	}
	desk->items[at] = *item;
	desk->count++;
}

static int look_at_drafts(struct desk *desk, struct error *err)
{
	struct view *view = desk->engine->view;
	struct draft_record *drafts;
	size_t count;

	if (view_open_drafts(view, desk->arena, &drafts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct item item = { .draft = drafts[i] };
		int found = view_run(view, desk->arena, drafts[i].run,
		                     &item.run, err);
		if (found < 0)
			return -1;
		if (!found)
			continue;
		look_at_item(desk, &item);
		put_item(desk, &item);
	}
	return 0;
}

/* What is counted and not shown is counted by the view, however many there
 * have been. */
static int look_at_runs(struct desk *desk, struct error *err)
{
	struct view *view = desk->engine->view;

	if (view_runs_in(view, RUN_DONE, &desk->done, err) < 0 ||
	    view_runs_in(view, RUN_OPEN, &desk->open, err) < 0)
		return -1;
	return view_failed_runs(view, desk->arena, desk->now_ms - RECENT_MS,
	                        &desk->failed, &desk->failed_count, err);
}

/* ---- Text ---------------------------------------------------------------- */

static const char *label(const struct desk *desk, const struct run_record *run)
{
	return run_label(desk->engine, desk->arena, run);
}

static const char *item_title(const struct item *item)
{
	return item->draft.title ? item->draft.title : run_heading(&item->run);
}

static bool is_review(const struct item *item)
{
	return item->draft.branch && !item->merged &&
	       item->problem.code == ERR_NONE;
}

static void heading(const struct desk *desk, bool *first, const char *text)
{
	say(desk->invocation, "%s", *first ? "" : "\n");
	say_tinted(desk->invocation, TINT_BOLD, "%s\n", text);
	*first = false;
}

static void say_review(const struct desk *desk, const struct item *item)
{
	const struct invocation *invocation = desk->invocation;
	struct arena *arena = desk->arena;
	const char *due = due_text(arena, desk->now_ms, item->draft.due_at);
	const char *priority = item->draft.priority;
	bool late = item->draft.due_at && item->draft.due_at < desk->now_ms;

	say(invocation, "  %s\n    ", item_title(item));
	if (priority)
		say_tinted(invocation,
		           priority_of(item) == 0 ? TINT_YELLOW : TINT_NONE,
		           "%s, ", priority);
	if (*due)
		say_tinted(invocation, late ? TINT_RED : TINT_NONE, "%s, ",
		           due);
	say(invocation, "opened %s: ",
	    ago_text(arena, desk->now_ms, item->draft.opened_at));
	say_tinted(invocation, TINT_CYAN, "reeve review %s\n",
	           engine_short(desk->engine, arena, item->run.id));
}

static void say_reviews(const struct desk *desk, bool *first)
{
	bool begun = false;

	for (size_t i = 0; i < desk->count; i++) {
		if (!is_review(&desk->items[i]))
			continue;
		if (!begun)
			heading(desk, first, "To review");
		begun = true;
		say_review(desk, &desk->items[i]);
	}
}

static void say_problems(const struct desk *desk, bool *first)
{
	bool begun = false;

	for (size_t i = 0; i < desk->count; i++) {
		const struct item *item = &desk->items[i];
		if (item->problem.code == ERR_NONE)
			continue;
		if (!begun)
			heading(desk, first, "In the way");
		begun = true;
		print_problem(desk->invocation->out, desk->invocation->colour,
		              arena_printf(desk->arena,
		                           "  %s: ", label(desk, &item->run)),
		              "error", desk->engine->env.work_dir,
		              &item->problem);
	}
}

/* What was tried, when, and what to type. */
static void say_doubt(const struct desk *desk,
                      const struct effect_record *effect)
{
	const struct invocation *invocation = desk->invocation;
	struct arena *arena = desk->arena;
	const char *run = engine_short(desk->engine, arena, effect->run);
	const char *step = *effect->item
	                           ? arena_printf(arena, "%s %s", effect->step,
	                                          effect->item)
	                           : effect->step;

	say_tinted(invocation, TINT_RED, "  %s", effect->effect);
	say(invocation, " of %s, intended %s\n",
	    step_name(arena, effect->step, effect->item),
	    ago_text(arena, desk->now_ms, effect->intended_at));
	if (effect->reason && effect->tried_at >= effect->begun_at)
		say(invocation, "    %s\n", first_line(arena, effect->reason));
	say(invocation, "    what was sent: ");
	say_tinted(invocation, TINT_CYAN, "reeve explain %s %s\n", run, step);
	say(invocation, "    then: ");
	say_tinted(invocation, TINT_CYAN,
	           "reeve resolve %s %s --done|--retry|--failed\n", run, step);
}

static void say_doubts(const struct desk *desk, bool *first)
{
	if (!desk->doubt_count)
		return;
	heading(desk, first, "In doubt: begun, and nobody knows whether done");
	for (size_t i = 0; i < desk->doubt_count; i++)
		say_doubt(desk, &desk->doubts[i]);
}

/* ---- Endpoints ----------------------------------------------------------- */

static void say_endpoints(const struct desk *desk, bool *first)
{
	const char *zone = desk->engine->env.timezone;
	bool begun = false;

	for (size_t i = 0; i < desk->endpoint_count; i++) {
		const struct endpoint_record *endpoint = &desk->endpoints[i];
		const struct breaker *breaker = &endpoint->breaker;
		enum breaker_state state = breaker_state(breaker, desk->now_ms);

		if (state == BREAKER_CLOSED)
			continue;
		if (!begun)
			heading(desk, first, "Does not answer");
		begun = true;
		say(desk->invocation, "  %s\n    ", endpoint->name);
		say_tinted(desk->invocation, TINT_YELLOW, "%s",
		           breaker_state_name(state));
		say(desk->invocation,
		    " since %s, after %s; asked again at %s\n",
		    time_text(desk->arena, zone, breaker->since),
		    count_text(desk->arena, (size_t)breaker->failures,
		               "failure", "failures"),
		    time_text(desk->arena, zone, breaker->probe_at));
	}
}

static void say_failures(const struct desk *desk, bool *first)
{
	const struct invocation *invocation = desk->invocation;

	if (!desk->failed_count)
		return;
	heading(desk, first, "Failed in the last 7 days");
	for (size_t i = desk->failed_count; i-- > 0;) {
		const struct run_record *run = &desk->failed[i];
		say(invocation, "  %s\n    ", run_heading(run));
		say_tinted(invocation, TINT_RED, "%s\n",
		           first_line(desk->arena,
		                      run->reason ? run->reason : "failed"));
		say(invocation, "    %s: ",
		    ago_text(desk->arena, desk->now_ms, run->finished_at));
		say_tinted(invocation, TINT_CYAN, "reeve explain %s\n",
		           engine_short(desk->engine, desk->arena, run->id));
	}
}

/* What the next tick does without the owner. */
static size_t ready_count(const struct desk *desk)
{
	size_t count = (size_t)desk->open;

	for (size_t i = 0; i < desk->count; i++)
		count += desk->items[i].merged ||
		         (!desk->items[i].draft.branch &&
		          desk->items[i].problem.code == ERR_NONE);
	return count;
}

static void print_text(const struct desk *desk)
{
	size_t ready = ready_count(desk);
	bool first = true;

	say_reviews(desk, &first);
	say_doubts(desk, &first);
	say_endpoints(desk, &first);
	say_problems(desk, &first);
	say_failures(desk, &first);
	if (desk->invocation->quiet)
		return;
	say(desk->invocation, "%s", first ? "Nothing needs you. " : "\n");
	if (ready)
		say(desk->invocation, "%s with the next \"reeve tick\". ",
		    count_text(desk->arena, ready, "run goes on",
		               "runs go on"));
	if (desk->done)
		say(desk->invocation, "%s done, nothing spent.\n",
		    count_text(desk->arena, (size_t)desk->done, "run", "runs"));
	else
		say(desk->invocation, "Nothing spent.\n");
}

/* ---- JSON ---------------------------------------------------------------- */

static struct value *review_value(const struct desk *desk,
                                  const struct item *item)
{
	struct arena *arena = desk->arena;
	struct value *row = value_map(arena);

	value_map_text(arena, row, "run", item->run.id);
	value_map_text(arena, row, "job", item->run.job);
	value_map_text(arena, row, "title", item_title(item));
	value_map_text(arena, row, "priority", item->draft.priority);
	value_map_text(arena, row, "branch", item->draft.branch);
	value_map_text(arena, row, "opened",
	               instant_text(arena, item->draft.opened_at));
	value_map_text(arena, row, "due",
	               instant_text(arena, item->draft.due_at));
	value_map_set(arena, row, "merged", value_bool(arena, item->merged));
	value_map_text(arena, row, "problem", item->problem.message);
	value_map_text(arena, row, "hint", item->problem.hint);
	return row;
}

static struct value *endpoints_value(const struct desk *desk)
{
	struct arena *arena = desk->arena;
	struct value *list = value_list(arena);

	for (size_t i = 0; i < desk->endpoint_count; i++) {
		const struct endpoint_record *endpoint = &desk->endpoints[i];
		const struct breaker *breaker = &endpoint->breaker;
		struct value *row = value_map(arena);
		value_map_text(arena, row, "endpoint", endpoint->name);
		value_map_text(arena, row, "breaker",
		               breaker_state_name(
		                       breaker_state(breaker, desk->now_ms)));
		value_map_int(arena, row, "failures", breaker->failures);
		value_map_text(arena, row, "asked_again",
		               instant_text(arena, breaker->probe_at));
		value_list_add(arena, list, row);
	}
	return list;
}

static void print_value(const struct desk *desk)
{
	struct arena *arena = desk->arena;
	struct value *map = value_map(arena);
	struct value *reviews = value_list(arena);
	struct value *doubts = value_list(arena);
	struct value *failed = value_list(arena);

	for (size_t i = 0; i < desk->count; i++)
		value_list_add(arena, reviews,
		               review_value(desk, &desk->items[i]));
	for (size_t i = 0; i < desk->doubt_count; i++) {
		const struct effect_record *effect = &desk->doubts[i];
		struct value *row = value_map(arena);
		value_map_text(arena, row, "run", effect->run);
		value_map_text(arena, row, "step", effect->step);
		value_map_text(arena, row, "item", effect->item);
		value_map_text(arena, row, "effect", effect->effect);
		value_map_text(arena, row, "key", effect->key);
		value_map_text(arena, row, "intended",
		               instant_text(arena, effect->intended_at));
		value_map_text(arena, row, "reason", effect->reason);
		value_list_add(arena, doubts, row);
	}
	for (size_t i = 0; i < desk->failed_count; i++) {
		struct value *row = value_map(arena);
		value_map_text(arena, row, "run", desk->failed[i].id);
		value_map_text(arena, row, "job", desk->failed[i].job);
		value_map_text(arena, row, "reason", desk->failed[i].reason);
		value_list_add(arena, failed, row);
	}
	value_map_set(arena, map, "reviews", reviews);
	value_map_set(arena, map, "in_doubt", doubts);
	value_map_set(arena, map, "endpoints", endpoints_value(desk));
	value_map_set(arena, map, "failed", failed);
	value_map_int(arena, map, "ready", (int64_t)ready_count(desk));
	value_map_int(arena, map, "done", desk->done);
	value_map_text(arena, map, "spent", "0");
	print_json(desk->invocation, map);
}

static int run_alone(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);

	if (!engine)
		return -1;
	struct desk desk CLEANUP(desk_clear) = {
		.invocation = invocation,
		.arena = invocation->arena,
		.engine = engine,
		.now_ms = clock_wall_ms(&engine->clock),
	};
	if (look_at_drafts(&desk, err) < 0 || look_at_runs(&desk, err) < 0 ||
	    view_effects_in_doubt(engine->view, desk.arena, &desk.doubts,
	                          &desk.doubt_count, err) < 0 ||
	    view_endpoints(engine->view, desk.arena, NULL, &desk.endpoints,
	                   &desk.endpoint_count, err) < 0)
		return -1;
	if (invocation->json)
		print_value(&desk);
	else
		print_text(&desk);
	return EXIT_STATUS_DONE;
}

const struct command command_alone = {
	.name = "",
	.synopsis = "",
	.help = "say what needs you",
	.run = run_alone,
};
