/*
 * What a fault point does, in a program that has them.
 *
 *	REEVE_TEST_FAULT=NAME:DEED   kill, stop, or the name of an errno
 *	REEVE_TEST_REACHED=FILE      gets the name of each point, one a line
 *
 * A point that can only be ended or stopped at does not know of errors.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/fault.h"

enum {
	LAST_ERRNO = 133
};

static void trouble(const char *what, const char *name)
{
	fprintf(stderr, "fault point %s: %s\n", name, what);
	abort();
}

static void count(const char *name)
{
	const char *path = getenv("REEVE_TEST_REACHED");
	char line[128];

	if (!path)
		return;
	int len = snprintf(line, sizeof(line), "%s\n", name);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, line, (size_t)len) != len)
		trouble("it cannot be counted", name);
	(void)close(fd);
}

static int number_of(const char *text)
{
	for (int number = 1; number <= LAST_ERRNO; number++) {
		const char *word = strerrorname_np(number);
		if (word && strcmp(word, text) == 0)
			return number;
	}
	return 0;
}

bool fault_at(const char *name, struct error *err)
{
	const char *wanted = getenv("REEVE_TEST_FAULT");
	size_t len = strlen(name);

	count(name);
	if (!wanted || strncmp(wanted, name, len) != 0 || wanted[len] != ':')
		return false;
	const char *deed = wanted + len + 1;
	if (strcmp(deed, "kill") == 0)
		(void)raise(SIGKILL);
	if (strcmp(deed, "stop") == 0) {
		(void)raise(SIGSTOP);
		return false;
	}
	int number = number_of(deed);
	if (!number || !err)
		trouble(deed, name);
	(void)error_errno(err, number, "at the fault point %s", name);
	return true;
}
