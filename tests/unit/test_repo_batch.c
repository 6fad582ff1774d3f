#include "tests/unit/fixture_repo.h"

#include "store/pack.h"

static size_t count_of(struct fixture *fixture, const char *pattern)
{
	const char *said = fixture_run(
	        fixture,
	        arena_printf(&fixture->arena,
	                     "find .git/objects -path '%s' | wc -l", pattern));

	return strtoul(said, NULL, 10);
}

/* `count` blobs, and the tree of them in one folder, in the open batch. */
static struct oid write_many(struct fixture *fixture, size_t count)
{
	struct arena *arena = &fixture->arena;
	struct tree_change *changes =
	        arena_array(arena, count, sizeof(*changes));
	struct oid tree;

	for (size_t i = 0; i < count; i++)
		changes[i] = (struct tree_change){
			.path = arena_printf(arena, "out/%zu.txt", i),
			.oid = fixture_blob(fixture,
			                    arena_printf(arena, "blob %zu", i)),
			.mode = 0100644,
		};
	fixture_ok(fixture, repo_tree_write(fixture->repo, NULL, changes, count,
	                                    &tree, &fixture->err));
	return tree;
}

static void test_repo_batch__is_a_pack_that_git_accepts(void **state)
{
	auto_fixture struct fixture fixture;

	(void)state;
	fixture_open(&fixture);
	repo_batch_begin(fixture.repo);
	struct oid tree = write_many(&fixture, 1000);
	struct oid commit =
	        fixture_commit(&fixture, tree, fixture_zero, "many\n");
	struct oid big =
	        fixture_blob(&fixture, fixture_run(&fixture, "seq 100000"));
	assert_int_equal(count_of(&fixture, "*/objects/[0-9a-f]*/*"), 0);
	assert_true(repo_object_exists(fixture.repo, &commit));
	fixture_ok(&fixture, repo_batch_commit(fixture.repo, &fixture.err));
	assert_int_equal(count_of(&fixture, "*/objects/[0-9a-f]*/*"), 0);
	assert_int_equal(count_of(&fixture, "*/pack/pack-*.idx"), 1);
	assert_int_equal(count_of(&fixture, "*/pack/pack-*.keep"), 1);
	assert_int_equal(count_of(&fixture, "*/pack/tmp_*"), 0);
	fixture_ok(&fixture,
	           repo_ref_swap(fixture.repo, "refs/heads/main", &commit,
	                         &fixture_zero, "many", &fixture.err));
	fixture_fsck(&fixture);
	(void)fixture_run(&fixture,
	                  "git verify-pack .git/objects/pack/*.idx && "
	                  "git index-pack --strict --verify "
	                  ".git/objects/pack/*.pack");
	assert_string_equal(fixture_run(&fixture, "git show main:out/77.txt"),
	                    "blob 77");
	assert_string_equal(
	        fixture_run(&fixture,
	                    arena_printf(&fixture.arena, "git cat-file -s %s",
	                                 fixture_text(&fixture, big))),
	        "588894");
}

static void test_repo_batch__of_a_few_is_loose(void **state)
{
	auto_fixture struct fixture fixture;

	(void)state;
	fixture_open(&fixture);
	repo_batch_begin(fixture.repo);
	(void)fixture_blob(&fixture, "one");
	(void)fixture_blob(&fixture, "two");
	(void)fixture_blob(&fixture, "two");
	(void)fixture_blob(&fixture, "three");
	fixture_ok(&fixture, repo_batch_commit(fixture.repo, &fixture.err));
	assert_int_equal(count_of(&fixture, "*/objects/[0-9a-f]*/*"), 3);
	assert_int_equal(count_of(&fixture, "*/pack/*"), 0);
}

static void test_repo_batch__abandoned_leaves_nothing(void **state)
{
	auto_fixture struct fixture fixture;

	(void)state;
	fixture_open(&fixture);
	repo_batch_begin(fixture.repo);
	struct oid oid = fixture_blob(&fixture, "one");
	repo_batch_begin(fixture.repo);
	(void)fixture_blob(&fixture, "two");
	repo_batch_abandon(fixture.repo);
	assert_true(repo_object_exists(fixture.repo, &oid));
	repo_batch_abandon(fixture.repo);
	assert_false(repo_object_exists(fixture.repo, &oid));
	assert_int_equal(count_of(&fixture, "*/objects/[0-9a-f]*/*"), 0);
}

/* References, and what libgit2 does itself, see what the batch holds. */
static void test_repo_batch__is_written_when_git_must_see_it(void **state)
{
	auto_fixture struct fixture fixture;
	auto_buf struct buf text = buf_make(4096);

	(void)state;
	fixture_open(&fixture);
	repo_batch_begin(fixture.repo);
	struct oid tree = fixture_tree(&fixture, NULL, "a", "one\n");
	struct oid first = fixture_commit(&fixture, tree, fixture_zero, "1\n");
	struct oid next = fixture_tree(&fixture, &tree, "a", "two\n");
	struct oid second = fixture_commit(&fixture, next, first, "2\n");
	fixture_ok(&fixture, repo_tree_diff_text(fixture.repo, &tree, &next,
	                                         &text, &fixture.err));
	assert_non_null(strstr(text.at, "+two"));
	struct oid third = fixture_commit(&fixture, tree, second, "3\n");
	assert_int_equal(
	        repo_is_ancestor(fixture.repo, &first, &third, &fixture.err),
	        1);
	struct oid fourth = fixture_commit(&fixture, next, third, "4\n");
	fixture_ok(&fixture,
	           repo_ref_swap(fixture.repo, "refs/heads/main", &fourth,
	                         &fixture_zero, "many", &fixture.err));
	repo_batch_abandon(fixture.repo);
	fixture_fsck(&fixture);
	assert_string_equal(fixture_run(&fixture, "git rev-list --count main"),
	                    "4");
}

