#include "tests/unit/unit.h"

#include "store/files.h"
#include "tests/unit/fixture_repo.h"

/* Fills the working directory with what `reeve check` may meet. */
static const char prepare[] =
        "mkdir -p jobs/sub notes .reeve 'odd\\name' nested && "
        "printf job >jobs/one.yaml && printf two >jobs/sub/two.yaml && "
        "printf text >jobs/readme.md && printf note >notes/a.md && "
        "ln -s ../notes/a.md jobs/link.yaml && ln -s notes linked && "
        "printf x >.reeve/x.yaml && printf x >'odd\\name/x.yaml' && "
        "printf x >top.yaml && printf empty >nested/.gitkeep";

/* The set as a tree that git made, and as the directory itself. */
static struct files *open_as(struct fixture *fixture, bool tree)
{
	if (!tree)
		return files_from_dir(fixture->dir);
	const char *text =
	        fixture_run(fixture, "git add -Af . && git write-tree");
	struct oid oid = fixture_oid(text);
	return files_from_tree(fixture->repo, &oid);
}

static void test_files__a_tree_and_a_directory_read_alike(void **state)
{
	static const struct {
		const char *path;
		const char *text; /* NULL: not there */
	} cases[] = {
		{ "jobs/one.yaml", "job" },
		{ "jobs/sub/two.yaml", "two" },
		{ "nested/.gitkeep", "empty" },
		{ "jobs", NULL },
		{ "jobs/none.yaml", NULL },
		{ "jobs/one.yaml/x", NULL },
		{ "jobs/link.yaml", NULL },
		{ "linked/a.md", NULL },
		{ ".reeve/x.yaml", NULL },
		{ ".git/config", NULL },
		{ "odd\\name/x.yaml", NULL },
		{ "../x", NULL },
		{ "", NULL },
		{ "/etc/passwd", NULL },
	};
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	(void)fixture_run(&fixture, prepare);
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		auto_files struct files *files = open_as(&fixture, i % 2);
		auto_buf struct buf text = buf_make(100);
		struct oid oid = fixture_zero;
		struct oid wanted;

		buf_add_text(&text, "before ");
		int found = files_read(files, cases[i / 2].path, &text, &oid,
		                       &fixture.err);
		assert_row(i, found == (cases[i / 2].text != NULL));
		assert_row_text(i, text.at + strlen("before "),
		                found ? cases[i / 2].text : "");
		if (!found)
			continue;
		repo_blob_id(cases[i / 2].text, strlen(cases[i / 2].text),
		             &wanted);
		assert_row(i, oid_equal(&oid, &wanted));
	}
}

static void test_files__a_tree_and_a_directory_list_alike(void **state)
{
	static const struct {
		const char *pattern;
		const char *paths;
	} cases[] = {
		{ "jobs/*.yaml", "jobs/one.yaml " },
		{ "jobs/**/*.yaml", "jobs/one.yaml jobs/sub/two.yaml " },
		{ "**/*.yaml", "jobs/one.yaml jobs/sub/two.yaml top.yaml " },
		{ "jobs/one.yaml", "jobs/one.yaml " },
		{ "*", "top.yaml " },
		{ "linked/*", "" },
		{ "none/*.yaml", "" },
		{ "top.yaml/*", "" },
	};
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	(void)fixture_run(&fixture, prepare);
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		auto_files struct files *files = open_as(&fixture, i % 2);
		auto_buf struct buf text = buf_make(1000);
		struct file_entry *items;
		size_t count;

		fixture_ok(&fixture, files_list(files, &fixture.arena,
		                                cases[i / 2].pattern, &items,
		                                &count, &fixture.err));
		for (size_t k = 0; k < count; k++)
			buf_printf(&text, "%s ", items[k].path);
		assert_row_text(i, text.len ? text.at : "", cases[i / 2].paths);
	}
}

static void test_files__a_long_file_is_an_error_with_its_name(void **state)
{
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	(void)fixture_run(&fixture, prepare);
	for (size_t i = 0; i < 2; i++) {
		auto_files struct files *files = open_as(&fixture, i == 1);
		auto_buf struct buf text = buf_make(2);

		assert_row(i, files_read(files, "jobs/one.yaml", &text, NULL,
		                         &fixture.err) == -1);
		assert_row(i, fixture.err.code == ERR_LIMIT);
		assert_row(i, strstr(fixture.err.message, "jobs/one.yaml"));
		error_clear(&fixture.err);
	}
}

