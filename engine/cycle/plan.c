/*
 * The plan goes through each run as a tick does, by execute_ready(); where a
 * step is no cheap computation, work.c asks here, the step gets a row and stays
 * unsettled, and so does all that waits for it. When nothing more is ready the
 * run's steps are gone through in their order: who has no row and is not
 * settled comes later.
 *
 * Why a step would run is found by holding what its key is made of against
 * what the key of its latest result was made of, in whatever run of the job.
 */
#include "engine/cycle/plan.h"

#include <string.h>

#include "engine/bus/bus.h"
#include "engine/cycle/approval.h"
#include "engine/cycle/execute.h"
#include "engine/cycle/start.h"
#include "store/base/date.h"
#include "store/base/text.h"

#define MOST_REASONS 5
#define MOST_AFTER   3

static const char *const words[] = {
	[PLAN_RUN] = "run",   [PLAN_REUSE] = "reuse", [PLAN_OPEN] = "open",
	[PLAN_WAIT] = "wait", [PLAN_LATER] = "later", [PLAN_SKIP] = "skip",
	[PLAN_FAIL] = "fail",
};

const char *plan_action_word(enum plan_action action)
{
	return words[action];
}

/* ---- Rows ---------------------------------------------------------------- */

static struct value *make_row(struct plan *plan, const struct live_step *live,
                              enum plan_action action)
{
	struct arena *arena = plan->arena;
	struct value *row = value_map(arena);

	value_map_text(arena, row, "step", live->step->id);
	if (*live->block->item)
		value_map_text(arena, row, "item", live->block->item);
	value_map_text(arena, row, "kind", live->step->kind->name);
	value_map_text(arena, row, "action", words[action]);
	return row;
}

static struct value *texts_of(struct plan *plan, struct value *row,
                              const char *name)
{
	struct value *list = value_get(row, name);

	if (!list) {
		list = value_list(plan->arena);
		value_map_set(plan->arena, row, name, list);
	}
	return list;
}

static void add_text(struct plan *plan, struct value *row, const char *name,
                     const char *text)
{
	struct value *list = texts_of(plan, row, name);

	value_list_add(plan->arena, list, value_string(plan->arena, text));
}

static void because(struct plan *plan, struct value *row, const char *text)
{
	const struct value *list = texts_of(plan, row, "because");

	if (list->length < MOST_REASONS)
		add_text(plan, row, "because", text);
	else if (list->length == MOST_REASONS)
		add_text(plan, row, "because", "and more");
}

/* ---- What has changed ---------------------------------------------------- */

/* What a member of such an ingredient is called. */
static const struct {
	const char *group;
	const char *says;
} groups[] = {
	{ "agent", "the agent's" },  { "config", "its" },    { "env", "env" },
	{ "files", "input" },        { "memory", "memory" }, { "names", "" },
	{ "templates", "template" },
};

static const char *name_of(struct plan *plan, const char *group,
                           const char *member)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (strcmp(groups[i].group, group) == 0)
			return arena_printf(plan->arena, "%s%s%s",
			                    groups[i].says,
			                    *groups[i].says ? " " : "", member);
	return arena_printf(plan->arena, "%s %s", group, member);
}

/* The members that are in one of the two alone, or differ. */
static void compare_group(struct plan *plan, struct value *row,
                          const char *group, const struct value *was,
                          const struct value *is)
{
	for (size_t i = 0; is && i < is->length; i++) {
		const struct member *member = &is->members[i];
		const struct value *before = value_get(was, member->name);
		if (before && value_equal(before, member->value))
			continue;
		because(plan, row,
		        arena_printf(plan->arena, "%s %s",
		                     name_of(plan, group, member->name),
		                     before ? "changed" : "is new"));
	}
	for (size_t i = 0; was && i < was->length; i++)
		if (!value_get(is, was->members[i].name))
			because(plan, row,
			        arena_printf(plan->arena, "%s is gone",
			                     name_of(plan, group,
			                             was->members[i].name)));
}

static bool is_map(const struct value *value)
{
	return !value || value->kind == VALUE_MAP;
}

