#include "tests/unit/fixture_repo.h"

#include "store/draft.h"

#define NAME   "proposal-7k2fq0ab.1"
#define BRANCH "refs/heads/reeve/draft/" NAME
#define ANCHOR "refs/reeve/anchor/" NAME
#define KEPT   "refs/reeve/rejected/" NAME

static const struct signature reeve = { "reeve", "reeve@localhost",
	                                1700000000 };

/* A base commit with one file, and the drafts that are built on it. */
struct desk {
	struct fixture git;
	struct oid base;
	struct oid tip;
};

static void desk_close(struct desk *desk)
{
	fixture_close(&desk->git);
}

#define auto_desk CLEANUP(desk_close)

/* One commit a change; the tip is what they make. */
static void build(struct desk *desk, const struct tree_change *changes,
                  size_t count)
{
	struct arena *arena = &desk->git.arena;
	struct draft_commit *commits =
	        arena_array(arena, count + 1, sizeof(*commits));

	for (size_t i = 0; i < count; i++)
		commits[i] = (struct draft_commit){
			.message = arena_printf(arena, "commit %zu\n", i),
			.changes = &changes[i],
			.change_count = 1,
		};
	desk->tip = desk->base;
	fixture_ok(&desk->git, draft_build(desk->git.repo, commits, count,
	                                   &reeve, &desk->tip, &desk->git.err));
}

static void desk_open(struct desk *desk)
{
	*desk = (struct desk){ .base = fixture_zero };
	fixture_open(&desk->git);
	struct oid tree = fixture_tree(&desk->git, NULL, "a.md", "base\n");
	desk->base = fixture_commit(&desk->git, tree, fixture_zero, "base");
	struct tree_change change = {
		.path = "b/c.md",
		.oid = fixture_blob(&desk->git, "drafted\n"),
		.mode = 0100644,
	};
	build(desk, &change, 1);
}

static const char *git(struct desk *desk, const char *command)
{
	return fixture_run(&desk->git, command);
}

static void publish(struct desk *desk)
{
	fixture_ok(&desk->git, draft_publish(desk->git.repo, NAME, &desk->tip,
	                                     &desk->git.err));
}

static enum draft_presence look(struct desk *desk, struct oid *ret_tip)
{
	enum draft_presence presence = DRAFT_DELETED;

	fixture_ok(&desk->git, draft_look(desk->git.repo, NAME, &presence,
	                                  ret_tip, &desk->git.err));
	return presence;
}

static const char *refs(struct desk *desk)
{
	return git(desk, "git for-each-ref --format='%(refname)'");
}

static void test_draft__is_built_of_commits_that_change_something(void **state)
{
	auto_desk struct desk desk;

	UNUSED_STATE(state);
	desk_open(&desk);
	struct tree_change changes[] = {
		{ .path = "b/c.md",
		  .oid = fixture_blob(&desk.git, "one\n"),
		  .mode = 0100644 },
		/* Nothing new: no commit. */
		{ .path = "a.md",
		  .oid = fixture_blob(&desk.git, "base\n"),
		  .mode = 0100644 },
		{ .path = "a.md",
		  .oid = fixture_blob(&desk.git, "edited\n"),
		  .mode = 0100644 },
	};
	build(&desk, changes, ARRAY_LEN(changes));
	publish(&desk);
	assert_string_equal(git(&desk, "git log --format='%s|%an|%ae|%ct' "
	                               "--reverse --name-status " BRANCH),
	                    "base|Ann|ann@example.com|1700000000\n\nA\ta.md\n"
	                    "commit 0|reeve|reeve@localhost|1700000000\n\n"
	                    "A\tb/c.md\n"
	                    "commit 2|reeve|reeve@localhost|1700000000\n\n"
	                    "M\ta.md");
	fixture_fsck(&desk.git);

	build(&desk, changes, 0);
	assert_true(oid_equal(&desk.tip, &desk.base));
}

