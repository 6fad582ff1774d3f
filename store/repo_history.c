/*
 * History: ancestry, merging in memory, and who wrote a line.
 *
 * A merge is ours plus what theirs changed since the common ancestor: libgit2
 * merges into an index in memory, and the differences between our tree and
 * that index are applied to our tree like any other changes. So every tree of
 * the result is written and read back the usual way; the merged files, which
 * libgit2 writes itself, are written once more for the same reason.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/repo.h"
#include "store/repo_private.h"

#define CONFLICTS_NAMED 5

static int expect_commits(struct repo *repo, const struct oid *a,
                          const struct oid *b, struct error *err)
{
	if (repo_object_expect(repo, a, OBJECT_COMMIT, err) < 0)
		return -1;
	return repo_object_expect(repo, b, OBJECT_COMMIT, err);
}

int repo_is_ancestor(struct repo *repo, const struct oid *ancestor,
                     const struct oid *descendant, struct error *err)
{
	git_oid a = oid_to_git(ancestor);
	git_oid d = oid_to_git(descendant);

	if (repo_settle(repo, err) < 0 ||
	    expect_commits(repo, ancestor, descendant, err) < 0)
		return -1;
	if (oid_equal(ancestor, descendant))
		return 1;
	int rc = git_graph_descendant_of(repo->git, &d, &a);
	if (rc < 0)
		return repo_fail(err, rc, "could not follow the history");
	return rc;
}

int repo_merge_base(struct repo *repo, const struct oid *a, const struct oid *b,
                    struct oid *ret, struct error *err)
{
	git_oid found;
	git_oid one = oid_to_git(a);
	git_oid two = oid_to_git(b);

	if (repo_settle(repo, err) < 0 || expect_commits(repo, a, b, err) < 0)
		return -1;
	git_error_clear();
	int rc = git_merge_base(&found, repo->git, &one, &two);
	const git_error *last = git_error_last();
	/* A commit that is gone is "not found" too, but of another class. */
	if (rc == GIT_ENOTFOUND && (!last || last->klass == GIT_ERROR_MERGE))
		return 0;
	if (rc < 0)
		return repo_fail(err, rc, "could not follow the history");
	*ret = oid_from_git(&found);
	return 1;
}

static void reverse(struct oid *oids, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct oid swapped = oids[i];

		oids[i] = oids[count - 1 - i];
		oids[count - 1 - i] = swapped;
	}
}

/* The parent that the beginning of a commit names: "tree <id>", "parent <id>".
 * False when it is not to be seen so. */
static bool peek_parent(struct repo *repo, const struct oid *oid,
                        struct oid *ret)
{
	enum {
		TREE = 5 + 40 + 1,
		PARENT = 7 + 40 + 1
	};

	char head[TREE + PARENT + 1];
	size_t len = odb_begin(repo->objects, oid, OBJECT_COMMIT, head,
	                       TREE + PARENT);

	if (len < TREE + PARENT || memcmp(head, "tree ", 5) != 0)
		return false;
	head[len] = '\0';
	memset(ret, 0, sizeof(*ret));
	if (memcmp(head + TREE, "parent ", 7) != 0)
		return true;
	head[len - 1] = '\0';
	return oid_from_text(head + TREE + 7, ret);
}

struct walk {
	struct repo *repo;
	struct arena *arena;
	const struct oid *until;
	bool unproven;
};

static int next_parent(const struct walk *walk, const struct oid *oid,
                       struct oid *ret, struct error *err)
{
	struct oid tree;

	if (walk->unproven && peek_parent(walk->repo, oid, ret))
		return 0;
	return repo_commit_links(walk->repo, oid, &tree, ret, err);
}

static int walk_back(const struct walk *walk, const struct oid *tip,
                     struct oid **ret, size_t *ret_count, struct error *err)
{
	struct oid at = *tip;
	struct oid *oids = NULL;
	size_t count = 0;

