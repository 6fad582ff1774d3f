/*
 * The providers: one row each.
 */
#include "engine/agents/provider.h"

/* clang-format off */
const struct provider *const providers[] = {
	&provider_offline,
	NULL,
};
/* clang-format on */
