/*
 * An effect that nothing is known of is intended; one that waits is begun anew,
 * with the payload that its first intent froze. Between the two calls the
 * intents of a round become durable in one flush; what was void then (its run
 * was ended meanwhile, its occasion taken) is not sent.
 */
#include "engine/bus/bus.h"

#include <inttypes.h>
#include <string.h>

#include "engine/bus/backoff.h"
#include "engine/bus/permit.h"
#include "engine/bus/room.h"
#include "store/base/fault.h"
#include "store/base/text.h"

/* Without a word of the job: so often, with pauses like these. */
static const struct retry usual_retry = {
	.max = 5,
	.delay_ms = 10000,
	.max_delay_ms = 600000,
};

/* What may take longer says so itself. */
#define PERFORM_MS 1000

/* A receiver that asks for more patience than this is asked earlier. */
#define LONGEST_PAUSE_MS 3600000

const struct connector *bus_connector(const char *effect)
{
	for (size_t i = 0; connectors[i]; i++)
		if (strcmp(connectors[i]->effect.name, effect) == 0)
			return connectors[i];
	return NULL;
}

static void check_rate(const struct value *settings, struct errors *errors)
{
	const struct value *rate = value_get(settings, "rate");
	int64_t count;
	int64_t window_ms;

	if (!rate || rate_parse(rate->text, &count, &window_ms))
		return;
	errors_add(errors, ERR_CONFIG, "reeve.yaml", rate->pos,
	           "\"rate\" must be a number a second, minute, hour or day "
	           "such as \"60/m\", not \"%s\"",
	           rate->text);
}

static void check_entry(const struct connector *connector,
                        const struct value *settings, struct errors *errors)
{
	check_rate(settings, errors);
	if (connector->check)
		connector->check(settings, errors);
}

