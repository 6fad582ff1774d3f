/*
 * What a process that was killed left undone: the journal has the event, and
 * the references that go with it are not all made, or not all gone; or the
 * owner's branch was about to be moved.
 */
#ifndef CYCLE_RESTORE_H
#define CYCLE_RESTORE_H

#include "engine/cycle/engine.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* Take back a move of the owner's branch that is half done; make the branches
 * of drafts that are open, and deal with those of drafts that were decided.
 * Nothing to do is the usual case. */
int restore_all(struct engine *engine, struct error *err) MUST_CHECK;

#endif
