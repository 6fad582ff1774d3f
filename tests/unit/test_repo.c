#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/fixture_repo.h"

/* libgit2 1.5 forgets what it compared each variable of a configuration with
 * when a repository has extensions. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libpcre2";
}

static char *loose_file(struct fixture *fixture, struct oid oid)
{
	const char *text = fixture_text(fixture, oid);

	return arena_printf(&fixture->arena, "%s/.git/objects/%.2s/%s",
	                    fixture->dir, text, text + 2);
}

/* Put `bytes` in place of the file, which git makes read-only. */
static void overwrite(const char *path, const char *bytes)
{
	auto_error struct error err = { 0 };

	assert_int_equal(file_replace(path, bytes, strlen(bytes), 0444, &err),
	                 0);
}

static void test_repo__oids_and_text(void **state)
{
	static const char *const refused[] = {
		"",
		"4b825dc642cb6eb9a060e54bf8d69288fbee490",
		"4b825dc642cb6eb9a060e54bf8d69288fbee49040",
		"4b825dc642cb6eb9a060e54bf8d69288fbee490g",
	};
	struct oid oid;
	char text[OID_TEXT_BYTES];

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		assert_row(i, !oid_from_text(refused[i], &oid));
	assert_true(oid_from_text("4b825dc642cb6eb9a060e54bf8d69288fbee4904",
	                          &oid));
	assert_false(oid_is_zero(&oid));
	assert_false(oid_equal(&oid, &fixture_zero));
	oid_to_text(&oid, text);
	assert_string_equal(text, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
	repo_blob_id("hello\n", 6, &oid);
	oid_to_text(&oid, text);
	assert_string_equal(text, "ce013625030ba8dba906f756967f9e9ca394464a");
	assert_true(oid_is_zero(&fixture_zero));
}

static void test_repo__creates_with_a_branch(void **state)
{
	auto_fixture struct fixture fixture;
	const char *branch;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	assert_string_equal(fixture_run(&fixture, "git symbolic-ref HEAD"),
	                    "refs/heads/main");
	fixture_ok(&fixture, repo_head_branch(fixture.repo, &fixture.arena,
	                                      &branch, &fixture.err));
	assert_string_equal(branch, "main");
	assert_false(repo_is_bare(fixture.repo));
	assert_null(repo_create(fixture.dir, "main", &fixture.err));
	assert_int_equal(fixture.err.code, ERR_STATE);
}

static void test_repo__detached_head_has_no_branch(void **state)
{
	auto_fixture struct fixture fixture;
	const char *branch = "untouched";

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tree = fixture_tree(&fixture, NULL, "a", "a\n");
	struct oid tip = fixture_commit(&fixture, tree, fixture_zero, "a\n");
	auto_free char *command = mem_printf("git checkout -q --detach %s",
	                                     fixture_text(&fixture, tip));
	(void)fixture_run(&fixture, command);
	fixture_ok(&fixture, repo_head_branch(fixture.repo, &fixture.arena,
	                                      &branch, &fixture.err));
	assert_null(branch);
}

static void test_repo__opens_from_below_and_from_worktrees(void **state)
{
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	(void)fixture_run(&fixture,
	                  "mkdir -p sub/dir && git -c user.name=A "
	                  "-c user.email=a@b.c commit -q --allow-empty -m a "
	                  "&& git worktree add -q linked");
	auto_free char *top = realpath(fixture.dir, NULL);
	auto_free char *git = mem_printf("%s/.git", top);
	auto_free char *below = mem_printf("%s/sub/dir", fixture.dir);
	auto_free char *linked = mem_printf("%s/linked", top);

	auto_repo struct repo *one = repo_open(below, &fixture.err);
	assert_non_null(one);
	assert_string_equal(repo_work_dir(one), top);
	assert_string_equal(repo_common_dir(one), git);
	auto_repo struct repo *two = repo_open(linked, &fixture.err);
	assert_non_null(two);
	assert_string_equal(repo_work_dir(two), linked);
	assert_string_equal(repo_common_dir(two), git);
	struct oid oid;
	assert_int_equal(repo_blob_write(two, "linked", 6, &oid, &fixture.err),
	                 0);
	assert_true(repo_object_exists(one, &oid));
}

static void test_repo__opens_bare_ones(void **state)
{
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	(void)fixture_run(&fixture, "git init -q --bare bare.git");
	auto_free char *path = mem_printf("%s/bare.git", fixture.dir);
	auto_repo struct repo *repo = repo_open(path, &fixture.err);
	assert_non_null(repo);
	assert_true(repo_is_bare(repo));
	assert_null(repo_work_dir(repo));
}

static void test_repo__refuses_what_it_cannot_open(void **state)
{
	static const struct {
		const char *prepare;
		const char *message; /* a part of it */
		const char *hint;
	} cases[] = {
		{ "rm -rf .git", "is not in a git repository", "reeve init" },
		{ "rm -rf .git && git init -q --object-format=sha256",
		  "has SHA-256 objects", NULL },
		{ "git config core.repositoryFormatVersion 1 && "
		  "git config extensions.unheardOf true",
		  "unheardof", NULL },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_fixture struct fixture fixture;

		fixture_open(&fixture);
		(void)fixture_run(&fixture, cases[i].prepare);
		assert_row(i, !repo_open(fixture.dir, &fixture.err));
		assert_row(i, fixture.err.code == ERR_STATE);
		if (!strstr(fixture.err.message, cases[i].message))
			fail_msg("row %zu: %s", i, fixture.err.message);
		assert_row(i, !cases[i].hint ||
		                      strstr(fixture.err.hint, cases[i].hint));
	}
}

static void test_repo__refuses_the_repository_of_another_user(void **state)
{
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	if (geteuid() != 0)
		skip(); /* only root can give a directory away */
	fixture_open(&fixture);
	auto_free char *git = mem_printf("%s/.git", fixture.dir);
	assert_int_equal(chown(git, 12345, 12345), 0);
	assert_int_equal(chown(fixture.dir, 12345, 12345), 0);
	assert_null(repo_open(fixture.dir, &fixture.err));
	assert_int_equal(fixture.err.code, ERR_STATE);
	if (!fixture.err.hint || !strstr(fixture.err.hint, "safe.directory"))
		fail_msg("%s; %s", fixture.err.message, fixture.err.hint);
}

static void test_repo__identity_is_gits(void **state)
{
	auto_fixture struct fixture fixture;
	const char *name;
	const char *email;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	(void)unsetenv("GIT_AUTHOR_NAME");
	(void)unsetenv("GIT_AUTHOR_EMAIL");
	(void)fixture_run(&fixture, "git config user.name '' && "
	                            "git config user.email ann@example.com");
	assert_int_equal(repo_identity(fixture.repo, &fixture.arena, &name,
	                               &email, &fixture.err),
	                 -1);
	assert_int_equal(fixture.err.code, ERR_STATE);
	assert_string_equal(fixture.err.hint,
	                    "Run: git config user.name \"Your Name\"");
	error_clear(&fixture.err);

	(void)fixture_run(&fixture, "git config user.name 'Ann Owner'");
	fixture_ok(&fixture, repo_identity(fixture.repo, &fixture.arena, &name,
	                                   &email, &fixture.err));
	assert_string_equal(name, "Ann Owner");
	assert_string_equal(email, "ann@example.com");

	assert_int_equal(setenv("GIT_AUTHOR_NAME", "Env", 1), 0);
	fixture_ok(&fixture, repo_identity(fixture.repo, &fixture.arena, &name,
	                                   &email, &fixture.err));
	(void)unsetenv("GIT_AUTHOR_NAME");
	assert_string_equal(name, "Env");
	assert_string_equal(email, "ann@example.com");
}

static void test_repo__blobs_are_what_git_reads(void **state)
{
	auto_fixture struct fixture fixture;
	auto_buf struct buf text = buf_make(5);

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid oid = fixture_blob(&fixture, "hello");
	auto_free char *command =
	        mem_printf("git cat-file blob %s", fixture_text(&fixture, oid));
	assert_string_equal(fixture_run(&fixture, command), "hello");
	fixture_ok(&fixture,
	           repo_blob_read(fixture.repo, &oid, &text, &fixture.err));
	assert_string_equal(text.at, "hello");
	struct oid longer = fixture_blob(&fixture, "hello!");
	buf_clear(&text);
	fixture_failed(
	        &fixture,
	        repo_blob_read(fixture.repo, &longer, &text, &fixture.err),
	        ERR_LIMIT);
	fixture_fsck(&fixture);
}

static void test_repo__reading_what_is_not_there_fails(void **state)
{
	auto_fixture struct fixture fixture;
	auto_buf struct buf text = buf_make(100);
	struct commit commit;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid gone =
	        fixture_oid("0123456789012345678901234567890123456789");
	struct oid tree = fixture_tree(&fixture, NULL, "a", "a");
	fixture_failed(&fixture,
	               repo_blob_read(fixture.repo, &gone, &text, &fixture.err),
	               ERR_MISSING);
	fixture_failed(&fixture,
	               repo_blob_read(fixture.repo, &tree, &text, &fixture.err),
	               ERR_MISSING);
	fixture_failed(&fixture,
	               repo_commit_read(fixture.repo, &fixture.arena, &gone,
	                                &commit, &fixture.err),
	               ERR_MISSING);
	assert_false(repo_object_exists(fixture.repo, &gone));
}

static void test_repo__commits_are_kept_byte_for_byte(void **state)
{
	static const char *const messages[] = {
		"subject\n",
		"",
		"\n\nleading newlines\n\nand two paragraphs",
		"no newline",
		"tree 123\nparent 4\n\nlooks like a header\n",
	};
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tree = fixture_tree(&fixture, NULL, "a", "a");
	struct oid parent = fixture_zero;
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		struct oid oid =
		        fixture_commit(&fixture, tree, parent, messages[i]);
		struct commit commit;

		fixture_ok(&fixture,
		           repo_commit_read(fixture.repo, &fixture.arena, &oid,
		                            &commit, &fixture.err));
		assert_row(i, oid_equal(&commit.id, &oid));
		assert_row(i, oid_equal(&commit.tree, &tree));
		assert_row(i, commit.parent_count == (i > 0));
		assert_row(i, i == 0 || oid_equal(commit.parents, &parent));
		assert_row_text(i, commit.message, messages[i]);
		assert_row(i, commit.message_len == strlen(messages[i]));
		assert_row_text(i, commit.author.name, "Ann");
		assert_row_text(i, commit.committer.email, "ann@example.com");
		assert_row(i, commit.author.time_s == 1700000000);
		parent = oid;
	}
	fixture_fsck(&fixture);
}

