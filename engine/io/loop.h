/*
 * Programs side by side: one process, no threads, one place for each that may
 * run at a time.
 *
 *	struct loop *loop = loop_open(2);
 *	while (…) {
 *		while (loop_free_places(loop) && there is more)
 *			if (loop_start(loop, &proc, more, err) == NULL)
 *				return -1;
 *		struct child *child;
 *		int ended = loop_wait(loop, -1, &child, err);
 *		if (ended < 0)
 *			return -1;
 *		int rc = child_result(child, &output, &why);
 *		carry on with child_user(child);
 *		child_free(child);
 *	}
 *	loop_close(loop);
 *
 * Opening costs nothing: what a place needs is made when it is first used, and
 * then serves all that run there. Deadlines are kept, pipes fed and emptied,
 * while loop_wait() runs; who computes for long in between asks it now and then
 * with a timeout of 0.
 *
 * SIGTERM, SIGINT and SIGHUP wait for loop_wait() as long as something runs: it
 * then ends everything that runs, politely and soon without mercy, and fails.
 * While nothing runs, they do what they always did. Whatever becomes of us, no
 * child outlives us by more than the grace of a SIGTERM.
 *
 * A child belongs to the loop until loop_wait() gives it, then to the caller.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/io/proc.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct loop;
struct child;
struct pollfd;

/* At most LOOP_PLACES; more are as many. */
#define LOOP_PLACES 256

/* End what runs, at once, and forget everything. */
void loop_close(struct loop *loop);
void loop_close_auto(struct loop **loop);
#define auto_loop CLEANUP(loop_close_auto)

/* With room for `places` programs at a time. */
struct loop *loop_open(size_t places) MUST_CHECK FREED_BY(loop_close);

size_t loop_places(const struct loop *loop);
size_t loop_free_places(const struct loop *loop);
size_t loop_running(const struct loop *loop);
/* Of the free places, the one that the next program gets: 0 is the first. */
size_t loop_next_place(const struct loop *loop);

/* Start it and return at once; there must be a free place. Of `proc`, `input`
 * must stay until it has ended, the rest may go. That there is no such program
 * is told by its end. NULL when the machine is at fault (ERR_SYSTEM). */
struct child *loop_start(struct loop *loop, const struct proc *proc, void *user,
                         struct error *err) MUST_CHECK;

/* End it before its time: SIGTERM, after a while SIGKILL. Its end is then told
 * by loop_wait() as that of any other, and its result is a failure. */
void loop_stop(struct loop *loop, struct child *child);

/* Wait until one has ended: 1 and it, which is the caller's (child_free()). 0
 * after `timeout_ms`, -1: never; and at once when nothing runs. -1 when we are
 * told to stop, or the machine is at fault: nothing runs any more then. With a
 * guest also LOOP_GUEST: it has something to be taken. */
int loop_wait(struct loop *loop, int64_t timeout_ms, struct child **ret,
              struct error *err) MUST_CHECK;

/* ---- A guest ---- */

/* What else waits for descriptors and moments while loop_wait() waits, and is
 * stopped by the same signals (http.h). */
struct loop_guest {
	/* Its descriptors: how many, and into so many rows. */
	size_t (*count)(void *state);
	void (*fill)(void *state, struct pollfd *rows);
	/* When it is to be served at the latest, by CLOCK_BOOTTIME in ms; 0:
	 * when a descriptor says so. */
	int64_t (*due_at)(void *state);
	/* Something became of the rows that it filled, or time has passed. */
	void (*serve)(void *state, const struct pollfd *rows, size_t count);
	bool (*is_at_work)(void *state);
	bool (*has_ended)(void *state); /* something, which nobody has taken */
	void (*stop)(void *state);      /* all of it, at once */
	void *state;
};

#define LOOP_GUEST 2

/* One guest at most; NULL: none any more. */
void loop_invite(struct loop *loop, const struct loop_guest *guest);
/* Before the guest begins anything: signals wait from now on. */
int loop_ready_guest(struct loop *loop, struct error *err) MUST_CHECK;

/* CLOCK_BOOTTIME, in ms. */
int64_t loop_now(void);

/* ---- A child ---- */

/* What was given to loop_start(), or set since. */
void *child_user(const struct child *child);
void child_set_user(struct child *child, void *user);
/* Its place, while it runs and afterwards. */
size_t child_place(const struct child *child);

/* How it ended, as proc_run() tells it. Takes the output (empty afterwards). */
int child_result(struct child *child, struct buf *ret_output,
                 struct error *err) MUST_CHECK;

/* How it ended: by itself, for whatever reason; not at all, as it had not
 * begun; or anyhow, so that nobody knows how far it came. */
enum child_end {
	CHILD_EXITED,
	CHILD_NOT_BEGUN,
	CHILD_CUT_SHORT,
};
enum child_end child_end_of(const struct child *child);
/* What it has written so far, until child_result() has taken it. */
const struct buf *child_output(const struct child *child);
/* Which layers of its sandbox held (sandbox.h); once it has ended. */
unsigned child_layers(const struct child *child);
/* From its start to its end. */
int64_t child_ms(const struct child *child);

/* One that has ended. */
void child_free(struct child *child);
void child_free_auto(struct child **child);
#define auto_child CLEANUP(child_free_auto)

#endif
