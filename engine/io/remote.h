/*
 * Another repository over the network, through the owner's git.
 *
 * Each call is one `git` in a child of its own, with a deadline, and with the
 * owner's credentials, ssh and proxies (owner.h), so that it works as it does
 * by hand. Nothing is ever forced: a push that is no fast-forward is refused,
 * by git here or by the other side, which compares what it has with what we
 * saw; so is taking a reference away.
 *
 *	struct remote remote = { .dir = dir, .name = "origin", .arena = &arena
 *}; remote_list(&remote, patterns, &arena, &refs, &count, &err);
 *	remote_fetch(&remote, refspecs, false, &err);
 *	int taken = remote_push(&remote, &arena, &push, &why, &err);
 *
 * ERR_AWAY from any of them: nobody answered, or not in time. What was asked
 * for may have happened or not.
 */
#ifndef IO_REMOTE_H
#define IO_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/io/owner.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/repo.h"

struct remote {
	const char *dir;      /* a working tree of ours */
	const char *name;     /* "origin" */
	struct arena *arena;  /* lives as long as this */
	int64_t timeout_ms;   /* of each call; 0: as long as is usual */
	struct owner_git git; /* filled by the first call */
};

struct remote_ref {
	const char *name; /* full: "refs/heads/main" */
	struct oid oid;
};

/* What the other side has that fits one of `patterns` (NULL-terminated, as of
 * git ls-remote), in `arena`. ERR_STATE when its objects are SHA-256. */
int remote_list(struct remote *remote, const char *const *patterns,
                struct arena *arena, struct remote_ref **ret, size_t *ret_count,
                struct error *err) MUST_CHECK;

/* Fetch `refspecs` (NULL-terminated), without tags, HEADs or submodules. With
 * `deepen` their whole history, also into a shallow repository. */
int remote_fetch(struct remote *remote, const char *const *refspecs,
                 bool deepen, struct error *err) MUST_CHECK;

/* Offer `tip` as the reference `ref`, alone. 1: the other side said ok. 0: it
 * did not, and `*ret_reason`, in `arena`, is its word. */
int remote_push(struct remote *remote, struct arena *arena,
                const struct oid *tip, const char *ref, const char **ret_reason,
                struct error *err) MUST_CHECK;
/* Take `ref` away, if it is still at `tip`. As remote_push(). */
int remote_delete(struct remote *remote, struct arena *arena, const char *ref,
                  const struct oid *tip, const char **ret_reason,
                  struct error *err) MUST_CHECK;

#endif
