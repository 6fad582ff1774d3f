#include "tests/unit/unit.h"

#include <dirent.h>

#include "engine/cycle/engine.h"
#include "engine/job/job_cache.h"
#include "engine/job/workspace.h"
#include "store/base/fd.h"
#include "store/base/limits.h"

#define JOB(name, steps)                                                       \
	"version: 1\nname: " name "\non: { manual: true }\nsteps:\n" steps
#define ONE_STEP  "  - { id: a, let: { b: 1 } }\n"
#define TWO_STEPS ONE_STEP "  - { id: c, let: { d: a.b } }\n"

static void put(const char *path, const char *text)
{
	auto_error struct error err = { 0 };

	if (file_replace(path, text, strlen(text), 0644, &err) < 0)
		fail_msg("%s", err.message);
}

/* How many files are in the folder, but for "." and "..". */
static size_t count_files(const char *dir)
{
	DIR *listing = opendir(dir);
	size_t count = 0;

	while (listing && readdir(listing))
		count++;
	if (listing)
		closedir(listing);
	return count > 2 ? count - 2 : 0;
}

/* How many steps the job of the folder ws has; 0 with errors. */
static size_t steps_of(const char *name)
{
	auto_errors struct errors errors = { 0 };
	struct language language = engine_language();
	auto_files struct files *files = files_from_dir("ws");
	auto_job_cache struct job_cache *cache = job_cache_open("cache");
	auto_workspace struct workspace *workspace =
	        workspace_new(files, &language);

	workspace_cache(workspace, cache);
	const struct job *job = workspace_job(workspace, name, &errors);
	return job ? job->step_count : 0;
}

static void clean(void)
{
	auto_error struct error err = { 0 };

	assert_int_equal(dir_remove("ws", &err), 0);
	assert_int_equal(dir_remove("cache", &err), 0);
}

/* Whether what is kept of the file is used. */
static bool is_kept(const char *name)
{
	auto_error struct error err = { 0 };
	auto_free char *path = mem_printf("jobs/%s.yaml", name);
	struct language language = engine_language();
	auto_files struct files *files = files_from_dir("ws");
	struct oid blob;

	assert_int_equal(files_find(files, path, LIMIT_JOB_FILE, &blob, &err),
	                 1);
	auto_job_cache struct job_cache *cache = job_cache_open("cache");
	const struct job *job = job_cache_find(cache, name, &blob, &language);
	if (job)
		job_cache_release(cache, job);
	return job;
}

static void test_job_cache__keeps_what_was_parsed(void **state)
{
	UNUSED_STATE(state);
	clean();
	put("ws/jobs/main.yaml", JOB("main", ONE_STEP));
	assert_false(is_kept("main"));
	assert_int_equal(steps_of("main"), 1);
	assert_true(is_kept("main"));
	assert_int_equal(steps_of("main"), 1);
	assert_int_equal(count_files("cache"), 1);
}

/* Two workspaces of one engine have the same job, as long as one of them is
 * there. */
static void test_job_cache__lends_a_job_to_many(void **state)
{
	auto_errors struct errors errors = { 0 };
	struct language language = engine_language();
	auto_files struct files *files = files_from_dir("ws");
	auto_job_cache struct job_cache *cache = job_cache_open("cache");
	const struct job *jobs[2];

	UNUSED_STATE(state);
	put("ws/jobs/main.yaml", JOB("main", ONE_STEP));
	assert_int_equal(steps_of("main"), 1);
	auto_workspace struct workspace *one = workspace_new(files, &language);
	workspace_cache(one, cache);
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		auto_workspace struct workspace *other =
		        workspace_new(files, &language);
		workspace_cache(other, cache);
		jobs[i] = workspace_job(other, "main", &errors);
		assert_ptr_equal(workspace_job(one, "main", &errors), jobs[i]);
	}
	assert_ptr_equal(jobs[0], jobs[1]);
	clean();
}

static void test_job_cache__knows_another_text(void **state)
{
	UNUSED_STATE(state);
	clean();
	put("ws/jobs/main.yaml", JOB("main", ONE_STEP));
	assert_int_equal(steps_of("main"), 1);
	put("ws/jobs/main.yaml", JOB("main", TWO_STEPS));
	assert_false(is_kept("main"));
	assert_int_equal(steps_of("main"), 2);
	put("ws/jobs/main.yaml", JOB("main", ONE_STEP));
	assert_true(is_kept("main"));
	assert_int_equal(steps_of("main"), 1);
}

static void test_job_cache__keeps_no_job_with_errors(void **state)
{
	UNUSED_STATE(state);
	clean();
	put("ws/jobs/main.yaml",
	    JOB("main", "  - { id: a, lett: { b: 1 } }\n"));
	assert_int_equal(steps_of("main"), 0);
	assert_int_equal(steps_of("main"), 0);
	assert_int_equal(count_files("cache"), 0);
	assert_int_equal(steps_of("absent"), 0);
}

static void test_job_cache__takes_nothing_damaged(void **state)
{
	UNUSED_STATE(state);
	clean();
	put("ws/jobs/main.yaml", JOB("main", ONE_STEP));
	assert_int_equal(steps_of("main"), 1);
	assert_int_equal(system("for f in cache/*; do printf x >>$f; done"), 0);
	assert_false(is_kept("main"));
	assert_int_equal(steps_of("main"), 1);
	assert_true(is_kept("main"));
	assert_int_equal(system("for f in cache/*; do : >$f; done"), 0);
	assert_false(is_kept("main"));
}

static void test_job_cache__links_other_jobs_as_they_are_now(void **state)
{
	const char *outer = JOB("outer", "  - { id: sub, job: inner }\n");

	UNUSED_STATE(state);
	clean();
	put("ws/jobs/inner.yaml", JOB("inner", ONE_STEP));
	put("ws/jobs/outer.yaml", outer);
	for (int i = 0; i < 2; i++)
		assert_row(i, steps_of("outer") == 2);
	assert_true(is_kept("outer") && is_kept("inner"));
	put("ws/jobs/inner.yaml", JOB("inner", TWO_STEPS));
	for (int i = 0; i < 2; i++)
		assert_row(i, steps_of("outer") == 3);
	assert_int_equal(steps_of("inner"), 2);
}

static void test_job_cache__forgets_old_versions(void **state)
{
	UNUSED_STATE(state);
	clean();
	put("ws/jobs/other.yaml", JOB("other", ONE_STEP));
	assert_int_equal(steps_of("other"), 1);
	for (int i = 0; i < 10; i++) {
		auto_free char *text = mem_printf(
		        JOB("main", "  - { id: a%d, let: { b: 1 } }\n"), i);

		put("ws/jobs/main.yaml", text);
		assert_int_equal(steps_of("main"), 1);
	}
	assert_int_equal(count_files("cache"), 5);
	assert_true(is_kept("main") && is_kept("other"));
}
