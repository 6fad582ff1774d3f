/*
 * The mark of a tick that left nothing to do, .reeve/idle: as long as it holds,
 * another tick would find nothing either, and is over before it began.
 *
 *	tick(): idle_look() before each round; after the last: idle_leave()
 *	cmd:    if (idle_holds(".")) there is nothing to do
 *
 * It holds while what a tick looks at is as it was: the owner's branch, the
 * journal, the drafts and their anchors, `wake`, and the program that looks;
 * and until the first time at which something is due by itself. It is left
 * only when nothing waits to be tried again. Whatever is unusual about the
 * repository or about the mark: it does not hold.
 */
#ifndef CYCLE_IDLE_H
#define CYCLE_IDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/cycle/tick.h"
#include "store/base/compiler.h"
#include "store/base/hash.h"

struct idle {
	bool known;
	struct hash hash;
};

/* What a tick that begins now is going to look at. */
struct idle idle_look(struct engine *engine) MUST_CHECK;

/* After a round that changed nothing: leave the mark of what there was before
 * it, or take an old one away. */
void idle_leave(struct tick *tick, const struct idle *before);

/* Whether there is nothing to do in the workspace that holds `dir`. */
bool idle_holds(const char *dir) MUST_CHECK;

#endif
