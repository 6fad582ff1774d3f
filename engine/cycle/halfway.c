/*
 * The note is $GIT_COMMON_DIR/reeve/halfway, one line:
 *
 *	<old commit> <new commit> <working tree>
 *
 * A path that differs between the two is as it was, or half done: gone, as in
 * the new commit, or a beginning of either. Anything else was written by
 * somebody since, and then everything is left as it is, for them to see.
 */
#include "engine/cycle/halfway.h"

#include <string.h>
#include <unistd.h>

#include "engine/io/owner.h"
#include "store/base/alloc.h"
#include "store/base/fault.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/files.h"

struct move {
	struct oid old, new;
	const char *dir;
};

static char *note_path(const struct engine *engine)
{
	return mem_printf("%s/halfway", engine->lock_dir);
}

int halfway_begin(struct engine *engine, const char *dir,
                  const struct oid *commit, struct error *err)
{
	auto_free char *path = note_path(engine);
	char old[OID_TEXT_BYTES];
	char new[OID_TEXT_BYTES];

	oid_to_text(&engine->own_tip, old);
	oid_to_text(commit, new);
	auto_free char *line = mem_printf("%s %s %s\n", old, new, dir);
	return file_replace(path, line, strlen(line), 0600, err);
}

void halfway_end(struct engine *engine)
{
	auto_free char *path = note_path(engine);

	(void)unlink(path); /* one that stays is found to be of no use */
}

/* 1 and the move that the note tells of; 0 when there is none. */
static int read_note(struct engine *engine, struct arena *arena,
                     struct move *ret, struct error *err)
{
	auto_free char *path = note_path(engine);
	auto_buf struct buf text = buf_make(LIMIT_ERROR_TEXT);
	const size_t ids = 2 * OID_TEXT_BYTES; /* with a space behind each */

	if (!file_exists(path))
		return 0;
	if (file_read(path, &text, err) < 0)
		return -1;
	char *line = arena_strndup(arena, text.at, strcspn(text.at, "\n"));
	if (strlen(line) <= ids)
		return 0;
	line[OID_TEXT_BYTES - 1] = line[ids - 1] = '\0';
	ret->dir = line + ids;
	return oid_from_text(line, &ret->old) &&
	       oid_from_text(line + OID_TEXT_BYTES, &ret->new);
}

static int git_in(const struct move *move, const char *const *args,
                  struct buf *ret, struct error *err)
{
	bool cut_short; /* then the note stays, and says all */

	return owner_run(move->dir, args, ret, &cut_short, err);
}

/* The locks that `git merge` takes. Those that nobody holds are taken away. */
static int drop_locks(struct engine *engine, struct arena *arena,
                      const struct move *move, struct error *err)
{
	static const char *const args[] = { "rev-parse", "--absolute-git-dir",
		                            NULL };
	auto_buf struct buf output = buf_make(LIMIT_ERROR_TEXT);

	if (git_in(move, args, &output, err) < 0)
		return -1;
	const char *dir =
	        arena_strndup(arena, output.at, strcspn(output.at, "\n"));
	const char *const locks[] = {
		arena_printf(arena, "%s/index.lock", dir),
		arena_printf(arena, "%s/HEAD.lock", dir),
		arena_printf(arena, "%s/ORIG_HEAD.lock", dir),
		arena_printf(arena, "%s/%s.lock", repo_common_dir(engine->repo),
		             engine->branch_ref),
	};
	for (size_t i = 0; i < ARRAY_LEN(locks); i++) {
		int dropped = repo_drop_lock(engine->repo, locks[i], err);
		if (dropped < 0)
			return -1;
		if (!dropped)
			return error_set(err, ERR_STATE,
			                 "a git command holds \"%s\"",
			                 locks[i]);
	}
	return 0;
}

enum progress {
	UNTOUCHED,
	HALF_DONE,
	FOREIGN,
};

