#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/fixture_repo.h"

#define NAME "refs/heads/reeve/journal"

static struct oid read_ref(struct fixture *fixture, const char *name)
{
	struct oid oid = fixture_zero;

	fixture_ok(fixture,
	           repo_ref_read(fixture->repo, name, &oid, &fixture->err));
	return oid;
}

static int swap(struct fixture *fixture, struct oid new, struct oid old)
{
	return repo_ref_swap(fixture->repo, NAME, &new, &old, "test",
	                     &fixture->err);
}

/* Two commits, the second on the first. */
static void two_commits(struct fixture *fixture, struct oid ret[2])
{
	struct oid tree = fixture_tree(fixture, NULL, "a", "a");

	ret[0] = fixture_commit(fixture, tree, fixture_zero, "one");
	ret[1] = fixture_commit(fixture, tree, ret[0], "two");
}

/* Make the file `name` below .git, `age_s` seconds old. */
static char *make_lock(struct fixture *fixture, const char *name,
                       const char *says, int age_s)
{
	char *path =
	        arena_printf(&fixture->arena, "%s/.git/%s", fixture->dir, name);
	struct timespec times[2] = { 0 };

	times[0].tv_sec = times[1].tv_sec = time(NULL) - age_s;
	assert_int_equal(
	        file_create(path, says, strlen(says), 0644, &fixture->err), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	return path;
}

static void test_repo_refs__a_swap_needs_the_old_value(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tips[2];

	UNUSED_STATE(state);
	fixture_open(&fixture);
	two_commits(&fixture, tips);

	const struct {
		struct oid new, old;
		int rc;
		struct oid after;
	} cases[] = {
		{ tips[0], tips[1], -1, fixture_zero }, /* not there */
		{ tips[0], fixture_zero, 0, tips[0] },
		{ tips[1], fixture_zero, -1, tips[0] }, /* there already */
		{ tips[1], tips[1], -1, tips[0] },
		{ tips[1], tips[0], 0, tips[1] },
		/* In doubt, read again, and found to have happened. */
		{ tips[1], tips[0], 0, tips[1] },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int rc = swap(&fixture, cases[i].new, cases[i].old);
		struct oid now = read_ref(&fixture, NAME);

		assert_row(i, rc == cases[i].rc);
		assert_row(i, rc == 0 || fixture.err.code == ERR_CONFLICT);
		assert_row(i, oid_equal(&now, &cases[i].after));
		error_clear(&fixture.err);
	}
	fixture_fsck(&fixture);
}

static void test_repo_refs__a_swap_needs_the_new_object(void **state)
{
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid gone =
	        fixture_oid("0123456789012345678901234567890123456789");
	fixture_failed(&fixture, swap(&fixture, gone, fixture_zero),
	               ERR_MISSING);
}

static void test_repo_refs__git_sees_the_swap_and_its_reason(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tips[2];

	UNUSED_STATE(state);
	fixture_open(&fixture);
	two_commits(&fixture, tips);
	fixture_ok(&fixture, swap(&fixture, tips[0], fixture_zero));
	assert_string_equal(fixture_run(&fixture, "git rev-parse " NAME),
	                    fixture_text(&fixture, tips[0]));
	assert_string_equal(
	        fixture_run(&fixture, "git reflog --format=%gs " NAME), "test");
}

static void test_repo_refs__a_name_in_the_way_is_named(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tips[2];

	UNUSED_STATE(state);
	fixture_open(&fixture);
	two_commits(&fixture, tips);
	fixture_ok(&fixture,
	           repo_ref_swap(fixture.repo, "refs/heads/reeve", &tips[0],
	                         &fixture_zero, "x", &fixture.err));
	assert_int_equal(swap(&fixture, tips[0], fixture_zero), -1);
	assert_int_equal(fixture.err.code, ERR_STATE);
	assert_string_equal(fixture.err.message,
	                    "cannot make \"" NAME
	                    "\" while there is \"refs/heads/reeve\"");
}

static void test_repo_refs__a_damaged_one_is_not_absent(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid now;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	(void)fixture_run(&fixture, "mkdir -p .git/refs/heads/reeve && "
	                            ": >.git/" NAME);
	fixture_failed(&fixture,
	               repo_ref_read(fixture.repo, NAME, &now, &fixture.err),
	               ERR_CORRUPT);
}

static void test_repo_refs__a_lock_that_stays_is_named(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tips[2];

	UNUSED_STATE(state);
	fixture_open(&fixture);
	two_commits(&fixture, tips);
	fixture.repo->lock_wait_ms = 30;
	fixture_ok(&fixture, swap(&fixture, tips[0], fixture_zero));
	const char *lock = make_lock(&fixture, NAME ".lock", "?", 30);
	assert_int_equal(swap(&fixture, tips[1], tips[0]), -1);
	assert_int_equal(fixture.err.code, ERR_CONFLICT);
	assert_non_null(strstr(fixture.err.message, NAME ".lock"));
	assert_non_null(strstr(fixture.err.message, " seconds old"));
	assert_null(strstr(fixture.err.message, " 0 seconds old"));
	assert_non_null(strstr(fixture.err.hint, NAME ".lock"));
	assert_true(file_exists(lock));
	struct oid now = read_ref(&fixture, NAME);
	assert_true(oid_equal(&now, &tips[0]));
}

static void test_repo_refs__a_stale_lock_is_moved_aside(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tips[2];

	UNUSED_STATE(state);
	fixture_open(&fixture);
	two_commits(&fixture, tips);
	fixture.repo->lock_wait_ms = 30;
	fixture_ok(&fixture, swap(&fixture, tips[0], fixture_zero));
	const char *lock = make_lock(&fixture, NAME ".lock", "", 100);
	fixture_ok(&fixture, swap(&fixture, tips[1], tips[0]));
	assert_false(file_exists(lock));
	assert_string_equal(
	        fixture_run(&fixture, "ls .git/reeve/stale | wc -l"), "1");
}

static void test_repo_refs__an_old_lock_that_is_open_stays(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tips[2];

	UNUSED_STATE(state);
	fixture_open(&fixture);
	two_commits(&fixture, tips);
	fixture.repo->lock_wait_ms = 30;
	fixture_ok(&fixture, swap(&fixture, tips[0], fixture_zero));
	const char *lock = make_lock(&fixture, NAME ".lock", "", 100);
	auto_fd int fd = fd_open(lock, O_RDONLY, 0, &fixture.err);
	assert_true(fd >= 0);
	fixture_failed(&fixture, swap(&fixture, tips[1], tips[0]),
	               ERR_CONFLICT);
	assert_true(file_exists(lock));
}

/* A reeve that was killed while it changed a reference of its own. */
static void test_repo_refs__a_lock_of_ours_is_moved_aside(void **state)
{
	static const char main[] = "refs/heads/main";

	enum says {
		EMPTY,
		OLD,
		NEW,
		NEXT
	};

	static const struct {
		const char *name;
		enum says says;
		int rc;
	} cases[] = {
		{ NAME, EMPTY, 0 }, { NAME, OLD, -1 },   { NAME, NEW, 0 },
		{ NAME, NEXT, 0 },  { main, EMPTY, -1 }, { main, NEW, -1 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_fixture struct fixture fixture;
		struct oid tips[2];
		fixture_open(&fixture);
		two_commits(&fixture, tips);
		struct oid next = fixture_commit(
		        &fixture, fixture_tree(&fixture, NULL, "b", "b"),
		        tips[0], "next");
		const char *says[] = {
			[EMPTY] = "",
			[OLD] = oid_text(&fixture.arena, &tips[0]),
			[NEW] = oid_text(&fixture.arena, &tips[1]),
			[NEXT] = oid_text(&fixture.arena, &next),
		};
		fixture.repo->lock_wait_ms = 50;
		fixture_ok(&fixture,
		           repo_ref_swap(fixture.repo, cases[i].name, &tips[0],
		                         &fixture_zero, "t", &fixture.err));
		(void)make_lock(
		        &fixture,
		        arena_printf(&fixture.arena, "%s.lock", cases[i].name),
		        says[cases[i].says], 0);
		int rc = repo_ref_swap(fixture.repo, cases[i].name, &tips[1],
		                       &tips[0], "t", &fixture.err);
		assert_int_equal(rc, cases[i].rc);
	}
}

static void test_repo_refs__a_lock_that_goes_is_waited_for(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tips[2];
	struct timespec pause = { .tv_nsec = 50 * 1000000L };

	UNUSED_STATE(state);
	fixture_open(&fixture);
	two_commits(&fixture, tips);
	const char *lock = make_lock(&fixture, NAME ".lock", "", 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)nanosleep(&pause, NULL);
		_exit(unlink(lock) < 0);
	}
	int rc = swap(&fixture, tips[0], fixture_zero);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	fixture_ok(&fixture, rc);
}

/* One writer of the race below: append `count` commits to the reference. */
static int append_many(const char *dir, int writer, int count)
{
	auto_error struct error err = { 0 };
	auto_arena struct arena arena = { 0 };
	auto_repo struct repo *repo = repo_open(dir, &err);
	struct oid tree;
	int done = 0;

	if (!repo || repo_tree_write(repo, NULL, NULL, 0, &tree, &err) < 0)
		return -1;
	while (done < count) {
		struct oid tip = fixture_zero;
		int found = repo_ref_read(repo, NAME, &tip, &err);
		const char *message =
		        arena_printf(&arena, "%d %d\n", writer, done);
		struct commit commit = {
			.tree = tree,
			.parents = &tip,
			.parent_count = found == 1,
			.author = { "Ann", "a@b.c", 1 },
			.committer = { "Ann", "a@b.c", 1 },
			.message = message,
			.message_len = strlen(message),
		};
		struct oid new;

		if (found < 0 || repo_commit_write(repo, &commit, &new, &err))
			return -1;
		int rc = repo_ref_swap(repo, NAME, &new, &tip, "race", &err);
		if (rc < 0 && err.code != ERR_CONFLICT)
			return -1;
		done += rc == 0;
		error_clear(&err);
	}
	return 0;
}

enum {
	WRITERS = 4,
	APPENDS = 25,
};

/* Let WRITERS processes append at once, from an unborn branch on, while the
 * shell command `meanwhile` runs again and again; then count what is there. */
static void race(struct fixture *fixture, const char *meanwhile)
{
	pid_t pids[WRITERS];
	int status;

	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(append_many(fixture->dir, i, APPENDS) < 0);
	}
	for (int i = 0; i < WRITERS; i++) {
		while (waitpid(pids[i], &status, meanwhile ? WNOHANG : 0) == 0)
			(void)fixture_run(fixture, meanwhile);
		assert_int_equal(status, 0);
	}
	assert_string_equal(fixture_run(fixture, "git log --format=%s " NAME
	                                         " | sort -u | wc -l"),
	                    "100");
	assert_string_equal(fixture_run(fixture, "git rev-list --count " NAME),
	                    "100");
	fixture_fsck(fixture);
}

