/*
 * Without a sandbox, a child is posix_spawn()ed into a process group of its
 * own. With one, it is forked, because what it must do to itself before it
 * executes the program cannot be said to posix_spawn.
 *
 * The fork tells by a pipe, `news`, that closes when it executes: silence is
 * success, a `struct news` with an errno is failure and says of what.
 *
 * In a namespace of processes the fork is its first one, number 1, which
 * signals without a handler do not reach and which adopts the orphans. A
 * program is not made for that part. So number 1 stays what it is, starts the
 * program as number 2 in the same process group, tells of it, waits, tells its
 * status, and ends; with it ends everything in the namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/io/proc_private.h"
#include "engine/io/sandbox.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"

struct news {
	int number; /* an errno, 0: it goes well */
	int status; /* of the program that has ended */
	char call[16];
};

struct pipes {
	int in[2], out[2], error[2], news[2];
};

static void pipes_clear(struct pipes *pipes)
{
	int *const all[] = { pipes->in, pipes->out, pipes->error, pipes->news };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		fd_close(&all[i][0]);
		fd_close(&all[i][1]);
	}
}

/* The prototypes of spawn and exec lack const; they do not write. */
static char **writable(const char *const *list)
{
	union {
		const char *const *given;
		char **wanted;
	} both = { .given = list };

	return both.wanted;
}

/* ---- Without a sandbox --------------------------------------------------- */

static int spawn_plain(const struct proc *proc, const struct pipes *pipes,
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
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	posix_spawn_file_actions_addchdir_np(&files, proc->dir);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
	                                              POSIX_SPAWN_SETSIGMASK |
	                                              POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);

	int number = posix_spawnp(ret_pid, proc->argv[0], &files, &attributes,
	                          writable(proc->argv), writable(proc->env));
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return number;
}

static int start_plain(const struct proc *proc, const struct pipes *pipes,
                       struct spawned *ret, struct error *err)
{
	int number = spawn_plain(proc, pipes, &ret->pid);

	if (number == 0)
		return 0;
	error_errno(err, number, "could not start \"%s\"", proc->argv[0]);
	err->code = ERR_FAILED;
	return -1;
}

/* ---- In the fork --------------------------------------------------------- */

/* -1 if nobody listens any more. */
static int tell(int fd, const char *call, int number, int status)
{
	struct news news = { .number = number, .status = status };

	for (size_t i = 0; call && call[i] && i < sizeof(news.call) - 1; i++)
		news.call[i] = call[i];
	return write(fd, &news, sizeof(news)) == sizeof(news) ? 0 : -1;
}

/* No handler, no blocked signal and no descriptor of ours but `news`. */
static const char *forget(const struct pipes *pipes, int news)
{
	sigset_t none;

	sigemptyset(&none);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)pthread_sigmask(SIG_SETMASK, &none, NULL); /* a valid set */
	if (setsid() < 0)
		return "setsid";
	if (dup2(pipes->in[0], 0) < 0 || dup2(pipes->out[1], 1) < 0 ||
	    dup2(pipes->error[1], 2) < 0)
		return "dup2";
	if ((news > 3 && close_range(3, (unsigned)news - 1, 0) < 0) ||
	    close_range((unsigned)news + 1, ~0u, 0) < 0)
		return "close_range";
	return NULL;
}

/* We may have ended before the child asked to be told of it. */
static bool is_alone(int news)
{
	struct pollfd end = { .fd = news };

	return poll(&end, 1, 0) > 0 && (end.revents & POLLERR);
}

/* Number 1 of a namespace: the program's parent, until it ends. */
static NORETURN void attend(const struct proc *proc, int news)
{
	pid_t program;
	pid_t ended;
	int status = 0;
	int number = posix_spawnp(&program, proc->argv[0], NULL, NULL,
	                          writable(proc->argv), environ);

	if (tell(news, "exec", number, 0) < 0 || number != 0)
		_exit(1);
	/* It reads to the end of its input, whose other end is ours alone. */
	(void)close_range(0, 2, 0);
	do {
		ended = waitpid(-1, &status, 0);
	} while (ended != program && (ended > 0 || errno == EINTR));
	(void)tell(news, NULL, 0, status);
	_exit(0);
}