	while (!oid_is_zero(&at) &&
	       !(walk->until && oid_equal(&at, walk->until))) {
		oids = arena_grow(walk->arena, oids, count, sizeof(*oids));
		oids[count++] = at;
		if (next_parent(walk, &oids[count - 1], &at, err) < 0)
			return -1;
	}
	reverse(oids, count);
	*ret = oids;
	*ret_count = count;
	return 0;
}

/* NOLINTBEGIN(readability-function-size): their list is two parameters */
int repo_first_parents(struct repo *repo, struct arena *arena,
                       const struct oid *tip, const struct oid *until,
                       struct oid **ret, size_t *ret_count, struct error *err)
{
	struct walk walk = { repo, arena, until, false };

	return walk_back(&walk, tip, ret, ret_count, err);
}

int repo_line(struct repo *repo, struct arena *arena, const struct oid *tip,
              const struct oid *until, struct oid **ret, size_t *ret_count,
              struct error *err)
{
	struct walk walk = { repo, arena, until, true };

	return walk_back(&walk, tip, ret, ret_count, err);
}

/* NOLINTEND(readability-function-size) */

/* Merging. */

static const char *conflict_path(const git_index_entry *ancestor,
                                 const git_index_entry *ours,
                                 const git_index_entry *theirs)
{
	return ours ? ours->path : theirs ? theirs->path : ancestor->path;
}

/* ERR_CONFLICT with the paths that both sides changed. */
static int fail_conflicts(git_index *index, struct error *err)
{
	auto_git(git_index_conflict_iterator) walk = NULL;
	const git_index_entry *ancestor;
	const git_index_entry *ours;
	const git_index_entry *theirs;
	auto_buf struct buf paths = buf_make(LIMIT_ERROR_TEXT);
	size_t count = 0;

	int rc = git_index_conflict_iterator_new(&walk, index);
	if (rc < 0)
		return repo_fail(err, rc, "could not list the conflicts");
	while (git_index_conflict_next(&ancestor, &ours, &theirs, walk) == 0) {
		if (count++ >= CONFLICTS_NAMED)
			continue;
		buf_printf(&paths, "%s\"%s\"", count > 1 ? ", " : "",
		           conflict_path(ancestor, ours, theirs));
	}
	if (count > CONFLICTS_NAMED)
		buf_printf(&paths, " and %zu more", count - CONFLICTS_NAMED);
	return error_set(err, ERR_CONFLICT, "both sides changed %s", paths.at);
}

static int merge_to_index(struct repo *repo, const struct oid *ours,
                          const struct oid *theirs, git_index **ret,
                          struct error *err)
{
	auto_git(git_commit) our_commit = NULL;
	auto_git(git_commit) their_commit = NULL;
	git_oid our_id = oid_to_git(ours);
	git_oid their_id = oid_to_git(theirs);
	git_merge_options options = {
		.version = GIT_MERGE_OPTIONS_VERSION,
		.flags = GIT_MERGE_FIND_RENAMES,
	};

	int rc = git_commit_lookup(&our_commit, repo->git, &our_id);
	if (rc == 0)
		rc = git_commit_lookup(&their_commit, repo->git, &their_id);
	if (rc == 0)
		rc = git_merge_commits(ret, repo->git, our_commit, their_commit,
		                       &options);
	if (rc < 0)
		return repo_fail(err, rc, "could not merge");
	return 0;
}

/* Make a file that libgit2 wrote count as written. */
static int keep_blob(struct repo *repo, const struct oid *oid,
                     struct error *err)
{
	auto_object struct object blob = { 0 };
	struct oid same;

	if (repo_object_verify(repo, oid, OBJECT_BLOB, err) < 0 ||
	    repo_object_read(repo, oid, OBJECT_BLOB, &blob, err) < 0)
		return -1;
	return repo_object_write(repo, OBJECT_BLOB, blob.bytes, blob.len, &same,
	                         err);
}

