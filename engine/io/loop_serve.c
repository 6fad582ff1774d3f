/*
 * A slot's own side. It is a fork of ours that keeps nothing of us but its
 * socket, takes orders one by one, and never blocks but for the next event.
 *
 * A program is started by what vfork() does: the slot stands still while the
 * new process, in the slot's memory, on a stack of its own, makes itself ready
 * and executes; no page is copied. What failed is left in a page that is
 * shared even where the memory is not (valgrind makes a fork of it).
 *
 * As the first process of its namespace, or else as a subreaper, the slot is
 * the parent of whatever loses its own. So a program has left nothing behind if
 * and only if the slot has no child when the program has ended. Otherwise all
 * of them are killed: kill(-1) reaches everything in the namespace at once,
 * also what forks meanwhile; without one, /proc knows the children, and theirs
 * become ours when they are gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/io/loop_private.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/text.h"

#define GRACE_MS 2000
/* execvp() puts all arguments on it, of which a program may have 6 MB. What is
 * not touched costs nothing. */
#define STACK_BYTES (8u << 20)

/* A program about to be. */
struct launch {
	const char *dir;
	char **argv;
	bool is_first; /* the slot is, in a namespace */
	int in, out, error, rules;
	const char *call; /* that failed */
	int number;       /* its errno */
};

struct side {
	int socket;
	int signals; /* tells of children that ended */
	bool is_first;
	const char *failed; /* of the walls */
	int number;
	struct launch *launch;
	char *stack;
	char *bytes; /* of the order */
	char **words;
	int fds[ORDER_FDS];
};

/* ---- In the program ------------------------------------------------------ */