/* Whether the file is a beginning of the blob `oid`. */
static bool begins(struct repo *repo, const struct buf *file,
                   const struct oid *oid)
{
	auto_buf struct buf blob = buf_make(LIMIT_DATA_FILE);
	auto_error struct error ignored = { 0 };

	return repo_blob_read(repo, oid, &blob, &ignored) == 0 &&
	       file->len <= blob.len &&
	       memcmp(file->at, blob.at, file->len) == 0;
}

static int look(struct engine *engine, struct files *tree,
                const struct tree_difference *path, enum progress *ret,
                struct error *err)
{
	auto_buf struct buf file = buf_make(LIMIT_DATA_FILE);
	struct oid oid;
	int found = files_read(tree, path->path, &file, &oid, err);

	if (found < 0)
		return -1;
	if (!found)
		*ret = path->old_mode ? HALF_DONE : UNTOUCHED;
	else if (path->old_mode && oid_equal(&oid, &path->old_oid))
		*ret = UNTOUCHED;
	else if ((path->new_mode &&
	          begins(engine->repo, &file, &path->new_oid)) ||
	         (path->old_mode &&
	          begins(engine->repo, &file, &path->old_oid)))
		*ret = HALF_DONE;
	else
		*ret = FOREIGN;
	return 0;
}

static int put_back(const struct move *move, const struct tree_difference *path,
                    struct error *err)
{
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	auto_free char *file = mem_printf("%s/%s", move->dir, path->path);
	char old[OID_TEXT_BYTES];
	const char *const restore[] = { "--literal-pathspecs",
		                        "checkout",
		                        "-q",
		                        old,
		                        "--",
		                        path->path,
		                        NULL };
	const char *const forget[] = {
		"--literal-pathspecs", "rm", "-q",       "--cached",
		"--ignore-unmatch",    "--", path->path, NULL
	};

	oid_to_text(&move->old, old);
	if (path->old_mode)
		return git_in(move, restore, &output, err);
	/* The file last: while it is there, this is to be done. */
	if (git_in(move, forget, &output, err) < 0)
		return -1;
	(void)unlink(file); /* it may not have been made yet */
	return 0;
}

/* Every path is looked at before one is touched. */
static int take_back(struct engine *engine, struct arena *arena,
                     const struct move *move, struct error *err)
{
	auto_files struct files *tree = files_from_dir(move->dir);
	struct commit old;
	struct commit new;
	struct tree_difference *paths;
	size_t count;

	if (repo_commit_read(engine->repo, arena, &move->old, &old, err) < 0 ||
	    repo_commit_read(engine->repo, arena, &move->new, &new, err) < 0 ||
	    repo_tree_diff(engine->repo, arena, &old.tree, &new.tree, &paths,
	                   &count, err) < 0)
		return -1;
	enum progress *progress =
	        arena_array(arena, count + 1, sizeof(*progress));
	for (size_t i = 0; i < count; i++) {
		if (look(engine, tree, &paths[i], &progress[i], err) < 0)
			return -1;
		if (progress[i] == FOREIGN)
			return 0;
	}
	for (size_t i = 0; i < count; i++)
		if (progress[i] == HALF_DONE &&
		    (FAULT_FAILS("move.mended", err) ||
		     put_back(move, &paths[i], err) < 0))
			return -1;
	return 0;
}

int halfway_mend(struct engine *engine, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct move move;
	struct oid now;
	int noted = read_note(engine, &arena, &move, err);

	if (noted < 0)
		return -1;
	if (noted && file_exists(move.dir)) {
		int found = repo_ref_read(engine->repo, engine->branch_ref,
		                          &now, err);
		if (found < 0 || drop_locks(engine, &arena, &move, err) < 0)
			return -1;
		if (found && oid_equal(&now, &move.old) &&
		    take_back(engine, &arena, &move, err) < 0)
			return -1;
	}
	halfway_end(engine);
	return 0;
}