static NORETURN void become(const struct proc *proc, const struct pipes *pipes)
{
	int news = pipes->news[1];
	/* A landlocked process may still go where it cannot look. */
	const char *failed = sandbox_enter(proc->sandbox);

	if (!failed && chdir(proc->dir) < 0)
		failed = "chdir";
	if (!failed)
		failed = forget(pipes, news);
	if (failed) {
		(void)tell(news, failed, errno, 0);
		_exit(1);
	}
	if (is_alone(news))
		_exit(1);
	environ = writable(proc->env); /* whose PATH counts */
	if (proc->sandbox->layers & SANDBOX_PROCESSES)
		attend(proc, news);
	execvp(proc->argv[0], writable(proc->argv));
	(void)tell(news, "exec", errno, 0);
	_exit(1);
}

/* ---- With a sandbox ------------------------------------------------------ */

/* 1, or 0 at the end. */
static int hear(int fd, struct news *ret)
{
	ssize_t len;

	do {
		len = read(fd, ret, sizeof(*ret));
	} while (len < 0 && errno == EINTR);
	return len == sizeof(*ret);
}

static int start_isolated(const struct proc *proc, struct pipes *pipes,
                          struct spawned *ret, struct error *err)
{
	struct news news = { 0 };

	ret->pid = sandbox_fork(proc->sandbox);
	if (ret->pid == 0)
		become(proc, pipes);
	if (ret->pid < 0)
		return error_errno(err, errno, "could not start \"%s\"",
		                   proc->argv[0]);
	fd_close(&pipes->news[1]);
	if (!hear(pipes->news[0], &news) || news.number == 0)
		return 0;
	(void)waitpid(ret->pid, NULL, 0);
	if (strcmp(news.call, "exec") == 0)
		error_errno(err, news.number, "could not start \"%s\"",
		            proc->argv[0]);
	else
		error_errno(err, news.number, "could not isolate \"%s\": %s",
		            proc->argv[0], news.call);
	err->code = ERR_FAILED;
	return -1;
}

/* ---- Both ---------------------------------------------------------------- */

static int take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

int proc_spawn(const struct proc *proc, struct spawned *ret, struct error *err)
{
	struct pipes pipes CLEANUP(pipes_clear) = {
		{ -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 }
	};

	if (pipe2(pipes.in, O_CLOEXEC) < 0 || pipe2(pipes.out, O_CLOEXEC) < 0 ||
	    pipe2(pipes.error, O_CLOEXEC) < 0 ||
	    (proc->sandbox && pipe2(pipes.news, O_CLOEXEC) < 0))
		return error_errno(err, errno, "could not make a pipe");
	if ((proc->sandbox ? start_isolated(proc, &pipes, ret, err)
	                   : start_plain(proc, &pipes, ret, err)) < 0)
		return -1;
	ret->in = take(&pipes.in[1]);
	ret->out = take(&pipes.out[0]);
	ret->error = take(&pipes.error[0]);
	ret->news = take(&pipes.news[0]);
	(void)fcntl(ret->in, F_SETFL, O_NONBLOCK);
	(void)fcntl(ret->out, F_SETFL, O_NONBLOCK);
	(void)fcntl(ret->error, F_SETFL, O_NONBLOCK);
	return 0;
}

int proc_reap(struct spawned *spawned, int *ret_status, struct error *err)
{
	struct news news;
	pid_t ended;

	do {
		ended = waitpid(spawned->pid, ret_status, 0);
	} while (ended < 0 && errno == EINTR);
	int number = errno;
	/* Number 1 was killed when it does not tell. */
	if (spawned->news >= 0 && hear(spawned->news, &news)) {
		*ret_status = news.status;
		return 0;
	}
	/* So it is when we were started with SIGCHLD ignored. */
	return ended < 0 ? error_errno(err, number,
	                               "could not learn how a child ended")
	                 : 0;
}

void proc_release(struct spawned *spawned)
{
	fd_close(&spawned->in);
	fd_close(&spawned->out);
	fd_close(&spawned->error);
	fd_close(&spawned->news);
}
