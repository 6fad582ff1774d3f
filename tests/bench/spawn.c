/*
 * spawn PLACES COUNT: the bare loop that nothing which starts processes can be
 * faster than. COUNT times /bin/echo, PLACES at a time, each with a new file
 * out/N.txt as its standard output, and nothing else.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int start(long number)
{
	posix_spawn_file_actions_t actions;
	char path[64];
	char text[32];
	char program[] = "/bin/echo";
	char *argv[] = { program, text, NULL };
	pid_t pid;

	snprintf(path, sizeof(path), "out/%ld.txt", number);
	snprintf(text, sizeof(text), "%ld", number);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, path,
	                                 O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int failed = posix_spawn(&pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return failed ? -1 : 0;
}

static int finish(void)
{
	int status;

	if (wait(&status) < 0)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: spawn PLACES COUNT\n", stderr);
		return 2;
	}
	long places = strtol(argv[1], NULL, 10);
	long count = strtol(argv[2], NULL, 10);
	for (long i = 0; i < count; i++)
		if ((i >= places && finish() < 0) || start(i) < 0)
			return 1;
	for (long i = 0; i < places && i < count; i++)
		if (finish() < 0)
			return 1;
	return 0;
}
