/*
 * What the journal gets to know of an effect: one function for each type of
 * event. (The bus's own.) They add the event; who calls them flushes.
 */
#ifndef BUS_RECORD_H
#define BUS_RECORD_H

#include "engine/bus/bus.h"

/* An effect on its way. */
struct delivery {
	const struct connector *connector;
	struct call call;
	const char *job;
	const char *endpoint; /* or NULL */
	struct retry retry;
	int64_t attempt; /* tries that came to nothing */
	bool again;      /* its payload is in the journal already */
};

/* Of the connector, in `config`; `from` is `with` or the payload. */
const struct value *bus_settings(const struct connector *connector,
                                 const struct config *config,
                                 const struct value *from);

/* The call of an effect that was intended, without payload and settings. */
struct call record_call(struct env *env, struct arena *arena,
                        const struct effect_record *effect);

void record_intent(const struct delivery *delivery);
/* `how`: "sent", "found done". */
void record_done(const struct delivery *delivery, const char *how,
                 struct value *result);
void record_failed(const struct delivery *delivery, const char *reason);

/* A try without a result. */
struct attempt {
	bool unsent;     /* else nobody knows */
	bool fault;      /* the endpoint failed */
	int64_t attempt; /* tries that came to nothing, with this one */
	int64_t wake_at; /* of one that was not sent; 0: at once */
	const char *reason;
};

void record_tried(const struct delivery *delivery,
                  const struct attempt *attempt);
/* `verdict`: "done", "retry", "failed"; `result` and `note` may be NULL. */
void record_resolved(const struct delivery *delivery, const char *verdict,
                     const struct value *result, const char *note);

/* "bill 7k2fq0ab: send email.send sent": for people, of the delivery. */
const char *record_subject(const struct delivery *delivery, const char *what);

#endif
