/*
 * Providers: who answers an agent's prompt. One file and one row each.
 */
#ifndef AGENTS_PROVIDER_H
#define AGENTS_PROVIDER_H

#include "engine/agents/ask.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct provider {
	const char *name;
	const char *help;
	/* Add to `ingredients` what the answer depends on beyond the prompt. */
	int (*prepare)(const struct ask *ask, struct value *ingredients,
	               struct error *err);
	/* The answer's text, in the question's arena. */
	int (*answer)(const struct ask *ask, const char **ret,
	              struct error *err);
};

/* NULL-terminated. */
extern const struct provider *const providers[];

extern const struct provider provider_offline;

#endif
