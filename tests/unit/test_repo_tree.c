#include "tests/unit/unit.h"

#include "tests/unit/fixture_repo.h"

static struct tree_change file(struct fixture *fixture, const char *path,
                               const char *text)
{
	struct tree_change change = { .path = path };

	if (text) {
		change.oid = fixture_blob(fixture, text);
		change.mode = 0100644;
	}
	return change;
}

/* "MODE PATH" of every entry that git lists, each followed by a space. */
static const char *git_lists(struct fixture *fixture, struct oid tree)
{
	auto_free char *command =
	        mem_printf("git ls-tree -r --format='%%(objectmode) %%(path)' "
	                   "%s | tr '\\n' ' '",
	                   fixture_text(fixture, tree));

	return fixture_run(fixture, command);
}

static void test_repo_tree__writes_what_git_would(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tree;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	/* Names around `/` in byte order, where git's order differs. */
	static const char *const names[] = {
		"a/b/c.md", "a.md", "a-b/x",        "a/b.md",
		"a0",       "A",    "b c/\xc3\xa4",
	};
	struct tree_change changes[ARRAY_LEN(names)];
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		changes[i] = file(&fixture, names[i], names[i]);
	changes[5].mode = 0100755;
	fixture_ok(&fixture,
	           repo_tree_write(fixture.repo, NULL, changes,
	                           ARRAY_LEN(changes), &tree, &fixture.err));
	const char *git = fixture_run(
	        &fixture,
	        "mkdir -p a/b a-b 'b c' && for f in a/b/c.md a.md a-b/x "
	        "a/b.md a0 A 'b c/\xc3\xa4'; do printf %s \"$f\" >\"$f\"; "
	        "done; chmod +x A && git add . && git write-tree");
	assert_string_equal(fixture_text(&fixture, tree), git);
	fixture_fsck(&fixture);
}

static void test_repo_tree__changes_apply_to_the_base(void **state)
{
	static const struct {
		const char *set;
		const char *removed;
		const char *after;
	} cases[] = {
		{ "d/new", NULL, "100644 d/e/one 100644 d/new 100644 top " },
		{ "top", NULL, "100644 d/e/one 100644 top " },
		{ NULL, "top", "100644 d/e/one " },
		{ NULL, "d/e/one", "100644 top " },
		{ NULL, "d", "100644 top " },
		{ NULL, "not/there", "100644 d/e/one 100644 top " },
		{ "d/e/two", "d/e/one", "100644 d/e/two 100644 top " },
		{ "d", "d/e/one", "100644 d 100644 top " },
		{ "top/x", "top", "100644 d/e/one 100644 top/x " },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_fixture struct fixture fixture;
		struct tree_change changes[2];
		struct oid tree;
		size_t count = 0;

		fixture_open(&fixture);
		struct oid base = fixture_tree(&fixture, NULL, "top", "1");
		base = fixture_tree(&fixture, &base, "d/e/one", "1");
		if (cases[i].set)
			changes[count++] = file(&fixture, cases[i].set, "2");
		if (cases[i].removed)
			changes[count++] =
			        file(&fixture, cases[i].removed, NULL);
		fixture_ok(&fixture,
		           repo_tree_write(fixture.repo, &base, changes, count,
		                           &tree, &fixture.err));
		assert_row_text(i, git_lists(&fixture, tree), cases[i].after);
	}
}