static void compare(struct plan *plan, struct value *row,
                    const struct value *was, const struct value *is)
{
	static const char *const only[] = { "changed", "is gone", "is new" };

	/* Of both, then those that are no more. */
	for (size_t i = 0; i < is->length + was->length; i++) {
		bool old = i >= is->length;
		const struct member *member =
		        old ? &was->members[i - is->length] : &is->members[i];
		const struct value *before = value_get(was, member->name);
		const struct value *now = value_get(is, member->name);
		if ((old && now) || (before && now && value_equal(before, now)))
			continue;
		if (is_map(before) && is_map(now))
			compare_group(plan, row, member->name, before, now);
		else
			because(plan, row,
			        arena_printf(plan->arena, "%s %s", member->name,
			                     only[!now     ? 1
			                          : before ? 0
			                                   : 2]));
	}
}

/* What the key of `result` was made of; NULL in `ret` when that is unknown. */
static int ingredients_of(struct plan *plan, const struct step_record *result,
                          struct value **ret, struct error *err)
{
	struct engine *engine = plan->engine;
	struct event *event = journal_event_at(engine->journal, plan->arena,
	                                       &result->place, err);

	if (!event)
		return -1;
	return journal_member(engine->repo, plan->arena, event->data,
	                      "ingredients", ret, err);
}

static int explain(struct plan *plan, const struct live_step *live,
                   const struct step_run *step_run, const char *key,
                   struct value *row, struct error *err)
{
	struct step_record latest;
	struct value *was = NULL;
	const struct step_place place = {
		.job = step_run->job->name,
		.step = live->step->id,
		.item = live->block->item,
	};
	int found = view_latest(plan->engine->view, plan->arena, &place,
	                        &latest, err);

	if (found > 0 && ingredients_of(plan, &latest, &was, err) < 0)
		return -1;
	if (found < 0)
		return -1;
	if (!was) {
		because(plan, row, "never run");
		return 0;
	}
	if (live->step->caching == CACHE_NEVER)
		because(plan, row, "its results are not kept");
	else if (text_equal(latest.key, key))
		because(plan, row, "its result is too old");
	compare(plan, row, was, step_run->ingredients);
	if (texts_of(plan, row, "because")->length == 0)
		because(plan, row,
		        arena_printf(plan->arena, "what %s gives has changed",
		                     live->step->kind->name));
	return 0;
}

/* ---- Effects ------------------------------------------------------------- */

/* Each value as far as it is known; what is not stands as it is written. */
static struct value *known_with(struct plan *plan, const struct live_run *run,
                                const struct live_step *live, bool *ret_whole)
{
	const struct value *config = live->step->config;
	struct value *with = value_map(plan->arena);
	struct render render = run_render(run, live);

	*ret_whole = true;
	for (size_t i = 0; i < config->length; i++) {
		auto_error struct error unknown = { 0 };
		struct value *value = NULL;
		if (render_value(plan->arena, live->step->path,
		                 config->members[i].value, &render, &value,
		                 &unknown) < 0) {
			*ret_whole = false;
			value = value_copy(plan->arena,
			                   config->members[i].value);
		}
		value_map_set(plan->arena, with, config->members[i].name,
		              value);
	}
	return with;
}

/* The bytes that would leave. What speaks against it is said in the row. */
static void foresee(struct plan *plan, const struct live_run *run,
                    const struct live_step *live, const struct value *with,
                    struct value *row)
{
	auto_error struct error reason = { 0 };
	struct live_run *own = plan->run;
	struct value *payload = NULL;
	struct bus_request request = {
		.arena = plan->arena,
		.env = &plan->engine->env,
		.run = run->record.id,
		.run_name = run->name,
		.job = run->job->name,
		.step = live->step->id,
		.item = live->block->item,
		.key = run_effect_key(own, live),
		.effect = live->step->name,
		.with = with,
		.pinned = run->config,
		.current = engine_config(plan->engine, &reason),
	};

	if (!request.current || bus_foresee(&request, &payload, &reason) < 0)
		value_map_text(plan->arena, row, "problem", reason.message);
	value_map_set(plan->arena, row, "payload", payload);
}