static void test_repo_refs__racing_writers_lose_nothing(void **state)
{
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	race(&fixture, NULL);
}

static void test_repo_refs__packing_during_swaps_loses_nothing(void **state)
{
	auto_fixture struct fixture fixture;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	race(&fixture, "git pack-refs --all --prune || true");
}

static void test_repo_refs__a_packed_one_is_swapped_and_deleted(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid tips[2];

	UNUSED_STATE(state);
	fixture_open(&fixture);
	two_commits(&fixture, tips);
	fixture_ok(&fixture, swap(&fixture, tips[0], fixture_zero));
	(void)fixture_run(&fixture, "git pack-refs --all");
	fixture_failed(&fixture, swap(&fixture, tips[1], fixture_zero),
	               ERR_CONFLICT);
	fixture_ok(&fixture, swap(&fixture, tips[1], tips[0]));
	assert_string_equal(fixture_run(&fixture, "git rev-parse " NAME),
	                    fixture_text(&fixture, tips[1]));
	fixture_failed(
	        &fixture,
	        repo_ref_delete(fixture.repo, NAME, &tips[0], &fixture.err),
	        ERR_CONFLICT);
	fixture_ok(&fixture,
	           repo_ref_delete(fixture.repo, NAME, &tips[1], &fixture.err));
	fixture_ok(&fixture,
	           repo_ref_delete(fixture.repo, NAME, &tips[1], &fixture.err));
	assert_string_equal(fixture_run(&fixture, "git for-each-ref"), "");
}

