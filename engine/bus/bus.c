#include "engine/bus/bus.h"

#include <string.h>

#include "engine/bus/permit.h"
#include "store/base/text.h"

const struct connector *bus_connector(const char *effect)
{
	for (size_t i = 0; connectors[i]; i++)
		if (strcmp(connectors[i]->effect.name, effect) == 0)
			return connectors[i];
	return NULL;
}

void bus_check(const struct config *config, struct errors *errors)
{
	const struct value *given = config->connectors;

	for (size_t i = 0; i < given->length; i++) {
		const struct member *member = &given->members[i];
		const struct connector *connector = NULL;
		for (size_t n = 0; connectors[n]; n++)
			if (text_equal(connectors[n]->family, member->name))
				connector = connectors[n];
		if (connector)
			fields_check(member->value, connector->settings,
			             member->name, "reeve.yaml", errors);
		else
			errors_add(errors, ERR_CONFIG, "reeve.yaml",
			           member->pos, "there is no connector \"%s\"",
			           member->name);
	}
}

static int fits(const struct connector *connector, const struct value *with,
                struct error *err)
{
	auto_errors struct errors errors = { 0 };

	if (fields_check(with, connector->effect.fields, connector->effect.name,
	                 NULL, &errors))
		return 0;
	error_move(err, &errors.items[0]);
	err->code = ERR_FAILED;
	return error_wrap(err, "%s", connector->effect.name);
}

/* ---- Performing ---------------------------------------------------------- */

static struct value *describe(const struct call *call,
                              const struct connector *connector)
{
	struct value *data = value_map(call->arena);

	value_map_text(call->arena, data, "run", call->run);
	value_map_text(call->arena, data, "step", call->step);
	value_map_text(call->arena, data, "item", call->item);
	value_map_text(call->arena, data, "effect_key", call->key);
	value_map_text(call->arena, data, "effect", connector->effect.name);
	return data;
}

static const char *subject_of(const struct call *call)
{
	return arena_printf(call->arena, "%s/%s", call->run, call->step);
}

/* An intent that came too late is void: its run was ended meanwhile. */
static int is_intended(const struct call *call,
                       const struct connector *connector, struct error *err)
{
	struct effect_record effect;
	int found = view_effect(call->env->view, call->arena, call->key,
	                        &effect, err);

	if (found == 0)
		error_set(err, ERR_FAILED, "%s is not done: the run is over",
		          connector->effect.name);
	return found > 0 ? 0 : -1;
}

/* What may take longer says so itself. */
#define PERFORM_MS 1000

static int intend(const struct call *call, const struct connector *connector,
                  struct error *err)
{
	struct value *data = describe(call, connector);
	struct value *payload = value_copy(call->arena, call->payload);

	value_map_int(call->arena, data, "epoch", call->epoch);
	value_map_text(call->arena, data, "once", call->once);
	value_map_set(call->arena, data, "payload", payload);
	value_map_text(call->arena, data, "verify",
	               connector->verify ? "look" : "ask");
	journal_add(call->env->journal, EVENT_EFFECT_INTENDED, subject_of(call),
	            data);
	if (env_barrier(call->env,
	                arena_printf(call->arena, "%s: %s intends %s",
	                             call->run_name, call->step,
	                             connector->effect.name),
	                err) < 0 ||
	    env_confirm(call->env, call->run, PERFORM_MS, err) < 0)
		return -1;
	return is_intended(call, connector, err);
}

static int record_done(const struct call *call,
                       const struct connector *connector, const char *how,
                       struct value *result, struct error *err)
{
	struct value *data = describe(call, connector);

	value_map_set(call->arena, data, "result", result);
	value_map_text(call->arena, data, "how", how);
	journal_add(call->env->journal, EVENT_EFFECT_DONE, subject_of(call),
	            data);
	return env_barrier(call->env,
	                   arena_printf(call->arena, "%s: %s %s %s",
	                                call->run_name, call->step,
	                                connector->effect.name, how),
	                   err);
}

static int record_failed(const struct call *call,
                         const struct connector *connector,
                         struct error *reason, struct error *err)
{
	struct value *data = describe(call, connector);

	value_map_text(call->arena, data, "reason", reason->message);
	journal_add(call->env->journal, EVENT_EFFECT_FAILED, subject_of(call),
	            data);
	if (env_barrier(call->env,
	                arena_printf(call->arena, "%s: %s %s failed",
	                             call->run_name, call->step,
	                             connector->effect.name),
	                err) < 0)
		return -1;
	error_move(err, reason);
	return -1;
}

static int send(const struct call *call, const struct connector *connector,
                struct value **ret_result, struct error *err)
{
	auto_error struct error reason = { 0 };

	if (connector->perform(call, ret_result, &reason) < 0) {
		/* Only a refusal is a result. Anything else may have happened
		 * or not: it stays in doubt, and the next tick looks. */
		if (reason.code == ERR_FAILED)
			return record_failed(call, connector, &reason, err);
		error_move(err, &reason);
		return error_wrap(err, "%s is in doubt",
		                  connector->effect.name);
	}
	return record_done(call, connector, "sent", *ret_result, err);
}

/* What the journal knows of the key: 1 and its result, 0 when nothing. */
static int known(const struct call *call, struct value **ret_result,
                 struct error *err)
{
	struct effect_record effect;
	int found = view_effect(call->env->view, call->arena, call->key,
	                        &effect, err);

