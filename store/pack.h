/*
 * Packs of our own: many objects in one file, made durable by a few fsyncs
 * where loose objects take two each.
 *
 *	objects/pack/pack-<checksum>.keep    so that nobody repacks it,
 *	                            .pack    the objects,
 *	                            .idx     where each is
 *
 * A pack is there when its index has its name; that comes last, and the
 * folder is synced behind it. What a crash leaves before that is for git's own
 * cleaning (names with tmp_) or harmless (a .keep, a .pack without index).
 * When there are many, the small ones are rolled into one, which is there
 * before the first of them goes.
 */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include <stddef.h>

#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/odb.h"

#define PACK_NAME_BYTES 46 /* "pack-", 40 hex digits, a NUL */

struct pack_item {
	struct oid oid;
	enum object_type type;
	const char *bytes;
	size_t len;
};

/* Write `items` (at least one, of different names; they are sorted by name) as
 * one pack below `dir` ("…/objects"). Durable when it returns 0, but not yet
 * read back: odb_check(). */
int pack_write(const char *dir, struct pack_item *items, size_t count,
               char ret_name[PACK_NAME_BYTES], struct error *err) MUST_CHECK;

/* When more than `most` packs of ours are there: roll the small ones into one.
 * 1 when that was done, 0, -1; a failure loses nothing. */
int pack_roll(const char *dir, size_t most, struct error *err) MUST_CHECK;

#endif