static int write_merged(struct repo *repo, const struct oid *our_tree,
                        git_index *index, struct oid *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_git(git_tree) tree = NULL;
	auto_git(git_diff) diff = NULL;
	struct tree_difference *items;
	size_t count;
	git_diff_options options = {
		.version = GIT_DIFF_OPTIONS_VERSION,
		.flags = GIT_DIFF_INCLUDE_TYPECHANGE,
		.ignore_submodules = GIT_SUBMODULE_IGNORE_NONE,
	};

	if (repo_tree_open(repo, our_tree, &tree, err) < 0)
		return -1;
	int rc =
	        git_diff_tree_to_index(&diff, repo->git, tree, index, &options);
	if (rc < 0)
		return repo_fail(err, rc, "could not read the merged files");
	repo_diff_list(diff, &arena, &items, &count);
	struct tree_change *changes =
	        arena_array(&arena, count, sizeof(*changes));
	for (size_t i = 0; i < count; i++) {
		changes[i].path = items[i].path;
		changes[i].oid = items[i].new_oid;
		changes[i].mode = items[i].new_mode;
		if (S_ISREG(changes[i].mode) &&
		    keep_blob(repo, &changes[i].oid, err) < 0)
			return -1;
	}
	return repo_tree_apply(repo, our_tree, changes, count, ret, err);
}

int repo_merge_trees(struct repo *repo, const struct oid *ours,
                     const struct oid *theirs, struct oid *ret_tree,
                     struct error *err)
{
	auto_git(git_index) index = NULL;
	struct oid our_tree;
	struct oid our_parent;

	if (repo_commit_links(repo, ours, &our_tree, &our_parent, err) < 0)
		return -1;
	if (repo_settle(repo, err) < 0 ||
	    merge_to_index(repo, ours, theirs, &index, err) < 0)
		return -1;
	if (git_index_has_conflicts(index))
		return fail_conflicts(index, err);
	return write_merged(repo, &our_tree, index, ret_tree, err);
}

/* Blame. */

/* 0 if `path` has `line` as of the commit `tip`. */
static int expect_line(struct repo *repo, const struct oid *tip,
                       const char *path, unsigned line, struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_DATA_FILE);
	struct oid tree;
	struct oid parent;
	struct tree_entry entry;

	if (repo_commit_links(repo, tip, &tree, &parent, err) < 0)
		return -1;
	int found = repo_tree_find(repo, &tree, path, &entry, err);
	if (found < 0)
		return -1;
	if (found == 0 || !S_ISREG(entry.mode))
		return error_set(err, ERR_MISSING, "there is no file \"%s\"",
		                 path);
	if (repo_blob_read(repo, &entry.oid, &text, err) < 0)
		return -1;
	size_t lines = 0;
	for (size_t i = 0; i < text.len; i++)
		lines += text.at[i] == '\n' || i + 1 == text.len;
	if (line == 0 || line > lines)
		return error_set(err, ERR_MISSING,
		                 "\"%s\" has no line %u but %zu lines", path,
		                 line, lines);
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): a place in, a place out */
int repo_blame_line(struct repo *repo, const struct oid *tip, const char *path,
                    unsigned line, struct oid *ret_commit, unsigned *ret_line,
                    struct error *err)
{
	auto_git(git_blame) blame = NULL;
	git_blame_options options = {
		.version = GIT_BLAME_OPTIONS_VERSION,
		.newest_commit = oid_to_git(tip),
		.min_line = line,
		.max_line = line,
	};

	if (repo_settle(repo, err) < 0 ||
	    expect_line(repo, tip, path, line, err) < 0)
		return -1;
	int rc = git_blame_file(&blame, repo->git, path, &options);
	if (rc < 0)
		return repo_fail(err, rc, "could not find who wrote \"%s\"",
		                 path);
	const git_blame_hunk *hunk = git_blame_get_hunk_byline(blame, line);
	if (!hunk)
		return error_set(err, ERR_MISSING,
		                 "nobody wrote line %u of \"%s\"", line, path);
	*ret_commit = oid_from_git(&hunk->final_commit_id);
	*ret_line = (unsigned)(hunk->orig_start_line_number + line -
	                       hunk->final_start_line_number);
	return 0;
}
