/*
 * A lock is a write lock on the whole of a file that is open, which the kernel
 * drops with its last descriptor: there are no stale locks, and a stopped
 * holder still holds. The file stays; it holds one line about its last holder
 * for whoever finds it locked,
 *
 *	<pid> on <host> since <time>
 *
 * Removing the file would let a second holder lock a new file of the same
 * name, so after locking we look whether the name still means our file.
 */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/date.h"
#include "store/base/fd.h"
#include "store/base/text.h"

#define HOLDER_BYTES 512
#define PAUSE_MS     2
#define JITTER_MS    10
#define HOLDER_TRIES 30 /* a fifth of a second */

struct lock {
	int fd;
};

void lock_release(struct lock *lock)
{
	struct flock all = { .l_type = F_UNLCK };

	if (!lock)
		return;
	/* Said aloud, as a child between fork and exec has the file too; a
	 * failure leaves it to the closing. */
	(void)fcntl(lock->fd, F_OFD_SETLK, &all);
	fd_close(&lock->fd);
	free(lock);
}

void lock_release_auto(struct lock **lock)
{
	lock_release(*lock);
}

/* The name of a file system whose locks another machine may not see. */
static const char *network_name(const struct statfs *system)
{
	static const struct {
		uint32_t magic;
		const char *name;
	} names[] = {
		{ NFS_SUPER_MAGIC, "NFS" },
		{ SMB_SUPER_MAGIC, "SMB" },
		{ SMB2_SUPER_MAGIC, "SMB" },
		{ CIFS_SUPER_MAGIC, "CIFS" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if ((uint32_t)system->f_type == names[i].magic)
			return names[i].name;
	}
	return NULL;
}

static int refuse_network(const char *dir, struct error *err)
{
	struct statfs system;

	if (statfs(dir, &system) < 0)
		return error_errno(err, errno, "could not look at \"%s\"", dir);
	const char *name = network_name(&system);
	if (!name)
		return 0;
	(void)error_set(err, ERR_STATE,
	                "\"%s\" is on a network file system (%s), where two "
	                "machines could run at once",
	                dir, name);
	return error_hint(err, "Keep the workspace on a local disk and "
	                       "exchange it by git push and git fetch.");
}

/* Read the line about the holder: whether it is there, and its process too. */
static bool read_holder(int fd, const char *path, struct buf *ret)
{
	auto_error struct error unread = { 0 };
	int64_t pid;

	buf_cut(ret, 0);
	if (lseek(fd, 0, SEEK_SET) < 0 ||
	    fd_read_all(fd, path, ret, &unread) < 0)
		return false;
	buf_cut(ret, strcspn(ret->at, "\n"));
	auto_free char *number = mem_strndup(ret->at, strcspn(ret->at, " "));
	return text_to_int(number, 1, INT_MAX, &pid) &&
	       (kill((pid_t)pid, 0) == 0 || errno != ESRCH);
}

static void pause_jittered(void)
{
	int pause_ms = PAUSE_MS + (int)arc4random_uniform(JITTER_MS);
	struct timespec pause = { .tv_nsec = pause_ms * 1000000L };

	(void)nanosleep(&pause, NULL); /* a signal only shortens it */
}

/* Who has only just locked it has not said so yet: that is waited for. In
 * another namespace its process is never seen. */
static int fail_busy(int fd, const char *path, struct error *err)
{
	auto_buf struct buf holder = buf_make(HOLDER_BYTES);

	for (int i = 0; i < HOLDER_TRIES && !read_holder(fd, path, &holder);
	     i++)
		pause_jittered();
	if (holder.len == 0)
		return error_set(err, ERR_BUSY,
		                 "\"%s\" is locked by another process", path);
	return error_set(err, ERR_BUSY, "\"%s\" is locked by process %s", path,
	                 holder.at);
}

/* For messages only: a disk that is full does not keep us from working. */
static void write_holder(int fd)
{
	auto_buf struct buf holder = buf_make(HOLDER_BYTES);
	auto_error struct error err = { 0 };
	char host[HOST_NAME_MAX + 1] = "";

	(void)gethostname(host, sizeof(host) - 1);
	buf_printf(&holder, "%d on %s since ", (int)getpid(), host);
	date_add_rfc3339(&holder, (int64_t)time(NULL) * 1000);
	buf_add_char(&holder, '\n');
	if (ftruncate(fd, 0) < 0 ||
	    fd_write_all(fd, "lock", holder.at, holder.len, &err) < 0)
		return;
}

/* Whether `path` still names the file that is open as `fd`. */
static bool is_still(const char *path, int fd)
{
	struct stat named;
	struct stat opened;

	return stat(path, &named) == 0 && fstat(fd, &opened) == 0 &&
	       named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

static int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* One attempt: 1 and the locked descriptor, 0 when the file was removed in
 * between, -1. */
static int lock_file(const char *path, int *ret_fd, struct error *err)
{
	struct flock all = { .l_type = F_WRLCK };
	auto_fd int fd = fd_open(path, O_RDWR | O_CREAT, 0644, err);

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_OFD_SETLK, &all) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			return fail_busy(fd, path, err);
		return error_errno(err, errno, "could not lock \"%s\"", path);
	}
	if (!is_still(path, fd))
		return 0;
	*ret_fd = take_fd(&fd);
	return 1;
}

struct lock *lock_try(const char *dir, const char *name, struct error *err)
{
	auto_free char *path = mem_printf("%s/%s", dir, name);
	int fd = -1;
	int locked = 0;

	if (dir_make(dir, err) < 0 || refuse_network(dir, err) < 0)
		return NULL;
	while (locked == 0)
		locked = lock_file(path, &fd, err);
	if (locked < 0)
		return NULL;
	write_holder(fd);
	struct lock *lock = mem_zalloc(1, sizeof(*lock));
	lock->fd = fd;
	return lock;
}

static int64_t boot_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* always there on Linux */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct lock *lock_take(const char *dir, const char *name, int timeout_ms,
                       struct error *err)
{
	int64_t end_ms = boot_ms() + timeout_ms;

	for (;;) {
		auto_error struct error busy = { 0 };
		struct lock *lock = lock_try(dir, name, &busy);

		if (lock)
			return lock;
		if (busy.code != ERR_BUSY || boot_ms() >= end_ms) {
			error_move(err, &busy);
			return NULL;
		}
		pause_jittered();
	}
}

int wake_leave(const char *dir, struct error *err)
{
	auto_free char *path = mem_printf("%s/wake", dir);

	if (dir_make(dir, err) < 0)
		return -1;
	auto_fd int fd =
	        fd_open(path, O_WRONLY | O_CREAT | O_APPEND, 0644, err);
	if (fd < 0)
		return -1;
	return fd_write_all(fd, path, "\n", 1, err);
}

int64_t wake_size(const char *dir)
{
	auto_free char *path = mem_printf("%s/wake", dir);
	struct stat file;

	return stat(path, &file) < 0 ? 0 : (int64_t)file.st_size;
}
