/*
 * A tick with its news printed: what `tick`, `run` and `approve` share.
 */
#ifndef CMD_TICKING_H
#define CMD_TICKING_H

#include "engine/cmd/command.h"
#include "engine/cycle/engine.h"
#include "engine/cycle/tick.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* Do everything that is due, saying what happens. The exit status, or -1. When
 * another engine has the workspace it is told to look again, and `if_busy` is
 * the status (EXIT_STATUS_BUSY, or EXIT_STATUS_DONE where that is as good). */
int tick_aloud(struct invocation *invocation, struct engine *engine,
               int if_busy, struct error *err) MUST_CHECK;

/* The same after the command has done its own part: the news of it come first,
 * and another engine may do the rest. */
int tick_after(struct invocation *invocation, struct engine *engine,
               const struct note *news, struct error *err) MUST_CHECK;

/* What a tick says that had nothing to do. */
void tell_nothing(struct invocation *invocation);

/* Say the news alone, as a tick would. */
void tell_news(struct invocation *invocation, struct engine *engine,
               const struct note *news);

/* Say each note as it comes, in text alone; `state` is a struct teller. */
struct teller {
	struct invocation *invocation;
	struct engine *engine;
};

void tell_step_line(void *state, const struct note *note);

#endif