struct seen {
	struct buf text;
	int stop_at;
};

static int see(void *state, const char *name, const struct oid *oid)
{
	struct seen *seen = state;

	buf_printf(&seen->text, "%s%s ", name, oid_is_zero(oid) ? "!" : "");
	return --seen->stop_at == 0 ? 7 : 0;
}

static void test_repo_refs__listing_is_sorted_and_stops(void **state)
{
	static const char *const names[] = {
		"refs/heads/reeve/draft/b",
		"refs/heads/reeve/draft/a.2",
		"refs/heads/reeve/draft/a.10",
		"refs/heads/reeve-not",
		"refs/heads/main",
	};
	auto_fixture struct fixture fixture;
	struct oid tips[2];
	struct seen all = { .text = buf_make(1000) };
	struct seen one = { .text = buf_make(1000), .stop_at = 1 };

	UNUSED_STATE(state);
	fixture_open(&fixture);
	two_commits(&fixture, tips);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (i == 2)
			(void)fixture_run(&fixture, "git pack-refs --all");
		fixture_ok(&fixture,
		           repo_ref_swap(fixture.repo, names[i], &tips[0],
		                         &fixture_zero, "x", &fixture.err));
	}
	assert_int_equal(repo_ref_list(fixture.repo, "refs/heads/reeve/", see,
	                               &all, &fixture.err),
	                 0);
	assert_string_equal(all.text.at, "refs/heads/reeve/draft/a.10 "
	                                 "refs/heads/reeve/draft/a.2 "
	                                 "refs/heads/reeve/draft/b ");
	assert_int_equal(repo_ref_list(fixture.repo, "refs/heads/reeve/", see,
	                               &one, &fixture.err),
	                 7);
	assert_string_equal(one.text.at, "refs/heads/reeve/draft/a.10 ");
	buf_clear(&all.text);
	buf_clear(&one.text);
}
