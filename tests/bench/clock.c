/*
 * clock FILE COMMAND [ARGUMENT...]: run a command with its output thrown away
 * and append "MICROSECONDS KILOBYTES" to FILE: what it took from before its
 * birth to after its end, and the most memory that it, or a child that it
 * waited for, had at a time. Its exit status is the command's.
 *
 * It is small and linked to nothing, since the kernel counts what a process
 * had before it became the command as the command's.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int start(char **argv, pid_t *ret)
{
	posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	int status = posix_spawnp(ret, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return status;
}

static int note(const char *path, int64_t took_us, long peak_kb)
{
	FILE *file = fopen(path, "a");

	if (!file)
		return -1;
	fprintf(file, "%" PRId64 " %ld\n", took_us, peak_kb);
	return fclose(file);
}

int main(int argc, char **argv)
{
	struct rusage usage;
	pid_t pid;
	int status;

	if (argc < 3) {
		fputs("usage: clock FILE COMMAND...\n", stderr);
		return 2;
	}
	int64_t from_us = now_us();
	int failed = start(argv + 2, &pid);
	if (failed) {
		fprintf(stderr, "%s: %s\n", argv[2], strerror(failed));
		return 2;
	}
	if (wait4(pid, &status, 0, &usage) < 0)
		return 2;
	if (note(argv[1], now_us() - from_us, usage.ru_maxrss) < 0) {
		perror(argv[1]);
		return 2;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
