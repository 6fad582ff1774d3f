/*
 * Our side of a slot: a socket, whose messages have the order of events. An
 * order is written while the slot waits for one, so that it does not block;
 * what the slot tells is small and comes whole.
 */

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/io/loop_private.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"

/* More than the kernel takes as arguments. */
#define ORDER_BYTES (16u << 20)

struct slot {
	pid_t pid;
	int socket;
	struct walls walls;
};

struct slot *slot_open(bool network, struct error *err)
{
	struct slot *slot = mem_zalloc(1, sizeof(*slot));
	int ends[2];

	slot->socket = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		error_errno(err, errno, "could not make a socket");
		free(slot);
		return NULL;
	}
	slot->pid = walls_fork(network, &slot->walls);
	if (slot->pid == 0)
		slot_serve(ends[1], &slot->walls);
	int number = errno;
	fd_close(&ends[1]);
	slot->socket = ends[0];
	if (slot->pid > 0)
		return slot;
	error_errno(err, number, "could not start a process");
	slot_close(slot);
	return NULL;
}

void slot_close(struct slot *slot)
{
	if (!slot)
		return;
	slot_signal(slot, SIGKILL);
	fd_close(&slot->socket);
	/* Its end is the end of all, where it is the first of a namespace;
	 * elsewhere it sees to that itself. */
	if (slot->pid > 0 && (slot->walls.layers & SANDBOX_PROCESSES))
		(void)kill(slot->pid, SIGKILL);
	if (slot->pid > 0)
		while (waitpid(slot->pid, NULL, 0) < 0 && errno == EINTR)
			;
	free(slot);
}

int slot_fd(const struct slot *slot)
{
	return slot->socket;
}

unsigned slot_layers(const struct slot *slot)
{
	return slot->walls.layers;
}

/* ---- Orders -------------------------------------------------------------- */

static uint32_t add_strings(struct buf *buf, const char *const *list)
{
	uint32_t count = 0;

	for (; list[count]; count++)
		buf_add(buf, list[count], strlen(list[count]) + 1);
	return count;
}

/* `order` with the descriptors, and what fits of the bytes behind it. */
static ssize_t send_first(int socket, const struct buf *order, const int *fds,
                          size_t count)
{
	union {
		char bytes[CMSG_SPACE(ORDER_FDS * sizeof(int))];
		struct cmsghdr aligned;
	} control = { { 0 } };
	struct iovec part = { order->at, order->len };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t n;

	assert(header); /* there is room for one */
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	do {
		n = sendmsg(socket, &message, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n;
}

static int send_rest(int socket, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(socket, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

int slot_start(struct slot *slot, const struct proc *proc,
               const struct child_ends *ends)
{
	auto_buf struct buf bytes = buf_make(ORDER_BYTES);
	struct order order = {
		.has_input = ends->in >= 0,
		.has_rules = proc->sandbox->rules >= 0,
	};
	int fds[ORDER_FDS];
	size_t count = 0;

	if (order.has_input)
		fds[count++] = ends->in;
	fds[count++] = ends->out;
	fds[count++] = ends->error;
	if (order.has_rules)
		fds[count++] = proc->sandbox->rules;
	buf_add(&bytes, &order, sizeof(order));
	buf_add(&bytes, proc->dir, strlen(proc->dir) + 1);
	order.argc = add_strings(&bytes, proc->argv);
	order.envc = add_strings(&bytes, proc->env);
	if (bytes.over)
		return E2BIG;
	order.bytes = (uint32_t)(bytes.len - sizeof(order));
	memcpy(bytes.at, &order, sizeof(order));

	ssize_t n = send_first(slot->socket, &bytes, fds, count);
	if (n < 0 ||
	    send_rest(slot->socket, bytes.at + n, bytes.len - (size_t)n) < 0)
		return errno;
	return 0;
}

void slot_signal(struct slot *slot, int number)
{
	const struct order order = { .signal = number };

	/* A slot that is no more has nothing to send it to. */
	if (slot->socket >= 0)
		(void)send(slot->socket, &order, sizeof(order), MSG_NOSIGNAL);
}

/* ---- Reports ------------------------------------------------------------- */

/* The calls that a report may name, as constants. */
static const char *call_of(const struct report *report)
{
	static const char *const calls[] = {
		"exec",   "setsid",    "dup2",         "chdir",   "landlock",
		"clone",  "memory",    "null",         "uid_map", "setrlimit",
		"capset", "pdeathsig", "no_new_privs", "seccomp",
	};

	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (strncmp(calls[i], report->call, sizeof(report->call)) == 0)
			return calls[i];
	return "?";
}

int slot_hear(struct slot *slot, struct ending *ret)
{
	struct report report;
	ssize_t n;

	do {
		n = recv(slot->socket, &report, sizeof(report), MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n != sizeof(report))
		return -1;
	*ret = (struct ending){
		.status = report.status,
		.number = report.number,
		.call = report.number ? call_of(&report) : NULL,
	};
	return 1;
}
