/*
 * The folders that programs run in.
 *
 *	struct checkouts *checkouts = checkouts_open(".reeve", &secret);
 *	struct checkout_view view = { files, entries, count };
 *	struct workplace at;
 *	if (checkouts_enter(checkouts, &view, place, &at, err) < 0)
 *		return -1;
 *	run a program in at.dir, with REEVE_OUT=at.out, in at.sandbox;
 *	checkouts_leave(checkouts, &at, failed ? name : NULL, err);
 *
 * A checkout is a set of files, by path and content, that nobody writes to: all
 * programs that see the same files share one, made once. It lies below
 * .reeve/checkout/ under a name that is the hash of that set; a file of it that
 * begins with "#!" can be executed. Each place (loop.h) has one folder to write
 * to, empty but for `tmp` each time that it is entered. So a program that
 * writes nothing costs no folder at all.
 *
 * Closing removes what was made here; opening costs nothing. The first use
 * removes what an earlier engine could not, so it is for who holds the lock
 * `engine`. What is kept of a program that failed lies there until the same
 * name is given to forget, or fails again:
 *
 *	.reeve/checkout/NAME        a link to its checkout
 *	.reeve/checkout/NAME.out    what it wrote
 */
#ifndef IO_CHECKOUT_H
#define IO_CHECKOUT_H

#include <stddef.h>

#include "engine/io/sandbox.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/hash.h"
#include "store/files.h"

struct checkouts;

/* Files of `files`, each path once. */
struct checkout_view {
	struct files *files;
	const struct file_entry *entries;
	size_t count;
};

/* Valid until the place is entered again. */
struct workplace {
	const char *dir; /* the checkout; absolute, as `out` is */
	const char *out; /* to write to */
	const struct sandbox *sandbox;
	size_t place;
};

void checkouts_close(struct checkouts *checkouts);
/* `secret` seeds the hash and must outlive the result. */
struct checkouts *checkouts_open(const char *state_dir,
                                 const struct hash_secret *secret) MUST_CHECK
        FREED_BY(checkouts_close);

/* Make ready for one program. ERR_CONFIG or ERR_LIMIT when a file cannot be
 * put there. */
int checkouts_enter(struct checkouts *checkouts,
                    const struct checkout_view *view, size_t place,
                    struct workplace *ret, struct error *err) MUST_CHECK;

/* It has ended. What it wrote is removed, or kept as `keep`, a single name.
 * ERR_FAILED when it cannot be removed, which is the program's doing. */
int checkouts_leave(struct checkouts *checkouts, const struct workplace *at,
                    const char *keep, struct error *err) MUST_CHECK;

/* Remove what was kept as `name`, if anything. */
int checkouts_forget(struct checkouts *checkouts, const char *name,
                     struct error *err) MUST_CHECK;

#endif