static void test_repo__reads_commits_of_others(void **state)
{
	auto_fixture struct fixture fixture;
	struct commit commit;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	const char *text = fixture_run(
	        &fixture,
	        "git mktree </dev/null >/dev/null; printf '%s\\n' "
	        "'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904' "
	        "'author Zoe <z@example.com> 1700000000 +0530' "
	        "'committer Yan <y@example.com> 1700000001 -0100' "
	        "'encoding ISO-8859-1' 'gpgsig -----BEGIN' ' ' ' x' ' -----END' "
	        "'' 'signed' | git hash-object -t commit -w --stdin");
	struct oid oid = fixture_oid(text);
	fixture_ok(&fixture, repo_commit_read(fixture.repo, &fixture.arena,
	                                      &oid, &commit, &fixture.err));
	assert_string_equal(commit.message, "signed\n");
	assert_string_equal(commit.author.name, "Zoe");
	assert_int_equal(commit.committer.time_s, 1700000001);
	assert_int_equal(commit.parent_count, 0);
}

static void test_repo__refuses_commits_that_git_would_not_take(void **state)
{
	auto_fixture struct fixture fixture;

	static const struct {
		const char *name;
		const char *email;
		const char *message;
		size_t message_len;
	} cases[] = {
		{ "", "a@b.c", "x", 1 },
		{ "Ann", "", "x", 1 },
		{ "Ann\nparent 1", "a@b.c", "x", 1 },
		{ "Ann <", "a@b.c", "x", 1 },
		{ "Ann", "a> 1 +0000", "x", 1 },
		{ "Ann", "a@b.c", "x\0y", 3 },
	};

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tree = fixture_tree(&fixture, NULL, "a", "a");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct commit commit = {
			.tree = tree,
			.author = { cases[i].name, cases[i].email, 1 },
			.committer = { "Ann", "a@b.c", 1 },
			.message = cases[i].message,
			.message_len = cases[i].message_len,
		};
		struct oid oid;

		fixture_failed(&fixture,
		               repo_commit_write(fixture.repo, &commit, &oid,
		                                 &fixture.err),
		               ERR_STATE);
	}
}