/* A batch that grows over its limit is written in portions. */
static void test_repo_batch__of_much_is_several_packs(void **state)
{
	auto_fixture struct fixture fixture;
	size_t len = 1u << 20;
	auto_free char *bytes = mem_zalloc(len, 1);
	struct oid oids[40];

	(void)state;
	fixture_open(&fixture);
	repo_batch_begin(fixture.repo);
	for (size_t i = 0; i < ARRAY_LEN(oids); i++) {
		bytes[0] = (char)i;
		fixture_ok(&fixture, repo_blob_write(fixture.repo, bytes, len,
		                                     &oids[i], &fixture.err));
	}
	fixture_ok(&fixture, repo_batch_commit(fixture.repo, &fixture.err));
	assert_true(count_of(&fixture, "*/pack/*.idx") >= 2);
	for (size_t i = 0; i < ARRAY_LEN(oids); i++)
		assert_row(i, repo_object_exists(fixture.repo, &oids[i]));
	fixture_fsck(&fixture);
}

static void write_batch(struct fixture *fixture, size_t number)
{
	repo_batch_begin(fixture->repo);
	for (size_t i = 0; i < 5; i++)
		(void)fixture_blob(fixture, arena_printf(&fixture->arena,
		                                         "%zu %zu", number, i));
	fixture_ok(fixture, repo_batch_commit(fixture->repo, &fixture->err));
}

static void test_repo_batch__small_packs_are_rolled(void **state)
{
	auto_fixture struct fixture fixture;

	(void)state;
	fixture_open(&fixture);
	(void)fixture_run(&fixture, "echo mine >.git/objects/pack/pack-x.keep");
	for (size_t i = 0; i < 130; i++)
		write_batch(&fixture, i);
	assert_true(count_of(&fixture, "*/pack/*.idx") <= 51);
	assert_int_equal(count_of(&fixture, "*/pack/*.idx") + 1,
	                 count_of(&fixture, "*/pack/*.keep"));
	fixture_fsck(&fixture);
	(void)fixture_run(&fixture,
	                  "git repack -q -a -d; git gc -q --prune=now");
	for (size_t i = 0; i < 130; i++) {
		const char *text = arena_printf(&fixture.arena, "%zu 3", i);
		struct oid oid;

		repo_blob_id(text, strlen(text), &oid);
		assert_row(i, repo_object_exists(fixture.repo, &oid));
	}
}

/* One pack may hold all that the others do: it must not go with them. */
static void test_repo_batch__rolling_keeps_the_pack_that_holds_all(void **state)
{
	auto_fixture struct fixture fixture;
	char name[PACK_NAME_BYTES];
	struct pack_item items[] = {
		{ .type = OBJECT_BLOB, .bytes = "a", .len = 1 },
		{ .type = OBJECT_BLOB, .bytes = "b", .len = 1 },
	};

	(void)state;
	fixture_open(&fixture);
	const char *dir =
	        arena_printf(&fixture.arena, "%s/.git/objects", fixture.dir);
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		repo_blob_id(items[i].bytes, items[i].len, &items[i].oid);
	fixture_ok(&fixture, pack_write(dir, items, 1, name, &fixture.err));
	fixture_ok(&fixture, pack_write(dir, items, 2, name, &fixture.err));
	assert_int_equal(pack_roll(dir, 1, &fixture.err), 1);
	assert_int_equal(count_of(&fixture, "*/pack/*.idx"), 1);
	(void)fixture_run(&fixture, "git verify-pack .git/objects/pack/*.idx");
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		assert_true(repo_object_exists(fixture.repo, &items[i].oid));
}

/* What a crash left is in nobody's way. */
static void test_repo_batch__writes_over_what_a_crash_left(void **state)
{
	auto_fixture struct fixture fixture;

	(void)state;
	fixture_open(&fixture);
	write_batch(&fixture, 1);
	repo_close(fixture.repo); /* it may not lose a file that it has open */
	(void)fixture_run(&fixture,
	                  "cd .git/objects/pack; rm *.idx; chmod u+w *; "
	                  "for p in *.pack; do : >$p; done; "
	                  "for e in keep pack idx; do "
	                  "echo x >tmp_reeve_${PPID}_$e; done");
	fixture.repo = repo_open(fixture.dir, &fixture.err);
	assert_non_null(fixture.repo);
	write_batch(&fixture, 1);
	fixture_fsck(&fixture);
	struct oid oid;
	repo_blob_id("1 2", 3, &oid);
	assert_true(repo_object_exists(fixture.repo, &oid));
	(void)fixture_run(&fixture, "git verify-pack .git/objects/pack/*.idx");
}
