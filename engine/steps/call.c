/*
 * call: an effect through a connector.
 *
 * What is done is the `with` of the merged slip; only an effect that the
 * policy leaves to the engine is rendered here and now.
 */
#include <string.h>

#include "engine/bus/bus.h"
#include "engine/job/unseen.h"
#include "engine/steps/kinds.h"

static const struct field no_fields[] = {
	{ 0 },
};

static const struct shape *call_shape(struct workspace *workspace,
                                      const struct step *step,
                                      struct arena *arena)
{
	const struct effect *effect =
	        language_effect(workspace_language(workspace), step->name);
	struct shape *shape = arena_new(arena, struct shape);

	if (!effect)
		return NULL;
	if (effect->shape)
		return effect->shape(step->config);
	shape->kind = SHAPE_MAP;
	shape->fields = effect->results;
	while (effect->results && effect->results[shape->count].name)
		shape->count++;
	return shape;
}

/* ---- What the policy may ask about --------------------------------------- */

/* The inputs that an event has filled: nobody here wrote them. */
static const struct value *told_by_event(const struct step_run *run)
{
	const struct job *job = run->job;
	struct value *told = value_map(run->arena);
	const char *kind = value_get_text(run->run->trigger, "kind", "");

	for (size_t i = 0; i < job->trigger_count; i++) {
		const struct trigger *trigger = &job->triggers[i];
		const struct value *with = trigger->with;
		if (trigger->kind != TRIGGER_EVENT ||
		    strcmp(kind, "event") != 0)
			continue;
		for (size_t n = 0; with && n < with->length; n++)
			value_map_set(run->arena, told, with->members[n].name,
			              value_bool(run->arena, true));
	}
	return told;
}

static bool asks_for_owner(const struct config *config)
{
	for (size_t i = 0; i < config->policy_count; i++)
		if (config->policy[i].owner_text)
			return true;
	return false;
}

/* Whom it reaches is asked by itself; everything else are words. */
static bool is_owners(const struct step_run *run,
                      const struct bus_request *request)
{
	const struct connector *connector = bus_connector(run->name);

	if (request->released)
		return true;
	if (!connector || (!asks_for_owner(request->pinned) &&
	                   !asks_for_owner(request->current)))
		return false;
	return unseen_is_owners(run->job, run->step, connector->effect.target,
	                        told_by_event(run));
}

/* ---- How many a run may -------------------------------------------------- */

/* The loops around `block`, itself included. */
static size_t loops_around(const struct job *job, const struct step *block)
{
	size_t count = block->fan != NULL;

	for (size_t at = block->parent; at != STEP_NONE;
	     at = job->steps[at].parent)
		count += job->steps[at].fan != NULL;
	return count;
}

/* "acme" of "acme/2": the item at the depth of so many loops. */
static const char *item_of(const struct step_run *run, size_t depth)
{
	const char *end = run->item;

	for (size_t i = 0; i < depth; i++) {
		end += *end == '/';
		end += strcspn(end, "/");
	}
	return arena_strndup(run->arena, run->item, (size_t)(end - run->item));
}

/* What a request asks of the jobs around its step. */
struct limits {
	const struct step_run *run;
	struct bus_limit *list;
	size_t count;
};

static void add_limit(struct limits *limits, const struct job *job,
                      const char *steps, const char *item)
{
	const struct step_run *run = limits->run;

	for (size_t i = 0; i < job->may_count; i++) {
		const struct allowance *may = &job->may[i];
		if (may->count == 0 || strcmp(may->effect, run->name) != 0)
			continue;
		limits->list = arena_grow(run->arena, limits->list,
		                          limits->count, sizeof(*limits->list));
		limits->list[limits->count++] = (struct bus_limit){
			.path = job->path,
			.pos = may->pos,
			.count = may->count,
			.steps = steps,
			.item = item,
		};
	}
}

/* The run's job may so many, and each job among its steps. */
static struct limits find_limits(const struct step_run *run)
{
	const struct step *steps = run->job->steps;
	struct limits limits = { .run = run };

	add_limit(&limits, run->job, "", "");
	for (size_t at = run->step->parent; at != STEP_NONE;
	     at = steps[at].parent)
		if (steps[at].other)
			add_limit(&limits, steps[at].other,
			          arena_printf(run->arena, "%s/", steps[at].id),
			          item_of(run,
			                  loops_around(run->job, &steps[at])));
	return limits;
}

/* ---- Doing it ------------------------------------------------------------ */

static int call_start(struct step_run *run, struct error *err)
{
	auto_errors struct errors errors = { 0 };
	const struct limits limits = find_limits(run);
	struct bus_answer answer = { 0 };
	struct bus_request request = {
		.arena = run->arena,
		.env = run->env,
		.run = run->run->id,
		.run_name = arena_printf(run->arena, "%s %.8s", run->job->name,
		                         run->run->id),
		.job = run->job->name,
		.step = run->step->id,
		.item = run->item,
		.epoch = run->run->epoch,
		.key = run->effect_key,
		.effect = run->name,
		.with = run->released ? run->released : run->config,
		.once = run->once,
		.released = run->released != NULL,
		.pinned = workspace_config(run->workspace, &errors),
		.current = run->owner_config,
		.sender = value_get_text(run->run->trigger, "sender", NULL),
		.owner_files = run->owner_files,
		.held_since_ms = run->held_since_ms,
		.limits = limits.list,
		.limit_count = limits.count,
		.retry = run->step->retry,
		.round = run->round,
		.files = run->step->command ? run->files : NULL,
		.timeout_ms = run->step->timeout_ms,
	};

	if (!request.pinned) {
		error_move(err, &errors.items[0]);
		return -1;
	}
	request.owner_text = is_owners(run, &request);
	run->journalled = true;
	if (bus_begin(&request, &answer, err) < 0)
		return -1;
	run->delivery = answer.begun;
	run->later = answer.later;
	run->output = answer.result;
	run->wake_at = answer.wake_at;
	run->reason = answer.refused ? answer.refused : answer.reason;
	return 0;
}

const struct step_kind step_call = {
	.name = "call",
	.help = "an effect through a connector",
	.flags = KIND_ACTS | KIND_TRIES,
	.format = 1,
	.names = "effect",
	.fields = no_fields,
	.shape = call_shape,
	.start = call_start,
};
