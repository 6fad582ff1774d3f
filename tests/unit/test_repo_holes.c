/*
 * History with a commit missing. On its own because libgit2 1.5 does not free
 * all of its own memory when a walk meets one, so that its leaks, and with
 * them those of its objects that we forgot, are not looked for here.
 */
#include "tests/unit/unit.h"

#include "tests/unit/fixture_repo.h"

const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libgit2";
}

/* A hole in the history is an error, not an answer. */
static void test_repo_holes__a_commit_that_is_gone_is_an_error(void **state)
{
	auto_fixture struct fixture fixture;
	struct oid base;
	struct oid *oids;
	size_t count;

	UNUSED_STATE(state);
	fixture_open(&fixture);
	struct oid tree = fixture_tree(&fixture, NULL, "a", "a");
	struct oid root = fixture_commit(&fixture, tree, fixture_zero, "root");
	struct oid gone = fixture_commit(&fixture, tree, root, "gone");
	struct oid tip = fixture_commit(&fixture, tree, gone, "tip");
	struct oid side = fixture_commit(&fixture, tree, root, "side");
	const char *text = fixture_text(&fixture, gone);
	auto_free char *command =
	        mem_printf("rm -f .git/objects/%.2s/%s", text, text + 2);
	(void)fixture_run(&fixture, command);
	fixture_failed(
	        &fixture,
	        repo_is_ancestor(fixture.repo, &root, &tip, &fixture.err),
	        ERR_MISSING);
	fixture_failed(
	        &fixture,
	        repo_is_ancestor(fixture.repo, &gone, &tip, &fixture.err),
	        ERR_MISSING);
	fixture_failed(
	        &fixture,
	        repo_merge_base(fixture.repo, &tip, &side, &base, &fixture.err),
	        ERR_CORRUPT);
	fixture_failed(&fixture,
	               repo_first_parents(fixture.repo, &fixture.arena, &tip,
	                                  NULL, &oids, &count, &fixture.err),
	               ERR_MISSING);
}
