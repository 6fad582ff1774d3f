/*
 * What the files of the loop share.
 *
 * loop.c waits; loop_child.c has a child's pipes, its time and its judgement;
 * loop_spawn.c starts one of our own.
 *
 * Programs in a sandbox are started by slots: processes of ours, each of which
 * starts one after the other. What is the same for all of them, and costs, the
 * slot does once, to itself: namespaces without a network and of processes, the
 * filter of system calls, limits. A program then begins with a vfork() of the
 * slot and costs hardly more than it would without a sandbox. The slot adopts
 * what the program leaves behind and kills it before it tells of the end. When
 * we end, it hears so by the end of its socket, ends what runs, and ends.
 * loop_slot.c is our side of it, loop_serve.c the other.
 */
#ifndef IO_LOOP_PRIVATE_H
#define IO_LOOP_PRIVATE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/io/loop.h"
#include "engine/io/sandbox.h"

struct slot;

/* ---- A child ------------------------------------------------------------- */

/* How it ended, as wait(2) has it, or what kept it from beginning. */
struct ending {
	int status;
	const char *call; /* NULL: it did begin */
	int number;       /* the errno of that */
	bool unknown;     /* nobody can say */
};

struct child {
	void *user;
	size_t place;
	char *program;
	struct slot *slot; /* that it runs in; NULL: a child of ours: */
	pid_t pid;
	int pidfd;

	int in, out, error; /* our ends; -1: closed */
	const char *input;
	size_t input_len;
	size_t written;
	struct buf output;
	struct buf last_words; /* the end of its standard error */

	int64_t timeout_ms;
	int64_t started_at; /* CLOCK_BOOTTIME, in ms, as the other two */
	int64_t due_at;     /* when something is to be done; 0: never */
	int64_t ended_at;
	char *room;      /* the folder that it writes to, or NULL */
	int64_t look_at; /* when to look how much; the first time */
	bool ended;
	bool told; /* to end, politely */
	bool too_much;
	bool filled; /* its folder, with too much */
	bool timed_out;
	bool stopped;
	struct ending ending;
	unsigned layers;
};

/* The ends that the child gets. */
struct child_ends {
	int in, out, error;
};

int64_t child_now(void);

/* Not running yet; its pipes are there. NULL with errno. */
struct child *child_new(const struct proc *proc, struct child_ends *ret_ends);
void child_ends_close(struct child_ends *ends);

/* Start it as a child of ours. */
void child_spawn(struct child *child, const struct proc *proc,
                 const struct child_ends *ends);

/* CHILD_POLLS rows: what it waits for. */
#define CHILD_POLLS 4
void child_poll(const struct child *child, struct pollfd *rows);
/* What became of them: its pipes are served, its end is noticed. */
void child_attend(struct child *child, const struct pollfd *rows);
/* See whether its folder is `filled`, if it is time to. */
void child_look(struct child *child);
/* Its next moment has come: it is told to end, then made to. */
void child_pass_deadline(struct child *child);
/* It has had too much of something: kill it, and keep no byte more. */
void child_cut_off(struct child *child);
/* End it at once; of a slot's, the slot does that when it is closed. */
void child_kill(struct child *child);
/* It has ended, and so has all that it started; what it said is read. */
void child_end(struct child *child, const struct ending *ending);

/* Start it in a process group of its own: 0, or an errno. */
int spawn_plain(const struct proc *proc, const struct child_ends *ends,
                pid_t *ret_pid) MUST_CHECK;

/* ---- A slot -------------------------------------------------------------- */

struct slot *slot_open(bool network, struct error *err) MUST_CHECK;
/* Ends what runs in it. */
void slot_close(struct slot *slot);

/* Order a program, which gets `ends`. -1: the slot is no more. */
int slot_start(struct slot *slot, const struct proc *proc,
               const struct child_ends *ends) MUST_CHECK;
/* Its program and the group of that; SIGKILL: all that it has started. */
void slot_signal(struct slot *slot, int number);

/* To be polled for reading; then: 1 and how the program ended, 0: not yet, -1:
 * the slot is no more. */
int slot_fd(const struct slot *slot);
int slot_hear(struct slot *slot, struct ending *ret);
/* sandbox_layer: what its walls are. */
unsigned slot_layers(const struct slot *slot);

/* ---- Between the two ----------------------------------------------------- */

/* Behind an order to start come `bytes` bytes of strings: the folder, the
 * arguments, the environment. Its descriptors come with it: in (if there is
 * input), out, error, rules (if there are rules). */
struct order {
	int32_t signal; /* not 0: send this to the program that runs */
	uint32_t argc;
	uint32_t envc;
	uint32_t bytes;
	uint32_t has_input;
	uint32_t has_rules;
};

#define ORDER_FDS 4

struct report {
	int32_t status; /* as wait(2) has it */
	int32_t number; /* not 0: it did not begin, and `call` is why */
	char call[16];
};

/* The life of a slot's process; does not return. */
void slot_serve(int socket, const struct walls *walls) NORETURN;

#endif
