/*
 * What starting a program costs: N times /bin/true, two at a time.
 *
 *	start bare N    posix_spawn(), its output thrown away: the floor
 *	start loop N    engine/io/loop.h, in a sandbox
 *	start plain N   the same, without one
 *
 * Prints programs a second.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/io/loop.h"
#include "engine/io/sandbox.h"
#include "store/base/fd.h"

#define PLACES 2

static const char *const program[] = { "/bin/true", NULL };
static const char *const variables[] = { "PATH=/usr/bin:/bin", NULL };

static double seconds(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int bare(long count)
{
	char name[] = "/bin/true";
	char *argv[] = { name, NULL };
	long running = 0;

	for (long started = 0; started < count || running;) {
		pid_t pid;
		int status = 0;
		if (started < count && running < PLACES) {
			if (posix_spawn(&pid, name, NULL, NULL, argv, environ))
				return -1;
			started++;
			running++;
			continue;
		}
		if (wait(&status) < 0 || status)
			return -1;
		running--;
	}
	return 0;
}

static int fill(struct loop *loop, const struct sandbox *sandbox, long *left,
                struct error *err)
{
	const struct proc proc = {
		.argv = program,
		.env = variables,
		.dir = "/",
		.timeout_ms = 60000,
		.sandbox = sandbox,
	};

	while (*left && loop_free_places(loop)) {
		if (!loop_start(loop, &proc, NULL, err))
			return -1;
		(*left)--;
	}
	return 0;
}

static int looped(long count, bool isolated)
{
	struct sandbox sandbox CLEANUP(sandbox_close) = { .rules = -1 };
	auto_loop struct loop *loop = loop_open(PLACES);
	auto_error struct error err = { 0 };
	int rc = 0;

	sandbox_open(&sandbox, "/tmp", NULL);
	while (rc == 0 && (count || loop_running(loop))) {
		struct child *ended = NULL;
		rc = fill(loop, isolated ? &sandbox : NULL, &count, &err);
		if (rc == 0 && loop_wait(loop, -1, &ended, &err) < 0)
			rc = -1;
		auto_child struct child *child = ended;
		auto_buf struct buf output = buf_make(1024);
		if (rc == 0)
			rc = child_result(child, &output, &err);
	}
	if (rc < 0)
		(void)fprintf(stderr, "%s\n", err.message);
	return rc;
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	const char *how = argc == 3 ? argv[1] : "";
	double started = seconds();
	int rc;

	if (count <= 0) {
		(void)fputs("usage: start bare|loop|plain N\n", stderr);
		return 2;
	}
	if (strcmp(how, "bare") == 0)
		rc = bare(count);
	else
		rc = looped(count, strcmp(how, "loop") == 0);
	(void)printf("%.0f\n", (double)count / (seconds() - started));
	return rc < 0;
}
