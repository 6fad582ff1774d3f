#include "tests/unit/fixture_repo.h"

#include "store/odb.h"

#define MAX_BYTES (1u << 20)

static void close_odb(struct odb **odb)
{
	odb_close(*odb);
}

#define auto_odb CLEANUP(close_odb)

static struct odb *open_odb(struct fixture *fixture)
{
	return odb_open(
	        arena_printf(&fixture->arena, "%s/.git/objects", fixture->dir));
}

/* Thirty versions of a file, a tag, and their trees and commits. */
static void fill(struct fixture *fixture)
{
	(void)fixture_run(
	        fixture,
	        "git config user.name n; git config user.email e@x; "
	        "seq 3000 >f; git add f; git commit -q -m first; "
	        "for i in $(seq 30); do sed -i \"$((i * 90))s/^/line $i/\" f; "
	        "echo $i >>f; git commit -q -a -m \"change $i\"; done; "
	        "git tag -a -m tag v1; git update-ref refs/x HEAD:f");
}

/* Every object of the repository is what `git cat-file` says that it is;
 * returns how many there are. */
static size_t compare_all(struct fixture *fixture, struct odb *odb)
{
	const char *list = fixture_run(
	        fixture, "git cat-file --batch-check --batch-all-objects");
	size_t count = 0;

	for (const char *line = list; *line; count++) {
		char *id = arena_strndup(&fixture->arena, line, 40);
		struct oid oid = fixture_oid(id);
		auto_free char *bytes = NULL;
		size_t len = 0;
		size_t looked = 0;
		enum object_type type =
		        odb_read(odb, &oid, MAX_BYTES, &bytes, &len);
		auto_free char *wanted = mem_printf(
		        "%s %s %zu", id, object_type_name(type), len);

		assert_int_not_equal(type, OBJECT_NONE);
		assert_memory_equal(line, wanted, strlen(wanted));
		assert_int_equal(odb_look(odb, &oid, &looked), type);
		assert_int_equal(looked, len);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return count;
}

static void test_odb__reads_what_git_has_written(void **state)
{
	static const char *const rows[] = {
		"true",
		"git gc -q",
		"git repack -q -a -d -f --depth=50 --window=50",
		"git rev-list --objects --all | cut -c1-40 | "
		"git pack-objects -q --no-delta-base-offset --window=50 "
		".git/objects/pack/pack >/dev/null && git prune-packed",
		"git -c pack.indexVersion=2 gc -q; echo new >g; git add g; "
		"git commit -q -m loose",
		"git gc -q; echo new >g; git add g; git commit -q -m second; "
		"git repack -q",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_fixture struct fixture fixture;

		fixture_open(&fixture);
		fill(&fixture);
		(void)fixture_run(&fixture, rows[i]);
		auto_odb struct odb *odb = open_odb(&fixture);
		assert_row(i, compare_all(&fixture, odb) >= 94);
	}
}

static void test_odb__notices_packs_that_come_and_go(void **state)
{
	auto_fixture struct fixture fixture;

	(void)state;
	fixture_open(&fixture);
	fill(&fixture);
	auto_odb struct odb *odb = open_odb(&fixture);
	(void)compare_all(&fixture, odb);
	(void)fixture_run(&fixture, "git repack -q -a -d; git prune-packed");
	(void)compare_all(&fixture, odb);
	(void)fixture_run(&fixture, "git repack -q -a -d -f --window=1");
	(void)compare_all(&fixture, odb);
}

static void test_odb__leaves_what_is_damaged_to_libgit2(void **state)
{
	static const struct {
		const char *setup;
		const char *damage; /* of the file $f */
	} rows[] = {
		{ "f=.git/objects/$(git rev-parse HEAD:f | sed 's,..,&/,')",
		  ": >$f" },
		{ "f=.git/objects/$(git rev-parse HEAD:f | sed 's,..,&/,')",
		  "truncate -s -5 $f" },
		{ "f=.git/objects/$(git rev-parse HEAD:f | sed 's,..,&/,')",
		  "cp .git/objects/$(git rev-parse HEAD~1:f | "
		  "sed 's,..,&/,') $f" },
		{ "git gc -q; f=$(ls .git/objects/pack/*.idx)",
		  "truncate -s -100 $f" },
		{ "git gc -q; f=$(ls .git/objects/pack/*.idx)", ": >$f" },
		{ "git gc -q; f=$(ls .git/objects/pack/*.idx)",
		  "printf '\\377' | dd of=$f bs=1 seek=8 conv=notrunc "
		  "2>/dev/null" },
		{ "git gc -q; f=$(ls .git/objects/pack/*.pack)",
		  "truncate -s 60 $f" },
		{ "git gc -q; f=$(ls .git/objects/pack/*.pack)",
		  "dd if=/dev/zero of=$f bs=1 seek=12 count=40000 conv=notrunc "
		  "2>/dev/null" },
		{ "git gc -q; f=$(ls .git/objects/pack/*.pack)", "rm $f" },
		{ "git gc -q; f=$(ls .git/objects/pack/*.idx)",
		  "mv $f x; ln -s ../../../x $f" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_fixture struct fixture fixture;
		auto_free char *bytes = NULL;
		size_t len;

		fixture_open(&fixture);
		fill(&fixture);
		struct oid oid = fixture_oid(
		        fixture_run(&fixture, "git rev-parse HEAD:f"));
		(void)fixture_run(&fixture,
		                  arena_printf(&fixture.arena,
		                               "%s; chmod u+w $f; %s",
		                               rows[i].setup, rows[i].damage));
		auto_odb struct odb *odb = open_odb(&fixture);
		assert_row(i, odb_read(odb, &oid, MAX_BYTES, &bytes, &len) ==
		                      OBJECT_NONE);
	}
}

/* Bytes of index and pack, one flipped after the other: never another object,
 * and never a crash. */
static void test_odb__survives_any_flipped_byte(void **state)
{
	static const char *const endings[] = { "idx", "pack" };
	auto_fixture struct fixture fixture;

	(void)state;
	fixture_open(&fixture);
	(void)fixture_run(&fixture,
	                  "git config user.name n; git config user.email e@x; "
	                  "seq 300 >f; git add f; git commit -q -m 1; "
	                  "echo 1 >>f; git commit -q -a -m 2; git gc -q; "
	                  "chmod u+w .git/objects/pack/*");
	struct oid oid =
	        fixture_oid(fixture_run(&fixture, "git rev-parse HEAD~1:f"));
	for (size_t e = 0; e < ARRAY_LEN(endings); e++) {
		const char *path = fixture_run(
		        &fixture, arena_printf(&fixture.arena,
		                               "ls $PWD/.git/objects/pack/*.%s",
		                               endings[e]));
		auto_buf struct buf file = buf_make(MAX_BYTES);
		fixture_ok(&fixture, file_read(path, &file, &fixture.err));
		for (size_t at = 0; at < file.len; at++) {
			auto_odb struct odb *odb = open_odb(&fixture);
			auto_free char *bytes = NULL;
			size_t len;
			FILE *out = fopen(path, "r+e");

			assert_non_null(out);
			file.at[at] = (char)~file.at[at];
			assert_int_equal(fwrite(file.at, 1, file.len, out),
			                 file.len);
			assert_int_equal(fclose(out), 0);
			if (odb_read(odb, &oid, MAX_BYTES, &bytes, &len) !=
			    OBJECT_NONE)
				assert_int_equal(len, 1092);
			file.at[at] = (char)~file.at[at];
		}
		FILE *out = fopen(path, "r+e");
		assert_non_null(out);
		assert_int_equal(fwrite(file.at, 1, file.len, out), file.len);
		assert_int_equal(fclose(out), 0);
	}
}

static void test_odb__knows_which_are_kept(void **state)
{
	auto_fixture struct fixture fixture;

	(void)state;
	fixture_open(&fixture);
	struct oid one = fixture_blob(&fixture, "one");
	struct oid two = fixture_blob(&fixture, "two");
	(void)fixture_run(
	        &fixture,
	        arena_printf(&fixture.arena,
	                     "cd .git/objects/pack; "
	                     "p=$(echo %s | git pack-objects -q pack); "
	                     ": >pack-$p.keep; "
	                     "echo %s | git pack-objects -q pack",
	                     fixture_text(&fixture, one),
	                     fixture_text(&fixture, two)));
	auto_odb struct odb *odb = open_odb(&fixture);
	assert_true(odb_is_kept(odb, &one));
	assert_false(odb_is_kept(odb, &two));
	assert_false(odb_is_kept(odb, &fixture_zero));
}
