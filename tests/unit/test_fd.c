#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/base/fd.h"

/* What `path` holds must be `text`. */
static void assert_file(const char *path, const char *text)
{
	auto_buf struct buf bytes = buf_make(1 << 20);
	auto_error struct error err = { 0 };

	if (file_read(path, &bytes, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(bytes.at, text);
}

static size_t count_entries(const char *path)
{
	DIR *listing = opendir(path);
	size_t count = 0;

	assert_non_null(listing);
	while (readdir(listing) != NULL)
		count++;
	(void)closedir(listing);
	return count - 2; /* . and .. */
}

static void test_fd__descriptors_close_on_exec(void **state)
{
	auto_error struct error err = { 0 };
	int fd = fd_open("/dev/null", O_RDONLY, 0, &err);
	int same = fd;

	UNUSED_STATE(state);
	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	fd_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(same, F_GETFD), -1);
	fd_close(&fd);
}

static void test_fd__missing_file_is_told_apart(void **state)
{
	auto_buf struct buf bytes = buf_make(10);
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(file_read("nowhere/a", &bytes, &err), -1);
	assert_int_equal(err.code, ERR_MISSING);
	assert_string_equal(err.message, "could not open \"nowhere/a\": No "
	                                 "such file or directory");
	assert_int_equal(file_read(".", &bytes, &err), -1);
	assert_int_equal(err.code, ERR_SYSTEM);
}

static void test_fd__reads_up_to_the_limit_and_not_beyond(void **state)
{
	enum {
		SIZE = 200000
	};
	auto_error struct error err = { 0 };
	auto_buf struct buf written = buf_make(SIZE);
	auto_buf struct buf fits = buf_make(SIZE);
	auto_buf struct buf small = buf_make(SIZE - 1);

	UNUSED_STATE(state);
	for (size_t i = 0; i < SIZE; i++)
		buf_add_char(&written, (char)('a' + i % 23));
	assert_int_equal(
	        file_replace("big", written.at, written.len, 0644, &err), 0);
	assert_int_equal(file_read("big", &fits, &err), 0);
	assert_int_equal(fits.len, SIZE);
	assert_memory_equal(fits.at, written.at, SIZE);

	buf_add_text(&small, "kept");
	assert_int_equal(file_read("big", &small, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "\"big\" is longer than 199999 bytes");
	assert_string_equal(small.at, "kept");
}

static void test_fd__reads_a_pipe_in_pieces(void **state)
{
	auto_buf struct buf bytes = buf_make(100);
	auto_error struct error err = { 0 };
	int ends[2];

	UNUSED_STATE(state);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fd_write_all(ends[1], "pipe", "one ", 4, &err), 0);
	assert_int_equal(fd_write_all(ends[1], "pipe", "two", 3, &err), 0);
	fd_close(&ends[1]);
	assert_int_equal(fd_read_all(ends[0], "pipe", &bytes, &err), 0);
	assert_string_equal(bytes.at, "one two");
	fd_close(&ends[0]);
}

static void test_fd__replace_makes_directories_and_replaces(void **state)
{
	auto_error struct error err = { 0 };
	struct stat status;

	UNUSED_STATE(state);
	assert_int_equal(file_replace("r/x/y", "one", 3, 0600, &err), 0);
	assert_file("r/x/y", "one");
	assert_int_equal(file_replace("r/x/y", "second", 6, 0600, &err), 0);
	assert_file("r/x/y", "second");
	assert_int_equal(stat("r/x/y", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(count_entries("r/x"), 1);
	assert_int_equal(file_replace("r/x/empty", NULL, 0, 0644, &err), 0);
	assert_file("r/x/empty", "");
}

static void test_fd__create_never_replaces(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(file_create("c/x", "one", 3, 0644, &err), 0);
	assert_int_equal(file_create("c/x", "two", 3, 0644, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_file("c/x", "one");
	assert_int_equal(count_entries("c"), 1);
}

static void test_fd__failed_replace_leaves_nothing_behind(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(dir_make("f/target", &err), 0);
	assert_int_equal(file_replace("f/target", "x", 1, 0644, &err), -1);
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_int_equal(count_entries("f"), 1);
}

static void test_fd__temporary_names_of_crashes_are_passed_over(void **state)
{
	auto_error struct error err = { 0 };
	char name[100];

	UNUSED_STATE(state);
	(void)snprintf(name, sizeof(name), "t/.x.%ld-0.tmp", (long)getpid());
	assert_int_equal(file_replace(name, "left", 4, 0644, &err), 0);
	assert_int_equal(file_replace("t/x", "new", 3, 0644, &err), 0);
	assert_file("t/x", "new");
	assert_file(name, "left");
}

static void test_fd__directories_are_made_with_their_parents(void **state)
{
	auto_error struct error err = { 0 };
	struct stat status;

	UNUSED_STATE(state);
	assert_int_equal(dir_make("d/e//f/", &err), 0);
	assert_int_equal(stat("d/e/f", &status), 0);
	assert_true(S_ISDIR(status.st_mode));
	assert_int_equal(dir_make("d/e/f", &err), 0);
	assert_int_equal(dir_make("/", &err), 0);
	assert_int_equal(dir_sync("d", &err), 0);

	assert_int_equal(file_replace("d/file", "", 0, 0644, &err), 0);
	assert_int_equal(dir_make("d/file", &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(dir_make("d/file/below", &err), -1);
	assert_int_equal(dir_sync("d/nowhere", &err), -1);
	assert_int_equal(err.code, ERR_MISSING);
}

static void test_fd__remove_takes_links_not_their_targets(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(file_replace("kept/a", "safe", 4, 0644, &err), 0);
	assert_int_equal(file_replace("gone/b/c", "x", 1, 0644, &err), 0);
	assert_int_equal(symlink("../kept", "gone/dir"), 0);
	assert_int_equal(symlink("../../kept/a", "gone/b/file"), 0);
	assert_int_equal(dir_remove("gone/", &err), 0);
	assert_false(file_exists("gone"));
	assert_file("kept/a", "safe");

	assert_int_equal(symlink("kept", "link"), 0);
	assert_int_equal(dir_remove("link/", &err), 0);
	assert_false(file_exists("link"));
	assert_file("kept/a", "safe");
}

static void test_fd__remove_of_nothing_is_fine(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(dir_remove("never/was", &err), 0);
	assert_int_equal(dir_remove("never", &err), 0);
	assert_int_equal(file_replace("single", "", 0, 0644, &err), 0);
	assert_true(file_exists("single"));
	assert_int_equal(dir_remove("single", &err), 0);
	assert_false(file_exists("single"));
}

static void test_fd__sweeps_what_the_dead_have_left(void **state)
{
	auto_error struct error err = { 0 };
	char left[64];
	char held[64];

	UNUSED_STATE(state);
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	(void)snprintf(left, sizeof(left), "s/.file.%d-0.tmp", (int)child);
	(void)snprintf(held, sizeof(held), "s/.file.%d-1.tmp", (int)getpid());
	const char *const kept[] = { "s/file", held, "s/.other.tmp",
		                     "s/.file.x-0.tmp", "s/.file.-0.tmp" };
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		assert_int_equal(file_replace(kept[i], "", 0, 0644, &err), 0);
	assert_int_equal(file_replace(left, "", 0, 0644, &err), 0);

	file_sweep("s/file");
	file_sweep("nowhere/file");
	assert_false(file_exists(left));
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		assert_true(file_exists(kept[i]));
}