/* A file that is too long to be read even for its id. */
static void test_files__names_are_listed_without_opening(void **state)
{
	auto_fixture struct fixture fixture;
	struct file_entry *items;
	struct oid oid;
	size_t count;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	(void)fixture_run(&fixture, "truncate -s 100M huge.csv; echo a >a.csv");
	auto_files struct files *files = files_from_dir(fixture.dir);
	assert_int_equal(files_list(files, &fixture.arena, "*.csv", &items,
	                            &count, &fixture.err),
	                 -1);
	assert_int_equal(fixture.err.code, ERR_LIMIT);
	error_clear(&fixture.err);
	fixture_ok(&fixture, files_names(files, &fixture.arena, "*.csv", &items,
	                                 &count, &fixture.err));
	assert_int_equal(count, 2);
	assert_string_equal(items[1].path, "huge.csv");
	assert_true(oid_is_zero(&items[1].oid));
	assert_int_equal(files_find(files, "a.csv", 2, &oid, &fixture.err), 1);
	assert_int_equal(files_find(files, "a.csv", 1, &oid, &fixture.err), -1);
	assert_int_equal(fixture.err.code, ERR_LIMIT);
}

static void test_files__a_directory_that_is_gone_is_an_error(void **state)
{
	auto_files struct files *files = files_from_dir("/nonexistent/dir");
	auto_buf struct buf text = buf_make(10);
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(files_read(files, "a", &text, NULL, &err), -1);
}

static void test_files__what_lies_over_hides_what_lies_under(void **state)
{
	auto_fixture struct fixture fixture;
	auto_buf struct buf text = buf_make(100);
	struct file_entry *items;
	size_t count;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid over = fixture_tree(&fixture, NULL, "b", "over b");
	over = fixture_tree(&fixture, &over, "d", "over d");
	struct oid under = fixture_tree(&fixture, NULL, "a", "under a");
	under = fixture_tree(&fixture, &under, "b", "under b");
	under = fixture_tree(&fixture, &under, "c", "under c");
	auto_files struct files *files =
	        files_overlay(files_from_tree(fixture.repo, &over),
	                      files_from_tree(fixture.repo, &under));
	fixture_ok(&fixture, files_list(files, &fixture.arena, "*", &items,
	                                &count, &fixture.err));
	for (size_t i = 0; i < count; i++) {
		struct oid oid;

		buf_printf(&text, "%s=", items[i].path);
		assert_row(i, files_read(files, items[i].path, &text, &oid,
		                         &fixture.err) == 1);
		assert_row(i, oid_equal(&oid, &items[i].oid));
		buf_add_char(&text, ' ');
	}
	assert_string_equal(text.at, "a=under a b=over b c=under c d=over d ");
	assert_int_equal(files_read(files, "e", &text, NULL, &fixture.err), 0);
}

static void test_files__a_table_reads_and_lists(void **state)
{
	static const unsigned char bytes[] = "b\0c";
	static const struct file_row rows[] = {
		{ "jobs/z.yaml", bytes, 3 },
		{ "jobs/a.yaml", bytes, 1 },
		{ "notes/n.md", bytes, 0 },
	};
	auto_files struct files *files =
	        files_from_table(rows, ARRAY_LEN(rows));
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_buf struct buf text = buf_make(3);
	struct file_entry *items;
	size_t count;
	struct oid oid;

	UNUSED_STATE(state);
	assert_int_equal(
	        files_list(files, &arena, "jobs/*", &items, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_string_equal(items[0].path, "jobs/a.yaml");
	assert_string_equal(items[1].path, "jobs/z.yaml");
	assert_int_equal(files_read(files, "jobs/z.yaml", &text, &oid, &err),
	                 1);
	assert_memory_equal(text.at, bytes, 3);
	assert_true(oid_equal(&oid, &items[1].oid));
	assert_int_equal(files_read(files, "jobs/n", &text, &oid, &err), 0);
	assert_int_equal(files_read(files, "jobs/a.yaml", &text, &oid, &err),
	                 -1);
	assert_int_equal(err.code, ERR_LIMIT);
}
