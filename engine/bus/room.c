#include "engine/bus/room.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/date.h"
#include "store/base/text.h"

#define MOST 1000000

bool rate_parse(const char *text, int64_t *ret_count, int64_t *ret_ms)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {
		{ "/s", 1 }, { "/m", 60 }, { "/h", 3600 }, { "/d", 24 * 3600 }
	};

	size_t len = strcspn(text, "/");
	auto_free char *number = mem_strndup(text, len);

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(text + len, units[i].name) != 0)
			continue;
		*ret_ms = units[i].seconds * 1000;
		return text_to_int(number, 1, MOST, ret_count);
	}
	return false;
}

/* ---- The breaker --------------------------------------------------------- */

const char *room_time(struct arena *arena, int64_t at_ms)
{
	auto_buf struct buf text = buf_make(64);

	date_add_rfc3339(&text, at_ms);
	return arena_strdup(arena, text.at);
}

/* What is known of the delivery's endpoint; all zero when nothing is. */
static int find_breaker(const struct delivery *delivery, struct breaker *ret,
                        struct error *err)
{
	const struct call *call = &delivery->call;
	struct endpoint_record *endpoints;
	size_t count;

	*ret = (struct breaker){ 0 };
	if (!delivery->endpoint)
		return 0;
	if (view_endpoints(call->env->view, call->arena, delivery->endpoint,
	                   &endpoints, &count, err) < 0)
		return -1;
	if (count)
		*ret = endpoints[0].breaker;
	return 0;
}

int room_is_closed_off(const struct delivery *delivery, struct bus_answer *ret,
                       struct error *err)
{
	const struct call *call = &delivery->call;
	struct breaker breaker;

	if (find_breaker(delivery, &breaker, err) < 0)
		return -1;
	if (breaker_state(&breaker, clock_wall_ms(call->env->clock)) !=
	    BREAKER_OPEN)
		return 0;
	ret->wake_at = breaker.probe_at;
	ret->reason = arena_printf(
	        call->arena, "%s fails since %s; asked again at %s",
	        delivery->endpoint, room_time(call->arena, breaker.since),
	        room_time(call->arena, breaker.probe_at));
	return 1;
}

/* One alone asks an endpoint that failed. */
static int look_at_breaker(const struct delivery *delivery,
                           const struct bus_round *round,
                           struct bus_answer *ret, struct error *err)
{
	int64_t now = clock_wall_ms(delivery->call.env->clock);
	struct breaker breaker;

	int open = room_is_closed_off(delivery, ret, err);
	if (open != 0)
		return open < 0 ? -1 : 0;
	if (find_breaker(delivery, &breaker, err) < 0)
		return -1;
	ret->later = breaker_state(&breaker, now) == BREAKER_HALF_OPEN &&
	             (round_at_endpoint(round, delivery->endpoint) > 0 ||
	              round_in_flight(round, delivery->endpoint) > 0);
	return 0;
}

/* ---- The rate ------------------------------------------------------------ */

static int look_at_rate(const struct delivery *delivery,
                        const struct bus_round *round, struct bus_answer *ret,
                        struct error *err)
{
	const struct call *call = &delivery->call;
	const char *rate = value_get_text(call->settings, "rate", NULL);
	int64_t most;
	int64_t window_ms;
	int64_t at;

	if (!rate || !rate_parse(rate, &most, &window_ms))
		return 0;
	int64_t begun = round_at_endpoint(round, delivery->endpoint);
	if (begun >= most) {
		ret->later = true;
		return 0;
	}
	int found = view_begun_at(call->env->view, delivery->endpoint,
	                          most - begun - 1, &at, err);
	if (found <= 0)
		return found;
	if (at + window_ms <= clock_wall_ms(call->env->clock))
		return 0;
	ret->wake_at = at + window_ms;
	ret->reason = arena_printf(
	        call->arena, "%s gets no more than %s; sent at %s",
	        delivery->endpoint, rate, room_time(call->arena, ret->wake_at));
	return 0;
}

int room_look(const struct delivery *delivery, const struct bus_round *round,
              struct bus_answer *ret, struct error *err)
{
	if (!delivery->endpoint)
		return 0;
	if (look_at_breaker(delivery, round, ret, err) < 0)
		return -1;
	if (ret->later || ret->wake_at)
		return 0;
	return look_at_rate(delivery, round, ret, err);
}

/* ---- The round ----------------------------------------------------------- */

void round_add(struct bus_round *round, const struct delivery *delivery)
{
	const struct call *call = &delivery->call;

	if (!round)
		return;
	/* Flights may have left it: mem_grow() is for what only grows. */
	round->begun =
	        mem_realloc(round->begun,
	                    size_mul(round->count + 1, sizeof(*round->begun)));
	round->begun[round->count++] = (struct bus_begun){
		.key = mem_strdup(call->key),
		.effect = mem_strdup(delivery->connector->effect.name),
		.job = mem_strdup(delivery->job),
		.run = mem_strdup(call->run),
		.step = mem_strdup(call->step),
		.item = mem_strdup(call->item),
		.once = call->once ? mem_strdup(call->once) : NULL,
		.endpoint = delivery->endpoint ? mem_strdup(delivery->endpoint)
		                               : NULL,
	};
}

static void begun_clear(struct bus_begun *begun)
{
	free(begun->key);
	free(begun->effect);
	free(begun->job);
	free(begun->run);
	free(begun->step);
	free(begun->item);
	free(begun->once);
	free(begun->endpoint);
}

void bus_round_clear(struct bus_round *round)
{
	for (size_t i = 0; i < round->count; i++)
		begun_clear(&round->begun[i]);
	free(round->begun);
	*round = (struct bus_round){ 0 };
}

/* Those of the key, or with NULL all that are not under way, go. */
static void drop(struct bus_round *round, const char *key)
{
	size_t kept = 0;

	for (size_t i = 0; i < round->count; i++) {
		struct bus_begun *begun = &round->begun[i];
		if (key ? strcmp(begun->key, key) != 0 : begun->in_flight)
			round->begun[kept++] = *begun;
		else
			begun_clear(begun);
	}
	round->count = kept;
	if (kept == 0)
		bus_round_clear(round);
}

void bus_round_send(struct bus_round *round)
{
	drop(round, NULL);
}

void bus_round_add_flight(struct bus_round *round,
                          const struct delivery *delivery)
{
	round_add(round, delivery);
	round->begun[round->count - 1].in_flight = true;
}

void bus_round_end_flight(struct bus_round *round,
                          const struct delivery *delivery)
{
	drop(round, delivery->call.key);
}

bool round_has_key(const struct bus_round *round, const char *key)
{
	for (size_t i = 0; round && i < round->count; i++)
		if (text_equal(round->begun[i].key, key))
			return true;
	return false;
}

int64_t round_at_endpoint(const struct bus_round *round, const char *endpoint)
{
	int64_t count = 0;

	for (size_t i = 0; round && i < round->count; i++)
		count += !round->begun[i].in_flight &&
		         text_equal(round->begun[i].endpoint, endpoint);
	return count;
}

int64_t round_in_flight(const struct bus_round *round, const char *endpoint)
{
	int64_t count = 0;

	for (size_t i = 0; round && i < round->count; i++)
		count += round->begun[i].in_flight &&
		         text_equal(round->begun[i].endpoint, endpoint);
	return count;
}

bool bus_round_has(const struct bus_round *round, const char *effect,
                   const char *occasion)
{
	for (size_t i = 0; occasion && round && i < round->count; i++)
		if (text_equal(round->begun[i].effect, effect) &&
		    text_equal(round->begun[i].once, occasion))
			return true;
	return false;
}
