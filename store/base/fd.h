/*
 * Files and descriptors. EINTR and short transfers are handled here and
 * nowhere else; every descriptor is born close-on-exec.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* open(2). -1 with `err` set; `mode` counts when O_CREAT is in `flags`. */
int fd_open(const char *path, int flags, mode_t mode,
            struct error *err) MUST_CHECK;
void fd_close(int *fd); /* and sets -1; -1 is fine */
#define auto_fd CLEANUP(fd_close)

/* Read to the end, into `ret` (whose limit holds). `name` is for messages. */
int fd_read_all(int fd, const char *name, struct buf *ret,
                struct error *err) MUST_CHECK;
int fd_write_all(int fd, const char *name, const void *bytes, size_t len,
                 struct error *err) MUST_CHECK;

/* The whole file. ERR_MISSING if there is none, ERR_LIMIT if it is longer
 * than the buffer's limit. */
int file_read(const char *path, struct buf *ret, struct error *err) MUST_CHECK;
/* Replace (or create) a file so that a reader and a crash see the old or the
 * new bytes: temporary file beside it, write, fsync, rename, fsync of the
 * directory. Missing directories are made. */
int file_replace(const char *path, const void *bytes, size_t len, mode_t mode,
                 struct error *err) MUST_CHECK;
/* The same for what can be made anew: a reader sees the old or the new bytes,
 * but after a crash there may be none, or not all of them. */
int file_put(const char *path, const void *bytes, size_t len, mode_t mode,
             struct error *err) MUST_CHECK;
/* Create a file that must not exist yet: durable as above. ERR_CONFLICT if
 * there is one. Missing directories are made. */
int file_create(const char *path, const void *bytes, size_t len, mode_t mode,
                struct error *err) MUST_CHECK;
/* rename(2) within one directory, replacing `to`; durable when it returns. */
int file_move(const char *from, const char *to, struct error *err) MUST_CHECK;
bool file_exists(const char *path);
/* Remove what was begun beside `path` by a process that was killed since. */
void file_sweep(const char *path);
/* mkdir -p; durable when it returns. */
int dir_make(const char *path, struct error *err) MUST_CHECK;
int dir_sync(const char *path, struct error *err) MUST_CHECK;
/* rm -r, never through a symbolic link. Nothing there is fine. */
int dir_remove(const char *path, struct error *err) MUST_CHECK;

#endif