static void test_draft__is_published_once(void **state)
{
	auto_desk struct desk desk;
	struct oid there = fixture_zero;

	UNUSED_STATE(state);
	desk_open(&desk);
	assert_int_equal(look(&desk, &there), DRAFT_NEVER_MADE);
	publish(&desk);
	assert_int_equal(look(&desk, &there), DRAFT_THERE);
	assert_true(oid_equal(&there, &desk.tip));
	assert_string_equal(refs(&desk), BRANCH "\n" ANCHOR);
	publish(&desk); /* again, after a crash */
	assert_string_equal(refs(&desk), BRANCH "\n" ANCHOR);
	assert_string_equal(git(&desk, "git status --porcelain -uno; "
	                               "git symbolic-ref HEAD"),
	                    "refs/heads/main");
}

/* Died between the branch and the anchor: the second try makes the rest. */
static void test_draft__half_published_is_completed(void **state)
{
	auto_desk struct desk desk;
	struct oid there;

	UNUSED_STATE(state);
	desk_open(&desk);
	publish(&desk);
	(void)git(&desk, "git update-ref -d " ANCHOR);
	assert_int_equal(look(&desk, &there), DRAFT_THERE);
	publish(&desk);
	assert_string_equal(refs(&desk), BRANCH "\n" ANCHOR);
}

static void test_draft__does_not_replace_a_branch(void **state)
{
	auto_desk struct desk desk;

	UNUSED_STATE(state);
	desk_open(&desk);
	(void)git(&desk,
	          arena_printf(&desk.git.arena, "git update-ref " BRANCH " %s",
	                       fixture_text(&desk.git, desk.base)));
	fixture_failed(
	        &desk.git,
	        draft_publish(desk.git.repo, NAME, &desk.tip, &desk.git.err),
	        ERR_CONFLICT);
	assert_string_equal(git(&desk, "git rev-parse " BRANCH),
	                    fixture_text(&desk.git, desk.base));
}

/* A branch that is gone: by somebody, or because it never was. */
static void test_draft__deleted_is_not_never_made(void **state)
{
	auto_desk struct desk desk;
	struct oid there;

	UNUSED_STATE(state);
	desk_open(&desk);
	publish(&desk);
	(void)git(&desk, "git branch -q -D reeve/draft/" NAME);
	assert_int_equal(look(&desk, &there), DRAFT_DELETED);
	fixture_ok(&desk.git, draft_forget(desk.git.repo, NAME, &desk.git.err));
	assert_int_equal(look(&desk, &there), DRAFT_NEVER_MADE);
	/* What is forgotten can be forgotten again. */
	fixture_ok(&desk.git, draft_forget(desk.git.repo, NAME, &desk.git.err));
}

static void test_draft__forgetting_leaves_the_branch(void **state)
{
	auto_desk struct desk desk;

	UNUSED_STATE(state);
	desk_open(&desk);
	publish(&desk);
	fixture_ok(&desk.git, draft_forget(desk.git.repo, NAME, &desk.git.err));
	assert_string_equal(refs(&desk), BRANCH);
}

/* Set aside, with the owner's own edits when there are some; and again after
 * a crash anywhere in between. */
static void test_draft__is_set_aside_as_it_is(void **state)
{
	static const struct {
		const char *before;
		bool edited;
	} cases[] = {
		{ "true", false },
		{ "git update-ref " BRANCH " $(git commit-tree -p " BRANCH
		  " -m edit " BRANCH "^{tree})",
		  true },
		{ "git update-ref -d " BRANCH, false },
		{ "git update-ref " KEPT " " BRANCH, false },
		{ "git update-ref " KEPT " " BRANCH " && git update-ref -d "
		  "" BRANCH,
		  false },
		{ "git pack-refs --all", false },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_desk struct desk desk;

		desk_open(&desk);
		publish(&desk);
		(void)git(&desk, cases[i].before);
		const char *wanted =
		        cases[i].edited ? git(&desk, "git rev-parse " BRANCH)
		                        : fixture_text(&desk.git, desk.tip);
		const char *kept =
		        draft_set_aside(desk.git.repo, &desk.git.arena, NAME,
		                        &desk.tip, &desk.git.err);
		assert_row_text(i, kept, KEPT);
		assert_row_text(i, refs(&desk), KEPT);
		assert_row_text(i, git(&desk, "git rev-parse " KEPT), wanted);
	}
}
