/*
 * The system calls that faults are put into, and which of them a fault fits.
 *
 * The classes are what a sweep counts by: `change` has every call that changes
 * something outside of the process; the others have the calls that may fail
 * with that error. What is a failure of the machine's (a full disk, a broken
 * one) only fits files: never a pipe, a terminal or a socket.
 */
#ifndef FAULT_CALLS_H
#define FAULT_CALLS_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	CLASS_CHANGE = 1 << 0,
	CLASS_SPACE = 1 << 1, /* ENOSPC */
	CLASS_IO = 1 << 2,    /* EIO */
	CLASS_FILES = 1 << 3, /* EMFILE */
	CLASS_SIGNAL = 1 << 4 /* EINTR */
};

struct call {
	const char *name;
	int number;
	unsigned classes;
	unsigned fds;   /* bits of arguments that are descriptors to be named */
	unsigned paths; /* and of those that are paths */
	int flags;      /* the argument with flags of open(2), or 0: none */
};

/* A class by its name: "change", or that of its errno. 0: there is none. */
unsigned class_of(const char *name);
int class_errno(unsigned class);

/* NULL for a call that is in no class. */
const struct call *call_by_number(uint64_t number);

/* Whether this call of the process `pid` is one of the class. */
bool call_fits(const struct call *call, unsigned class, pid_t pid,
               const uint64_t args[6]);
/* Whether it writes bytes: the arguments 1 and 2 are where and how many. */
bool call_writes(const struct call *call);
/* Whether what its argument 0 names is durable when it returns. */
bool call_syncs(const struct call *call);

/* "CALL PATH..." as far as it can be found out. */
void call_describe(const struct call *call, pid_t pid, const uint64_t args[6],
                   char *ret, size_t size);

/* The filter that stops at the calls of one class and lets pass all others. */
struct sock_fprog calls_filter(unsigned class);

#endif
