/*
 * The tail: the objects that the journal wrote last, once more, outside of git
 * ($GIT_COMMON_DIR/reeve/tail). It is spare, never the truth: what `git gc
 * --prune=now` or a bad disk took from git is put back from it, bit by bit,
 * since the name of an object is the hash of its bytes.
 *
 * A file of fixed length, written round and round. It is not synced: it helps
 * against what happens to files, and power that fails does not take what git
 * has synced.
 */
#ifndef STORE_TAIL_H
#define STORE_TAIL_H

#include <stddef.h>

#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/repo.h"

struct tail;

void tail_close(struct tail *tail);
void tail_close_auto(struct tail **tail);
#define auto_tail CLEANUP(tail_close_auto)

/* Open or make the one in `dir`; NULL when that cannot be, which costs nothing
 * but the spare. Only one process writes at a time: who holds `append`. */
struct tail *tail_open(const char *dir) MUST_CHECK FREED_BY(tail_close);
/* Keep one more object. What is longer than an eighth of the tail is not. */
void tail_put(struct tail *tail, const struct stored *object);
/* Give each whole object; a result other than 0 stops and is returned. */
int tail_each(struct tail *tail,
              int (*each)(void *state, const struct stored *object),
              void *state);

#endif
