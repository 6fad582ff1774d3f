/*
 * What an undo comes to, for people: `undo` and `cancel` say it.
 */
#ifndef CMD_UNDOING_H
#define CMD_UNDOING_H

#include "engine/cmd/command.h"
#include "engine/cycle/engine.h"
#include "engine/cycle/undo.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* The files that are left and the effects that stay, a line each. */
void tell_undone(struct invocation *invocation, const struct undone *undone);

/* Say the same of an undo that was started, and have a tick open its draft: the
 * exit status, or -1. */
int undo_go_on(struct invocation *invocation, struct engine *engine,
               const struct undone *undone, struct error *err) MUST_CHECK;

#endif
