/*
 * posix_spawn into a process group of its own, three pipes, and one poll loop
 * over them and a pidfd, so that the end of the child is an event like any
 * other and no signal handler is needed.
 *
 * The loop ends when the child has ended and its output was read. A grandchild
 * that keeps the pipes open cannot hold us: after the child's end, what is
 * there is read, the group is killed, and the pipes are closed.
 */
#include "engine/io/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"

#define GRACE_MS           2000
#define READ_BYTES         (64u << 10)
#define GIT_TIMEOUT_MS     60000
#define STDERR_LINES_BYTES 1000

struct child {
	pid_t pid;
	int pidfd;
	int in, out, error; /* our ends; -1 when closed */
	const struct proc *proc;
	size_t written;
	struct buf *output;
	struct buf last_words; /* the end of its standard error */
	bool ended;
	bool too_much;
	bool timed_out;
	bool killed;
	int64_t deadline_ms; /* 0: none */
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail on Linux */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void child_clear(struct child *child)
{
	fd_close(&child->in);
	fd_close(&child->out);
	fd_close(&child->error);
	fd_close(&child->pidfd);
	buf_clear(&child->last_words);
}

/* ---- Starting ------------------------------------------------------------ */

struct pipes {
	int in[2], out[2], error[2];
};

static void pipes_clear(struct pipes *pipes)
{
	int *const all[] = { pipes->in, pipes->out, pipes->error };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		fd_close(&all[i][0]);
		fd_close(&all[i][1]);
	}
}

static int spawn(const struct proc *proc, const struct pipes *pipes,
                 pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t defaults;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&files, pipes->in[0], 0);
	posix_spawn_file_actions_adddup2(&files, pipes->out[1], 1);
	posix_spawn_file_actions_adddup2(&files, pipes->error[1], 2);
	posix_spawn_file_actions_addchdir_np(&files, proc->dir);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
	                                              POSIX_SPAWN_SETSIGMASK |
	                                              POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);

	/* The prototype lacks const, the function does not write. */
	union {
		const char *const *given;
		char *const *wanted;
	} argv = { .given = proc->argv }, env = { .given = proc->env };

	int number = posix_spawnp(ret_pid, proc->argv[0], &files, &attributes,
	                          argv.wanted, env.wanted);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return number;
}

static int start(struct child *child, struct error *err)
{
	struct pipes pipes CLEANUP(
	        pipes_clear) = { { -1, -1 }, { -1, -1 }, { -1, -1 } };

	if (pipe2(pipes.in, O_CLOEXEC) < 0 || pipe2(pipes.out, O_CLOEXEC) < 0 ||
	    pipe2(pipes.error, O_CLOEXEC) < 0)
		return error_errno(err, errno, "could not make a pipe");
	int number = spawn(child->proc, &pipes, &child->pid);
	if (number != 0) {
		error_errno(err, number, "could not start \"%s\"",
		            child->proc->argv[0]);
		err->code = ERR_FAILED;
		return -1;
	}
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pidfd < 0) {
		int reason = errno;
		(void)kill(-child->pid, SIGKILL);
		(void)waitpid(child->pid, NULL, 0);
		return error_errno(err, reason, "could not watch a child");
	}
	child->in = pipes.in[1];
	child->out = pipes.out[0];
	child->error = pipes.error[0];
	pipes.in[1] = pipes.out[0] = pipes.error[0] = -1;
	(void)fcntl(child->in, F_SETFL, O_NONBLOCK);
	(void)fcntl(child->out, F_SETFL, O_NONBLOCK);
	(void)fcntl(child->error, F_SETFL, O_NONBLOCK);
	return 0;
}

/* ---- Watching ------------------------------------------------------------ */

static void signal_group(struct child *child, int number)
{
	/* The group may be gone already. */
	(void)kill(-child->pid, number);
}

static void feed(struct child *child)
{
	size_t left = child->proc->input_len - child->written;
	ssize_t n = left ? write(child->in, child->proc->input + child->written,
	                         left)
	                 : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		child->written += (size_t)n;
	/* A child that does not want its input may say so by closing it. */
	if (n < 0 || child->written == child->proc->input_len)
		fd_close(&child->in);
}

/* Read what is there: true while there may be more. */
static bool drain(int *fd, struct buf *into, bool *over)
{
	char bytes[READ_BYTES / 8];
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

	while (child->error >= 0 && drain(&child->error, words, &over)) {
		if (words->len <= LIMIT_STDERR / 2)
			continue;
		size_t keep = LIMIT_STDERR / 4;
		memmove(words->at, words->at + words->len - keep, keep);
		buf_cut(words, keep);
	}
}

static void drain_output(struct child *child)
{
	while (child->out >= 0 && !child->too_much &&
	       drain(&child->out, child->output, &child->too_much))
		;
}

/* Milliseconds until something is due; -1: nothing is. */
static int wait_ms(const struct child *child)
{
	if (!child->deadline_ms)
		return -1;
	int64_t left = child->deadline_ms - now_ms();
	return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

/* The deadline has come, or too much was written: end it, first politely. */
static void end_group(struct child *child)
{
	signal_group(child,
	             child->timed_out || child->too_much ? SIGKILL : SIGTERM);
	child->killed = true;
}

static void check_deadline(struct child *child)
{
	if (child->too_much && !child->killed) {
		end_group(child);
		return;
	}
	if (!child->deadline_ms || now_ms() < child->deadline_ms)
		return;
	end_group(child);
	child->timed_out = true;
	child->deadline_ms = now_ms() + GRACE_MS;
}

static int watch(struct child *child, struct error *err)
{
	while (!child->ended) {
		struct pollfd fds[] = {
			{ .fd = child->pidfd, .events = POLLIN },
			{ .fd = child->in, .events = POLLOUT },
			{ .fd = child->too_much ? -1 : child->out,
			  .events = POLLIN },
			{ .fd = child->error, .events = POLLIN },
		};
		int ready = poll(fds, ARRAY_LEN(fds), wait_ms(child));
		if (ready < 0 && errno != EINTR) {
			int reason = errno;
			signal_group(child, SIGKILL);
			return error_errno(err, reason, "could not wait");
		}
		if (ready > 0) {
			if (fds[1].revents)
				feed(child);
			if (fds[2].revents)
				drain_output(child);
			if (fds[3].revents)
				drain_error(child);
			child->ended = fds[0].revents != 0;
		}
		check_deadline(child);
	}
	drain_output(child);
	drain_error(child);
	signal_group(child, SIGKILL);
	return 0;
}

/* ---- Judging ------------------------------------------------------------- */

/* The last lines of its standard error, as ": …", or nothing. */
static const char *last_lines(struct child *child)
{
	struct buf *words = &child->last_words;

	while (words->len && words->at[words->len - 1] == '\n')
		buf_cut(words, words->len - 1);
	size_t from = words->len > STDERR_LINES_BYTES
	                      ? words->len - STDERR_LINES_BYTES
	                      : 0;
	return words->len ? words->at + from : "it said nothing";
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
		                 WTERMSIG(status), strsignal(WTERMSIG(status)),
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
		.pidfd = -1,
		.in = -1,
		.out = -1,
		.error = -1,
		.proc = proc,
		.output = ret_output,
		.last_words = buf_make(LIMIT_STDERR),
	};
	int status = 0;

	if (start(&child, err) < 0)
		return -1;
	if (proc->timeout_ms)
		child.deadline_ms = now_ms() + proc->timeout_ms;
	int watched = watch(&child, err);
	while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
		;
	return watched < 0 ? -1 : judge(&child, status, err);
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
