#include "tests/unit/unit.h"

#include "tests/unit/fixture_repo.h"

static struct oid commit_file(struct fixture *fixture, struct oid parent,
                              const char *path, const char *text)
{
	struct commit commit;
	struct oid tree;

	if (oid_is_zero(&parent)) {
		tree = fixture_tree(fixture, NULL, path, text);
	} else {
		fixture_ok(fixture,
		           repo_commit_read(fixture->repo, &fixture->arena,
		                            &parent, &commit, &fixture->err));
		tree = fixture_tree(fixture, &commit.tree, path, text);
	}
	return fixture_commit(fixture, tree, parent, path);
}

/* A root, then two branches of two commits each, and an unrelated root. */
struct history {
	struct oid root, left[2], right[2], other;
};

static struct history make_history(struct fixture *fixture)
{
	struct history made;

	made.root = commit_file(fixture, fixture_zero, "base", "1");
	made.left[0] = commit_file(fixture, made.root, "left", "1");
	made.left[1] = commit_file(fixture, made.left[0], "left", "2");
	made.right[0] = commit_file(fixture, made.root, "right", "1");
	made.right[1] = commit_file(fixture, made.right[0], "right", "2");
	made.other = commit_file(fixture, fixture_zero, "other", "1");
	return made;
}

static void test_repo_history__ancestry(void **state)
{
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct history made = make_history(&fixture);

	const struct {
		struct oid ancestor, descendant;
		int is;
	} cases[] = {
		{ made.root, made.root, 1 },
		{ made.root, made.left[1], 1 },
		{ made.left[0], made.left[1], 1 },
		{ made.left[1], made.left[0], 0 },
		{ made.left[0], made.right[1], 0 },
		{ made.other, made.left[1], 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i, repo_is_ancestor(fixture.repo, &cases[i].ancestor,
		                               &cases[i].descendant,
		                               &fixture.err) == cases[i].is);
}

static void test_repo_history__merge_bases(void **state)
{
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct history made = make_history(&fixture);

	const struct {
		struct oid a, b, base;
	} cases[] = {
		{ made.left[1], made.right[1], made.root },
		{ made.left[1], made.left[0], made.left[0] },
		{ made.left[1], made.other, fixture_zero },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct oid base = fixture_zero;
		int found = repo_merge_base(fixture.repo, &cases[i].a,
		                            &cases[i].b, &base, &fixture.err);

		assert_row(i, found == !oid_is_zero(&cases[i].base));
		assert_row(i, oid_equal(&base, &cases[i].base));
	}
}

static void test_repo_history__first_parents_oldest_first(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid *oids;
	size_t count;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct history made = make_history(&fixture);

	const struct {
		const struct oid *until;
		size_t count;
		struct oid first;
	} cases[] = {
		{ NULL, 3, made.root },
		{ &made.root, 2, made.left[0] },
		{ &made.left[1], 0, fixture_zero },
		{ &made.right[0], 3, made.root },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fixture_ok(&fixture,
		           repo_first_parents(fixture.repo, &fixture.arena,
		                              &made.left[1], cases[i].until,
		                              &oids, &count, &fixture.err));
		assert_row(i, count == cases[i].count);
		if (count == 0)
			continue;
		assert_row(i, oid_equal(&oids[0], &cases[i].first));
		assert_row(i, oid_equal(&oids[count - 1], &made.left[1]));
	}
}

static void test_repo_history__merges_what_git_would(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tree;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid root = commit_file(&fixture, fixture_zero, "both",
	                              "1\n2\n3\n4\n5\n6\n7\n");
	root = commit_file(&fixture, root, "d/gone", "x\n");
	root = commit_file(&fixture, root, "d/kept", "x\n");
	struct oid ours =
	        commit_file(&fixture, root, "both", "one\n2\n3\n4\n5\n6\n7\n");
	ours = commit_file(&fixture, ours, "ours", "x\n");
	struct oid theirs =
	        commit_file(&fixture, root, "both", "1\n2\n3\n4\n5\n6\nseven");
	theirs = commit_file(&fixture, theirs, "d/gone", NULL);
	theirs = commit_file(&fixture, theirs, "e/new", "x\n");

	fixture_ok(&fixture, repo_merge_trees(fixture.repo, &ours, &theirs,
	                                      &tree, &fixture.err));
	auto_free char *command = mem_printf(
	        "git merge-tree --write-tree %s %s",
	        fixture_text(&fixture, ours), fixture_text(&fixture, theirs));
	assert_string_equal(fixture_text(&fixture, tree),
	                    fixture_run(&fixture, command));
	assert_string_equal(fixture_run(&fixture, "git status --porcelain"),
	                    "");
	fixture_fsck(&fixture);
}

static void test_repo_history__a_file_may_become_a_directory(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tree;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid root = commit_file(&fixture, fixture_zero, "x", "x\n");
	root = commit_file(&fixture, root, "y/z", "y\n");
	struct oid ours = commit_file(&fixture, root, "ours", "x\n");
	struct oid theirs = commit_file(&fixture, root, "x", NULL);
	theirs = commit_file(&fixture, theirs, "x/new", "other\n");
	theirs = commit_file(&fixture, theirs, "y/z", NULL);
	theirs = commit_file(&fixture, theirs, "y", "another\n");
	fixture_ok(&fixture, repo_merge_trees(fixture.repo, &ours, &theirs,
	                                      &tree, &fixture.err));
	auto_free char *command = mem_printf("git ls-tree -r --name-only %s "
	                                     "| tr '\\n' ' '",
	                                     fixture_text(&fixture, tree));
	assert_string_equal(fixture_run(&fixture, command), "ours x/new y ");
}

static void test_repo_history__a_conflict_names_its_paths(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tree;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid root = commit_file(&fixture, fixture_zero, "0", "base\n");
	struct oid ours = root;
	struct oid theirs = root;
	static const char *const names[] = { "0", "1", "2", "3", "4", "5" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		ours = commit_file(&fixture, ours, names[i], "ours\n");
		theirs = commit_file(&fixture, theirs, names[i], "theirs\n");
	}
	assert_int_equal(repo_merge_trees(fixture.repo, &ours, &theirs, &tree,
	                                  &fixture.err),
	                 -1);
	assert_int_equal(fixture.err.code, ERR_CONFLICT);
	assert_string_equal(fixture.err.message,
	                    "both sides changed \"0\", \"1\", \"2\", \"3\", "
	                    "\"4\" and 1 more");
}

static void test_repo_history__blame_is_gits(void **state)
{
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tip =
	        commit_file(&fixture, fixture_zero, "d/f", "1\n2\n3\n4\n");
	tip = commit_file(&fixture, tip, "other", "x\n");
	tip = commit_file(&fixture, tip, "d/f", "0\n1\n2\n3\n4\n");
	tip = commit_file(&fixture, tip, "d/f", "0\n1\nzwei\n3\n4\nend");
	for (unsigned line = 1; line <= 6; line++) {
		struct oid commit;
		unsigned at;

		fixture_ok(&fixture,
		           repo_blame_line(fixture.repo, &tip, "d/f", line,
		                           &commit, &at, &fixture.err));
		auto_free char *command =
		        mem_printf("git blame --porcelain -L%u,%u %s -- d/f | "
		                   "sed -n '1s/\\([^ ]* [^ ]*\\).*/\\1/p'",
		                   line, line, fixture_text(&fixture, tip));
		auto_free char *got =
		        mem_printf("%s %u", fixture_text(&fixture, commit), at);
		assert_string_equal(got, fixture_run(&fixture, command));
	}
}

static void test_repo_history__blame_needs_a_line_that_is_there(void **state)
{
	static const struct {
		const char *path;
		unsigned line;
	} cases[] = { { "f", 0 }, { "f", 3 }, { "g", 1 }, { "d", 1 } };
	auto_fixture struct fixture fixture;
	struct oid commit;
	unsigned at;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tip = commit_file(&fixture, fixture_zero, "f", "1\n2\n");
	tip = commit_file(&fixture, tip, "d/x", "1\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		fixture_failed(&fixture,
		               repo_blame_line(fixture.repo, &tip,
		                               cases[i].path, cases[i].line,
		                               &commit, &at, &fixture.err),
		               ERR_MISSING);
}
