/*
 * Long output on a terminal goes through the owner's pager.
 *
 *	struct pager pager CLEANUP(pager_end) = pager_begin(invocation);
 *	... say() ...
 *
 * Where the output is no terminal, nothing happens.
 */
#ifndef CMD_PAGER_H
#define CMD_PAGER_H

#include <sys/types.h>

#include "engine/cmd/command.h"

struct pager {
	pid_t pid;  /* 0: none was started */
	int output; /* the standard output that it took the place of */
};

/* $GIT_PAGER, $PAGER or less; "" and "cat" mean none. One that does not start
 * is done without. */
struct pager pager_begin(const struct invocation *invocation);
/* Hand it the rest and wait until the reader is done. */
void pager_end(struct pager *pager);

#endif
