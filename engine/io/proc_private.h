/*
 * Starting and reaping, for proc.c.
 */
#ifndef IO_PROC_PRIVATE_H
#define IO_PROC_PRIVATE_H

#include <sys/types.h>

#include "engine/io/proc.h"

struct spawned {
	pid_t pid; /* the leader of its process group */
	int in, out, error;
	int news; /* from a sandbox's first process; else -1 */
};

/* Start it: when this returns 0, the program is being executed. Our ends of
 * its descriptors do not block. ERR_FAILED when it could not be started. */
int proc_spawn(const struct proc *proc, struct spawned *ret,
               struct error *err) MUST_CHECK;

/* Wait for its end: its status as wait(2) has it. Whatever was in a namespace
 * with it has ended too. */
int proc_reap(struct spawned *spawned, int *ret_status,
              struct error *err) MUST_CHECK;

/* Close our ends. */
void proc_release(struct spawned *spawned);

#endif
