/*
 * The providers: one row each.
 */
#include "engine/agents/provider.h"

const struct provider *const providers[] = {
	&provider_offline,
	NULL,
};
