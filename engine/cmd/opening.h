/*
 * The workspace of a command that somebody reads the output of.
 */
#ifndef CMD_OPENING_H
#define CMD_OPENING_H

#include "engine/cmd/command.h"
#include "engine/cycle/engine.h"

/* engine_open() of the folder we are in. When its view could not be used, that
 * is said, in one line beside the output: it was moved aside and made anew. */
struct engine *open_workspace(const struct invocation *invocation,
                              struct error *err) MUST_CHECK
        FREED_BY(engine_close);

#endif
