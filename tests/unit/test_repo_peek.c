#include "tests/unit/fixture_repo.h"

#include "store/base/limits.h"
#include "store/repo_peek.h"

#define A "1111111111111111111111111111111111111111"
#define B "2222222222222222222222222222222222222222"

/* What the reference is for us: its id, "none" or "unsure". */
static const char *peeked(struct fixture *fixture, const char *dir,
                          const char *name)
{
	CLEANUP(peek_clear) struct peek peek = { 0 };
	struct oid oid;

	if (!peek_open(dir, &peek))
		return "unsure";
	switch (peek_ref(&peek, name, &oid)) {
	case PEEK_FOUND:
		return oid_text(&fixture->arena, &oid);
	case PEEK_NONE:
		return "none";
	case PEEK_UNSURE:
		break;
	}
	return "unsure";
}

static void test_repo_peek__reads_references_as_git_does(void **state)
{
	static const struct {
		const char *setup;
		const char *name;
	} rows[] = {
		{ "true", "refs/heads/main" },
		{ "true", "HEAD" },
		{ "git pack-refs --all", "refs/heads/main" },
		{ "git pack-refs --all", "refs/tags/light" },
		{ "git pack-refs --all", "refs/tags/annotated" },
		{ "git pack-refs --all; git commit -q --allow-empty -m 2",
		  "refs/heads/main" },
		{ "git pack-refs --all; git branch -q -D side",
		  "refs/heads/side" },
		{ "git pack-refs --all; git update-ref refs/heads/a/b HEAD",
		  "refs/heads/a" },
		{ "git symbolic-ref refs/heads/alias refs/heads/side",
		  "refs/heads/alias" },
		{ "git symbolic-ref refs/heads/alias refs/heads/side; "
		  "git pack-refs --all",
		  "refs/heads/alias" },
		{ "git checkout -q --detach", "HEAD" },
		{ "git checkout -q --orphan unborn", "HEAD" },
		{ "true", "refs/heads/a" },
		{ "true", "refs/heads/mai" },
		{ "true", "refs/heads/ain" },
		{ "true", "refs/heads" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_fixture struct fixture fixture;

		fixture_open(&fixture);
		(void)fixture_run(&fixture, "git config user.name n; "
		                            "git config user.email e@x; "
		                            "git commit -q --allow-empty -m 1; "
		                            "git branch side; git tag light; "
		                            "git tag -a -m t annotated");
		(void)fixture_run(&fixture, rows[i].setup);
		const char *wanted = fixture_run(
		        &fixture,
		        arena_printf(&fixture.arena,
		                     "git rev-parse -q --verify %s || "
		                     "echo none",
		                     rows[i].name));
		const char *got = peeked(&fixture, fixture.dir, rows[i].name);
		if (!text_equal(rows[i].name, "refs/heads"))
			assert_row_text(i, got, wanted);
		else
			assert_row_text(i, got, "unsure");
	}
}

static void test_repo_peek__leaves_what_is_odd_to_libgit2(void **state)
{
	static const struct {
		const char *setup;
		const char *name;
		const char *wanted;
	} rows[] = {
		{ "echo " A " >.git/refs/heads/x", "refs/heads/x", A },
		{ "printf '" A "' >.git/refs/heads/x", "refs/heads/x", A },
		{ "echo " A "0 >.git/refs/heads/x", "refs/heads/x", "unsure" },
		{ "echo nonsense >.git/refs/heads/x", "refs/heads/x",
		  "unsure" },
		{ ": >.git/refs/heads/x", "refs/heads/x", "unsure" },
		{ "printf '" A "\\0' >.git/refs/heads/x", "refs/heads/x",
		  "unsure" },
		{ "echo 'ref: refs/heads/x' >.git/refs/heads/x", "refs/heads/x",
		  "unsure" },
		{ "echo 'ref: ../config' >.git/refs/heads/x", "refs/heads/x",
		  "unsure" },
		{ "ln -s ../../config .git/refs/heads/x", "refs/heads/x",
		  "unsure" },
		{ "true", "refs/heads/../../config", "unsure" },
		{ "true", "refs/heads/x.lock", "unsure" },
		{ "true", "refs/heads//x", "unsure" },
		{ "true", "refs/heads/", "unsure" },
		{ "true", "refs/heads/a b", "unsure" },
		{ "true", "ORIG_HEAD", "unsure" },
		{ "echo '" A " refs/heads/x' >.git/packed-refs", "refs/heads/x",
		  A },
		{ "echo '" A " refs/heads/x' >.git/packed-refs; "
		  "echo " B " >.git/refs/heads/x",
		  "refs/heads/x", B },
		{ "printf '# " A " refs/heads/x\\n" B " refs/heads/x\\n' "
		  ">.git/packed-refs",
		  "refs/heads/x", B },
		{ "printf '" A " refs/heads/y\\n^" B "\\n" B
		  " refs/heads/x\\n' >.git/packed-refs",
		  "refs/heads/x", B },
		{ "printf '" A " refs/heads/x' >.git/packed-refs",
		  "refs/heads/x", "unsure" },
		{ "printf '" A " refs/heads/x\\r\\n' >.git/packed-refs",
		  "refs/heads/x", "unsure" },
		{ "printf ' refs/heads/x\\n' >.git/packed-refs", "refs/heads/x",
		  "none" },
		{ "printf 'zz" A " refs/heads/x\\n' >.git/packed-refs",
		  "refs/heads/x", "none" },
		{ "printf '%040d refs/heads/x\\n' 0 | tr 0 z "
		  ">.git/packed-refs",
		  "refs/heads/x", "unsure" },
		{ ": >.git/packed-refs", "refs/heads/x", "none" },
		{ "mkdir .git/packed-refs", "refs/heads/x", "unsure" },
		{ "git config core.bare true", "refs/heads/x", "unsure" },
		{ "git config core.worktree /tmp", "refs/heads/x", "unsure" },
		{ "git config extensions.foo bar", "refs/heads/x", "unsure" },
		{ "git config include.path /tmp/x", "refs/heads/x", "unsure" },
		{ "git config core.repositoryformatversion 2", "refs/heads/x",
		  "unsure" },
		{ "echo '[core] bare = true' >>.git/config", "refs/heads/x",
		  "unsure" },
		{ "printf '[x]\\n y = \\\\\\n[core]\\n' >>.git/config",
		  "refs/heads/x", "unsure" },
		{ "printf '[CORE]\\n\\tBare=true\\n' >>.git/config",
		  "refs/heads/x", "unsure" },
		{ "printf '[user]\\n\\tbare=true\\n' >>.git/config",
		  "refs/heads/x", "none" },
		{ "printf '\\n; bare\\n[core]\\n# worktree = /\\n' "
		  ">>.git/config",
		  "refs/heads/x", "none" },
		{ "rm .git/config", "refs/heads/x", "unsure" },
		{ "rm .git/HEAD", "refs/heads/x", "unsure" },
		{ "mv .git x; ln -s x .git", "refs/heads/x", "unsure" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_fixture struct fixture fixture;

		fixture_open(&fixture);
		(void)fixture_run(&fixture, rows[i].setup);
		assert_row_text(i, peeked(&fixture, fixture.dir, rows[i].name),
		                rows[i].wanted);
	}
}

static void test_repo_peek__finds_what_libgit2_finds(void **state)
{
	static const struct {
		const char *setup;
		const char *dir; /* below the fixture's */
		bool is_found;
	} rows[] = {
		{ "true", ".", true },
		{ "mkdir -p a/b", "a/b", true },
		{ "git worktree add -q wt", "wt", true },
		{ "git worktree add -q wt; mkdir wt/sub", "wt/sub", true },
		{ "git worktree add -q wt; mv wt moved", "moved", false },
		{ "git init -q --separate-git-dir=elsewhere apart", "apart",
		  true },
		{ "git init -q --bare bare", "bare", false },
		{ "true", ".git", false },
		{ "true", ".git/refs", false },
		{ "true", "absent", false },
		{ "mkdir x; echo nonsense >x/.git", "x", false },
		{ "mkdir x; echo 'gitdir: /absent' >x/.git", "x", false },
		{ "mkdir x; mkfifo x/.git", "x", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_fixture struct fixture fixture;
		CLEANUP(peek_clear) struct peek peek = { 0 };

		fixture_open(&fixture);
		(void)fixture_run(&fixture,
		                  "git -c user.name=n -c user.email=e@x "
		                  "commit -q --allow-empty -m 1");
		(void)fixture_run(&fixture, rows[i].setup);
		const char *dir = arena_printf(&fixture.arena, "%s/%s",
		                               fixture.dir, rows[i].dir);
		assert_row(i, peek_open(dir, &peek) == rows[i].is_found);
		if (!rows[i].is_found)
			continue;
		auto_repo struct repo *repo = repo_open(dir, &fixture.err);
		assert_row(i, repo && !repo->git);
		assert_row(i, repo_start(repo, &fixture.err) == 0);
		assert_row_text(i, repo_work_dir(repo), peek.work_dir);
		auto_free char *common =
		        realpath(git_repository_commondir(repo->git), NULL);
		assert_row_text(i, peek.common_dir, common);
		auto_free char *own =
		        realpath(git_repository_path(repo->git), NULL);
		assert_row_text(i, peek.git_dir, own);
	}
}

static void test_repo_peek__knows_the_branch_of_HEAD(void **state)
{
	static const struct {
		const char *setup;
		enum peek_answer answer;
		const char *wanted;
	} rows[] = {
		{ "true", PEEK_FOUND, "refs/heads/main" },
		{ "git symbolic-ref HEAD refs/heads/a/b", PEEK_FOUND,
		  "refs/heads/a/b" },
		{ "echo " A " >.git/HEAD", PEEK_NONE, "" },
		{ "echo 'ref: refs/heads/..' >.git/HEAD", PEEK_UNSURE, "" },
		{ "echo x >.git/HEAD", PEEK_UNSURE, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_fixture struct fixture fixture;
		CLEANUP(peek_clear) struct peek peek = { 0 };
		auto_buf struct buf name = buf_make(LIMIT_PATH);

		fixture_open(&fixture);
		(void)fixture_run(&fixture, rows[i].setup);
		assert_row(i, peek_open(fixture.dir, &peek));
		assert_row(i, peek_head(&peek, &name) == rows[i].answer);
		if (rows[i].answer == PEEK_FOUND)
			assert_row_text(i, name.at, rows[i].wanted);
	}
}

/* Only root can give a repository to somebody else. */
static void test_repo_peek__trusts_nobody_elses(void **state)
{
	static const char *const foreign[] = { ".", ".git" };

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
		auto_fixture struct fixture fixture;
		CLEANUP(peek_clear) struct peek peek = { 0 };

		fixture_open(&fixture);
		auto_free char *path =
		        mem_printf("%s/%s", fixture.dir, foreign[i]);
		assert_row(i, chown(path, 12345, 12345) == 0);
		assert_row(i, !peek_open(fixture.dir, &peek));
	}
}