/* `with`: what was released; NULL: as it is written in the job. */
static void add_effect(struct plan *plan, const struct live_step *live,
                       const struct value *with, struct value *row)
{
	bool whole = with != NULL;
	const struct effect *effect;

	if (!live->step->name || !(live->step->kind->flags & KIND_ACTS))
		return;
	struct value *shown = with ? value_copy(plan->arena, with)
	                           : known_with(plan, plan->run, live, &whole);
	effect = language_effect(&plan->engine->language, live->step->name);
	value_map_text(plan->arena, row, "effect", live->step->name);
	value_map_set(plan->arena, row, "with", shown);
	if (effect && whole)
		foresee(plan, plan->run, live, shown, row);
}

/* ---- Where the plan ends ------------------------------------------------- */

/* It costs nothing, and nobody notices. */
static bool is_harmless(const struct step *step)
{
	return (step->kind->flags & KIND_COMPUTES) &&
	       !(step->kind->flags & KIND_UNSEEN) && !step->kind->begin;
}

int plan_at_step(struct plan *plan, struct live_step *live,
                 const struct step_run *step_run, const char *key,
                 struct error *err)
{
	struct value *row = make_row(plan, live, PLAN_RUN);

	live->planned = row;
	if (key && explain(plan, live, step_run, key, row, err) < 0)
		return -1;
	if (is_harmless(live->step))
		return 0;
	add_effect(plan, live, step_run->config, row);
	return 1;
}

int plan_at_wall(struct plan *plan, struct live_run *run,
                 struct live_step *live, struct error *err)
{
	const struct value *title = value_get(live->step->config, "title");
	struct value *row = make_row(
	        plan, live,
	        live->step->kind->flags & KIND_PASSES ? PLAN_WAIT : PLAN_OPEN);
	const char *text = NULL;

	live->planned = row;
	if (execute_checks(run, live, err) < 0)
		return -1;
	if (title && run_text(run, live, title, &text, err) < 0)
		return -1;
	value_map_text(plan->arena, row, "title", text);
	return 0;
}

/* ---- The rows of a run --------------------------------------------------- */

/* What it waits for and is not settled, the first few. */
static void add_after(struct plan *plan, const struct live_run *run,
                      const struct live_step *live, struct value *row)
{
	const struct step *step = live->step;
	size_t count = 0;

	for (size_t i = 0; i <= step->wait_count && count < MOST_AFTER; i++) {
		size_t index =
		        i < step->wait_count ? step->waits_for[i] : step->wall;
		const struct live_step *on =
		        index == STEP_NONE ? NULL
		                           : live_find(run, live->block, index);
		if (!on || step_is_settled(on->state))
			continue;
		add_text(plan, row, "after", on->step->id);
		count++;
	}
}

static struct value *waiting_row(struct plan *plan,
                                 const struct live_step *live)
{
	struct value *row = make_row(plan, live, PLAN_WAIT);
	auto_buf struct buf time = buf_make(64);

	if (live->state == STEP_IN_REVIEW) {
		because(plan, row, "for its merge");
	} else if (live->wake_at) {
		date_add_rfc3339(&time, live->wake_at);
		because(plan, row,
		        arena_printf(plan->arena, "until %s", time.at));
	} else {
		because(plan, row, "for an event");
	}
	return row;
}

static struct value *later_row(struct plan *plan, const struct live_run *run,
                               const struct live_step *live)
{
	struct value *row = make_row(plan, live, PLAN_LATER);

	add_after(plan, run, live, row);
	add_effect(plan, live, NULL, row);
	return row;
}

/* For one that is settled. */
static struct value *settled_row(struct plan *plan, struct live_step *live,
                                 enum plan_action *ret)
{
	struct value *row;

	if (live->at < plan->began)
		return NULL;
	if (live->state != STEP_FAILED && live->state != STEP_SKIPPED)
		return live->planned;
	*ret = live->state == STEP_FAILED ? PLAN_FAIL : PLAN_SKIP;
	row = make_row(plan, live, *ret);
	because(plan, row, live->reason);
	return row;
}

/* A row for what became of the step in this plan; NULL: it is of the past. */
static struct value *row_of(struct plan *plan, const struct live_run *run,
                            struct live_step *live, enum plan_action *ret)
{
	bool new_reuse = live->state == STEP_REUSED && live->unreported;

