/*
 * Doubt: an intent without a result. The connector looks, when it can; what was
 * certainly not done waits to be sent again, by the step that it belongs to;
 * and so does what the receiver would not do twice, as long as it can be
 * trusted to remember the key. Everything else is the owner's to say.
 */
#include "engine/bus/bus.h"

#include <string.h>

#include "engine/bus/record.h"
#include "engine/bus/room.h"
#include "store/base/fault.h"
#include "store/base/text.h"
#include "store/state.h"

/* Receivers forget keys after a day or so. */
#define KEY_IS_KNOWN_MS ((int64_t)20 * 3600 * 1000)

/* So often it is sent again to one who does not answer. */
#define MOST_REPEATS 5

/* The effect as it was intended; its payload is read. */
static int recall(struct env *env, const struct config *config,
                  const struct effect_record *effect, struct arena *arena,
                  struct delivery *ret, struct error *err)
{
	const struct connector *connector = bus_connector(effect->effect);
	struct value *payload = NULL;

	if (!connector)
		return error_set(err, ERR_STATE,
		                 "this reeve has no effect \"%s\"",
		                 effect->effect);
	if (journal_resolve(env->repo, arena, effect->payload, &payload, err) <
	    0)
		return -1;
	*ret = (struct delivery){
		.connector = connector,
		.call = record_call(env, arena, effect),
		.attempt = effect->attempts,
	};
	ret->call.payload = payload;
	ret->call.settings = bus_settings(connector, config, payload);
	ret->call.secrets = config->secrets;
	return 0;
}

static int flush(const struct delivery *delivery, const char *what,
                 struct error *err)
{
	return journal_flush(delivery->call.env->journal,
	                     record_subject(delivery, what), err);
}

/* ---- Looking ------------------------------------------------------------- */

/* Who is left alone for a while is not asked what it knows, either. */
static int is_closed_off(const struct delivery *delivery,
                         const struct effect_record *effect, struct error *err)
{
	struct bus_answer ignored = { 0 };
	struct delivery asked = *delivery;

	asked.endpoint = effect->endpoint;
	return room_is_closed_off(&asked, &ignored, err);
}

static int look(const struct delivery *delivery,
                const struct effect_record *effect, enum finding *ret,
                struct value **ret_result, struct error *err)
{
	const struct connector *connector = delivery->connector;
	const struct call *call = &delivery->call;
	int64_t age = clock_wall_ms(call->env->clock) - effect->intended_at;

	*ret = FOUND_NOTHING;
	int closed = is_closed_off(delivery, effect, err);
	if (closed < 0 || (!closed && connector->verify &&
	                   connector->verify(call, ret, ret_result, err) < 0))
		return -1;
	if (*ret == FOUND_NOT_DONE && connector->sees_own &&
	    !text_equal(effect->source, journal_source(call->env->journal)))
		*ret = FOUND_NOTHING;
	if (*ret == FOUND_NOTHING && connector->repeats &&
	    connector->repeats(call) && age >= 0 && age < KEY_IS_KNOWN_MS &&
	    effect->attempts < MOST_REPEATS)
		*ret = FOUND_NOT_DONE; /* or as good as that */
	return 0;
}

/* 1 when the run of the effect is over, 0, -1. */
static int is_over(const struct delivery *delivery, struct error *err)
{
	const struct call *call = &delivery->call;
	struct run_record run;
	int found =
	        view_run(call->env->view, call->arena, call->run, &run, err);

	return found <= 0 ? found : run_is_over(run.state);
}

/* It waits for its step, or for nobody when its run has ended. */
static int release(const struct delivery *delivery, struct error *err)
{
	int over = is_over(delivery, err);

	if (over < 0)
		return -1;
	if (over) {
		record_failed(delivery, "it was not done, and the run is over");
		return flush(delivery, "was not done", err);
	}
	const struct attempt attempt = {
		.unsent = true,
		.attempt = delivery->attempt,
		.reason = "it had not been done; it is sent again",
	};
	record_tried(delivery, &attempt);
	FAULT("doubt.released");
	return flush(delivery, "is sent again", err);
}

int bus_settle(struct env *env, const struct config *config,
               const struct effect_record *effect, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	enum finding finding;
	struct value *result = NULL;
	struct delivery delivery;

	if (!bus_connector(effect->effect))
		return 0;
	if (recall(env, config, effect, &arena, &delivery, err) < 0 ||
	    look(&delivery, effect, &finding, &result, err) < 0)
		return -1;
	switch (finding) {
	case FOUND_NOTHING:
		return 0;
	case FOUND_NOT_DONE:
		return release(&delivery, err) < 0 ? -1 : 1;
	case FOUND_DONE:
		break;
	}
	if (FAULT_FAILS("doubt.found", err))
		return -1;
	record_done(&delivery, "found done", result);
	return flush(&delivery, "found done", err) < 0 ? -1 : 1;
}

/* ---- The owner's word ---------------------------------------------------- */

static const struct {
	const char *name;
	const char *says; /* for people, of the effect */
} verdicts[] = {
	[BUS_DONE] = { "done", "is taken as done" },
	[BUS_RETRY] = { "retry", "is sent again" },
	[BUS_FAILED] = { "failed", "is taken as not done" },
};

static const char *note_of(const char *note, enum bus_verdict verdict)
{
	static const char *const otherwise[] = {
		[BUS_DONE] = NULL,
		[BUS_RETRY] = "the owner has it sent again",
		[BUS_FAILED] = "the owner says that it was not done",
	};

	return note ? note : otherwise[verdict];
}

int bus_resolve(struct env *env, const struct config *config,
                const struct effect_record *effect, enum bus_verdict verdict,
                const struct value *result, const char *note, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct delivery delivery;

	if (strcmp(effect->state, "intended") != 0)
		return error_set(err, ERR_STATE,
		                 "%s of step \"%s\" is not in doubt: it is %s",
		                 effect->effect, effect->step, effect->state);
	if (recall(env, config, effect, &arena, &delivery, err) < 0)
		return -1;
	int over = verdict == BUS_RETRY ? is_over(&delivery, err) : 0;
	if (over < 0)
		return -1;
	if (over) {
		error_set(err, ERR_STATE,
		          "%s of step \"%s\" cannot be sent again: the run is "
		          "over",
		          effect->effect, effect->step);
		return error_hint(err, "Say --done, or --failed.");
	}
	const struct connector *connector = delivery.connector;
	if (verdict == BUS_DONE && !result)
		result = connector->foretell
		                 ? connector->foretell(&delivery.call)
		                 : value_map(&arena);
	record_resolved(&delivery, verdicts[verdict].name,
	                verdict == BUS_DONE ? result : NULL,
	                note_of(note, verdict));
	return flush(&delivery, verdicts[verdict].says, err);
}
