/*
 * One table, in the order of the kernel's families. A call that this machine
 * does not have (open and rename on newer ones) is left out by its number.
 */
#include "tests/fault/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* A signal interrupts no open() of a file. */
#define OPENS   (CLASS_CHANGE | CLASS_SPACE | CLASS_IO | CLASS_FILES)
#define WRITES  (CLASS_CHANGE | CLASS_SPACE | CLASS_IO | CLASS_SIGNAL)
#define SYNCS   (CLASS_CHANGE | CLASS_SPACE | CLASS_IO | CLASS_SIGNAL)
#define READS   (CLASS_IO | CLASS_SIGNAL)
#define NAMES   (CLASS_CHANGE | CLASS_SPACE | CLASS_IO)
#define FRESHES CLASS_FILES
#define SENDS   (CLASS_CHANGE | CLASS_SIGNAL)

static const struct call calls[] = {
#ifdef SYS_open
	{ "open", SYS_open, OPENS, 0, 1, 1 },
	{ "creat", SYS_creat, OPENS, 0, 1, 0 },
	{ "rename", SYS_rename, NAMES, 0, 3, 0 },
	{ "link", SYS_link, NAMES, 0, 3, 0 },
	{ "symlink", SYS_symlink, NAMES, 0, 3, 0 },
	{ "unlink", SYS_unlink, CLASS_CHANGE | CLASS_IO, 0, 1, 0 },
	{ "mkdir", SYS_mkdir, NAMES, 0, 1, 0 },
	{ "rmdir", SYS_rmdir, CLASS_CHANGE | CLASS_IO, 0, 1, 0 },
	{ "fork", SYS_fork, CLASS_CHANGE, 0, 0, 0 },
	{ "vfork", SYS_vfork, CLASS_CHANGE, 0, 0, 0 },
	{ "pipe", SYS_pipe, FRESHES, 0, 0, 0 },
	{ "dup2", SYS_dup2, FRESHES, 0, 0, 0 },
#endif
#ifdef SYS_renameat
	{ "renameat", SYS_renameat, NAMES, 0, 10, 0 },
#endif
	{ "openat", SYS_openat, OPENS, 0, 2, 2 },
	{ "write", SYS_write, WRITES, 1, 0, 0 },
	{ "pwrite64", SYS_pwrite64, WRITES, 1, 0, 0 },
	{ "writev", SYS_writev, WRITES, 1, 0, 0 },
	{ "pwritev", SYS_pwritev, WRITES, 1, 0, 0 },
	{ "read", SYS_read, READS, 1, 0, 0 },
	{ "pread64", SYS_pread64, READS, 1, 0, 0 },
	{ "fsync", SYS_fsync, SYNCS, 1, 0, 0 },
	{ "fdatasync", SYS_fdatasync, SYNCS, 1, 0, 0 },
	{ "syncfs", SYS_syncfs, SYNCS, 1, 0, 0 },
	{ "sync_file_range", SYS_sync_file_range, SYNCS, 1, 0, 0 },
	{ "ftruncate", SYS_ftruncate, WRITES, 1, 0, 0 },
	{ "truncate", SYS_truncate, WRITES, 0, 1, 0 },
	{ "fallocate", SYS_fallocate, WRITES, 1, 0, 0 },
	{ "copy_file_range", SYS_copy_file_range, WRITES, 5, 0, 0 },
	{ "sendfile", SYS_sendfile, CLASS_CHANGE, 3, 0, 0 },
	{ "renameat2", SYS_renameat2, NAMES, 0, 10, 0 },
	{ "linkat", SYS_linkat, NAMES, 0, 10, 0 },
	{ "symlinkat", SYS_symlinkat, NAMES, 0, 5, 0 },
	{ "unlinkat", SYS_unlinkat, CLASS_CHANGE | CLASS_IO, 0, 2, 0 },
	{ "mkdirat", SYS_mkdirat, NAMES, 0, 2, 0 },
	{ "fchmod", SYS_fchmod, CLASS_CHANGE | CLASS_IO, 1, 0, 0 },
	{ "fchmodat", SYS_fchmodat, CLASS_CHANGE | CLASS_IO, 0, 2, 0 },
	{ "clone", SYS_clone, CLASS_CHANGE, 0, 0, 0 },
	{ "clone3", SYS_clone3, CLASS_CHANGE, 0, 0, 0 },
	{ "execve", SYS_execve, CLASS_CHANGE, 0, 1, 0 },
	{ "execveat", SYS_execveat, CLASS_CHANGE, 0, 2, 0 },
	{ "kill", SYS_kill, CLASS_CHANGE, 0, 0, 0 },
	{ "pipe2", SYS_pipe2, FRESHES, 0, 0, 0 },
	{ "dup3", SYS_dup3, FRESHES, 0, 0, 0 },
	{ "socket", SYS_socket, FRESHES, 0, 0, 0 },
	{ "connect", SYS_connect, SENDS, 1, 0, 0 },
	{ "sendto", SYS_sendto, SENDS, 1, 0, 0 },
	{ "sendmsg", SYS_sendmsg, SENDS, 1, 0, 0 },
};

enum {
	CALLS = sizeof(calls) / sizeof(calls[0])
};