static void test_repo_tree__the_empty_tree_is_gits(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tree;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	fixture_ok(&fixture, repo_tree_write(fixture.repo, NULL, NULL, 0, &tree,
	                                     &fixture.err));
	assert_string_equal(fixture_text(&fixture, tree),
	                    "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
	struct oid base = fixture_tree(&fixture, NULL, "a/b/c", "1");
	tree = fixture_tree(&fixture, &base, "a/b/c", NULL);
	assert_string_equal(fixture_text(&fixture, tree),
	                    "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

static void test_repo_tree__files_and_directories_do_not_mix(void **state)
{
	static const char *const paths[][2] = {
		{ "top/x", NULL },  /* below a file of the base */
		{ "d", NULL },      /* a file over a directory */
		{ "n", "n/below" }, /* both at once */
		{ "n", "n" },       /* twice */
	};
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid base = fixture_tree(&fixture, NULL, "top", "1");
	base = fixture_tree(&fixture, &base, "d/e", "1");
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct tree_change changes[2];
		size_t count = 0;
		struct oid tree;

		changes[count++] = file(&fixture, paths[i][0], "2");
		if (paths[i][1])
			changes[count++] = file(&fixture, paths[i][1], "2");
		fixture_failed(&fixture,
		               repo_tree_write(fixture.repo, &base, changes,
		                               count, &tree, &fixture.err),
		               ERR_CONFLICT);
	}
}

static void test_repo_tree__refuses_paths_that_leave_it(void **state)
{
	static const char *const paths[] = {
		"",  "/a",   "a/",          "a//b",          "..",   "a/../b",
		".", ".git", ".git/config", "a/.GIT/config", "a\\b", "a\nb",
	};
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct tree_change change = file(&fixture, paths[i], "x");
		struct oid tree;

		assert_row(i, repo_tree_write(fixture.repo, NULL, &change, 1,
		                              &tree, &fixture.err) < 0);
		error_clear(&fixture.err);
	}
	(void)fixture_tree(&fixture, NULL, ".gitignore", "x");
}

static void test_repo_tree__refuses_objects_that_are_not_there(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tree;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct tree_change change = {
		.path = "a",
		.oid = fixture_oid("0123456789012345678901234567890123456789"),
		.mode = 0100644,
	};
	fixture_failed(&fixture,
	               repo_tree_write(fixture.repo, NULL, &change, 1, &tree,
	                               &fixture.err),
	               ERR_MISSING);
	change.oid = fixture_blob(&fixture, "x");
	change.mode = 0040000; /* a blob as a directory */
	fixture_failed(&fixture,
	               repo_tree_write(fixture.repo, NULL, &change, 1, &tree,
	                               &fixture.err),
	               ERR_MISSING);
}

static void test_repo_tree__finds_by_path(void **state)
{
	static const struct {
		const char *path;
		int found;
		unsigned mode;
	} cases[] = {
		{ "a/b/c", 1, 0100644 }, { "a/b", 1, 0040000 },
		{ "a/b/d", 0, 0 },       { "a/b/c/d", 0, 0 },
		{ "z", 0, 0 },
	};
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tree = fixture_tree(&fixture, NULL, "a/b/c", "text");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree_entry entry = { 0 };
		int found = repo_tree_find(fixture.repo, &tree, cases[i].path,
		                           &entry, &fixture.err);

		assert_row(i, found == cases[i].found);
		assert_row(i, entry.mode == cases[i].mode);
	}
}

static void test_repo_tree__a_directory_that_is_gone_is_an_error(void **state)
{
	auto_fixture struct fixture fixture;
	struct tree_entry entry;
	struct tree_entry *items;
	size_t count;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tree = fixture_tree(&fixture, NULL, "a/b", "text");
	fixture_ok(&fixture, repo_tree_find(fixture.repo, &tree, "a", &entry,
	                                    &fixture.err));
	const char *text = fixture_text(&fixture, entry.oid);
	auto_free char *command =
	        mem_printf("rm -f .git/objects/%.2s/%s", text, text + 2);
	(void)fixture_run(&fixture, command);
	fixture_failed(&fixture,
	               repo_tree_find(fixture.repo, &tree, "a/b", &entry,
	                              &fixture.err),
	               ERR_MISSING);
	fixture_failed(&fixture,
	               repo_tree_list(fixture.repo, &fixture.arena, &tree, "",
	                              &items, &count, &fixture.err),
	               ERR_MISSING);
}

static void test_repo_tree__lists_in_gits_order(void **state)
{
	static const struct {
		const char *dir;
		const char *paths;
	} cases[] = {
		{ "", "a-b a/b a/c/d a0 link " },
		{ "a", "a/b a/c/d " },
		{ "a/c", "a/c/d " },
		{ "a0", "" },
		{ "none", "" },
	};
	auto_fixture struct fixture fixture;
	struct oid tree;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct tree_change changes[] = {
		file(&fixture, "a0", "1"),    file(&fixture, "a/c/d", "1"),
		file(&fixture, "a/b", "1"),   file(&fixture, "a-b", "1"),
		file(&fixture, "link", "a0"), file(&fixture, "sub", "1"),
	};
	changes[4].mode = 0120000;
	changes[5].mode = 0160000;
	fixture_ok(&fixture,
	           repo_tree_write(fixture.repo, NULL, changes,
	                           ARRAY_LEN(changes), &tree, &fixture.err));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf text = buf_make(1000);
		struct tree_entry *items;
		size_t count;

		fixture_ok(&fixture,
		           repo_tree_list(fixture.repo, &fixture.arena, &tree,
		                          cases[i].dir, &items, &count,
		                          &fixture.err));
		buf_add_text(&text, "");
		for (size_t k = 0; k < count; k++)
			buf_printf(&text, "%s ", items[k].path);
		assert_row_text(i, text.len ? text.at : "", cases[i].paths);
	}
}

