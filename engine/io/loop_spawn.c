/*
 * A child without a sandbox: posix_spawn() can say all that it needs.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

#include "engine/io/loop_private.h"

static void add_files(posix_spawn_file_actions_t *files,
                      const struct child_ends *ends)
{
	if (ends->in >= 0)
		posix_spawn_file_actions_adddup2(files, ends->in, 0);
	else
		posix_spawn_file_actions_addopen(files, 0, "/dev/null",
		                                 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(files, ends->out, 1);
	posix_spawn_file_actions_adddup2(files, ends->error, 2);
	posix_spawn_file_actions_addclosefrom_np(files, 3);
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

int spawn_plain(const struct proc *proc, const struct child_ends *ends,
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
	add_files(&files, ends);
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
