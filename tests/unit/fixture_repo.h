/*
 * A fresh repository for each test, and git itself as a second opinion.
 */
#ifndef FIXTURE_REPO_H
#define FIXTURE_REPO_H

#include "tests/unit/unit.h"

#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/error.h"
#include "store/base/fd.h"
#include "store/base/text.h"
#include "store/repo.h"
#include "store/repo_private.h"

static const struct oid fixture_zero = { { 0 } };

struct fixture {
	char *dir;
	struct repo *repo;
	struct arena arena;
	struct error err;
};

/* A new directory below TMPDIR, for free(). */
static inline char *fixture_dir(void)
{
	const char *top = getenv("TMPDIR");
	char *dir = mem_printf("%s/reeve-XXXXXX", top ? top : "/tmp");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static inline void fixture_open(struct fixture *fixture)
{
	*fixture = (struct fixture){ .dir = fixture_dir() };
	fixture->repo = repo_create(fixture->dir, "main", &fixture->err);
	if (!fixture->repo)
		fail_msg("%s", fixture->err.message);
}

static inline void fixture_close(struct fixture *fixture)
{
	auto_error struct error err = { 0 };

	repo_close(fixture->repo);
	arena_clear(&fixture->arena);
	error_clear(&fixture->err);
	assert_int_equal(dir_remove(fixture->dir, &err), 0);
	free(fixture->dir);
}

#define auto_fixture CLEANUP(fixture_close)

/* For a call that must succeed: show why it did not. */
static inline void fixture_ok(struct fixture *fixture, int rc)
{
	if (rc < 0)
		fail_msg("%s", fixture->err.message);
}

/* For a call that must have failed with `code`; forgets the error. */
static inline void fixture_failed(struct fixture *fixture, int rc,
                                  enum error_code code)
{
	assert_int_equal(rc, -1);
	if (fixture->err.code != code)
		fail_msg("code %d, wanted %d: %s", (int)fixture->err.code,
		         (int)code, fixture->err.message);
	assert_non_null(fixture->err.message);
	error_clear(&fixture->err);
}

/* Run `command` in the repository's directory: its standard output, in the
 * fixture's arena, without the last newline. It must succeed. */
static inline const char *fixture_run(struct fixture *fixture,
                                      const char *command)
{
	auto_buf struct buf text = buf_make(1 << 20);
	auto_error struct error err = { 0 };
	auto_free char *line =
	        mem_printf("cd '%s' && { %s\n} 2>&1", fixture->dir, command);
	FILE *pipe = popen(line, "re");

	assert_non_null(pipe);
	assert_int_equal(fd_read_all(fileno(pipe), "pipe", &text, &err), 0);
	int status = pclose(pipe);
	if (status != 0)
		fail_msg("%s: status %d: %s", command, status, text.at);
	if (text.len > 0 && text.at[text.len - 1] == '\n')
		buf_cut(&text, text.len - 1);
	return arena_strdup(&fixture->arena, text.at);
}

static inline void fixture_fsck(struct fixture *fixture)
{
	const char *said =
	        fixture_run(fixture, "git fsck --strict 2>&1 | "
	                             "grep -Ev '^(dangling|notice)' || true");

	assert_string_equal(said, "");
}

static inline struct oid fixture_blob(struct fixture *fixture, const char *text)
{
	struct oid oid;

	fixture_ok(fixture, repo_blob_write(fixture->repo, text, strlen(text),
	                                    &oid, &fixture->err));
	return oid;
}

/* `base` (or NULL) with the file `path` holding `text`; NULL removes it. */
static inline struct oid fixture_tree(struct fixture *fixture,
                                      const struct oid *base, const char *path,
                                      const char *text)
{
	struct tree_change change = { .path = path };
	struct oid tree;

	if (text) {
		change.oid = fixture_blob(fixture, text);
		change.mode = 0100644;
	}
	fixture_ok(fixture, repo_tree_write(fixture->repo, base, &change, 1,
	                                    &tree, &fixture->err));
	return tree;
}

/* A commit with up to one parent (zero: none). */
static inline struct oid fixture_commit(struct fixture *fixture,
                                        struct oid tree, struct oid parent,
                                        const char *message)
{
	struct commit commit = {
		.tree = tree,
		.parents = &parent,
		.parent_count = oid_is_zero(&parent) ? 0 : 1,
		.author = { "Ann", "ann@example.com", 1700000000 },
		.committer = { "Ann", "ann@example.com", 1700000000 },
		.message = message,
		.message_len = strlen(message),
	};
	struct oid oid;

	fixture_ok(fixture, repo_commit_write(fixture->repo, &commit, &oid,
	                                      &fixture->err));
	return oid;
}

static inline struct oid fixture_oid(const char *text)
{
	struct oid oid;

	assert_true(oid_from_text(text, &oid));
	return oid;
}

static inline const char *fixture_text(struct fixture *fixture, struct oid oid)
{
	return oid_text(&fixture->arena, &oid);
}

#endif
