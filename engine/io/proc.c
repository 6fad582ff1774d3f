/*
 * Three pipes, a pidfd and a timer in one poll loop, so that the end of the
 * child and its deadline are events like any other and no signal handler is
 * needed. proc_spawn.c starts it.
 *
 * The loop ends when the child has ended and its output was read. A grandchild
 * that keeps the pipes open cannot hold us: after the child's end, what is
 * there is read, the group is killed, and the pipes are closed.
 */
#include "engine/io/proc.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/io/proc_private.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define GRACE_MS           2000
#define READ_BYTES         (8u << 10)
#define READS              64 /* in one round: the deadline has its turn */
#define GIT_TIMEOUT_MS     60000
#define STDERR_LINES_BYTES 1000

struct child {
	struct spawned spawned;
	int pidfd;
	int timer; /* fires at the deadline */
	const struct proc *proc;
	size_t written;
	struct buf *output;
	struct buf last_words; /* the end of its standard error */
	struct buf shown;      /* of that, what a message says */
	bool ended;
	bool too_much;
	bool timed_out;
};

static void child_clear(struct child *child)
{
	proc_release(&child->spawned);
	fd_close(&child->pidfd);
	fd_close(&child->timer);
	buf_clear(&child->last_words);
	buf_clear(&child->shown);
}

/* ---- Watching ------------------------------------------------------------ */

static void signal_group(struct child *child, int number)
{
	/* The group may be gone already. */
	(void)kill(-child->spawned.pid, number);
}

/* In so many milliseconds; 0: never. */
static int set_timer(struct child *child, int64_t ms)
{
	const struct itimerspec timeout = {
		.it_value = { .tv_sec = ms / 1000,
		              .tv_nsec = ms % 1000 * 1000000 },
	};

	return timerfd_settime(child->timer, 0, &timeout, NULL);
}

static int begin(struct child *child, struct error *err)
{
	child->pidfd = (int)syscall(SYS_pidfd_open, child->spawned.pid, 0);
	child->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	if (child->pidfd < 0 || child->timer < 0 ||
	    set_timer(child, child->proc->timeout_ms) < 0)
		return error_errno(err, errno, "could not watch a child");
	return 0;
}

/* write(2) to a pipe, whose SIGPIPE would end us: it is caught before. */
static ssize_t write_pipe(int fd, const char *bytes, size_t len)
{
	const struct timespec at_once = { 0 };
	sigset_t pipe;
	sigset_t before;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe, &before); /* a valid set */
	ssize_t n = write(fd, bytes, len);
	int number = errno;
	if (n < 0 && number == EPIPE)
		(void)sigtimedwait(&pipe, NULL, &at_once); /* taken back */
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = number;
	return n;
}

static void feed(struct child *child)
{
	size_t left = child->proc->input_len - child->written;
	ssize_t n = left ? write_pipe(child->spawned.in,
	                              child->proc->input + child->written, left)
	                 : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		child->written += (size_t)n;
	/* A child that does not want its input may say so by closing it. */
	if (n < 0 || child->written == child->proc->input_len)
		fd_close(&child->spawned.in);
}

/* Read what is there: true while there may be more. */
static bool drain(int *fd, struct buf *into, bool *over)
{
	char bytes[READ_BYTES];
	ssize_t n = read(*fd, bytes, sizeof(bytes));

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		fd_close(fd);
		return false;
	}
	buf_add(into, bytes, (size_t)n);
	*over = into->over;
	return !into->over;
}

static void drain_error(struct child *child)
{
	struct buf *words = &child->last_words;
	bool over = false;

	for (int i = 0; i < READS && child->spawned.error >= 0 &&
	                drain(&child->spawned.error, words, &over);
	     i++) {
		if (words->len <= LIMIT_STDERR / 2)
			continue;
		size_t keep = LIMIT_STDERR / 4;
		memmove(words->at, words->at + words->len - keep, keep);
		buf_cut(words, keep);
	}
}

static void drain_output(struct child *child)
{
	for (int i = 0;
	     i < READS && child->spawned.out >= 0 && !child->too_much &&
	     drain(&child->spawned.out, child->output, &child->too_much);
	     i++)
		;
}

/* The deadline: politely first, and again after a while. */
static int pass_deadline(struct child *child)
{
	signal_group(child, child->timed_out ? SIGKILL : SIGTERM);
	child->timed_out = true;
	return set_timer(child, GRACE_MS);
}

