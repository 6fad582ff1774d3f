/*
 * Effects that are ready together: their intents become durable in one flush,
 * then they are sent, one after the other; those that ask a server are under
 * way side by side. Their results share a flush with the intents of the next. A
 * step waits here from its intent to its result; the order in which steps are
 * ready is that of bus_begin() and of the sending.
 */
#ifndef CYCLE_OUTBOX_H
#define CYCLE_OUTBOX_H

#include "engine/cycle/tick.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct bus_round;
struct outbox;
struct work;

/* Give `tick` an outbox; `outbox_close(&tick)` takes it away. */
struct tick *outbox_open(struct tick *tick) MUST_CHECK;
void outbox_close(struct tick **tick);

/* What is begun; NULL without an outbox. */
struct bus_round *outbox_round(struct outbox *outbox);

/* Take over a step whose effect is begun, or is to be begun later. When there
 * are many, they are sent. */
int outbox_put(struct work *work, struct error *err) MUST_CHECK;

/* Send what is begun, and let the rest be ready again: 1, or 0 when there is
 * nothing, -1. */
int outbox_send(struct tick *tick, struct error *err) MUST_CHECK;

/* Take what has come back of those that were under way. */
int outbox_land(struct tick *tick, struct error *err) MUST_CHECK;

/* Results that wait for a flush wait no longer. */
int outbox_flush(struct tick *tick, struct error *err) MUST_CHECK;
/* For people, what the next flush has of it; NULL when nothing is new. Valid
 * until the next call of outbox_send(). */
const char *outbox_said(struct outbox *outbox);

#endif
