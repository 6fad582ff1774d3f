#include "tests/unit/unit.h"

#include "store/base/path.h"

static void test_path__check_takes_plain_relative_paths(void **state)
{
	static const struct {
		const char *path;
		bool valid;
	} cases[] = {
		{ "a", true },
		{ "clients/anna-b.yaml", true },
		{ ".hidden/..a/b..", true },
		{ "Müller/東.md", true },
		{ "jobs/a.yaml", true },
		{ "", false },
		{ "/", false },
		{ "/etc/passwd", false },
		{ "a/", false },
		{ "a//b", false },
		{ ".", false },
		{ "..", false },
		{ "./a", false },
		{ "a/../b", false },
		{ "a/..", false },
		{ "a\\b", false },
		{ "a\nb", false },
		{ "a\x7f", false },
		{ "a\xc2\x80", false },
		{ "a\xff", false },
		{ "a\xed\xa0\x80", false },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error err = { 0 };
		int result = path_check(cases[i].path, &err);

		assert_row(i, result == (cases[i].valid ? 0 : -1));
		assert_row(i, err.code ==
		                      (cases[i].valid ? ERR_NONE : ERR_CONFIG));
	}
}

/* `count` names of `len` letters. */
static char *names(struct arena *arena, size_t count, size_t len)
{
	char *path = arena_alloc(arena, count * (len + 1));

	for (size_t i = 0; i < count; i++) {
		memset(path + i * (len + 1), 'n', len);
		path[(i + 1) * (len + 1) - 1] = i + 1 < count ? '/' : '\0';
	}
	return path;
}

static void test_path__check_has_limits(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(path_check(names(&arena, 1, 200), &err), 0);
	assert_int_equal(path_check(names(&arena, 1, 201), &err), -1);
	error_clear(&err);
	assert_int_equal(path_check(names(&arena, 512, 1), &err), 0);
	assert_int_equal(path_check(names(&arena, 513, 1), &err), -1);
}

static void test_path__artifacts_stay_off_what_is_not_theirs(void **state)
{
	static const struct {
		const char *path;
		bool valid;
	} cases[] = {
		{ "a.md", true },
		{ "clients/anna.yaml", true },
		{ "Müller/a b.md", true },
		{ "notes/jobs/a.md", true },
		{ "jobs.md", true },
		{ "jobs-done/a.md", true },
		{ "a~b.md", true },
		{ "git/config", true },
		{ "out/c0_1/a-b.tar.gz", true },
		{ "-a/b-/c_", true },
		{ "a..b/c", true },
		{ "a//b", false },
		{ "a/", false },
		{ "/a", false },
		{ "a/b.", false },
		{ "", false },
		{ "../a", false },
		{ "a/.git/config", false },
		{ ".GIT/config", false },
		{ "a/.gitattributes", false },
		{ ".hidden", false },
		{ "git~1/config", false },
		{ "a/GIT~2", false },
		{ ".git. /config", false },
		{ "a./b", false },
		{ "a /b", false },
		{ ".git::$INDEX_ALLOCATION/config", false },
		{ "a:b", false },
		{ ".g\xe2\x80\x8cit/config", false },
		{ "\xe2\x80\x8c.git/config", false },
		{ "\xef\xbb\xbf.git/config", false },
		{ "\xe2\x80\x8c/a", false },
		{ "reeve.yaml", false },
		{ "Reeve.YAML", false },
		{ "jobs/a.yaml", false },
		{ "JOBS/a.yaml", false },
		{ "jobs", false },
		{ "job\xc5\xbf/a.yaml", false },
		{ "jo\xe2\x80\x8d"
		  "bs/a.yaml",
		  false },
		{ "agents/a.yaml", false },
		{ "templates/a.md", false },
		{ "templa~1/a.md", false },
		{ "connectors/a.yaml", false },
		{ "tests/a.yaml", false },
		{ "actions/a.yaml", false },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error err = { 0 };
		int result = path_check_artifact(cases[i].path, &err);

		assert_row(i, result == (cases[i].valid ? 0 : -1));
		assert_row(i, err.code ==
		                      (cases[i].valid ? ERR_NONE : ERR_CONFIG));
	}
}

