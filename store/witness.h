/*
 * The witness: the last journal commit that this machine has acknowledged,
 * outside of git ($GIT_COMMON_DIR/reeve/witness), so that a journal that was
 * rewritten, or a repository restored from an old copy, is noticed.
 *
 * Format: the id in 40 hex digits and a newline.
 */
#ifndef STORE_WITNESS_H
#define STORE_WITNESS_H

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

#endif