static void test_repo__a_commit_needs_its_tree_and_parents(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid oid;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid gone =
	        fixture_oid("0123456789012345678901234567890123456789");
	struct commit commit = {
		.tree = gone,
		.author = { "Ann", "a@b.c", 1 },
		.committer = { "Ann", "a@b.c", 1 },
		.message = "",
	};
	fixture_failed(
	        &fixture,
	        repo_commit_write(fixture.repo, &commit, &oid, &fixture.err),
	        ERR_MISSING);
	commit.tree = fixture_tree(&fixture, NULL, "a", "a");
	commit.parents = &gone;
	commit.parent_count = 1;
	fixture_failed(
	        &fixture,
	        repo_commit_write(fixture.repo, &commit, &oid, &fixture.err),
	        ERR_MISSING);
}

/* A write over a damaged file must repair it: libgit2 and git alone take the
 * file's presence for the object. */
static void test_repo__writing_repairs_a_damaged_object(void **state)
{
	static const char *const damages[] = { "", "garbage" };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		auto_fixture struct fixture fixture;
		auto_buf struct buf text = buf_make(100);

		fixture_open(&fixture);
		struct oid tree = fixture_tree(&fixture, NULL, "a", "a");
		struct oid tip =
		        fixture_commit(&fixture, tree, fixture_zero, "x");
		struct oid blob = fixture_blob(&fixture, "a");
		overwrite(loose_file(&fixture, tree), damages[i]);
		overwrite(loose_file(&fixture, tip), damages[i]);
		overwrite(loose_file(&fixture, blob), damages[i]);
		assert_row(i, repo_blob_read(fixture.repo, &blob, &text,
		                             &fixture.err) < 0);
		assert_row(i, fixture.err.code == ERR_CORRUPT);
		error_clear(&fixture.err);

		(void)fixture_tree(&fixture, NULL, "a", "a");
		(void)fixture_commit(&fixture, tree, fixture_zero, "x");
		fixture_ok(&fixture, repo_blob_read(fixture.repo, &blob, &text,
		                                    &fixture.err));
		assert_row_text(i, text.at, "a");
		fixture_fsck(&fixture);
		assert_row_text(
		        i, fixture_run(&fixture, "ls .git/reeve/stale | wc -l"),
		        "3");
	}
}