LEFT_BY_EXEC static const char *prepare(const struct launch *launch)
{
	sigset_t none;

	sigemptyset(&none);
	(void)pthread_sigmask(SIG_SETMASK, &none, NULL); /* a valid set */
	if (setsid() < 0)
		return "setsid";
	/* Where the slot's end is not the end of all. */
	if (!launch->is_first && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return "pdeathsig";
	if (dup2(launch->in, 0) < 0 || dup2(launch->out, 1) < 0 ||
	    dup2(launch->error, 2) < 0)
		return "dup2";
	if (chdir(launch->dir) < 0)
		return "chdir";
	return sandbox_enter(launch->rules) < 0 ? "landlock" : NULL;
}

LEFT_BY_EXEC static int become(void *state)
{
	struct launch *launch = state;

	launch->call = prepare(launch);
	if (!launch->call) {
		(void)execvp(launch->argv[0], launch->argv);
		launch->call = "exec";
	}
	launch->number = errno;
	return 1;
}

/* ---- Orders -------------------------------------------------------------- */

static void take_fds(struct side *side, struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	for (size_t i = 0; i < ORDER_FDS; i++)
		side->fds[i] = -1;
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(side->fds, CMSG_DATA(header),
		       header->cmsg_len - CMSG_LEN(0));
}

/* 1, or 0: nobody gives orders any more. */
static int receive(struct side *side, struct order *order)
{
	union {
		char bytes[CMSG_SPACE(ORDER_FDS * sizeof(int))];
		struct cmsghdr aligned;
	} control;
	struct iovec part = { order, sizeof(*order) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};

	if (recvmsg(side->socket, &message, MSG_CMSG_CLOEXEC) != sizeof(*order))
		return 0;
	take_fds(side, &message);
	return 1;
}

/* `count` of the strings at `at`, behind the words that are there already. */
static char *split(char **words, size_t count, char *at)
{
	for (size_t i = 0; i < count; i++) {
		words[i] = at;
		at += strlen(at) + 1;
	}
	words[count] = NULL;
	return at;
}

static int receive_launch(struct side *side, const struct order *order)
{
	struct launch *launch = side->launch;
	size_t count = size_add(order->argc, order->envc);
	size_t fd = 0;

	side->bytes = mem_realloc(side->bytes, order->bytes);
	side->words = mem_realloc(side->words,
	                          size_mul(count + 2, sizeof(*side->words)));
	if (recv(side->socket, side->bytes, order->bytes, MSG_WAITALL) !=
	    (ssize_t)order->bytes)
		return 0;
	char *at = side->bytes + strlen(side->bytes) + 1;
	at = split(side->words, order->argc, at);
	(void)split(side->words + order->argc + 1, order->envc, at);
	*launch = (struct launch){
		.dir = side->bytes,
		.argv = side->words,
		.is_first = side->is_first,
		.rules = -1,
	};
	if (order->has_input)
		launch->in = side->fds[fd++];
	launch->out = side->fds[fd++];
	launch->error = side->fds[fd++];
	if (order->has_rules)
		launch->rules = side->fds[fd];
	environ = side->words + order->argc + 1; /* whose PATH counts */
	return 1;
}

static void report(const struct side *side, int status, const char *call,
                   int number)
{
	struct report text = { .status = status, .number = number };

	for (size_t i = 0; call && call[i] && i < sizeof(text.call) - 1; i++)
		text.call[i] = call[i];
	(void)send(side->socket, &text, sizeof(text), MSG_NOSIGNAL);
}

/* ---- Ending -------------------------------------------------------------- */

/* Whether the rest could be looked for. */
static bool kill_children(void)
{
	auto_error struct error ignored = { 0 };
	auto_buf struct buf list = buf_make(1u << 20);

	if (file_read("/proc/thread-self/children", &list, &ignored) < 0)
		return false;
	for (char *at = list.at; *at;) {
		size_t len = strcspn(at, " ");
		bool more = at[len];
		int64_t pid;
		at[len] = '\0';
		if (text_to_int(at, 2, INT32_MAX, &pid))
			(void)kill((pid_t)pid, SIGKILL);
		at += len + more;
	}
	return true;
}

static bool kill_all(const struct side *side)
{
	if (!side->is_first)
		return kill_children();
	(void)kill(-1, SIGKILL); /* there may be none any more */
	return true;
}

static void end_rest(const struct side *side)
{
	for (;;) {
		pid_t ended = waitpid(-1, NULL, WNOHANG);
		if (ended < 0)
			return; /* no child */
		if (ended == 0 && (!kill_all(side) || waitpid(-1, NULL, 0) < 0))
			return;
	}
}

static void deliver(const struct side *side, pid_t program, int number)
{
	(void)kill(-program, number); /* it may have just ended */
	if (number == SIGKILL)
		(void)kill_all(side); /* or it does so at the end */
}

/* True when the program is among those that have ended. */
static bool reap(const struct side *side, pid_t program, int *ret_status)
{
	struct signalfd_siginfo news;
	pid_t ended;
	int status;

	if (read(side->signals, &news, sizeof(news)) < 0)
		return false; /* it comes again */
	do {
		ended = waitpid(-1, &status, WNOHANG);
	} while (ended > 0 && ended != program);
	if (ended == program)
		*ret_status = status;
	return ended == program;
}

/* Its status. When nobody gives orders any more, it is told to end. */
static int watch(const struct side *side, pid_t program)
{
	struct pollfd rows[] = {
		{ .fd = side->signals, .events = POLLIN },
		{ .fd = side->socket, .events = POLLIN },
	};
	struct order order;
	int timeout_ms = -1;
	int status;

	for (;;) {
		int ready = poll(rows, ARRAY_LEN(rows), timeout_ms);
		if (ready == 0) {
			deliver(side, program, SIGKILL);
			timeout_ms = -1;
		}
		if (ready <= 0)
			continue;
		if (rows[0].revents && reap(side, program, &status))
			return status;
		if (!rows[1].revents)
			continue;
		bool heard = recv(side->socket, &order, sizeof(order), 0) ==
		             sizeof(order);
		deliver(side, program, heard ? order.signal : SIGTERM);
		if (!heard) {
			rows[1].fd = -1;
			timeout_ms = GRACE_MS;
		}
	}
}

/* ---- The whole ----------------------------------------------------------- */

static void run(struct side *side)
{
	struct launch *launch = side->launch;
	int flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
	int status = 0;

	if (side->failed) {
		launch->call = side->failed;
		launch->number = side->number;
	}
	pid_t program = side->failed ? 0
	                             : clone(become, side->stack + STACK_BYTES,
	                                     flags, launch);
	if (program < 0) {
		launch->call = "clone";
		launch->number = errno;
	}
	for (size_t i = 0; i < ORDER_FDS; i++)
		fd_close(&side->fds[i]);
	if (program > 0 && !launch->call)
		status = watch(side, program);
	end_rest(side);
	report(side, status, launch->call, launch->call ? launch->number : 0);
}

/* No handler and no descriptor of ours but the socket; 0, 1 and 2 are taken, so
 * that what comes with an order is not one of them. */
static const char *forget(struct side *side)
{
	auto_error struct error ignored = { 0 };
	sigset_t all;
	int null;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, NULL); /* a valid set */
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL); /* some cannot be changed */
	(void)setsid();                        /* we are no leader */
	if (side->socket != 3 && dup2(side->socket, 3) < 0)
		return "dup2";
	side->socket = 3;
	(void)fcntl(3, F_SETFD, FD_CLOEXEC);
	if (close_range(4, ~0u, 0) < 0)
		return "dup2";
	null = fd_open("/dev/null", O_RDWR, 0, &ignored);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		return "null";
	return NULL;
}

static const char *settle(struct side *side)
{
	sigset_t ended;
	void *memory[2];

	sigemptyset(&ended);
	sigaddset(&ended, SIGCHLD);
	side->signals = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
	memory[0] = mmap(NULL, sizeof(*side->launch), PROT_READ | PROT_WRITE,
	                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memory[1] = mmap(
	        NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
	        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (memory[0] == MAP_FAILED || memory[1] == MAP_FAILED ||
	    side->signals < 0 ||
	    (!side->is_first && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0))
		return "memory";
	side->launch = memory[0];
	side->stack = memory[1];
	return NULL;
}

void slot_serve(int socket, const struct walls *walls)
{
	struct side side = {
		.socket = socket,
		.is_first =
		        (walls->layers & SANDBOX_PROCESSES) && getpid() == 1,
	};
	struct order order;

	if (forget(&side) || settle(&side))
		_exit(1);
	side.failed = walls_enter(walls);
	side.number = errno;
	while (receive(&side, &order))
		if (order.signal == 0 && receive_launch(&side, &order))
			run(&side);
	_exit(0);
}
