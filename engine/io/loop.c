/*
 * One poll() over the descriptors of all that runs, and the nearest of their
 * moments as its timeout. There are few places, so they are looked through
 * each time; nothing is registered anywhere.
 *
 * A place keeps its slots (loop_private.h): one for programs without a network,
 * one for those with. One whose process has died is made anew.
 */
#include "engine/io/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine/io/loop_private.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"

/* For all to end when we are told to stop: the grace, twice. */
#define STOP_MS 4000

struct place {
	struct child *child;
	struct slot *slots[2]; /* [1]: with the network */
};

struct loop {
	struct place *all;
	size_t places;
	size_t running;
	const struct loop_guest *guest; /* or NULL */
	struct pollfd *rows; /* of the places, of the signals, of the guest */
	size_t guest_rows;
	int signals;     /* while something runs; else -1 */
	sigset_t before; /* the mask then */
};

/* ---- Signals ------------------------------------------------------------- */

/* Those that stop us. One that is ignored stays so. */
static sigset_t stopping(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };

	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct sigaction now;
		if (sigaction(numbers[i], NULL, &now) == 0 &&
		    now.sa_handler != SIG_IGN)
			sigaddset(&set, numbers[i]);
	}
	return set;
}

static int hold_signals(struct loop *loop)
{
	sigset_t set = stopping();

	if (loop->signals >= 0)
		return 0;
	loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signals < 0)
		return -1;
	(void)pthread_sigmask(SIG_BLOCK, &set, &loop->before); /* is valid */
	return 0;
}

static void release_signals(struct loop *loop)
{
	if (loop->signals < 0)
		return;
	fd_close(&loop->signals);
	(void)pthread_sigmask(SIG_SETMASK, &loop->before, NULL); /* is valid */
}

static bool is_idle(const struct loop *loop)
{
	const struct loop_guest *guest = loop->guest;

	return loop->running == 0 &&
	       (!guest || (!guest->is_at_work(guest->state) &&
	                   !guest->has_ended(guest->state)));
}

static void release_if_idle(struct loop *loop)
{
	if (is_idle(loop))
		release_signals(loop);
}

/* ---- Its life ------------------------------------------------------------ */

struct loop *loop_open(size_t places)
{
	struct loop *loop = mem_zalloc(1, sizeof(*loop));

	assert(places > 0);
	loop->places = places < LOOP_PLACES ? places : LOOP_PLACES;
	loop->all = mem_zalloc(loop->places, sizeof(*loop->all));
	loop->rows =
	        mem_zalloc(loop->places * CHILD_POLLS + 1, sizeof(*loop->rows));
	loop->signals = -1;
	return loop;
}

static void end_slot(struct slot **slot)
{
	slot_close(*slot);
	*slot = NULL;
}

/* A child of ours is killed with its group; one of a slot by the slot. */
static void end_place(struct place *place)
{
	if (place->child && !place->child->ended)
		child_kill(place->child);
	for (size_t i = 0; i < ARRAY_LEN(place->slots); i++)
		end_slot(&place->slots[i]);
	child_free(place->child);
	place->child = NULL;
}

static void end_places(struct loop *loop)
{
	for (size_t i = 0; i < loop->places; i++)
		end_place(&loop->all[i]);
	loop->running = 0;
	if (loop->guest)
		loop->guest->stop(loop->guest->state);
	release_signals(loop);
}

void loop_close(struct loop *loop)
{
	if (!loop)
		return;
	end_places(loop);
	free(loop->all);
	free(loop->rows);
	free(loop);
}

void loop_close_auto(struct loop **loop)
{
	loop_close(*loop);
}

size_t loop_places(const struct loop *loop)
{
	return loop->places;
}

size_t loop_running(const struct loop *loop)
{
	return loop->running;
}

size_t loop_free_places(const struct loop *loop)
{
	return loop->places - loop->running;
}

