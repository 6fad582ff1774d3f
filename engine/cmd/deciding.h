/*
 * Which draft a person means: what `review`, `approve` and `reject` share.
 */
#ifndef CMD_DECIDING_H
#define CMD_DECIDING_H

#include "engine/cmd/command.h"
#include "engine/cycle/engine.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/view.h"

/* The run that the first argument names and its open draft: with a second one,
 * an item, that of the item's gate, or the one that it is part of. ERR_STATE
 * when there is none that waits, saying how the last one was decided; ERR_USAGE
 * when several items have one. */
int find_open_draft(struct invocation *invocation, struct engine *engine,
                    struct run_record *ret_run, struct draft_record *ret_draft,
                    struct error *err) MUST_CHECK;
/* The item that is named behind the run, or NULL. */
const char *item_named(const struct invocation *invocation);

#endif