	if (found <= 0)
		return found;
	if (strcmp(effect.state, "done") == 0)
		return journal_resolve(call->env->repo, call->arena,
		                       effect.result, ret_result, err) < 0
		               ? -1
		               : 1;
	if (strcmp(effect.state, "failed") == 0)
		return error_set(err, ERR_FAILED, "%s has failed already",
		                 effect.effect);
	return error_set(err, ERR_FAILED,
	                 "%s is in doubt: nobody knows "
	                 "whether it was done",
	                 effect.effect);
}

static struct call call_of(const struct bus_request *request,
                           const struct connector *connector)
{
	const struct value *all = request->current->connectors;

	return (struct call){
		.arena = request->arena,
		.env = request->env,
		.run = request->run,
		.run_name = request->run_name,
		.step = request->step,
		.item = request->item,
		.epoch = request->epoch,
		.key = request->key,
		.once = request->once,
		.settings = connector->family
		                    ? value_get(all, connector->family)
		                    : NULL,
		.with = request->with,
	};
}

/* Permitted and well-formed; the connector, or NULL with err. */
static const struct connector *admit(const struct bus_request *request,
                                     struct permission *ret, struct error *err)
{
	const struct connector *connector = bus_connector(request->effect);

	if (!connector) {
		error_set(err, ERR_FAILED, "there is no effect \"%s\"",
		          request->effect);
		return NULL;
	}
	if (fits(connector, request->with, err) < 0 ||
	    permit(connector, request, ret, err) < 0)
		return NULL;
	return connector;
}

int bus_prove(const struct bus_request *request, struct error *err)
{
	struct permission permission = { 0 };
	const struct connector *connector = admit(request, &permission, err);
	struct value *payload;

	if (!connector)
		return -1;
	if (connector->decide)
		return 0;
	struct call call = call_of(request, connector);
	return connector->freeze(&call, &payload, err);
}

int bus_foresee(const struct bus_request *request, struct value **ret_payload,
                struct error *err)
{
	const struct connector *connector = bus_connector(request->effect);

	*ret_payload = NULL;
	if (!connector || connector->decide)
		return 0;
	if (fits(connector, request->with, err) < 0)
		return -1;
	struct call call = call_of(request, connector);
	return connector->freeze(&call, ret_payload, err);
}

/* Nothing is known of it yet: the intent, and then it is done. */
static int begin(struct call *call, const struct connector *connector,
                 const struct bus_request *request, struct bus_answer *ret,
                 struct error *err)
{
	struct value *payload;

	if (within_limits(request, err) < 0 ||
	    env_ready(request->env, err) < 0 ||
	    connector->freeze(call, &payload, err) < 0)
		return -1;
	call->payload = payload;
	if (intend(call, connector, err) < 0)
		return -1;
	return send(call, connector, &ret->result, err);
}

int bus_perform(const struct bus_request *request, struct bus_answer *ret,
                struct error *err)
{
	struct permission permission = { 0 };
	const struct connector *connector = admit(request, &permission, err);

	if (!connector)
		return -1;
	ret->refused = permission.refused;
	ret->wake_at = permission.wake_at;
	ret->reason = permission.reason;
	if (ret->refused || ret->wake_at)
		return 0;
	struct call call = call_of(request, connector);
	if (connector->decide)
		return connector->decide(&call, &ret->result, err);
	int settled = known(&call, &ret->result, err);
	if (settled != 0)
		return settled < 0 ? -1 : 0;
	return begin(&call, connector, request, ret, err);
}

int bus_take_back(struct env *env, struct arena *arena,
                  const struct effect_record *effect,
                  const struct value *result, struct takeback *ret,
                  struct error *err)
{
	const struct connector *connector = bus_connector(effect->effect);
	const struct call call = {
		.arena = arena,
		.env = env,
		.run = effect->run,
		.run_name = arena_printf(arena, "run %.8s", effect->run),
		.step = effect->step,
		.item = effect->item,
		.key = effect->key,
	};

	*ret = (struct takeback){ 0 };
	if (!connector || !connector->undo)
		return 0;
	return connector->undo(&call, result, ret, err);
}

/* ---- Doubt --------------------------------------------------------------- */

int bus_settle(struct env *env, const struct config *config,
               const struct effect_record *effect, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error reason = { 0 };
	const struct connector *connector = bus_connector(effect->effect);
	enum finding finding = FOUND_NOTHING;
	struct value *payload;
	struct value *result = NULL;

	if (!connector || !connector->verify)
		return 0;
	if (journal_resolve(env->repo, &arena, effect->payload, &payload, err) <
	    0)
		return -1;
	struct call call = {
		.arena = &arena,
		.env = env,
		.run = effect->run,
		.run_name = arena_printf(&arena, "run %.8s", effect->run),
		.step = effect->step,
		.item = effect->item,
		.key = effect->key,
		.settings = value_get(config->connectors, connector->family),
		.payload = payload,
	};
	if (connector->verify(&call, &finding, &result, err) < 0)
		return -1;
	if (finding == FOUND_NOTHING)
		return 0;
	if (finding == FOUND_DONE)
		return record_done(&call, connector, "found done", result,
		                   err) < 0
		               ? -1
		               : 1;
	if (env_confirm(env, effect->run, PERFORM_MS, err) < 0)
		return -1;
	/* A refusal settles it too: send() has recorded that. */
	if (send(&call, connector, &result, &reason) == 0 ||
	    reason.code == ERR_FAILED)
		return 1;
	error_move(err, &reason);
	return -1;
}