static void check_settings(const struct connector *connector,
                           const struct member *settings, struct errors *errors)
{
	const struct value *map = settings->value;

	if (!fields_check(map, connector->settings, settings->name,
	                  "reeve.yaml", errors))
		return;
	if (!connector->entry)
		check_entry(connector, map, errors);
	for (size_t i = 0; connector->entry && i < map->length; i++)
		check_entry(connector, map->members[i].value, errors);
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
			check_settings(connector, member, errors);
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

/* ---- Permission ---------------------------------------------------------- */

const struct value *bus_settings(const struct connector *connector,
                                 const struct config *config,
                                 const struct value *from)
{
	const struct value *settings =
	        connector->family
	                ? value_get(config->connectors, connector->family)
	                : NULL;

	return connector->entry
	               ? value_get(settings,
	                           value_get_text(from, connector->entry, ""))
	               : settings;
}

static struct call call_of(const struct bus_request *request,
                           const struct connector *connector)
{
	const struct config *config = request->current;

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
		.settings = bus_settings(connector, config, request->with),
		.secrets = config->secrets,
		.with = request->with,
		.files = request->files,
		.timeout_ms = request->timeout_ms,
		.retries = request->retry.max > 0,
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

/* ---- Beginning ----------------------------------------------------------- */

/* What the journal knows of the key: 1 when that is the answer, 0 when it may
 * be begun; `ret` has no key when nothing is known. */
static int look_up(const struct bus_request *request, struct effect_record *ret,
                   struct bus_answer *answer, struct error *err)
{
	int found = view_effect(request->env->view, request->arena,
	                        request->key, ret, err);

	if (found <= 0)
		return found;
	if (strcmp(ret->state, "waiting") == 0)
		return 0;
	if (strcmp(ret->state, "done") == 0)
		return journal_resolve(request->env->repo, request->arena,
		                       ret->result, &answer->result, err) < 0
		               ? -1
		               : 1;
	if (strcmp(ret->state, "failed") == 0)
		return error_set(err, ERR_FAILED, "%s has failed already",
		                 ret->effect);
	return error_set(err, ERR_FAILED,
	                 "%s is in doubt: nobody knows "
	                 "whether it was done",
	                 ret->effect);
}

/* What is sent: frozen now, or with the first intent. */
static int load_payload(struct delivery *delivery,
                        const struct bus_request *request,
                        const struct effect_record *known, struct error *err)
{
	struct call *call = &delivery->call;
	struct value *payload;

	if (!known->key) {
		if (within_limits(request, err) < 0 ||
		    delivery->connector->freeze(call, &payload, err) < 0)
			return -1;
	} else if (journal_resolve(call->env->repo, call->arena, known->payload,
	                           &payload, err) < 0) {
		return -1;
	}
	call->payload = payload;
	return 0;
}

static const char *endpoint_of(const struct connector *connector,
                               const struct call *call)
{
	if (connector->endpoint)
		return connector->endpoint(call);
	/* A rate is kept for somebody. */
	return value_get_text(call->settings, "rate", NULL) ? connector->family
	                                                    : NULL;
}

/* Its intent is added to the journal, unless it has to wait. */
static int begin(const struct bus_request *request,
                 const struct connector *connector,
                 const struct effect_record *known, struct bus_answer *ret,
                 struct error *err)
{
	struct delivery *delivery = arena_new(request->arena, struct delivery);

	*delivery = (struct delivery){
		.connector = connector,
		.call = call_of(request, connector),
		.job = request->job,
		.retry = request->retry.delay_ms ? request->retry : usual_retry,
		.attempt = known->attempts,
		.again = known->key != NULL,
	};
	if (env_ready(request->env, err) < 0 ||
	    load_payload(delivery, request, known, err) < 0)
		return -1;
	delivery->endpoint = endpoint_of(connector, &delivery->call);
	if (room_look(delivery, request->round, ret, err) < 0)
		return -1;
	ret->attempt = known->attempts;
	if (ret->later || ret->wake_at)
		return 0;
	if (FAULT_FAILS("effect.frozen", err))
		return -1;
	if (connector->prepare && connector->prepare(&delivery->call, err) < 0)
		return -1;
	record_intent(delivery);
	round_add(request->round, delivery);
	ret->begun = delivery;
	return 0;
}

int bus_begin(const struct bus_request *given, struct bus_answer *ret,
              struct error *err)
{
	struct bus_request request = *given;
	struct permission permission = { 0 };
	struct effect_record known = { 0 };
	int answered = look_up(&request, &known, ret, err);

	/* What was put off once has waited for its delay. */
	if (known.key)
		request.held_since_ms = known.intended_at;
	const struct connector *connector =
	        answered < 0 ? NULL : admit(&request, &permission, err);
	if (!connector)
		return -1;
	ret->refused = permission.refused;
	ret->wake_at = permission.wake_at;
	ret->reason = permission.reason;
	if (answered || ret->refused || ret->wake_at)
		return 0;
	if (connector->decide) {
		struct call call = call_of(&request, connector);
		return connector->decide(&call, &ret->result, err);
	}
	ret->later = round_has_key(request.round, request.key) ||
	             bus_round_has(request.round, request.effect, request.once);
	return ret->later ? 0 : begin(&request, connector, &known, ret, err);
}

int bus_take_back(struct env *env, struct arena *arena,
                  const struct effect_record *effect,
                  const struct value *result, struct takeback *ret,
                  struct error *err)
{
	const struct connector *connector = bus_connector(effect->effect);
	const struct call call = record_call(env, arena, effect);

	*ret = (struct takeback){ 0 };
	if (!connector || !connector->undo)
		return 0;
	return connector->undo(&call, result, ret, err);
}

/* ---- Sending ------------------------------------------------------------- */

static int flush(const struct delivery *delivery, const char *what,
                 struct error *err)
{
	return journal_flush(delivery->call.env->journal,
	                     record_subject(delivery, what), err);
}

static int fail(const struct delivery *delivery, struct error *reason,
                struct error *err)
{
	record_failed(delivery, reason->message);
	if (flush(delivery, "failed", err) < 0)
		return -1;
	error_move(err, reason);
	return -1;
}

/* Nothing of it was sent: it waits for its next try, when it has one. */
static int put_off(const struct delivery *delivery, const struct reply *reply,
                   struct error *reason, struct bus_answer *ret,
                   struct error *err)
{
	const struct call *call = &delivery->call;
	const struct clock *clock = call->env->clock;
	int64_t pause =
	        backoff_full_ms(clock, &delivery->retry, delivery->attempt);

	if (delivery->attempt >= delivery->retry.max)
		return fail(delivery, reason, err);
	int64_t asked = reply->retry_after_ms < LONGEST_PAUSE_MS
	                        ? reply->retry_after_ms
	                        : LONGEST_PAUSE_MS;
	ret->wake_at = clock_wall_ms(clock) + (pause > asked ? pause : asked);
	ret->reason = arena_printf(call->arena, "%s; tried again at %s",
	                           reason->message,
	                           room_time(call->arena, ret->wake_at));
	ret->attempt = delivery->attempt + 1;
	const struct attempt attempt = {
		.unsent = true,
		.fault = reply->fault,
		.attempt = ret->attempt,
		.wake_at = ret->wake_at,
		.reason = ret->reason,
	};
	record_tried(delivery, &attempt);
	return flush(delivery, "was not sent", err);
}

/* It was sent, perhaps: only whoever looks can tell. */
static int doubt(const struct delivery *delivery, const struct reply *reply,
                 struct error *reason, struct error *err)
{
	const struct attempt attempt = {
		.fault = reply->fault,
		.attempt = delivery->attempt + 1,
		.reason = reason->message,
	};

	if (reason->code == ERR_FAILED) {
		record_tried(delivery, &attempt);
		if (flush(delivery, "was not answered", err) < 0)
			return -1;
	}
	error_move(err, reason);
	return error_wrap(err, "%s is in doubt",
	                  delivery->connector->effect.name);
}

/* Only what the fold has taken was intended. 1, 0 when the occasion is
 * another's now, -1. */
static int is_intended(const struct delivery *delivery, struct error *err)
{
	const struct call *call = &delivery->call;
	const char *name = delivery->connector->effect.name;
	struct effect_record effect;
	struct once_record once;
	int found = view_effect(call->env->view, call->arena, call->key,
	                        &effect, err);

	if (found < 0 || (found && strcmp(effect.state, "intended") == 0))
		return found;
	int taken = call->once ? view_once(call->env->view, call->arena, name,
	                                   call->once, &once, err)
	                       : 0;
	if (taken < 0 || (taken && !text_equal(once.key, call->key)))
		return taken < 0 ? -1 : 0;
	return error_set(err, ERR_FAILED, "%s is not done: the run is over",
	                 name);
}

/* The breaker opened while others of its round were sent. */
static int hold_back(const struct delivery *delivery, struct bus_answer *ret,
                     struct error *err)
{
	const struct attempt attempt = {
		.unsent = true,
		.attempt = delivery->attempt,
		.wake_at = ret->wake_at,
		.reason = ret->reason,
	};

	ret->attempt = delivery->attempt;
	record_tried(delivery, &attempt);
	return flush(delivery, "was not sent", err);
}

static int64_t longest_ms(const struct delivery *delivery)
{
	const struct connector *connector = delivery->connector;

	return connector->longest_ms ? connector->longest_ms(&delivery->call)
	                             : PERFORM_MS;
}

/* What came of a try: performed, or why not. */
static int conclude(const struct delivery *delivery, int rc,
                    const struct reply *reply, struct error *reason,
                    struct bus_answer *ret, struct error *err)
{
	if (rc == 0 && !FAULT_FAILS("effect.sent", reason)) {
		ret->result = reply->result;
		record_done(delivery, "sent", reply->result);
		FAULT("effect.recorded");
		return 0;
	}
	switch (reply->kind) {
	case REPLY_REFUSED:
		return fail(delivery, reason, err);
	case REPLY_UNSENT:
		return put_off(delivery, reply, reason, ret, err);
	case REPLY_NONE:
	case REPLY_DONE:
		break;
	}
	return doubt(delivery, reply, reason, err);
}

int bus_send(struct delivery *delivery, void *user, struct bus_answer *ret,
             struct error *err)
{
	const struct connector *connector = delivery->connector;
	const struct call *call = &delivery->call;
	auto_error struct error reason = { 0 };
	struct reply reply = { 0 };

	if (FAULT_FAILS("effect.intended", err) ||
	    env_confirm(call->env, call->run, longest_ms(delivery), err) < 0)
		return -1;
	FAULT("effect.confirmed");
	int intended = is_intended(delivery, err);
	ret->later = intended == 0;
	if (intended <= 0)
		return intended;
	int closed = room_is_closed_off(delivery, ret, err);
	if (closed != 0)
		return closed < 0 ? -1 : hold_back(delivery, ret, err);
	if (user && connector->begin && !call->env->trying) {
		ret->under_way = connector->begin(call, user, &reply, &reason);
		if (ret->under_way)
			return 0;
		return conclude(delivery, -1, &reply, &reason, ret, err);
	}
	int rc = connector->perform(call, &reply, &reason);
	return conclude(delivery, rc, &reply, &reason, ret, err);
}

int bus_land(struct delivery *delivery, struct transfer *transfer,
             struct bus_answer *ret, struct error *err)
{
	auto_error struct error reason = { 0 };
	struct reply reply = { 0 };
	int rc = delivery->connector->finish(&delivery->call, transfer, &reply,
	                                     &reason);

	return conclude(delivery, rc, &reply, &reason, ret, err);
}

void bus_withdraw(struct delivery *delivery, const char *reason)
{
	const struct attempt attempt = {
		.unsent = true,
		.attempt = delivery->attempt,
		.reason = "it was not begun",
	};

	if (reason)
		record_failed(delivery, reason);
	else
		record_tried(delivery, &attempt);
}

const char *bus_intent_subject(const struct delivery *delivery)
{
	const struct call *call = &delivery->call;

	return arena_printf(call->arena, "%s: %s intends %s", call->run_name,
	                    call->step, delivery->connector->effect.name);
}

const char *bus_sent_subject(const struct delivery *delivery)
{
	return record_subject(delivery, "sent");
}

int bus_perform(const struct bus_request *request, struct bus_answer *ret,
                struct error *err)
{
	if (bus_begin(request, ret, err) < 0)
		return -1;
	struct delivery *delivery = ret->begun;
	if (!delivery)
		return 0;
	ret->begun = NULL;
	if (env_barrier(request->env, bus_intent_subject(delivery), err) < 0 ||
	    bus_send(delivery, NULL, ret, err) < 0)
		return -1;
	return ret->result ? flush(delivery, "sent", err) : 0;
}
