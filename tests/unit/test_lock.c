#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/fd.h"
#include "store/lock.h"

/* A new directory's subdirectory that does not exist yet, for free(). */
static char *fresh_dir(void)
{
	const char *top = getenv("TMPDIR");
	auto_free char *dir = mem_printf("%s/lock-XXXXXX", top ? top : "/tmp");

	assert_non_null(mkdtemp(dir));
	return mem_printf("%s/a/b", dir);
}

static void test_lock__has_one_holder(void **state)
{
	auto_free char *dir = fresh_dir();
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	auto_lock struct lock *first = lock_try(dir, "engine", &err);
	assert_non_null(first);
	assert_null(lock_try(dir, "engine", &err));
	assert_int_equal(err.code, ERR_BUSY);
	auto_free char *pid = mem_printf("process %d on ", (int)getpid());
	assert_non_null(strstr(err.message, pid));
	assert_non_null(strstr(err.message, " since 20"));
	error_clear(&err);

	auto_lock struct lock *other = lock_try(dir, "append", &err);
	assert_non_null(other);
	lock_release(first);
	first = lock_try(dir, "engine", &err);
	assert_non_null(first);
}

static void test_lock__taking_waits_no_longer_than_asked(void **state)
{
	auto_free char *dir = fresh_dir();
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	auto_lock struct lock *lock = lock_take(dir, "engine", 0, &err);
	assert_non_null(lock);
	assert_null(lock_take(dir, "engine", 20, &err));
	assert_int_equal(err.code, ERR_BUSY);
}

/* A child that takes the lock, says so, and holds it until it is killed. */
static pid_t start_holder(const char *dir)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct error err = { 0 };
		struct lock *lock = lock_try(dir, "engine", &err);

		if (!lock || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return pid;
}

static void test_lock__outlives_a_stop_but_not_a_kill(void **state)
{
	auto_free char *dir = fresh_dir();
	auto_error struct error err = { 0 };
	int status;

	UNUSED_STATE(state);
	pid_t pid = start_holder(dir);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_null(lock_try(dir, "engine", &err));
	assert_int_equal(err.code, ERR_BUSY);
	auto_free char *holder = mem_printf("process %d ", (int)pid);
	assert_non_null(strstr(err.message, holder));
	error_clear(&err);

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	auto_lock struct lock *lock = lock_try(dir, "engine", &err);
	assert_non_null(lock);
}

static void test_lock__is_not_inherited_by_commands(void **state)
{
	auto_free char *dir = fresh_dir();
	auto_error struct error err = { 0 };
	int status;

	UNUSED_STATE(state);
	struct lock *lock = lock_try(dir, "engine", &err);
	assert_non_null(lock);
	pid_t pid = fork();
	if (pid == 0) {
		(void)pause(); /* between fork and exec, for good */
		_exit(0);
	}
	lock_release(lock);
	lock = lock_try(dir, "engine", &err);
	assert_non_null(lock);
	lock_release(lock);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void test_lock__a_removed_file_is_made_anew(void **state)
{
	auto_free char *dir = fresh_dir();
	auto_free char *path = mem_printf("%s/engine", dir);
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	struct lock *lock = lock_try(dir, "engine", &err);
	assert_non_null(lock);
	lock_release(lock);
	assert_int_equal(unlink(path), 0);
	auto_lock struct lock *again = lock_try(dir, "engine", &err);
	assert_non_null(again);
	assert_true(file_exists(path));
}

/* One of several processes that add to a number in a file. */
static int count_up(const char *dir, int times)
{
	struct error err = { 0 };
	auto_free char *path = mem_printf("%s/number", dir);

	for (int i = 0; i < times; i++) {
		auto_buf struct buf text = buf_make(20);
		auto_free char *next = NULL;
		auto_lock struct lock *lock =
		        lock_take(dir, "append", 60000, &err);

		if (!lock)
			return 1;
		if (file_exists(path) && file_read(path, &text, &err) < 0)
			return 1;
		long number = text.len ? strtol(text.at, NULL, 10) : 0;
		next = mem_printf("%ld", number + 1);
		if (file_replace(path, next, strlen(next), 0644, &err) < 0)
			return 1;
	}
	return 0;
}

static void test_lock__keeps_writers_apart(void **state)
{
	auto_free char *dir = fresh_dir();
	auto_free char *path = mem_printf("%s/number", dir);
	auto_error struct error err = { 0 };
	auto_buf struct buf text = buf_make(20);
	pid_t pids[4];
	int status;

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(count_up(dir, 25));
	}
	for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(file_read(path, &text, &err), 0);
	assert_string_equal(text.at, "100");
}

static void test_lock__the_wake_file_grows(void **state)
{
	auto_free char *dir = fresh_dir();
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	int64_t before = wake_size(dir);
	assert_int_equal(before, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(wake_leave(dir, &err), 0);
		assert_true(wake_size(dir) > before);
		before = wake_size(dir);
	}
}
