/*
 * A plan (engine/cycle/plan.h) made and printed: what `tick --plan` and
 * `run --plan` share.
 */
#ifndef CMD_PLANNING_H
#define CMD_PLANNING_H

#include "engine/cmd/command.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* Plan a tick, or with `job` one run of it with `inputs`; print it. The exit
 * status, or -1. With `all` (and on a terminal, and in JSON) it lists the steps
 * whose result is known, too. */
int plan_aloud(struct invocation *invocation, const char *job,
               const struct value *inputs, bool all,
               struct error *err) MUST_CHECK;

#endif
