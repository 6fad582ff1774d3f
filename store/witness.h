/*
 * The witness: the last journal commit that this machine has acknowledged,
 * outside of git ($GIT_COMMON_DIR/reeve/witness), so that a journal that was
 * rewritten, or a repository restored from an old copy, is noticed.
 *
 * Format: the id in 40 hex digits and a newline.
 */
#ifndef STORE_WITNESS_H
#define STORE_WITNESS_H

#include <stdbool.h>

#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/repo.h"

/* 1 and the commit; 0 when this machine has witnessed nothing; -1, also when
 * the file is damaged (ERR_CORRUPT). `dir` is $GIT_COMMON_DIR/reeve. */
int witness_read(const char *dir, struct oid *ret,
                 struct error *err) MUST_CHECK;
/* Durable when it returns 0. */
int witness_write(const char *dir, const struct oid *tip,
                  struct error *err) MUST_CHECK;

/* Before the journal's reference is moved to a commit that does not follow the
 * witness, because others' commits come first (journal_share.h): until the
 * witness is written again, either is the witness. */
int witness_moving(const char *dir, const struct oid *from,
                   const struct oid *to, struct error *err) MUST_CHECK;
/* Whether `from` was about to be moved, and to where. */
bool witness_moved(const char *dir, const struct oid *from, struct oid *ret_to);

/* Other commits that this machine must remember, each in a file of that name
 * in the same form: 1 and the commit, 0 when there is none, -1. */
int witness_read_named(const char *dir, const char *name, struct oid *ret,
                       struct error *err) MUST_CHECK;
/* Durable when it returns 0. */
int witness_write_named(const char *dir, const char *name,
                        const struct oid *commit, struct error *err) MUST_CHECK;

/* The journal's first commit, which nothing but its whole line leads to:
 * $GIT_COMMON_DIR/reeve/root, in the same form. It is only a note, good as
 * long as there is a witness, since what follows the witness begins where the
 * witness did. False: walk. */
bool witness_root(const char *dir, struct oid *ret);
/* Take the note, or forget it (NULL). Failing costs the next walk. */
void witness_note_root(const char *dir, const struct oid *root);

#endif
