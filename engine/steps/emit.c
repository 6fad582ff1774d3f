/*
 * emit: a domain event, which may start runs of other jobs. It is known by its
 * effect key, so emitting it again is the same event.
 */
#include "engine/steps/kinds.h"

static const struct field no_fields[] = {
	{ 0 },
};

static const struct shape *emit_shape(struct workspace *workspace,
                                      const struct step *step,
                                      struct arena *arena)
{
	static const struct shape text = { .kind = SHAPE_TEXT };
	static const struct shape_field fields[] = {
		{ "id", &text, "the event's id" },
		{ "type", &text, "its type" },
	};
	static const struct shape map = {
		.kind = SHAPE_MAP,
		.fields = fields,
		.count = ARRAY_LEN(fields),
	};

	(void)workspace;
	(void)step;
	(void)arena;
	return &map;
}

static int emit_start(struct step_run *run, struct error *err)
{
	struct arena *arena = run->arena;
	struct value *data = value_map(arena);
	const struct value *event = run->released ? run->released : run->config;

	run->output = value_map(arena);
	value_map_text(arena, run->output, "id", run->effect_key);
	value_map_text(arena, run->output, "type", run->name);
	value_map_text(arena, data, "run", run->run->id);
	value_map_text(arena, data, "step", run->step->id);
	value_map_text(arena, data, "item", run->item);
	value_map_int(arena, data, "epoch", run->run->epoch);
	value_map_text(arena, data, "effect_key", run->effect_key);
	value_map_text(arena, data, "type", run->name);
	value_map_text(arena, data, "once", run->once);
	value_map_text(arena, data, "commit", oid_text(arena, &run->owner_tip));
	value_map_set(arena, data, "event", value_copy(arena, event));
	value_map_set(arena, data, "output", run->output);
	journal_add(run->env->journal, EVENT_EVENT_EMITTED,
	            arena_printf(arena, "%s/%s", run->run->id, run->step->id),
	            data);
	run->journalled = true;
	return env_barrier(run->env,
	                   arena_printf(arena, "%s %.8s: %s", run->job->name,
	                                run->run->id, run->name),
	                   err);
}

const struct step_kind step_emit = {
	.name = "emit",
	.help = "a domain event, which may start other jobs",
	.flags = KIND_ACTS,
	.format = 1,
	.names = "event",
	.fields = no_fields,
	.shape = emit_shape,
	.start = emit_start,
};
