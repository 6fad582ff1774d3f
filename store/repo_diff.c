/*
 * What differs between two trees, as a list and as text.
 *
 * libgit2 compares in memory and runs no program: external diffs and text
 * conversions of the configuration are unknown to it.
 */
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/repo.h"
#include "store/repo_private.h"

/* Counts files, so that a tree that is made to be endless ends. */
static int count_file(const git_diff *diff, const git_diff_delta *delta,
                      const char *pathspec, void *state)
{
	size_t *count = state;

	(void)diff;
	(void)delta;
	(void)pathspec;
	return ++*count > LIMIT_TREE_FILES ? GIT_EUSER : 0;
}

static int compare(struct repo *repo, const struct oid *old,
                   const struct oid *new, git_diff **ret, struct error *err)
{
	auto_git(git_tree) old_tree = NULL;
	auto_git(git_tree) new_tree = NULL;
	size_t count = 0;
	git_diff_options options = {
		.version = GIT_DIFF_OPTIONS_VERSION,
		.flags = GIT_DIFF_INCLUDE_TYPECHANGE,
		.ignore_submodules = GIT_SUBMODULE_IGNORE_NONE,
		.notify_cb = count_file,
		.payload = &count,
		.context_lines = 3,
		.old_prefix = "a",
		.new_prefix = "b",
	};

	if (repo_settle(repo, err) < 0 ||
	    repo_tree_open(repo, old, &old_tree, err) < 0 ||
	    repo_tree_open(repo, new, &new_tree, err) < 0)
		return -1;
	git_error_clear();
	int rc = git_diff_tree_to_tree(ret, repo->git, old_tree, new_tree,
	                               &options);
	if (rc == GIT_EUSER)
		return error_set(err, ERR_LIMIT, "more than %u files differ",
		                 LIMIT_TREE_FILES);
	if (rc < 0)
		return repo_fail(err, rc, "could not compare two trees");
	return 0;
}

static void fill_difference(struct arena *arena, const git_diff_delta *delta,
                            struct tree_difference *ret)
{
	bool is_new = delta->status == GIT_DELTA_ADDED;
	bool is_gone = delta->status == GIT_DELTA_DELETED;

	ret->path = arena_strdup(arena, is_gone ? delta->old_file.path
	                                        : delta->new_file.path);
	if (!is_new) {
		ret->old_oid = oid_from_git(&delta->old_file.id);
		ret->old_mode = delta->old_file.mode;
	}
	if (!is_gone) {
		ret->new_oid = oid_from_git(&delta->new_file.id);
		ret->new_mode = delta->new_file.mode;
	}
}

void repo_diff_list(const git_diff *diff, struct arena *arena,
                    struct tree_difference **ret, size_t *ret_count)
{
	size_t count = git_diff_num_deltas(diff);
	struct tree_difference *items =
	        arena_array(arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++)
		fill_difference(arena, git_diff_get_delta(diff, i), &items[i]);
	*ret = items;
	*ret_count = count;
}

/* NOLINTNEXTLINE(readability-function-size): its list is two parameters */
int repo_tree_diff(struct repo *repo, struct arena *arena,
                   const struct oid *old, const struct oid *new,
                   struct tree_difference **ret, size_t *ret_count,
                   struct error *err)
{
	auto_git(git_diff) diff = NULL;

	if (compare(repo, old, new, &diff, err) < 0)
		return -1;
	repo_diff_list(diff, arena, ret, ret_count);
	return 0;
}

static int add_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
                    const git_diff_line *line, void *state)
{
	struct buf *text = state;

	(void)delta;
	(void)hunk;
	if (line->origin == GIT_DIFF_LINE_CONTEXT ||
	    line->origin == GIT_DIFF_LINE_ADDITION ||
	    line->origin == GIT_DIFF_LINE_DELETION)
		buf_add_char(text, line->origin);
	buf_add(text, line->content, line->content_len);
	return text->over ? GIT_EUSER : 0;
}

int repo_tree_diff_text(struct repo *repo, const struct oid *old,
                        const struct oid *new, struct buf *ret,
                        struct error *err)
{
	auto_git(git_diff) diff = NULL;

	if (compare(repo, old, new, &diff, err) < 0)
		return -1;
	int rc = git_diff_print(diff, GIT_DIFF_FORMAT_PATCH, add_line, ret);
	if (rc < 0 && !ret->over)
		return repo_fail(err, rc, "could not compare two trees");
	return buf_check(ret, "the diff", err);
}
