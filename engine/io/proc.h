/*
 * A child process: what is started, and one at a time (loop.h: several).
 *
 * The child gets its own process group, an environment that holds nothing but
 * what is given, and descriptors 0, 1 and 2 alone. When the deadline passes,
 * the group gets SIGTERM, two seconds later SIGKILL. Nothing that it started
 * stays: of a plain child the group is killed at its end, of one in a sandbox
 * also what left the group. Output is bounded: more than the limit is an error
 * and its end, of the standard error only the end is kept.
 */
#ifndef IO_PROC_H
#define IO_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct sandbox;

struct proc {
	const char *const *argv; /* NULL-terminated; argv[0] is looked for in
	                            PATH of `env` */
	const char *const *env;  /* NULL-terminated, "NAME=value" */
	const char *dir;         /* working directory */
	const char *input;       /* on its standard input; NULL: empty */
	size_t input_len;
	int64_t timeout_ms; /* 0: none */
	const char *room;   /* a folder that it may fill with LIMIT_OUT
	                       bytes; NULL: nobody looks */
	size_t max_output;  /* bytes; 0: LIMIT_OUTPUT */
	const struct sandbox *sandbox; /* what it may touch; NULL: all that we
	                                  may */
};

/* Run it to its end. 0 when it exited with status 0. ERR_FAILED when it could
 * not be started, for another status, a signal or the deadline: the message
 * says which and ends with the last lines of its standard error. ERR_LIMIT for
 * too much output. `ret_output` gets the standard output (its limit holds). */
int proc_run(const struct proc *proc, struct buf *ret_output,
             struct error *err) MUST_CHECK;

/* The same; when it fails, `ret_cut_short` says whether the end came from
 * outside, a signal or the deadline, so that it may have done a part. */
int proc_run_part(const struct proc *proc, struct buf *ret_output,
                  bool *ret_cut_short, struct error *err) MUST_CHECK;

/* `git -C dir ARGS…` that asks and writes no file of the owner's: with hooks
 * and fsmonitor off, the owner's environment (owner.h) and a deadline of a
 * minute. What reaches the network or a working tree is for remote.h and
 * owner_run(). */
int proc_git(const char *dir, const char *const *args, struct buf *ret_output,
             struct error *err) MUST_CHECK;

#endif