static void test_path__artifact_error_names_the_owner_s_folder(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(path_check_artifact("Jobs/a.yaml", &err), -1);
	assert_string_equal(err.message, "cannot write \"Jobs/a.yaml\": only "
	                                 "a person changes \"jobs\"");
}

static void test_path__patterns(void **state)
{
	static const struct {
		const char *pattern;
		const char *path;
		bool fits;
	} cases[] = {
		{ "a/b.md", "a/b.md", true },
		{ "a/b.md", "a/b.mdx", false },
		{ "a/b.md", "a/b", false },
		{ "a", "a/b", false },
		{ "a/b", "a", false },
		{ "*.md", "a.md", true },
		{ "*.md", ".md", true },
		{ "*.md", "a/b.md", false },
		{ "a/*", "a/b", true },
		{ "a/*", "a/b/c", false },
		{ "*/*", "a/b", true },
		{ "a*b*c", "aXbYbZc", true },
		{ "a*b*c", "aXbYbZ", false },
		{ "a**c", "abc", true },
		{ "a**c", "a/c", false },
		{ "?.md", "a.md", true },
		{ "?.md", "ä.md", true },
		{ "?.md", ".md", false },
		{ "a?b", "a/b", false },
		{ "**", "a", true },
		{ "**", "a/b/c", true },
		{ "**/*.md", "a.md", true },
		{ "**/*.md", "a/b/c.md", true },
		{ "**/*.md", "a/b/c.txt", false },
		{ "a/**/b", "a/b", true },
		{ "a/**/b", "a/x/y/b", true },
		{ "a/**/b", "a/x/y/c", false },
		{ "a/**", "a/b/c", true },
		{ "a/**", "b/a", false },
		{ "**/b/**/d", "a/b/c/b/d", true },
		{ "**/b/**/d", "a/c/d", false },
		{ "**/a/**/**", "a", true },
		{ "[a-c]x", "bx", true },
		{ "[a-c]x", "dx", false },
		{ "[!a-c]x", "dx", true },
		{ "[!a-c]x", "ax", false },
		{ "[ä-ü]", "ö", true },
		{ "[a-]", "-", true },
		{ "[abc", "[abc", true },
		{ "[abc", "a", false },
		{ "[a/b]", "a", false },
		{ "[a/b]", "[a/b]", true },
		{ "[]", "[]", false },
		{ "", "a", false },
		{ "*", "", true },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i, path_matches(cases[i].pattern, cases[i].path) ==
		                      cases[i].fits);
}

static void test_path__patterns_are_never_exponential(void **state)
{
	auto_arena struct arena arena = { 0 };
	const char *pattern = "*n*n*n*n*n*n*n*n*n*n*n*n*n*n*n*n*n*n*n*n*x";
	const char *deep = "**/n/**/n/**/n/**/n/**/n/**/n/**/n/**/n/**/x";

	UNUSED_STATE(state);
	/* With naive backtracking neither would end in a lifetime. */
	assert_false(path_matches(pattern, names(&arena, 1, 200)));
	assert_false(path_matches(deep, names(&arena, 500, 1)));
}

static void test_path__pattern_base_ends_at_a_slash(void **state)
{
	static const struct {
		const char *pattern;
		const char *base;
		bool wild;
	} cases[] = {
		{ "inbox/*.yaml", "inbox/", true },
		{ "a/b/c-?.md", "a/b/", true },
		{ "a/[bc]/d", "a/", true },
		{ "**/*.md", "", true },
		{ "ab*", "", true },
		{ "a/b.md", "a/", false },
	};
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_row_text(i, path_pattern_base(&arena, cases[i].pattern),
		                cases[i].base);
		assert_row(i,
		           path_is_pattern(cases[i].pattern) == cases[i].wild);
	}
}

static void test_path__ending_is_of_the_last_name(void **state)
{
	UNUSED_STATE(state);
	assert_string_equal(path_ending("a/b.md"), ".md");
	assert_string_equal(path_ending("a.b/c"), "");
	assert_string_equal(path_ending("a.tar.gz"), ".gz");
	assert_string_equal(path_ending("a/.profile"), "");
	assert_string_equal(path_ending(""), "");
}
