/*
 * Permission: whether an effect may be done, and when. (The bus's own; what is
 * asked is the policy of reeve.yaml and the `may` of jobs.)
 */
#ifndef BUS_PERMIT_H
#define BUS_PERMIT_H

#include "engine/bus/bus.h"

struct permission {
	int64_t wake_at;     /* not before; 0: now */
	const char *reason;  /* why not before */
	const char *refused; /* never, which is said of one item of a loop */
};

/* What the pin allows and the owner's branch still allows, towards everybody
 * whom it reaches. ERR_FAILED when that is not so; but one item of a loop that
 * the policy forbids is `refused`, which is no failure of the others. */
int permit(const struct connector *connector, const struct bus_request *request,
           struct permission *ret, struct error *err) MUST_CHECK;

/* Whether one more may be begun in the run. ERR_FAILED when not. */
int within_limits(const struct bus_request *request,
                  struct error *err) MUST_CHECK;

#endif