/* One round: what is ready is done. */
static int attend(struct child *child)
{
	struct pollfd fds[] = {
		{ .fd = child->pidfd, .events = POLLIN },
		{ .fd = child->spawned.in, .events = POLLOUT },
		{ .fd = child->too_much ? -1 : child->spawned.out,
		  .events = POLLIN },
		{ .fd = child->spawned.error, .events = POLLIN },
		{ .fd = child->timer, .events = POLLIN },
	};
	if (poll(fds, ARRAY_LEN(fds), -1) < 0)
		return errno == EINTR ? 0 : -1;
	if (fds[1].revents)
		feed(child);
	if (fds[2].revents)
		drain_output(child);
	if (fds[3].revents)
		drain_error(child);
	if (child->too_much)
		signal_group(child, SIGKILL);
	child->ended = fds[0].revents != 0;
	return fds[4].revents && !child->ended ? pass_deadline(child) : 0;
}

static int watch(struct child *child, struct error *err)
{
	int rc = begin(child, err);

	while (rc == 0 && !child->ended)
		if (attend(child) < 0)
			rc = error_errno(err, errno, "could not wait");
	if (rc == 0) {
		drain_output(child);
		drain_error(child);
	}
	signal_group(child, SIGKILL);
	return rc;
}

/* ---- Judging ------------------------------------------------------------- */

/* The last lines of its standard error, as a message may show them. */
static const char *last_lines(struct child *child)
{
	struct buf *words = &child->last_words;
	struct buf *shown = &child->shown;
	size_t from = 0;

	while (words->len && words->at[words->len - 1] == '\n')
		buf_cut(words, words->len - 1);
	if (!words->len)
		return "it said nothing";
	if (words->len > STDERR_LINES_BYTES)
		from = words->len - STDERR_LINES_BYTES;
	while (from && from < words->len && (words->at[from] & 0xc0) == 0x80)
		from++; /* not in the middle of a character */
	text_add_printable(shown, words->at + from, words->len - from);
	return shown->at;
}

static const char *signal_text(int number)
{
	const char *text = sigdescr_np(number);

	return text ? text : "a real-time signal";
}

static int judge(struct child *child, int status, struct error *err)
{
	const char *name = child->proc->argv[0];

	if (child->too_much)
		return error_set(err, ERR_LIMIT,
		                 "\"%s\" wrote more than %zu bytes", name,
		                 child->output->max);
	if (child->timed_out)
		return error_set(err, ERR_FAILED,
		                 "\"%s\" did not end within %lld s: %s", name,
		                 (long long)child->proc->timeout_ms / 1000,
		                 last_lines(child));
	if (WIFSIGNALED(status))
		return error_set(err, ERR_FAILED,
		                 "\"%s\" was ended by signal %d (%s): %s", name,
		                 WTERMSIG(status),
		                 signal_text(WTERMSIG(status)),
		                 last_lines(child));
	if (WEXITSTATUS(status) != 0)
		return error_set(err, ERR_FAILED,
		                 "\"%s\" exited with status %d: %s", name,
		                 WEXITSTATUS(status), last_lines(child));
	return 0;
}

int proc_run(const struct proc *proc, struct buf *ret_output, struct error *err)
{
	struct child child CLEANUP(child_clear) = {
		.spawned = { .in = -1, .out = -1, .error = -1, .news = -1 },
		.pidfd = -1,
		.timer = -1,
		.proc = proc,
		.output = ret_output,
		.last_words = buf_make(LIMIT_STDERR),
		.shown = buf_make(LIMIT_STDERR),
	};
	auto_error struct error other = { 0 };
	int status = 0;

	if (proc_spawn(proc, &child.spawned, err) < 0)
		return -1;
	int watched = watch(&child, err);
	/* The first reason is the one to tell. */
	int reaped =
	        proc_reap(&child.spawned, &status, watched < 0 ? &other : err);
	return watched < 0 || reaped < 0 ? -1 : judge(&child, status, err);
}

int proc_git(const char *dir, const char *const *args, struct buf *ret_output,
             struct error *err)
{
	enum {
		OPTIONS = 5,
		MOST = 32
	};

	const char *argv[MOST + OPTIONS + 1] = {
		"git",
		"-c",
		"core.hooksPath=/dev/null",
		"-c",
		"core.fsmonitor=false",
	};
	size_t count = OPTIONS;

	for (size_t i = 0; args[i] && i < MOST; i++)
		argv[count++] = args[i];
	argv[count] = NULL;
	struct proc proc = {
		.argv = argv,
		.env = (const char *const *)environ,
		.dir = dir,
		.timeout_ms = GIT_TIMEOUT_MS,
	};
	return proc_run(&proc, ret_output, err);
}
