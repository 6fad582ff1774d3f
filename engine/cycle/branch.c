#include "engine/cycle/branch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cycle/halfway.h"
#include "engine/io/owner.h"
#include "engine/io/proc.h"
#include "store/base/alloc.h"
#include "store/base/fault.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* The working tree in which `ref` is checked out, in `arena`; NULL: nowhere. */
static int find_worktree(struct engine *engine, struct arena *arena,
                         const char *ref, const char **ret, struct error *err)
{
	static const char *const args[] = { "worktree", "list", "--porcelain",
		                            NULL };
	auto_buf struct buf list = buf_make(LIMIT_OUTPUT);
	const char *dir = NULL;

	*ret = NULL;
	if (proc_git(engine->env.work_dir, args, &list, err) < 0)
		return error_wrap(err, "could not list the worktrees");
	char *rest = arena_strdup(arena, list.at);
	while (rest && *rest) {
		const char *line = strsep(&rest, "\n");
		if (text_starts(line, "worktree "))
			dir = line + strlen("worktree ");
		if (text_starts(line, "branch ") &&
		    strcmp(line + strlen("branch "), ref) == 0)
			*ret = dir;
	}
	return 0;
}

int branch_is_out(struct engine *engine, const char *ref, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *dir;

	return find_worktree(engine, &arena, ref, &dir, err) < 0 ? -1
	                                                         : dir != NULL;
}

static const char *git_path(struct arena *arena, const char *dir,
                            const char *name)
{
	auto_error struct error ignored = { 0 };
	auto_buf struct buf path = buf_make(LIMIT_ERROR_TEXT);
	const char *const args[] = { "rev-parse", "--path-format=absolute",
		                     "--git-path", name, NULL };

	if (proc_git(dir, args, &path, &ignored) < 0)
		return NULL;
	return arena_strndup(arena, path.at, strcspn(path.at, "\n"));
}

/* A merge, rebase, pick or bisect that has not come to its end. */
static const char *operation_in(struct arena *arena, const char *dir)
{
	static const char *const marks[][2] = {
		{ "MERGE_HEAD", "a merge" },
		{ "rebase-merge", "a rebase" },
		{ "rebase-apply", "a rebase" },
		{ "CHERRY_PICK_HEAD", "a cherry-pick" },
		{ "REVERT_HEAD", "a revert" },
		{ "BISECT_LOG", "a bisect" },
	};
	/* All of them lie in one directory: ask for it once. */
	const char *first = git_path(arena, dir, marks[0][0]);

	for (size_t i = 0; first && i < ARRAY_LEN(marks); i++) {
		int prefix = (int)(strrchr(first, '/') - first);
		if (file_exists(arena_printf(arena, "%.*s/%s", prefix, first,
		                             marks[i][0])))
			return marks[i][1];
	}
	return NULL;
}

/* The words of git's refusal, without its advice. */
static int refused(struct engine *engine, const char *dir,
                   const struct error *reason, struct error *err)
{
	error_set(err, ERR_STATE,
	          "the working tree %s is not clean where it "
	          "matters, so \"%s\" was not moved",
	          dir, engine->branch);
	(void)reason; /* git's advice would say the same at length */
	return error_hint(err, "Commit or stash your changes and try again.");
}

/* Git syncs neither the branch that it moves nor the files that it writes, and
 * what is merged is about to be journalled. */
static int sync_all(const char *dir, struct error *err)
{
	auto_fd int fd = fd_open(dir, O_RDONLY | O_DIRECTORY, 0, err);

	if (fd < 0)
		return -1;
	if (syncfs(fd) < 0)
		return error_errno(err, errno, "could not sync \"%s\"", dir);
	return 0;
}

static int fast_forward(struct engine *engine, const char *dir,
                        const struct oid *commit, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	auto_error struct error reason = { 0 };
	const char *operation = operation_in(&arena, dir);
	/* It is ours, so what git would tidy up behind it is left to be. */
	const char *const args[] = {
		"-c",      "maintenance.auto=false", "-c",    "gc.auto=0",
		"-c",      "core.fsync=all",         "merge", "--ff-only",
		"--quiet", oid_text(&arena, commit), NULL
	};

	if (operation) {
		error_set(err, ERR_STATE,
		          "%s is in progress in %s, so \"%s\" was not moved",
		          operation, dir, engine->branch);
		return error_hint(err, "Finish it and try again.");
	}
	if (halfway_begin(engine, dir, commit, err) < 0)
		return -1;
	FAULT("move.begun");
	bool cut_short;
	int merged = owner_run(dir, args, &output, &cut_short, &reason);
	FAULT("move.done");
	/* Who refuses has done nothing; who is killed, anything. */
	if (merged < 0 && cut_short && halfway_mend(engine, err) < 0)
		return -1;
	if ((merged == 0 || cut_short) && sync_all(dir, err) < 0)
		return -1;
	halfway_end(engine);
	if (merged == 0)
		return 0;
	struct oid now;
	int found = repo_ref_read(engine->repo, engine->branch_ref, &now, err);
	if (found < 0)
		return -1;
	if (found && oid_equal(&now, commit))
		return 0;
	if (!found || !oid_equal(&now, &engine->own_tip))
		return error_set(err, ERR_CONFLICT, "\"%s\" has moved",
		                 engine->branch);
	if (cut_short) {
		error_set(err, ERR_STATE,
		          "git was killed while it moved \"%s\"; what it had "
		          "done is taken back",
		          engine->branch);
		return error_hint(err, "reeve tick tries again.");
	}
	if (reason.code != ERR_STATE)
		return refused(engine, dir, &reason, err);
	error_move(err, &reason);
	return -1;
}

int branch_advance(struct engine *engine, const struct oid *commit,
                   struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *dir;

	if (oid_equal(commit, &engine->tip))
		return 0;
	if (halfway_mend(engine, err) < 0)
		return -1;
	if (find_worktree(engine, &arena, engine->branch_ref, &dir, err) < 0)
		return -1;
	if (dir)
		return fast_forward(engine, dir, commit, err);
	return repo_ref_swap(engine->repo, engine->branch_ref, commit,
	                     &engine->own_tip, "reeve: merge", err);
}

int branch_drop(struct engine *engine, const char *name, const struct oid *tip,
                const struct oid *merged, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *ref = arena_printf(&arena, "refs/heads/%s", name);
	const char *dir;
	struct oid now;
	int found = repo_ref_read(engine->repo, ref, &now, err);

	if (found <= 0)
		return found;
	if (!oid_equal(&now, tip)) {
		int contained =
		        repo_is_ancestor(engine->repo, &now, merged, err);
		if (contained <= 0)
			return contained;
	}
	if (find_worktree(engine, &arena, ref, &dir, err) < 0)
		return -1;
	return dir ? 0 : repo_ref_delete(engine->repo, ref, &now, err);
}