/* 30 trees, each naming the next ten times: 10^30 files in 30 objects. */
static void test_repo_tree__an_endless_tree_ends(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tree;
	struct tree_entry *items;
	struct tree_difference *changed;
	size_t count;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct tree_change changes[10];
	static const char *const names[] = { "0", "1", "2", "3", "4",
		                             "5", "6", "7", "8", "9" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		changes[i] = file(&fixture, names[i], "x");
	for (int depth = 0; depth < 30; depth++) {
		fixture_ok(&fixture,
		           repo_tree_write(fixture.repo, NULL, changes, 10,
		                           &tree, &fixture.err));
		for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
			changes[i].oid = tree;
			changes[i].mode = 0040000;
		}
	}
	fixture_failed(&fixture,
	               repo_tree_list(fixture.repo, &fixture.arena, &tree, "",
	                              &items, &count, &fixture.err),
	               ERR_LIMIT);
	fixture_failed(&fixture,
	               repo_tree_diff(fixture.repo, &fixture.arena, NULL, &tree,
	                              &changed, &count, &fixture.err),
	               ERR_LIMIT);
}

static void test_repo_tree__differences_by_path(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid new;
	struct tree_difference *items;
	size_t count;
	auto_buf struct buf text = buf_make(1000);

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid old = fixture_tree(&fixture, NULL, "d/gone", "1");
	old = fixture_tree(&fixture, &old, "same", "1");
	old = fixture_tree(&fixture, &old, "mode", "1");
	old = fixture_tree(&fixture, &old, "z", "1");
	struct tree_change changes[] = {
		file(&fixture, "d/gone", NULL),
		file(&fixture, "d/new", "1"),
		file(&fixture, "mode", "1"),
		file(&fixture, "z", "2"),
	};
	changes[2].mode = 0120000;
	fixture_ok(&fixture,
	           repo_tree_write(fixture.repo, &old, changes,
	                           ARRAY_LEN(changes), &new, &fixture.err));
	fixture_ok(&fixture,
	           repo_tree_diff(fixture.repo, &fixture.arena, &old, &new,
	                          &items, &count, &fixture.err));
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s %o%s %o%s\n", items[i].path,
		           items[i].old_mode,
		           oid_is_zero(&items[i].old_oid) ? "-" : "",
		           items[i].new_mode,
		           oid_is_zero(&items[i].new_oid) ? "-" : "");
	assert_string_equal(text.at, "d/gone 100644 0-\n"
	                             "d/new 0- 100644\n"
	                             "mode 100644 120000\n"
	                             "z 100644 100644\n");
	fixture_ok(&fixture,
	           repo_tree_diff(fixture.repo, &fixture.arena, NULL, &old,
	                          &items, &count, &fixture.err));
	assert_int_equal(count, 4);
}

static void test_repo_tree__the_diff_is_gits(void **state)
{
	auto_fixture struct fixture fixture;
	auto_buf struct buf text = buf_make(10000);
	auto_buf struct buf small = buf_make(10);

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid old = fixture_tree(&fixture, NULL, "a", "1\n2\n3\n");
	old = fixture_tree(&fixture, &old, "gone", "x\n");
	struct oid new = fixture_tree(&fixture, &old, "a", "1\nzwei\n3");
	new = fixture_tree(&fixture, &new, "gone", NULL);
	new = fixture_tree(&fixture, &new, "dir/new", "y\n");
	(void)fixture_run(&fixture, "git config diff.noprefix true");
	fixture_ok(&fixture, repo_tree_diff_text(fixture.repo, &old, &new,
	                                         &text, &fixture.err));
	buf_cut(&text, text.len - 1); /* fixture_run() cuts the newline too */
	auto_free char *command = mem_printf(
	        "git -c diff.noprefix=false diff %s %s",
	        fixture_text(&fixture, old), fixture_text(&fixture, new));
	assert_string_equal(text.at, fixture_run(&fixture, command));
	fixture_failed(&fixture,
	               repo_tree_diff_text(fixture.repo, &old, &new, &small,
	                                   &fixture.err),
	               ERR_LIMIT);
}

/* Levels stay on a shelf: what is asked again, also after many others were
 * looked into, is found as it is in that tree, not in another one. */
static void test_repo_tree__finds_what_each_tree_has(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid trees[40];
	struct tree_entry entry;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
		auto_free char *path = mem_printf("a/%zu/b", i);
		struct tree_change change = file(&fixture, path, path);
		fixture_ok(&fixture,
		           repo_tree_write(fixture.repo, NULL, &change, 1,
		                           &trees[i], &fixture.err));
	}
	for (size_t i = 0; i < 2 * ARRAY_LEN(trees); i++) {
		size_t n = i % ARRAY_LEN(trees);
		auto_free char *path = mem_printf("a/%zu/b", n);
		auto_free char *other = mem_printf("a/%zu/b", n + 1);
		assert_row(i, repo_tree_find(fixture.repo, &trees[n], path,
		                             &entry, &fixture.err) == 1);
		assert_row(i, repo_tree_find(fixture.repo, &trees[n], other,
		                             &entry, &fixture.err) == 0);
	}
}
