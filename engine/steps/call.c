/*
 * call: an effect through a connector.
 *
 * What is done is the `with` of the merged slip; only an effect that the
 * policy leaves to the engine is rendered here and now.
 */
#include "engine/bus/bus.h"
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
	shape->kind = SHAPE_MAP;
	shape->fields = effect->results;
	while (effect->results && effect->results[shape->count].name)
		shape->count++;
	return shape;
}

static int call_start(struct step_run *run, struct error *err)
{
	auto_errors struct errors errors = { 0 };
	const struct config *pinned = workspace_config(run->workspace, &errors);
	struct bus_request request = {
		.arena = run->arena,
		.env = run->env,
		.run = run->run->id,
		.run_name = arena_printf(run->arena, "%s %.8s", run->job->name,
		                         run->run->id),
		.job = run->job->name,
		.step = run->step->id,
		.item = run->item,
		.key = run->effect_key,
		.effect = run->name,
		.with = run->released ? run->released : run->config,
		.once = run->once,
		.released = run->released != NULL,
		.pinned = pinned,
		.current = run->owner_config,
	};

	if (!pinned) {
		error_move(err, &errors.items[0]);
		return -1;
	}
	run->journalled = true;
	return bus_perform(&request, &run->output, err);
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
