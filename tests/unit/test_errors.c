/*
 * What a person reads when a file is wrong: tests/errors/NAME.yaml is put into
 * the workspace tests/errors/workspace, all of it is checked, and what comes
 * out is compared with NAME.expect, byte for byte. UPDATE=1 rewrites those.
 *
 * A line "# file: PATH" says where the text that it begins goes; without one
 * the file is jobs/NAME.yaml. Line numbers count from that line.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <sys/stat.h>

#include "engine/job/check.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/files.h"
#include "tests/unit/toy.h"

static const char mark[] = "# file: ";

static char *top_path(struct arena *arena, const char *name)
{
	const char *top = getenv("REEVE_TOP");

	assert_non_null(top);
	return arena_printf(arena, "%s/tests/errors/%s", top, name);
}

static void read_whole(const char *path, struct buf *ret)
{
	FILE *stream = fopen(path, "re");
	char block[4096];
	size_t len;

	if (stream == NULL)
		return;
	while ((len = fread(block, 1, sizeof(block), stream)) > 0)
		buf_add(ret, block, len);
	fclose(stream);
}

static void write_whole(const char *path, const char *bytes, size_t len)
{
	FILE *stream = fopen(path, "we");

	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, len, stream), len);
	assert_int_equal(fclose(stream), 0);
}

/* Write one file below `folder`, making the folders of its path. */
static void put(const char *folder, const char *path, const char *bytes,
                size_t len)
{
	auto_arena struct arena arena = { 0 };
	char *full = arena_printf(&arena, "%s/%s", folder, path);

	for (char *at = full + strlen(folder); *at != '\0'; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		(void)mkdir(full, 0777); /* it may be there */
		*at = '/';
	}
	write_whole(full, bytes, len);
}

/* The parts of a case, each where its mark says. */
static void lay_out(struct arena *arena, const char *folder, const char *name,
                    const char *text)
{
	const char *path = arena_printf(arena, "jobs/%s.yaml", name);

	(void)mkdir(folder, 0777);
	while (*text != '\0') {
		const char *next;

		if (text_starts(text, mark)) {
			const char *from = text + strlen(mark);

			path = arena_strndup(arena, from, strcspn(from, "\n"));
		}
		next = strstr(text + 1, "\n# file: ");
		next = next != NULL ? next + 1 : text + strlen(text);
		put(folder, path, text, (size_t)(next - text));
		text = next;
	}
}

static void add_error(struct buf *ret, const struct error *err,
                      const char *what)
{
	if (err->file != NULL)
		buf_printf(ret, "%s:", err->file);
	if (err->pos.line > 0)
		buf_printf(ret, "%u:%u:", err->pos.line, err->pos.column);
	buf_printf(ret, "%s%s%s\n", ret->len > 0 && err->file ? " " : "", what,
	           err->message);
	if (err->hint != NULL)
		buf_printf(ret, "hint: %s\n", err->hint);
}

static void check_folder(const char *folder, const char *base, struct buf *ret)
{
	auto_errors struct errors errors = { 0 };
	auto_errors struct errors warnings = { 0 };
	auto_error struct error err = { 0 };
	struct files *files =
	        files_overlay(files_from_dir(folder), files_from_dir(base));
	struct workspace *workspace = workspace_new(files, &toy_language);
	int result = check_workspace(workspace, &errors, &warnings, &err);

	if (result < 0)
		buf_printf(ret, "failed: %s\n", err.message);
	for (size_t i = 0; i < errors.count; i++)
		add_error(ret, &errors.items[i], "");
	for (size_t i = 0; i < warnings.count; i++)
		add_error(ret, &warnings.items[i], "warning: ");
	workspace_free(workspace);
	files_free(files);
}

static bool run_case(const char *name)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
	auto_buf struct buf wanted = buf_make(LIMIT_YAML_FILE);
	auto_buf struct buf got = buf_make(LIMIT_YAML_FILE);
	const char *expect =
	        top_path(&arena, arena_printf(&arena, "%s.expect", name));

	read_whole(top_path(&arena, arena_printf(&arena, "%s.yaml", name)),
	           &text);
	lay_out(&arena, name, name, text.at);
	check_folder(name, top_path(&arena, "workspace"), &got);
	if (getenv("UPDATE") != NULL && *getenv("UPDATE") != '\0') {
		write_whole(expect, got.at, got.len);
		return true;
	}
	read_whole(expect, &wanted);
	if (strcmp(got.at, wanted.at) == 0)
		return true;
	fprintf(stderr, "%s: wanted\n%sgot\n%s", name, wanted.at, got.at);
	return false;
}

static int is_case(const struct dirent *entry)
{
	return text_ends(entry->d_name, ".yaml");
}

static void test_errors__say_what_is_wrong_and_where(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct dirent **entries;
	int count =
	        scandir(top_path(&arena, "."), &entries, is_case, alphasort);
	int failed = 0;

	UNUSED_STATE(state);
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *file = entries[i]->d_name;

		failed += !run_case(arena_strndup(
		        &arena, file, strlen(file) - strlen(".yaml")));
		free(entries[i]);
	}
	free(entries);
	assert_int_equal(failed, 0);
}

static void test_errors__the_workspace_itself_has_none(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf got = buf_make(LIMIT_YAML_FILE);

	UNUSED_STATE(state);
	assert_int_equal(mkdir("nothing", 0777), 0);
	check_folder("nothing", top_path(&arena, "workspace"), &got);
	assert_string_equal(got.at, "");
}
