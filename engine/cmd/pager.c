/*
 * The pager is a child that reads a pipe; our standard output is that pipe
 * until pager_end() puts the terminal back.
 */
#include "engine/cmd/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/fd.h"

static const char *chosen(void)
{
	static const char *const variables[] = { "GIT_PAGER", "PAGER" };
	const char *name = NULL;

	for (size_t i = 0; !name && i < ARRAY_LEN(variables); i++)
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
		name = getenv(variables[i]);
	if (!name)
		name = "less";
	return *name && strcmp(name, "cat") != 0 ? name : NULL;
}

/* Start `command` with `input` as its standard input; 0: it did not start.
 * less shows colours, leaves what it showed and ends at once when all of it
 * fits, unless the owner's LESS says otherwise. */
static pid_t spawn(const char *command, int input)
{
	auto_free char *line =
	        mem_printf("LESS=${LESS-FRX}; export LESS; %s", command);
	char shell[] = "sh";
	char option[] = "-c";
	char *argv[] = { shell, option, line, NULL };
	posix_spawn_file_actions_t files;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	int number = posix_spawn(&pid, "/bin/sh", &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return number == 0 ? pid : 0;
}

struct pager pager_begin(const struct invocation *invocation)
{
	const char *command = chosen();
	struct pager pager = { .pid = 0, .output = -1 };
	int ends[2];

	if (!command || invocation->json || invocation->out != stdout ||
	    !isatty(STDOUT_FILENO) || pipe2(ends, O_CLOEXEC) < 0)
		return pager;
	pager.output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (pager.output >= 0)
		pager.pid = spawn(command, ends[0]);
	fflush(stdout);
	if (pager.pid && dup2(ends[1], STDOUT_FILENO) < 0)
		pager.pid = 0;
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	return pager;
}

void pager_end(struct pager *pager)
{
	if (pager->pid) {
		fflush(stdout);
		(void)dup2(pager->output, STDOUT_FILENO);
		while (waitpid(pager->pid, NULL, 0) < 0 && errno == EINTR)
			;
		pager->pid = 0;
	}
	fd_close(&pager->output);
}
