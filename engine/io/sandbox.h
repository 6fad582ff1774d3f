/*
 * What a program that we start may touch: its files, and nothing else.
 *
 *	struct sandbox sandbox CLEANUP(sandbox_close);
 *	sandbox_open(&sandbox, checkout, out);
 *	struct proc proc = { …, .sandbox = &sandbox };
 *	if (proc_run(&proc, &output, err) < 0)
 *		return -1;
 *	say(sandbox_text(arena, sandbox.layers));
 *
 * It holds in layers, each of which a kernel or its administrator may not
 * offer. One that is missing stops nothing, but is known: `layers` says what
 * holds, and the caller reports it, or refuses.
 *
 * A sandbox serves one process. Its privileges are taken from it whatever the
 * layers are: no capabilities, also for root, and none gained by an exec; no
 * core dumps, no terminal, and it ends when we end.
 */
#ifndef IO_SANDBOX_H
#define IO_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "store/base/arena.h"

enum sandbox_layer {
	/* Landlock: it reads and executes the system's programs and one
	 * folder, it writes to another, and sees no other file. */
	SANDBOX_FILES = 1 << 0,
	/* A network namespace with nothing in it, or a filter that refuses
	 * every socket; both where both can be had. */
	SANDBOX_NETWORK = 1 << 1,
	/* A namespace of processes, whose end is the end of all in it, also of
	 * those that left the process group. */
	SANDBOX_PROCESSES = 1 << 2,
	SANDBOX_ALL = (1 << 3) - 1,
};

struct sandbox {
	unsigned layers; /* sandbox_layer: those that hold */
	int rules;       /* Landlock's; -1 without */
	bool filters;    /* sockets are refused */
	bool maps;       /* it has a user namespace, and is to be there: */
	uid_t user;
	gid_t group;
};

/* Make ready for a program that may read and execute what is in `readable`,
 * and also write in `writable`; NULL for none. What the system does not offer
 * is left out. */
void sandbox_open(struct sandbox *ret, const char *readable,
                  const char *writable);
void sandbox_close(struct sandbox *sandbox);

/* fork(2) into the namespaces that can be had, which `layers` says then. -1
 * with errno. For single-threaded processes: the child may do what it likes. */
pid_t sandbox_fork(struct sandbox *sandbox);

/* In the child: give up everything that the sandbox takes away. NULL, or what
 * could not be done, with errno. */
const char *sandbox_enter(const struct sandbox *sandbox);

/* "landlock, network, processes", or "landlock, processes; missing: network".
 */
const char *sandbox_text(struct arena *arena, unsigned layers);

#endif
