#include "engine/bus/record.h"

struct call record_call(struct env *env, struct arena *arena,
                        const struct effect_record *effect)
{
	return (struct call){
		.arena = arena,
		.env = env,
		.run = effect->run,
		.run_name = arena_printf(arena, "run %.8s", effect->run),
		.step = effect->step,
		.item = effect->item,
		.key = effect->key,
	};
}

static struct value *describe(const struct delivery *delivery)
{
	const struct call *call = &delivery->call;
	struct value *data = value_map(call->arena);

	value_map_text(call->arena, data, "run", call->run);
	value_map_text(call->arena, data, "step", call->step);
	value_map_text(call->arena, data, "item", call->item);
	value_map_text(call->arena, data, "effect_key", call->key);
	value_map_text(call->arena, data, "effect",
	               delivery->connector->effect.name);
	value_map_text(call->arena, data, "endpoint", delivery->endpoint);
	return data;
}

static void add(const struct delivery *delivery, enum event_type type,
                const struct value *data)
{
	const struct call *call = &delivery->call;

	journal_add(call->env->journal, type,
	            arena_printf(call->arena, "%s/%s", call->run, call->step),
	            data);
}

/* How the connector can settle a doubt. */
static const char *remedy_of(const struct delivery *delivery)
{
	const struct connector *connector = delivery->connector;

	if (connector->verify &&
	    (!connector->looks || connector->looks(&delivery->call)))
		return "look";
	return connector->repeats && connector->repeats(&delivery->call)
	               ? "repeat"
	               : "ask";
}

void record_intent(const struct delivery *delivery)
{
	const struct call *call = &delivery->call;
	struct value *data = describe(delivery);

	value_map_int(call->arena, data, "epoch", call->epoch);
	value_map_text(call->arena, data, "once", call->once);
	if (delivery->again)
		value_map_int(call->arena, data, "attempt", delivery->attempt);
	else
		value_map_set(call->arena, data, "payload",
		              value_copy(call->arena, call->payload));
	value_map_text(call->arena, data, "verify", remedy_of(delivery));
	add(delivery, EVENT_EFFECT_INTENDED, data);
}

void record_done(const struct delivery *delivery, const char *how,
                 struct value *result)
{
	struct arena *arena = delivery->call.arena;
	struct value *data = describe(delivery);

	value_map_set(arena, data, "result", result);
	value_map_text(arena, data, "how", how);
	add(delivery, EVENT_EFFECT_DONE, data);
}

void record_failed(const struct delivery *delivery, const char *reason)
{
	struct value *data = describe(delivery);

	value_map_text(delivery->call.arena, data, "reason", reason);
	add(delivery, EVENT_EFFECT_FAILED, data);
}

void record_tried(const struct delivery *delivery,
                  const struct attempt *attempt)
{
	struct arena *arena = delivery->call.arena;
	struct value *data = describe(delivery);

	value_map_text(arena, data, "outcome",
	               attempt->unsent ? "unsent" : "unanswered");
	value_map_text(arena, data, "reason", attempt->reason);
	value_map_int(arena, data, "attempt", attempt->attempt);
	if (attempt->fault)
		value_map_set(arena, data, "fault", value_bool(arena, true));
	if (attempt->wake_at)
		value_map_int(arena, data, "wake_at", attempt->wake_at);
	add(delivery, EVENT_EFFECT_TRIED, data);
}

void record_resolved(const struct delivery *delivery, const char *verdict,
                     const struct value *result, const char *note)
{
	struct arena *arena = delivery->call.arena;
	struct value *data = describe(delivery);

	value_map_text(arena, data, "verdict", verdict);
	value_map_text(arena, data, "reason", note);
	if (result)
		value_map_set(arena, data, "result", value_copy(arena, result));
	add(delivery, EVENT_EFFECT_RESOLVED, data);
}

const char *record_subject(const struct delivery *delivery, const char *what)
{
	const struct call *call = &delivery->call;

	return arena_printf(call->arena, "%s: %s %s %s", call->run_name,
	                    call->step, delivery->connector->effect.name, what);
}
