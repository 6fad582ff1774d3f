/*
 * The owner's git, in a repository that may be anybody's.
 *
 * Programs that git starts are named by its configuration: helpers that know
 * passwords, ssh, filters, hooks. What the owner's own configuration names (the
 * system's, ~/.gitconfig, the environment) works as it does by hand. What the
 * repository names in .git/config, or in files that this includes, is not
 * started, for whoever made the folder wrote it.
 *
 *	struct owner_git git;
 *	owner_look(&arena, dir, &git, &err);
 *	    ... argv: "git", git.options…, then the command
 *
 * Of everything else that .git/config says (addresses, branches, headers)
 * nothing is taken away.
 */
#ifndef IO_OWNER_H
#define IO_OWNER_H

#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct owner_git {
	const char **options; /* for the command line; NULL-terminated */
	size_t count;
	const char **env;    /* for the child; NULL-terminated */
	const char *ignored; /* a key of the repository's own that would have
	                        named a program; NULL: there is none */
	const char *filter;  /* one that cannot be left out when files are
	                        written; NULL: there is none */
};

/* What git needs of our environment to work as it does by hand, in `arena`.
 * GIT_DIR and the like, of a hook that called us, are not passed on. */
const char **owner_environment(struct arena *arena);

/* Look at the configuration that holds in `dir`. */
int owner_look(struct arena *arena, const char *dir, struct owner_git *ret,
               struct error *err) MUST_CHECK;

/* Run `git ARGS…` in the working tree `dir`, whose files it may write, within a
 * minute. ERR_STATE when that would run a filter of the repository's own. When
 * it fails, `ret_cut_short` says whether it may have done a part. */
int owner_run(const char *dir, const char *const *args, struct buf *ret_output,
              bool *ret_cut_short, struct error *err) MUST_CHECK;

#endif