/* The bytes of another object: well-formed, but not what the name says. */
static void test_repo__an_object_under_a_wrong_name_is_damage(void **state)
{
	auto_fixture struct fixture fixture;
	auto_buf struct buf text = buf_make(100);

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid one = fixture_blob(&fixture, "one");
	struct oid two = fixture_blob(&fixture, "two");
	auto_free char *command =
	        mem_printf("cp -f %s %s", loose_file(&fixture, one),
	                   loose_file(&fixture, two));
	(void)fixture_run(&fixture, command);
	fixture_failed(&fixture,
	               repo_blob_read(fixture.repo, &two, &text, &fixture.err),
	               ERR_CORRUPT);
	(void)fixture_blob(&fixture, "two");
	fixture_ok(&fixture,
	           repo_blob_read(fixture.repo, &two, &text, &fixture.err));
	assert_string_equal(text.at, "two");
}

static void test_repo__a_tip_whose_object_is_gone_is_named(void **state)
{
	auto_fixture struct fixture fixture;
	struct commit commit;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tree = fixture_tree(&fixture, NULL, "a", "a");
	struct oid tip = fixture_commit(&fixture, tree, fixture_zero, "x");
	/* It has been read before: no cache may answer for the disk. */
	fixture_ok(&fixture, repo_commit_read(fixture.repo, &fixture.arena,
	                                      &tip, &commit, &fixture.err));
	assert_int_equal(unlink(loose_file(&fixture, tip)), 0);
	assert_int_equal(repo_commit_read(fixture.repo, &fixture.arena, &tip,
	                                  &commit, &fixture.err),
	                 -1);
	assert_int_equal(fixture.err.code, ERR_MISSING);
	assert_non_null(
	        strstr(fixture.err.message, fixture_text(&fixture, tip)));
}