void loop_invite(struct loop *loop, const struct loop_guest *guest)
{
	loop->guest = guest;
}

int64_t loop_now(void)
{
	return child_now();
}

int loop_ready_guest(struct loop *loop, struct error *err)
{
	if (hold_signals(loop) == 0)
		return 0;
	return error_errno(err, errno, "could not wait for signals");
}

size_t loop_next_place(const struct loop *loop)
{
	size_t at = 0;

	while (at < loop->places && loop->all[at].child)
		at++;
	return at;
}

/* ---- Starting ------------------------------------------------------------ */

/* A slot may have died since it was last used. */
static int start_in_slot(struct place *place, struct child *child,
                         const struct proc *proc, const struct child_ends *ends,
                         struct error *err)
{
	struct slot **slot = &place->slots[proc->sandbox->network];
	int number = EPIPE;

	for (int tries = 0; number == EPIPE && tries < 2; tries++) {
		if (tries)
			end_slot(slot);
		if (!*slot)
			*slot = slot_open(proc->sandbox->network, err);
		if (!*slot)
			return -1;
		number = slot_start(*slot, proc, ends);
		if (number == ECONNRESET)
			number = EPIPE;
	}
	child->slot = *slot;
	child->layers |= slot_layers(*slot);
	if (number)
		child_end(child,
		          &(struct ending){ .call = "exec", .number = number });
	return 0;
}

static struct child *start_at(struct place *place, const struct proc *proc,
                              struct error *err)
{
	struct child_ends ends;
	auto_child struct child *child = child_new(proc, &ends);
	int rc = 0;

	if (!child) {
		error_errno(err, errno, "could not start \"%s\"",
		            proc->argv[0]);
		return NULL;
	}
	if (proc->sandbox)
		rc = start_in_slot(place, child, proc, &ends, err);
	else
		child_spawn(child, proc, &ends);
	child_ends_close(&ends);
	return rc < 0 ? NULL : steal(&child);
}

struct child *loop_start(struct loop *loop, const struct proc *proc, void *user,
                         struct error *err)
{
	size_t at = loop_next_place(loop);

	assert(at < loop->places);
	if (hold_signals(loop) < 0) {
		error_errno(err, errno, "could not wait for signals");
		return NULL;
	}
	struct child *child = start_at(&loop->all[at], proc, err);
	if (!child) {
		release_if_idle(loop);
		return NULL;
	}
	child->user = user;
	child->place = at;
	loop->all[at].child = child;
	loop->running++;
	return child;
}

/* ---- Waiting ------------------------------------------------------------- */

/* One that has ended, which leaves the loop. */
static struct child *take_ended(struct loop *loop)
{
	for (size_t i = 0; i < loop->places; i++) {
		struct place *place = &loop->all[i];
		struct child *child = place->child;
		if (!child || !child->ended)
			continue;
		if (child->slot && child->ending.unknown)
			end_slot(&place->slots[child->slot == place->slots[1]]);
		place->child = NULL;
		loop->running--;
		release_if_idle(loop);
		return child;
	}
	return NULL;
}

/* The number of milliseconds for poll(), until `until` (0: never) or the first
 * moment of a child or of the guest. */
static int next_moment(const struct loop *loop, int64_t now, int64_t until)
{
	for (size_t i = 0; i < loop->places; i++) {
		const struct child *child = loop->all[i].child;
		if (child && child->due_at && (!until || child->due_at < until))
			until = child->due_at;
		if (child && child->room && !child->told &&
		    (!until || child->look_at < until))
			until = child->look_at;
	}
	const struct loop_guest *guest = loop->guest;
	int64_t due_at = guest ? guest->due_at(guest->state) : 0;
	if (due_at && (!until || due_at < until))
		until = due_at;
	if (!until)
		return -1;
	if (until <= now)
		return 0;
	return until - now > 3600000 ? 3600000 : (int)(until - now);
}

