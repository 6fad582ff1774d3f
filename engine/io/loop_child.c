/*
 * A child's pipes do not block us: what is there is read, what fits is written,
 * a bounded amount in each round, so that a flood of one does not keep the
 * others waiting. A child that floods is killed at once, and no byte more is
 * kept.
 *
 * A child of a slot ends when the slot says so, and then nothing of it is
 * left. A child of our own is known by a pidfd; its group is killed after it,
 * because a grandchild that keeps the pipes open must not hold us.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/io/loop_private.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define GRACE_MS           2000
#define READ_BYTES         (8u << 10)
#define READS              64 /* in one round */
#define STDERR_LINES_BYTES 1000

int64_t child_now(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* Linux has it */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Its life ------------------------------------------------------------ */

void child_ends_close(struct child_ends *ends)
{
	fd_close(&ends->in);
	fd_close(&ends->out);
	fd_close(&ends->error);
}

static int make_pipe(int *ret_ours, int *ret_theirs, bool we_read)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	*ret_ours = ends[!we_read];
	*ret_theirs = ends[we_read];
	return fcntl(*ret_ours, F_SETFL, O_NONBLOCK);
}

/* Without input there is no pipe for it: the end of a file is one as well. */
static int make_pipes(struct child *child, struct child_ends *ends)
{
	*ends = (struct child_ends){ -1, -1, -1 };
	if (make_pipe(&child->out, &ends->out, true) < 0 ||
	    make_pipe(&child->error, &ends->error, true) < 0)
		return -1;
	return child->input_len ? make_pipe(&child->in, &ends->in, false) : 0;
}

struct child *child_new(const struct proc *proc, struct child_ends *ret_ends)
{
	auto_child struct child *child = mem_zalloc(1, sizeof(*child));

	child->program = mem_strdup(proc->argv[0]);
	child->pidfd = child->in = child->out = child->error = -1;
	child->input = proc->input;
	child->input_len = proc->input ? proc->input_len : 0;
	child->output =
	        buf_make(proc->max_output ? proc->max_output : LIMIT_OUTPUT);
	child->last_words = buf_make(LIMIT_STDERR);
	child->timeout_ms = proc->timeout_ms;
	child->room = proc->room ? mem_strdup(proc->room) : NULL;
	child->started_at = child_now();
	child->look_at = child->started_at + 1000;
	if (proc->timeout_ms > 0)
		child->due_at = child->started_at + proc->timeout_ms;
	if (proc->sandbox && proc->sandbox->rules >= 0)
		child->layers = SANDBOX_FILES;
	if (make_pipes(child, ret_ends) == 0)
		return steal(&child);
	int number = errno;
	child_ends_close(ret_ends);
	errno = number;
	return NULL;
}

void child_free(struct child *child)
{
	if (!child)
		return;
	fd_close(&child->pidfd);
	fd_close(&child->in);
	fd_close(&child->out);
	fd_close(&child->error);
	buf_clear(&child->output);
	buf_clear(&child->last_words);
	free(child->program);
	free(child->room);
	free(child);
}

void child_free_auto(struct child **child)
{
	int number = errno;

	child_free(*child);
	errno = number;
}

void child_spawn(struct child *child, const struct proc *proc,
                 const struct child_ends *ends)
{
	struct ending ending = { .call = "exec" };

	ending.number = spawn_plain(proc, ends, &child->pid);
	if (ending.number) {
		child->pid = 0;
		child_end(child, &ending);
		return;
	}
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pidfd >= 0)
		return;
	(void)kill(-child->pid, SIGKILL);
	(void)waitpid(child->pid, NULL, 0);
	child_end(child, &(struct ending){ .unknown = true });
}

/* ---- Signals and time ---------------------------------------------------- */

static void send_signal(struct child *child, int number)
{
	if (child->slot)
		slot_signal(child->slot, number);
	else if (child->pid > 0)
		(void)kill(-child->pid, number); /* it may be gone already */
}

/* Politely first, and again after a while. */
static void make_end(struct child *child)
{
	send_signal(child, child->told ? SIGKILL : SIGTERM);
	child->due_at = child->told ? 0 : child_now() + GRACE_MS;
	child->told = true;
}

void child_pass_deadline(struct child *child)
{
	child->timed_out = !child->stopped;
	make_end(child);
}

void loop_stop(struct loop *loop, struct child *child)
{
	(void)loop;
	if (child->ended || child->told)
		return;
	child->stopped = true;
	make_end(child);
}

void child_kill(struct child *child)
{
	if (child->pid <= 0)
		return;
	(void)kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void child_cut_off(struct child *child)
{
	fd_close(&child->out);
	child->due_at = 0;
	child->told = true;
	send_signal(child, SIGKILL);
}

/* ---- Its pipes ----------------------------------------------------------- */

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
	size_t left = child->input_len - child->written;
	ssize_t n = write_pipe(child->in, child->input + child->written, left);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		child->written += (size_t)n;
	/* A child that does not want its input may say so by closing it. */
	if (n < 0 || child->written == child->input_len)
		fd_close(&child->in);
}

/* Read what is there: true while there may be more. */
static bool drain(int *fd, struct buf *into)
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
	return !into->over;
}

static void drain_error(struct child *child)
{
	struct buf *words = &child->last_words;

	for (int i = 0;
	     i < READS && child->error >= 0 && drain(&child->error, words);
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
	     i < READS && child->out >= 0 && drain(&child->out, &child->output);
	     i++)
		;
	if (!child->output.over || child->too_much)
		return;
	child->too_much = true;
	child_cut_off(child);
}