static const struct {
	const char *name;
	unsigned class;
	int number;
} classes[] = {
	{ "change", CLASS_CHANGE, 0 },    { "ENOSPC", CLASS_SPACE, ENOSPC },
	{ "EIO", CLASS_IO, EIO },         { "EMFILE", CLASS_FILES, EMFILE },
	{ "EINTR", CLASS_SIGNAL, EINTR },
};

unsigned class_of(const char *name)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(classes[i].name, name) == 0)
			return classes[i].class;
	return 0;
}

int class_errno(unsigned class)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (classes[i].class == class)
			return classes[i].number;
	return 0;
}

const struct call *call_by_number(uint64_t number)
{
	for (size_t i = 0; i < CALLS; i++)
		if ((uint64_t)calls[i].number == number)
			return &calls[i];
	return NULL;
}

/* -1: not on this machine. */
static int number_of(const char *name)
{
	for (size_t i = 0; i < CALLS; i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	return -1;
}

bool call_writes(const struct call *call)
{
	return call->number == SYS_write || call->number == SYS_pwrite64;
}

bool call_syncs(const struct call *call)
{
	return call->number == SYS_fsync || call->number == SYS_fdatasync ||
	       call->number == SYS_syncfs;
}

/* What a descriptor of the process is: "/a/path", "pipe:[1]", or "". */
static void fd_name(pid_t pid, uint64_t fd, char *ret, size_t size)
{
	char link[64];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, (int)fd);
	len = readlink(link, ret, size - 1);
	ret[len > 0 ? len : 0] = '\0';
}

static bool is_file(pid_t pid, uint64_t fd)
{
	char name[4096];

	fd_name(pid, fd, name, sizeof(name));
	return name[0] == '/' && strncmp(name, "/dev/pts", 8) != 0 &&
	       strcmp(name, "/dev/null") != 0 && strcmp(name, "/dev/tty") != 0;
}

static void text_at(pid_t pid, uint64_t address, char *ret, size_t size);

/* Whether the call can only fail, as far as its one path shows: libgit2 makes
 * every folder down from the root, execvp() tries every folder of PATH. */
static bool is_vain(const struct call *call, pid_t pid, const uint64_t args[6])
{
	char path[4096];
	bool there;

	if (call->number != SYS_execve && call->number != number_of("mkdir") &&
	    call->number != number_of("unlink"))
		return false;
	text_at(pid, args[0], path, sizeof(path));
	if (path[0] != '/')
		return false;
	there = access(path, F_OK) == 0;
	return call->number == number_of("mkdir") ? there : !there;
}

bool call_fits(const struct call *call, unsigned class, pid_t pid,
               const uint64_t args[6])
{
	const int creates = O_CREAT | O_TRUNC | O_TMPFILE;

	if (!(call->classes & class))
		return false;
	if (call->flags && (class == CLASS_CHANGE || class == CLASS_SPACE) &&
	    !(args[call->flags] & (uint64_t)(creates & ~O_DIRECTORY)))
		return false;
	if (class == CLASS_CHANGE && is_vain(call, pid, args))
		return false;
	if (call->fds && (class == CLASS_SPACE || class == CLASS_IO))
		return is_file(pid, args[0]);
	return true;
}

/* The text at `address` there; it may end at the border of a page. */
static void text_at(pid_t pid, uint64_t address, char *ret, size_t size)
{
	struct iovec here = { ret, size - 1 };
	struct iovec there = { (void *)(uintptr_t)address, size - 1 };
	ssize_t len = process_vm_readv(pid, &here, 1, &there, 1, 0);

	if (len < 0) {
		size_t rest = 4096 - address % 4096;
		there.iov_len = rest < size - 1 ? rest : size - 1;
		len = process_vm_readv(pid, &here, 1, &there, 1, 0);
	}
	ret[len > 0 ? len : 0] = '\0';
}

void call_describe(const struct call *call, pid_t pid, const uint64_t args[6],
                   char *ret, size_t size)
{
	char word[4096];
	size_t len = (size_t)snprintf(ret, size, "%s", call->name);

	for (unsigned i = 0; i < 6 && len < size; i++) {
		word[0] = '\0';
		if (call->fds & 1u << i)
			fd_name(pid, args[i], word, sizeof(word));
		else if (call->paths & 1u << i)
			text_at(pid, args[i], word, sizeof(word));
		else
			continue;
		len += (size_t)snprintf(ret + len, size - len, " %s",
		                        word[0] ? word : "?");
	}
	for (char *at = ret; *at; at++)
		if (*at == '\n')
			*at = '?';
}

struct sock_fprog calls_filter(unsigned class)
{
	static struct sock_filter filter[CALLS * 2 + 2];
	unsigned short count = 0;

	filter[count++] = (struct sock_filter)BPF_STMT(
	        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < CALLS; i++) {
		if (!(calls[i].classes & class))
			continue;
		filter[count++] = (struct sock_filter)BPF_JUMP(
		        BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].number, 0,
		        1);
		filter[count++] = (struct sock_filter)BPF_STMT(
		        BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	                                               SECCOMP_RET_ALLOW);
	return (struct sock_fprog){ .len = count, .filter = filter };
}
