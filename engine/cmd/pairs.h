/*
 * Values on the command line: key=value words, whose values are texts, and
 * key:=JSON words.
 */
#ifndef CMD_PAIRS_H
#define CMD_PAIRS_H

#include "engine/cmd/command.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* The arguments behind the first as a map, in the invocation's arena.
 * NULL with ERR_USAGE when one is none: `what` is what it should be:
 * "input". */
struct value *pairs_read(const struct invocation *invocation, const char *what,
                         struct error *err) MUST_CHECK;

/* The same into the map `ret`, replacing what it has of these names. */
int pairs_add(const struct invocation *invocation, const char *what,
              struct value *ret, struct error *err) MUST_CHECK;

#endif
