/*
 * A file is written under a temporary name beside its own, made durable, and
 * only then given its name: by rename() when it may replace another, by link()
 * when it must not. The directory's fsync makes the name durable. A crash
 * leaves at most a file with a leading dot and the ending ".tmp".
 */
#include "store/base/fd.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/text.h"

enum {
	READ_BYTES = 64 << 10,
	TEMPORARY_NAMES = 1000, /* left by crashes, before we give up */
};

/* error_errno(), with the codes that callers decide by. */
static int file_error(struct error *err, int number, const char *verb,
                      const char *path)
{
	error_errno(err, number, "could not %s \"%s\"", verb, path);
	if (number == ENOENT || number == ENOTDIR)
		err->code = ERR_MISSING;
	if (number == EEXIST)
		err->code = ERR_CONFLICT;
	return -1;
}

/* -1 with errno. */
static int open_retrying(const char *path, int flags, mode_t mode)
{
	int fd;

	do {
		fd = open(path, flags | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

static int sync_retrying(int fd)
{
	int result;

	do {
		result = fsync(fd);
	} while (result < 0 && errno == EINTR);
	return result;
}

int fd_open(const char *path, int flags, mode_t mode, struct error *err)
{
	int fd = open_retrying(path, flags, mode);

	return fd < 0 ? file_error(err, errno, "open", path) : fd;
}

void fd_close(int *fd)
{
	/* Linux has closed it even when it reports EINTR, and what must be
	 * durable was synced: there is nothing to do about a failure. */
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* One read(); 0 at the end. */
static ssize_t read_some(int fd, void *bytes, size_t len)
{
	ssize_t count;

	do {
		count = read(fd, bytes, len);
	} while (count < 0 && errno == EINTR);
	return count;
}

static int fail_long(const char *name, const struct buf *buf, struct error *err)
{
	return error_set(err, ERR_LIMIT, "\"%s\" is longer than %zu bytes",
	                 name, buf->max);
}

/* How much to read at once: what there is memory for already, so that a caller
 * who knows the size reads once and nothing grows. */
static size_t next_bytes(const struct buf *buf)
{
	size_t room = buf->max - buf->len;
	size_t want =
	        buf->cap > buf->len + 1 ? buf->cap - buf->len - 1 : READ_BYTES;

	return room < want ? room : want;
}

/* Read to the end; what was read so far stays in `ret` when that fails. */
static int read_rest(int fd, const char *name, struct buf *ret,
                     struct error *err)
{
	for (;;) {
		size_t want = next_bytes(ret);
		char beyond; /* a full buffer must still see the end */
		char *to = want > 0 ? buf_reserve(ret, want) : &beyond;
		ssize_t count = read_some(fd, to, want > 0 ? want : 1);

		if (count < 0)
			return file_error(err, errno, "read", name);
		if (count == 0)
			return 0;
		if (want == 0)
			return fail_long(name, ret, err);
		buf_filled(ret, (size_t)count);
	}
}

int fd_read_all(int fd, const char *name, struct buf *ret, struct error *err)
{
	size_t before = ret->len;

	assert(ret->max > 0);
	if (read_rest(fd, name, ret, err) < 0) {
		buf_cut(ret, before);
		return -1;
	}
	return 0;
}

int fd_write_all(int fd, const char *name, const void *bytes, size_t len,
                 struct error *err)
{
	const char *from = bytes;

	while (len > 0) {
		ssize_t count = write(fd, from, len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return file_error(err, errno, "write", name);
		from += count;
		len -= (size_t)count;
	}
	return 0;
}

int file_read(const char *path, struct buf *ret, struct error *err)
{
	auto_fd int fd = fd_open(path, O_RDONLY, 0, err);
	struct stat file;

	if (fd < 0)
		return -1;
	/* Before memory is taken for it; what grows is seen while reading. */
	if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
	    file.st_size > (off_t)(ret->max - ret->len))
		return fail_long(path, ret, err);
	return fd_read_all(fd, path, ret, err);
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The directory that `path` is in, on the heap. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup(".");
	if (slash == path)
		return mem_strdup("/");
	return mem_strndup(path, (size_t)(slash - path));
}

/* A file to be written whole. */
struct new_file {
	const char *path;
	const void *bytes;
	size_t len;
	mode_t mode;
	bool durable;
	/* Gives the temporary file its name: -1 with errno. */
	int (*name)(const char *temporary, const char *path);
};

/* Create the temporary file: its descriptor and, on the heap, its path. */
static int open_temporary(const struct new_file *file, const char *directory,
                          char **ret_path, struct error *err)
{
	const char *slash = strrchr(file->path, '/');
	const char *last = slash != NULL ? slash + 1 : file->path;

	for (int i = 0; i < TEMPORARY_NAMES; i++) {
		auto_free char *path =
		        mem_printf("%s/.%s.%ld-%d.tmp", directory, last,
		                   (long)getpid(), i);
		int fd = open_retrying(path, O_WRONLY | O_CREAT | O_EXCL,
		                       file->mode);

		if (fd >= 0) {
			*ret_path = steal(&path);
			return fd;
		}
		if (errno != EEXIST)
			return file_error(err, errno, "create", file->path);
	}
	return error_set(err, ERR_SYSTEM,
	                 "could not create \"%s\": too many \".tmp\" files",
	                 file->path);
}

static int fill_and_name(const struct new_file *file, int fd,
                         const char *temporary, struct error *err)
{
	if (fd_write_all(fd, file->path, file->bytes, file->len, err) < 0)
		return -1;
	if (file->durable && sync_retrying(fd) < 0)
		return file_error(err, errno, "write", file->path);
	if (file->name(temporary, file->path) < 0)
		return file_error(err, errno, "create", file->path);
	return 0;
}

static int write_new(const struct new_file *file, struct error *err)
{
	auto_free char *directory = parent_of(file->path);
	auto_free char *temporary = NULL;
	auto_fd int fd = -1;

	if (dir_make(directory, err) < 0)
		return -1;
	fd = open_temporary(file, directory, &temporary, err);
	if (fd < 0)
		return -1;
	if (fill_and_name(file, fd, temporary, err) < 0) {
		(void)unlink(temporary); /* `err` says what matters */
		return -1;
	}
	return file->durable ? dir_sync(directory, err) : 0;
}

int file_replace(const char *path, const void *bytes, size_t len, mode_t mode,
                 struct error *err)
{
	struct new_file file = {
		.path = path,
		.bytes = bytes,
		.len = len,
		.mode = mode,
		.durable = true,
		.name = rename,
	};

	return write_new(&file, err);
}

int file_put(const char *path, const void *bytes, size_t len, mode_t mode,
             struct error *err)
{
	struct new_file file = {
		.path = path,
		.bytes = bytes,
		.len = len,
		.mode = mode,
		.name = rename,
	};

	return write_new(&file, err);
}

static int name_if_free(const char *temporary, const char *path)
{
	if (link(temporary, path) < 0)
		return -1;
	(void)unlink(temporary); /* a second name does no harm */
	return 0;
}

int file_create(const char *path, const void *bytes, size_t len, mode_t mode,
                struct error *err)
{
	struct new_file file = {
		.path = path,
		.bytes = bytes,
		.len = len,
		.mode = mode,
		.durable = true,
		.name = name_if_free,
	};

	return write_new(&file, err);
}

int file_move(const char *from, const char *to, struct error *err)
{
	auto_free char *directory = parent_of(to);

	if (rename(from, to) < 0)
		return file_error(err, errno, "move", from);
	return dir_sync(directory, err);
}

int dir_sync(const char *path, struct error *err)
{
	auto_fd int fd = fd_open(path, O_RDONLY | O_DIRECTORY, 0, err);

	if (fd < 0)
		return -1;
	/* EINVAL: this file system cannot sync directories. */
	if (sync_retrying(fd) < 0 && errno != EINVAL)
		return file_error(err, errno, "sync", path);
	return 0;
}

static void close_listing(DIR **listing)
{
	if (*listing != NULL)
		(void)closedir(*listing);
}

/* Whether `name` is of open_temporary(), for the file `last`, in a process
 * that has ended. */
static bool is_left(const char *name, const char *last)
{
	auto_free char *begin = mem_printf(".%s.", last);
	int64_t pid;

	if (!text_starts(name, begin) || !text_ends(name, ".tmp"))
		return false;
	name += strlen(begin);
	auto_free char *number = mem_strndup(name, strcspn(name, "-"));
	return text_to_int(number, 1, INT32_MAX, &pid) &&
	       kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

void file_sweep(const char *path)
{
	auto_free char *directory = parent_of(path);
	CLEANUP(close_listing) DIR *listing = opendir(directory);
	const char *slash = strrchr(path, '/');
	const struct dirent *entry;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
	while (listing != NULL && (entry = readdir(listing)) != NULL) {
		if (is_left(entry->d_name, slash != NULL ? slash + 1 : path))
			(void)unlinkat(dirfd(listing), entry->d_name, 0);
	}
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* mkdir() of the last name in `path`, durably, unless it is there. */
static int make_one(const char *path, struct error *err)
{
	auto_free char *parent = NULL;

	if (mkdir(path, 0777) < 0) {
		int number = errno;

		if (is_directory(path))
			return 0;
		return file_error(err, number, "create", path);
	}
	parent = parent_of(path);
	return dir_sync(parent, err);
}

/* `path` on the heap, without slashes at its end. */
static char *without_slashes(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return mem_strndup(path, len);
}

int dir_make(const char *path, struct error *err)
{
	auto_free char *part = without_slashes(path);

	if (is_directory(part))
		return 0;
	for (char *at = part + 1; *at != '\0'; at++) {
		if (*at != '/' || at[-1] == '/')
			continue;
		*at = '\0';
		if (make_one(part, err) < 0)
			return -1;
		*at = '/';
	}
	return make_one(part, err);
}

static int remove_at(int parent, const char *name, const char *path,
                     struct error *err);

/* Remove what is in the directory `fd`, which is closed. */
static int remove_entries(int fd, const char *path, struct error *err)
{
	CLEANUP(close_listing) DIR *listing = fdopendir(fd);

	if (listing == NULL) {
		file_error(err, errno, "list", path);
		fd_close(&fd);
		return -1;
	}
	for (;;) {
		const struct dirent *entry;
		auto_free char *entry_path = NULL;

		errno = 0;
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
		entry = readdir(listing);
		if (entry == NULL && errno != 0)
			return file_error(err, errno, "list", path);
		if (entry == NULL)
			return 0;
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		entry_path = mem_printf("%s/%s", path, entry->d_name);
		if (remove_at(dirfd(listing), entry->d_name, entry_path, err) <
		    0)
			return -1;
	}
}

/* A directory, also one that its owner may not list or write to as it is. */
static int open_to_empty(int parent, const char *name)
{
	/* Somebody may put a symbolic link there just now: not followed. */
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);

	if (fd < 0 && errno == EACCES &&
	    fchmodat(parent, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(parent, name, flags);
	if (fd >= 0)
		(void)fchmod(fd, S_IRWXU); /* removing will tell */
	return fd;
}

/* Remove `name` in the directory `parent`; `path` is for messages. What is
 * deeper than there are descriptors left is an error. */
static int remove_at(int parent, const char *name, const char *path,
                     struct error *err)
{
	int fd;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return file_error(err, errno, "remove", path);
	fd = open_to_empty(parent, name);
	if (fd < 0)
		return file_error(err, errno, "remove", path);
	if (remove_entries(fd, path, err) < 0)
		return -1;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return file_error(err, errno, "remove", path);
	return 0;
}

int dir_remove(const char *path, struct error *err)
{
	/* With a slash at its end, a symbolic link would be followed. */
	auto_free char *name = without_slashes(path);

	return remove_at(AT_FDCWD, name, name, err);
}