	*ret = PLAN_RUN;
	if (step_is_settled(live->state) && !new_reuse)
		return settled_row(plan, live, ret);
	if (new_reuse) {
		*ret = PLAN_REUSE;
		return plan->all ? make_row(plan, live, *ret) : NULL;
	}
	if (live->planned) {
		unsigned flags = live->step->kind->flags;
		if (flags & KIND_WALL)
			*ret = flags & KIND_PASSES ? PLAN_WAIT : PLAN_OPEN;
		return live->planned;
	}
	if (live->state == STEP_IN_REVIEW || live->state == STEP_SLEEPING ||
	    live->state == STEP_STARTED) {
		*ret = PLAN_WAIT;
		return waiting_row(plan, live);
	}
	/* A loop that is under way is told by its items. */
	if (live->unfolded)
		return NULL;
	*ret = PLAN_LATER;
	return later_row(plan, run, live);
}

static void add_run(struct plan *plan, struct live_run *run)
{
	struct arena *arena = plan->arena;
	struct value *map = value_map(arena);
	struct value *rows = value_list(arena);
	bool is_new = run->record.started_at >= plan->began;

	for (struct live_step *live = live_first(run); live;
	     live = live_next(run, live)) {
		enum plan_action action;
		struct value *row = row_of(plan, run, live, &action);
		if (!row && action != PLAN_REUSE)
			continue;
		plan->steps++;
		plan->counts[action]++;
		if (row)
			value_list_add(arena, rows, row);
	}
	if (!is_new)
		value_map_text(arena, map, "run", run->record.id);
	value_map_text(arena, map, "job", run->record.job);
	value_map_text(arena, map, "title", run_title(run));
	if (run->record.trigger)
		value_map_set(arena, map, "trigger",
		              value_copy(arena, run->record.trigger));
	value_map_set(arena, map, "steps", rows);
	value_list_add(arena, plan->runs, map);
}

/* ---- Runs ---------------------------------------------------------------- */

static int plan_run(struct plan *plan, struct tick *tick, const char *id,
                    struct error *err)
{
	auto_run struct live_run *run = run_load(plan->engine, id, err);
	int64_t ignored;

	if (!run)
		return -1;
	plan->run = run;
	sleep_wake(run, &ignored);
	do {
		if (execute_ready(tick, run, err) < 0)
			return -1;
	} while (!execute_is_over(run) && run->ready_head < run->ready_count);
	add_run(plan, run);
	plan->run = NULL;
	return 0;
}

static void tell_problems(void *state, const struct note *note)
{
	const struct plan *plan = state;

	if (note->kind == NOTE_PROBLEM && plan->tell)
		plan->tell(plan->state, note);
}

static struct tick begin(struct plan *plan)
{
	plan->runs = value_list(plan->arena);
	plan->began = clock_wall_ms(&plan->engine->clock);
	return (struct tick){
		.engine = plan->engine,
		.tell = tell_problems,
		.state = plan,
		.plan = plan,
	};
}

int plan_tick(struct plan *plan, struct error *err)
{
	struct tick tick = begin(plan);
	struct run_record *runs;
	size_t count;

	if (engine_rehearse(plan->engine, err) < 0 ||
	    !engine_config(plan->engine, err) ||
	    approvals_collect(&tick, err) < 0 ||
	    triggers_collect(&tick, err) < 0 ||
	    view_runs(plan->engine->view, plan->arena, RUNS_NOT_OVER, &runs,
	              &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int queued = run_is_queued(plan->engine, &runs[i], err);
		if (queued < 0)
			return -1;
		if (!queued && plan_run(plan, &tick, runs[i].id, err) < 0)
			return -1;
	}
	return 0;
}

int plan_by_hand(struct plan *plan, const char *job, const struct value *inputs,
                 struct error *err)
{
	struct tick tick = begin(plan);
	const char *run;

	if (engine_rehearse(plan->engine, err) < 0 ||
	    run_start_by_hand(plan->engine, plan->arena, job, inputs, &run,
	                      err) < 0)
		return -1;
	return plan_run(plan, &tick, run, err);
}