static void fill_rows(struct loop *loop)
{
	for (size_t i = 0; i < loop->places; i++) {
		struct pollfd *rows = &loop->rows[i * CHILD_POLLS];
		const struct child *child = loop->all[i].child;
		if (child && !child->ended) {
			child_poll(child, rows);
			continue;
		}
		for (size_t n = 0; n < CHILD_POLLS; n++)
			rows[n] = (struct pollfd){ .fd = -1 };
	}
	loop->rows[loop->places * CHILD_POLLS] =
	        (struct pollfd){ .fd = loop->signals, .events = POLLIN };
	if (loop->guest_rows)
		loop->guest->fill(loop->guest->state,
		                  &loop->rows[loop->places * CHILD_POLLS + 1]);
}

/* There is a row for each of the guest's descriptors now. */
static void make_room(struct loop *loop)
{
	const struct loop_guest *guest = loop->guest;
	size_t own = loop->places * CHILD_POLLS + 1;

	if (!guest)
		return;
	loop->guest_rows = guest->count(guest->state);
	loop->rows = mem_realloc(loop->rows, (own + loop->guest_rows) *
	                                             sizeof(*loop->rows));
}

/* Wait for something to happen, and serve it. The signal that came, 0, or -1
 * with errno. */
static int serve(struct loop *loop, int64_t until)
{
	const struct loop_guest *guest = loop->guest;
	size_t own = loop->places * CHILD_POLLS + 1;
	struct signalfd_siginfo signal;

	make_room(loop);
	fill_rows(loop);
	int ready = poll(loop->rows, own + loop->guest_rows,
	                 next_moment(loop, child_now(), until));
	if (ready < 0)
		return errno == EINTR ? 0 : -1;
	if (guest)
		guest->serve(guest->state, &loop->rows[own], loop->guest_rows);
	int64_t now = child_now();
	for (size_t i = 0; i < loop->places; i++) {
		struct child *child = loop->all[i].child;
		if (!child || child->ended)
			continue;
		if (ready > 0)
			child_attend(child, &loop->rows[i * CHILD_POLLS]);
		if (!child->ended && child->due_at && child->due_at <= now)
			child_pass_deadline(child);
		if (!child->ended)
			child_look(child);
	}
	if (!loop->rows[own - 1].revents)
		return 0;
	return read(loop->signals, &signal, sizeof(signal)) == sizeof(signal)
	               ? (int)signal.ssi_signo
	               : 0;
}

/* Told to: politely, and not for long. */
static void stop_all(struct loop *loop)
{
	int64_t until = child_now() + STOP_MS;
	bool runs = true;

	for (size_t i = 0; i < loop->places; i++)
		if (loop->all[i].child)
			loop_stop(loop, loop->all[i].child);
	while (runs && child_now() < until && serve(loop, until) >= 0) {
		runs = false;
		for (size_t i = 0; i < loop->places; i++)
			runs |= loop->all[i].child &&
			        !loop->all[i].child->ended;
	}
	end_places(loop);
}

int loop_wait(struct loop *loop, int64_t timeout_ms, struct child **ret,
              struct error *err)
{
	int64_t until = timeout_ms < 0 ? 0 : child_now() + timeout_ms;

	for (bool last = false;;) {
		struct child *child = take_ended(loop);
		if (child) {
			*ret = child;
			return 1;
		}
		if (loop->guest && loop->guest->has_ended(loop->guest->state))
			return LOOP_GUEST;
		release_if_idle(loop);
		if (last || is_idle(loop))
			return 0;
		int signal = serve(loop, until);
		if (signal < 0) {
			error_errno(err, errno, "could not wait");
			end_places(loop);
			return -1;
		}
		if (signal > 0) {
			stop_all(loop);
			return error_set(err, ERR_SYSTEM,
			                 "stopped by SIG%s while programs ran",
			                 sigabbrev_np(signal));
		}
		last = until && child_now() >= until;
	}
}
