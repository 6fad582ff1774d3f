/*
 * Asking an agent: its prompt is filled in, a provider answers, the answer is
 * parsed and held against the agent's schema.
 *
 * An agent is declared data (engine/job/agent.h). It has no credential and
 * performs no effect: what comes back here is a value, nothing else.
 */
#ifndef AGENTS_ASK_H
#define AGENTS_ASK_H

#include "engine/job/agent.h"
#include "engine/job/page.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct ask {
	const struct agent *agent;
	struct page page; /* `with` and the scope; its path is not used */
};

/* Add everything the answer depends on to `ingredients`: the declaration, the
 * templates, the provider. */
int ask_prepare(const struct ask *ask, struct value *ingredients,
                struct error *err) MUST_CHECK;

/* The parsed answer: a string, or a map for a structured agent. `ret_record`
 * says how it came about: prompt, provider, why it, what was checked. */
int ask_agent(const struct ask *ask, struct value **ret,
              struct value **ret_record, struct error *err) MUST_CHECK;

#endif
