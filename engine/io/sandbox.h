/*
 * What a program that we start may touch: its files, and nothing else.
 *
 *	struct sandbox sandbox CLEANUP(sandbox_close);
 *	sandbox_open(&sandbox, checkout, out);
 *	struct proc proc = { …, .sandbox = &sandbox };
 *	start it, wait for its end (loop.h);
 *	say(sandbox_text(arena, child_layers(child)));
 *
 * It holds in layers, each of which a kernel or its administrator may not
 * offer. One that is missing stops nothing, but is known: the caller reports
 * it, or refuses.
 *
 * Privileges are taken from a program whatever the layers are: no capabilities,
 * also for root, and none gained by an exec; no core dumps, no terminal, no
 * file longer than LIMIT_OUT_FILE, and it ends when we end.
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

/* What is one program's own; it may serve several, one after the other or at
 * once. */
struct sandbox {
	int rules;    /* Landlock's; -1 without */
	bool network; /* it may use the network */
};

/* Make ready for a program that may read and execute what is in `readable`,
 * and also write in `writable`; NULL for none. What the system does not offer
 * is left out. */
void sandbox_open(struct sandbox *ret, const char *readable,
                  const char *writable);
/* The same for one that may use the network. */
void sandbox_open_online(struct sandbox *ret, const char *readable,
                         const char *writable);
/* It may write in one folder more. */
void sandbox_share(const struct sandbox *sandbox, const char *writable);
void sandbox_close(struct sandbox *sandbox);

/* What programs share that run one after the other in one place (slot.c). */
struct walls {
	unsigned layers; /* sandbox_layer: those of them that hold */
	bool filters;    /* sockets are refused */
	bool maps;       /* there is a user namespace, and the user is to be
	                    in it: */
	uid_t user;
	gid_t group;
};

/* fork(2) into the namespaces that can be had. -1 with errno. For
 * single-threaded processes: the child may do what it likes. */
pid_t walls_fork(bool network, struct walls *ret);

/* In the child: give up everything that is taken away from all programs. NULL,
 * or what could not be done, with errno. */
const char *walls_enter(const struct walls *walls);

/* In a program before it is executed: 0, or -1 with errno. */
int sandbox_enter(int rules);

/* "landlock, network, processes", or "landlock, processes; missing: network".
 */
const char *sandbox_text(struct arena *arena, unsigned layers);

#endif
