#include "tests/unit/fixture_repo.h"

#include <sys/stat.h>

#include "engine/cycle/idle.h"
#include "store/base/limits.h"

/* A workspace with a draft branch and its anchor, and a tick over it. */
struct company {
	char *dir;
	struct error err;
};

static void sh(const char *dir, const char *script)
{
	auto_free char *command = mem_printf(
	        "cd '%s' && export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b.c "
	        "GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b.c && { %s; } "
	        ">/dev/null 2>&1",
	        dir, script);

	if (system(command) != 0) /* NOLINT(cert-env33-c): a test's own */
		fail_msg("%s", script);
}

static void begin_journal(const char *dir)
{
	auto_error struct error err = { 0 };
	auto_repo struct repo *repo = repo_open(dir, &err);
	struct clock_state state;
	struct clock clock;

	assert_int_equal(clock_system(&clock, &state, &err), 0);
	auto_journal struct journal *journal =
	        journal_open(repo, &clock, "/test", &err);
	assert_int_equal(journal_create(journal, "main", NULL, &err), 0);
}

static void tick_over(const char *dir)
{
	auto_error struct error err = { 0 };
	auto_engine struct engine *engine = engine_open(dir, &err);
	struct tick tick = { .engine = engine };

	if (!engine || tick_run(&tick, &err) < 0)
		fail_msg("%s", err.message);
}

static void company_open(struct company *company)
{
	*company = (struct company){ .dir = fixture_dir() };
	sh(company->dir,
	   "git init -q -b main . && echo .reeve/ >.gitignore && "
	   "echo 'version: 1' >reeve.yaml && git add -A && "
	   "git commit -q -m one && git commit -q --allow-empty -m two && "
	   "git update-ref refs/heads/reeve/draft/a-1.1 HEAD && "
	   "git update-ref refs/reeve/anchor/a-1.1 HEAD");
	begin_journal(company->dir);
	tick_over(company->dir);
}

static void company_close(struct company *company)
{
	auto_error struct error err = { 0 };

	error_clear(&company->err);
	assert_int_equal(dir_remove(company->dir, &err), 0);
	free(company->dir);
}

#define auto_company CLEANUP(company_close)

static void test_idle__holds_until_something_is_moved(void **state)
{
	static const struct {
		const char *script;
		bool holds;
	} rows[] = {
		{ "true", true },
		/* The working tree and the branches of others are no news. */
		{ "echo x >new.txt", true },
		{ "echo x >new.txt; git add -A", true },
		{ "echo '#' >>reeve.yaml", true },
		{ "git branch other", true },
		{ "git checkout -q -b other; git commit -q --allow-empty -m x",
		  true },
		{ "git tag v1", true },
		/* The owner's branch. */
		{ "git commit -q --allow-empty -m three", false },
		{ "git reset -q --hard HEAD~", false },
		{ "git commit -q --amend --allow-empty -m other", false },
		{ "git checkout -q --detach; git branch -q -D main", false },
		{ "git checkout -q --detach; git branch -q -M main side; "
		  "git symbolic-ref refs/heads/main refs/heads/side",
		  false },
		{ "git pack-refs --all; git commit -q --allow-empty -m three",
		  false },
		/* The journal. */
		{ "git update-ref refs/heads/reeve/journal HEAD", false },
		{ "git update-ref -d refs/heads/reeve/journal", false },
		/* Drafts, edited, deleted, made by another machine. */
		{ "git update-ref refs/heads/reeve/draft/a-1.1 HEAD~", false },
		{ "git branch -q -D reeve/draft/a-1.1", false },
		{ "git branch -q -m reeve/draft/a-1.1 reeve/draft/a-1.2",
		  false },
		{ "git update-ref refs/heads/reeve/draft/deep/er/b-1.1 HEAD",
		  false },
		{ "git update-ref -d refs/reeve/anchor/a-1.1", false },
		{ "git update-ref refs/reeve/rejected/a-1.1 HEAD", false },
		{ "git pack-refs --all; git branch -q -D reeve/draft/a-1.1",
		  false },
		/* Somebody found the lock held. */
		{ "echo >>.git/reeve/wake", false },
		/* What is not as git makes it, or no mark. */
		{ "git config extensions.worktreeConfig true", false },
		{ "rm .reeve/idle", false },
		{ "rm -r .reeve", false },
		{ ": >.reeve/idle", false },
		{ "truncate -s -1 .reeve/idle", false },
		{ "truncate -s 40 .reeve/idle", false },
		{ "echo more >>.reeve/idle", false },
		{ "sed -i 's/idle 1/idle 2/' .reeve/idle", false },
		{ "sed -i 's,refs/heads/main,refs/heads/none,' .reeve/idle",
		  false },
		{ "rm .reeve/idle; mkdir .reeve/idle", false },
	};
	auto_company struct company company;

	(void)state;
	company_open(&company);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *copy = mem_printf("%s.copy", company.dir);
		auto_free char *command =
		        mem_printf("rm -rf '%s'; cp -a '%s' '%s'", copy,
		                   company.dir, copy);
		auto_error struct error err = { 0 };

		sh("/", command);
		sh(copy, rows[i].script);
		if (idle_holds(copy) != rows[i].holds)
			fail_msg("row %zu: %s", i, rows[i].script);
		assert_int_equal(dir_remove(copy, &err), 0);
	}
}