static void test_repo__reads_go_on_through_a_repack(void **state)
{
	auto_fixture struct fixture fixture;
	auto_buf struct buf text = buf_make(100);

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tree = fixture_tree(&fixture, NULL, "a", "text");
	struct oid tip = fixture_commit(&fixture, tree, fixture_zero, "x");
	fixture_ok(&fixture,
	           repo_ref_swap(fixture.repo, "refs/heads/main", &tip,
	                         &fixture_zero, "x", &fixture.err));
	struct oid blob = fixture_blob(&fixture, "text");
	for (size_t i = 0; i < 3; i++) {
		(void)fixture_run(&fixture, "git repack -qadf");
		buf_clear(&text);
		fixture_ok(&fixture, repo_blob_read(fixture.repo, &blob, &text,
		                                    &fixture.err));
		assert_string_equal(text.at, "text");
		tip = fixture_commit(&fixture, tree, tip, "y");
	}
	(void)fixture_blob(&fixture, "text"); /* already in a pack */
	fixture_fsck(&fixture);
}

/* In a child, with no file allowed to grow: how many of the writes failed. */
static int failures_without_space(struct fixture *fixture, struct oid tree,
                                  struct oid tip)
{
	struct rlimit none = { 0, 0 };
	struct oid oid;
	struct commit commit = {
		.tree = tree,
		.parents = &tip,
		.parent_count = 1,
		.author = { "Ann", "a@b.c", 1 },
		.committer = { "Ann", "a@b.c", 1 },
		.message = "lost",
		.message_len = 4,
	};
	struct tree_change change = { .path = "b",
		                      .oid = tree,
		                      .mode = 040000 };
	struct oid other = fixture_commit(fixture, tree, tip, "written");

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &none) < 0)
		return -1;
	int failed = 0;
	failed +=
	        repo_blob_write(fixture->repo, "b", 1, &oid, &fixture->err) < 0;
	failed += repo_tree_write(fixture->repo, &tree, &change, 1, &oid,
	                          &fixture->err) < 0;
	failed += repo_commit_write(fixture->repo, &commit, &oid,
	                            &fixture->err) < 0;
	failed += repo_ref_swap(fixture->repo, "refs/heads/main", &other, &tip,
	                        "lost", &fixture->err) < 0;
	return failed;
}

static void test_repo__a_full_disk_is_an_error_each_time(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid now;
	int status;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tree = fixture_tree(&fixture, NULL, "a", "a");
	struct oid tip = fixture_commit(&fixture, tree, fixture_zero, "x");
	fixture_ok(&fixture,
	           repo_ref_swap(fixture.repo, "refs/heads/main", &tip,
	                         &fixture_zero, "x", &fixture.err));
	pid_t pid = fork();
	if (pid == 0)
		_exit(failures_without_space(&fixture, tree, tip));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 4);
	assert_int_equal(repo_ref_read(fixture.repo, "refs/heads/main", &now,
	                               &fixture.err),
	                 1);
	assert_true(oid_equal(&now, &tip));
	fixture_fsck(&fixture);
}
