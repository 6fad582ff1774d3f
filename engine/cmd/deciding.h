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

/* The run that `word` names and its open draft. ERR_STATE when it has none
 * that waits, saying how the last one was decided. */
int find_open_draft(struct invocation *invocation, struct engine *engine,
                    const char *word, struct run_record *ret_run,
                    struct draft_record *ret_draft,
                    struct error *err) MUST_CHECK;

#endif
