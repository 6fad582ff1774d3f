/*
 * The two locks of a workspace and the file that wakes an engine.
 *
 * They lie in $GIT_COMMON_DIR/reeve/ and are shared by linked worktrees:
 * `engine` is held by who executes, for a tick; `append` for one flush of the
 * journal. They are open file description locks (F_OFD_SETLK), so the kernel
 * releases them with the process; the file's content (pid, host, start) is
 * for messages only. Network file systems are refused.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "store/base/compiler.h"
#include "store/base/error.h"

struct lock;

/* Release and close; NULL is fine. */
void lock_release(struct lock *lock);
void lock_release_auto(struct lock **lock);
#define auto_lock CLEANUP(lock_release_auto)

/* Take the lock file `dir`/`name`, making the directory. ERR_BUSY at once
 * when somebody holds it: the message names the pid and since when. */
struct lock *lock_try(const char *dir, const char *name,
                      struct error *err) MUST_CHECK FREED_BY(lock_release);
/* The same, waiting up to `timeout_ms`. */
struct lock *lock_take(const char *dir, const char *name, int timeout_ms,
                       struct error *err) MUST_CHECK FREED_BY(lock_release);

/* Whoever finds the engine lock held leaves a note here, and the holder looks
 * once more before it ends. */
int wake_leave(const char *dir, struct error *err) MUST_CHECK;
/* The size of the file: a holder collects again when it grew. */
int64_t wake_size(const char *dir);

#endif
