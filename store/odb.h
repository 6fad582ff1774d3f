/*
 * Git's objects, read from their files by ourselves.
 *
 * For the same reason as repo_peek.h: a command that only reads a few objects
 * should not wait for libgit2 to start. What is found here was expanded and
 * checked against its name; what is not found, or not understood, is for
 * libgit2 to find or to complain about.
 */
#ifndef STORE_ODB_H
#define STORE_ODB_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/repo.h"

/* As git numbers them. */
enum object_type {
	OBJECT_NONE = 0,
	OBJECT_COMMIT = 1,
	OBJECT_TREE = 2,
	OBJECT_BLOB = 3,
	OBJECT_TAG = 4,
};

const char *object_type_name(enum object_type type); /* "commit" */
/* The name that such an object has. */
void object_hash(enum object_type type, const void *bytes, size_t len,
                 struct oid *ret);

struct odb;

void odb_close(struct odb *odb);
/* For the folder `dir` ("…/objects"). Looks at nothing yet. */
struct odb *odb_open(const char *dir) MUST_CHECK FREED_BY(odb_close);

/* The object, on the heap for free(), followed by a NUL that does not count.
 * OBJECT_NONE: ask libgit2. At most `max` bytes are expanded. */
enum object_type odb_read(struct odb *odb, const struct oid *oid, size_t max,
                          char **ret, size_t *ret_len) MUST_CHECK;
/* At most the first `max` bytes of an object of that type, unchecked: how many;
 * 0: read it whole. */
size_t odb_begin(struct odb *odb, const struct oid *oid, enum object_type type,
                 char *ret, size_t max) MUST_CHECK;
/* Its type and length, unchecked; OBJECT_NONE as above. */
enum object_type odb_look(struct odb *odb, const struct oid *oid,
                          size_t *ret_len) MUST_CHECK;
/* Whether a pack of ours holds it, which nobody prunes (pack.h). */
bool odb_is_kept(struct odb *odb, const struct oid *oid);
/* Packs were added or removed. */
void odb_refresh(struct odb *odb);

/* Every object of the pack "pack-…": its name to `each`; a result other than 0
 * stops and is returned. ERR_MISSING when there is no such pack. */
int odb_each(struct odb *odb, const char *pack,
             int (*each)(void *state, const struct oid *oid, struct error *err),
             void *state, struct error *err) MUST_CHECK;
/* Read every object of that pack from it and hold it against its name. */
int odb_check(struct odb *odb, const char *pack, struct error *err) MUST_CHECK;

#endif