static void test_idle__is_left_anew_by_the_next_tick(void **state)
{
	auto_company struct company company;

	(void)state;
	company_open(&company);
	sh(company.dir, "git commit -q --allow-empty -m three");
	assert_false(idle_holds(company.dir));
	tick_over(company.dir);
	assert_true(idle_holds(company.dir));
	sh(company.dir, "git pack-refs --all");
	tick_over(company.dir);
	assert_true(idle_holds(company.dir));
}

/* Leave a mark as a tick that found this; then look at another time. */
static bool holds(const char *dir, const struct tick *found, const char *now)
{
	auto_error struct error err = { 0 };
	auto_engine struct engine *engine = NULL;

	assert_int_equal(setenv("REEVE_TEST_CLOCK", "2026-11-22T09:00:00Z", 1),
	                 0);
	engine = engine_open(dir, &err);
	assert_non_null(engine);
	struct tick tick = *found;
	tick.engine = engine;
	struct idle idle = idle_look(engine);
	idle_leave(&tick, &idle);
	assert_int_equal(setenv("REEVE_TEST_CLOCK", now, 1), 0);
	bool is_idle = idle_holds(dir);
	assert_int_equal(unsetenv("REEVE_TEST_CLOCK"), 0);
	return is_idle;
}

static void test_idle__ends_when_something_is_due(void **state)
{
	const int64_t nine = INT64_C(1795338000000); /* 2026-11-22T09:00:00Z */
	const int64_t minute = 60000;

	const struct {
		int64_t due_at;
		size_t problems;
		const char *now;
		bool holds;
	} rows[] = {
		{ 0, 0, "2026-11-22T09:01:00Z", true },
		{ 0, 0, "2026-11-22T09:59:00Z", true },
		{ 0, 0, "2026-11-22T10:00:05Z", false }, /* an hour at most */
		{ 0, 0, "2026-11-22T08:59:00Z", false }, /* set back */
		{ nine + 5 * minute, 0, "2026-11-22T09:04:59Z", true },
		{ nine + 5 * minute, 0, "2026-11-22T09:05:00Z", false },
		{ nine - minute, 0, "2026-11-22T09:00:30Z", false },
		{ 0, 1, "2026-11-22T09:01:00Z", false }, /* said each time */
	};
	auto_company struct company company;

	(void)state;
	company_open(&company);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tick found = {
			.due_at = rows[i].due_at,
			.problems = rows[i].problems,
		};
		assert_row(i, holds(company.dir, &found, rows[i].now) ==
		                      rows[i].holds);
	}
}

static void test_idle__says_when_the_first_is_due(void **state)
{
	struct tick tick = { 0 };

	(void)state;
	tick_due(&tick, 300);
	tick_due(&tick, 200);
	tick_due(&tick, 400);
	assert_int_equal(tick.due_at, 200);
}
