/*
 * Whether an endpoint has room for one more: its breaker and its rate. (The
 * bus's own.) Both are read from the journal, so any process knows them; what
 * was begun in this round is added.
 */
#ifndef BUS_ROOM_H
#define BUS_ROOM_H

#include "engine/bus/record.h"

/* Of a connector's settings. */
#define RATE_FIELD                                                             \
	{                                                                      \
		.name = "rate", .type = FIELD_TEXT,                            \
		.help = "no more than so many a second, minute, hour or day; " \
		        "what is more waits",                                  \
		.example = "60/m",                                             \
	}

/* "60/m": 60 in a minute. */
bool rate_parse(const char *text, int64_t *ret_count, int64_t *ret_ms);

/* "2026-11-22T08:15:00Z", in `arena`: for people. */
const char *room_time(struct arena *arena, int64_t at_ms);

/* Whether it may be begun now: ret->later when the others must be sent first,
 * ret->wake_at when it must wait; neither when it may. */
int room_look(const struct delivery *delivery, const struct bus_round *round,
              struct bus_answer *ret, struct error *err) MUST_CHECK;

/* The same of the breaker alone, for what is about to be sent: 1 when it is
 * open, with ret->wake_at and ret->reason; 0, -1. */
int room_is_closed_off(const struct delivery *delivery, struct bus_answer *ret,
                       struct error *err) MUST_CHECK;

/* ---- The round: what the view does not know yet ---- */

struct bus_begun {
	char *key, *effect, *job, *run, *step, *item;
	char *once, *endpoint; /* or NULL */
	bool in_flight;        /* the view knows it */
};

void round_add(struct bus_round *round, const struct delivery *delivery);
bool round_has_key(const struct bus_round *round, const char *key);
/* Of the endpoint: that the view does not know; that are under way. */
int64_t round_at_endpoint(const struct bus_round *round, const char *endpoint);
int64_t round_in_flight(const struct bus_round *round, const char *endpoint);

#endif