/* ---- A round ------------------------------------------------------------- */

void child_poll(const struct child *child, struct pollfd *rows)
{
	rows[0] = (struct pollfd){ .fd = child->in, .events = POLLOUT };
	rows[1] = (struct pollfd){ .fd = child->out, .events = POLLIN };
	rows[2] = (struct pollfd){ .fd = child->error, .events = POLLIN };
	rows[3] = (struct pollfd){
		.fd = child->slot ? slot_fd(child->slot) : child->pidfd,
		.events = POLLIN,
	};
}

/* A child of ours. */
static void reap(struct child *child)
{
	struct ending ending = { 0 };
	pid_t ended;

	do {
		ended = waitpid(child->pid, &ending.status, 0);
	} while (ended < 0 && errno == EINTR);
	/* So it is when we were started with SIGCHLD ignored. */
	ending.unknown = ended < 0;
	(void)kill(-child->pid, SIGKILL);
	child_end(child, &ending);
}

/* A child of a slot. */
static void hear(struct child *child)
{
	struct ending ending = { 0 };
	int heard = slot_hear(child->slot, &ending);

	ending.unknown = heard < 0;
	if (heard != 0)
		child_end(child, &ending);
}

void child_attend(struct child *child, const struct pollfd *rows)
{
	if (rows[0].revents && child->in >= 0)
		feed(child);
	if (rows[1].revents && child->out >= 0)
		drain_output(child);
	if (rows[2].revents && child->error >= 0)
		drain_error(child);
	if (rows[3].revents)
		(child->slot ? hear : reap)(child);
}

void child_end(struct child *child, const struct ending *ending)
{
	child->ending = *ending;
	child->ended = true;
	child->ended_at = child_now();
	child->due_at = 0;
	drain_output(child);
	drain_error(child);
	fd_close(&child->in);
	fd_close(&child->out);
	fd_close(&child->error);
	fd_close(&child->pidfd);
}

/* ---- Judging ------------------------------------------------------------- */

/* The last lines of its standard error, as a message may show them. */
static const char *last_lines(struct buf *words, struct buf *shown)
{
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

/* It did not begin, or nobody knows how it ended. */
static int judge_start(const struct child *child, struct error *err)
{
	const struct ending *ending = &child->ending;
	const char *name = child->program;

	if (ending->unknown && child->slot)
		return error_set(err, ERR_FAILED,
		                 "\"%s\" is lost: the process that started it "
		                 "was killed",
		                 name);
	if (ending->unknown)
		return error_set(err, ERR_FAILED,
		                 "could not learn how \"%s\" ended", name);
	if (strcmp(ending->call, "exec") == 0)
		error_errno(err, ending->number, "could not start \"%s\"",
		            name);
	else
		error_errno(err, ending->number, "could not isolate \"%s\": %s",
		            name, ending->call);
	err->code = ERR_FAILED;
	return -1;
}

static int judge(struct child *child, struct error *err)
{
	auto_buf struct buf shown = buf_make(LIMIT_STDERR);
	const char *name = child->program;
	const char *words = last_lines(&child->last_words, &shown);
	int status = child->ending.status;

	if (child->too_much)
		return error_set(err, ERR_LIMIT,
		                 "\"%s\" wrote more than %zu bytes", name,
		                 child->output.max);
	if (child->filled)
		return error_set(err, ERR_LIMIT,
		                 "\"%s\" filled its folder with more than "
		                 "%llu bytes",
		                 name, (unsigned long long)LIMIT_OUT);
	if (child->timed_out)
		return error_set(err, ERR_FAILED,
		                 "\"%s\" did not end within %lld s: %s", name,
		                 (long long)child->timeout_ms / 1000, words);
	if (child->stopped)
		return error_set(err, ERR_FAILED, "\"%s\" was stopped: %s",
		                 name, words);
	if (child->ending.call || child->ending.unknown)
		return judge_start(child, err);
	if (WIFSIGNALED(status))
		return error_set(err, ERR_FAILED,
		                 "\"%s\" was ended by signal %d (%s): %s", name,
		                 WTERMSIG(status),
		                 signal_text(WTERMSIG(status)), words);
	if (WEXITSTATUS(status) != 0)
		return error_set(err, ERR_FAILED,
		                 "\"%s\" exited with status %d: %s", name,
		                 WEXITSTATUS(status), words);
	return 0;
}

int child_result(struct child *child, struct buf *ret_output, struct error *err)
{
	if (judge(child, err) < 0)
		return -1;
	buf_clear(ret_output);
	*ret_output = child->output;
	child->output = buf_make(ret_output->max);
	return 0;
}

enum child_end child_end_of(const struct child *child)
{
	const struct ending *ending = &child->ending;

	if (ending->call && !ending->unknown)
		return CHILD_NOT_BEGUN;
	if (child->too_much || child->filled || child->timed_out ||
	    child->stopped || ending->unknown || WIFSIGNALED(ending->status))
		return CHILD_CUT_SHORT;
	return CHILD_EXITED;
}

/* ---- Asking -------------------------------------------------------------- */

void *child_user(const struct child *child)
{
	return child->user;
}

void child_set_user(struct child *child, void *user)
{
	child->user = user;
}

const struct buf *child_output(const struct child *child)
{
	return &child->output;
}

size_t child_place(const struct child *child)
{
	return child->place;
}

unsigned child_layers(const struct child *child)
{
	return child->layers;
}

int64_t child_ms(const struct child *child)
{
	return child->ended_at - child->started_at;
}
