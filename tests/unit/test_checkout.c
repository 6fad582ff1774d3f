#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/io/checkout.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"

static const struct hash_secret secret;

static const struct file_row rows[] = {
	{ "a.txt", (const unsigned char *)"one", 3 },
	{ "b/c/d.sh", (const unsigned char *)"#!/bin/sh\n", 10 },
	{ "b/e.txt", (const unsigned char *)"two", 3 },
};

struct bed {
	char *top;
	struct files *files;
	struct checkouts *checkouts;
	struct arena arena;
	struct error err;
};

static void bed_open(struct bed *bed)
{
	const char *tmp = getenv("TMPDIR");

	*bed = (struct bed){
		.top = mem_printf("%s/bed-XXXXXX", tmp ? tmp : "/tmp"),
		.files = files_from_table(rows, ARRAY_LEN(rows)),
	};
	assert_non_null(mkdtemp(bed->top));
	bed->checkouts = checkouts_open(bed->top, &secret);
}

static void bed_close(struct bed *bed)
{
	checkouts_close(bed->checkouts);
	files_free(bed->files);
	arena_clear(&bed->arena);
	assert_int_equal(dir_remove(bed->top, &bed->err), 0);
	error_clear(&bed->err);
	free(bed->top);
}

#define auto_bed CLEANUP(bed_close)

static struct workplace enter(struct bed *bed, const char *pattern,
                              size_t place)
{
	struct checkout_view view = { .files = bed->files };
	struct workplace at = { 0 };
	struct file_entry *entries;

	assert_int_equal(files_list(bed->files, &bed->arena, pattern, &entries,
	                            &view.count, &bed->err),
	                 0);
	view.entries = entries;
	if (checkouts_enter(bed->checkouts, &view, place, &at, &bed->err) < 0)
		fail_msg("%s", bed->err.message);
	return at;
}

static void leave(struct bed *bed, const struct workplace *at, const char *keep)
{
	if (checkouts_leave(bed->checkouts, at, keep, &bed->err) < 0)
		fail_msg("%s", bed->err.message);
}

static mode_t mode_of(const char *folder, const char *name)
{
	auto_free char *path = mem_printf("%s/%s", folder, name);
	struct stat found;

	return lstat(path, &found) < 0 ? 0 : found.st_mode;
}

static void put(const char *folder, const char *name)
{
	auto_error struct error err = { 0 };
	auto_free char *path = mem_printf("%s/%s", folder, name);

	assert_int_equal(file_replace(path, "x", 1, 0600, &err), 0);
}

static void test_checkout__files_are_there_and_protected(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
	} cases[] = {
		{ ".", S_IFDIR | 0555 },       { "a.txt", S_IFREG | 0444 },
		{ "b", S_IFDIR | 0555 },       { "b/c", S_IFDIR | 0555 },
		{ "b/e.txt", S_IFREG | 0444 }, { "b/c/d.sh", S_IFREG | 0555 },
	};
	auto_bed struct bed bed;

	UNUSED_STATE(state);
	bed_open(&bed);
	struct workplace at = enter(&bed, "**", 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i, mode_of(at.dir, cases[i].name) == cases[i].mode);
	leave(&bed, &at, NULL);
}

static void test_checkout__the_same_files_are_shared(void **state)
{
	auto_bed struct bed bed;

	UNUSED_STATE(state);
	bed_open(&bed);
	struct workplace all = enter(&bed, "**", 0);
	struct workplace again = enter(&bed, "**", 1);
	struct workplace some = enter(&bed, "b/**", 2);
	struct workplace none = enter(&bed, "no/**", 3);
	assert_string_equal(all.dir, again.dir);
	assert_string_not_equal(all.out, again.out);
	assert_string_not_equal(all.dir, some.dir);
	assert_int_equal(mode_of(some.dir, "a.txt"), 0);
	assert_int_equal(mode_of(none.dir, "."), S_IFDIR | 0555);
	leave(&bed, &all, NULL);
	leave(&bed, &again, NULL);
	leave(&bed, &some, NULL);
	leave(&bed, &none, NULL);
}

/* Whatever a program does to its folder, the next one has it new. */
static void test_checkout__a_folder_is_left_as_it_was_found(void **state)
{
	auto_bed struct bed bed;

	UNUSED_STATE(state);
	bed_open(&bed);
	for (size_t i = 0; i < 8; i++) {
		struct workplace at = enter(&bed, "a.txt", 0);
		auto_free char *tmp = mem_printf("%s/tmp", at.out);
		assert_row(i, mode_of(at.out, ".") == (S_IFDIR | 0700));
		assert_row(i, mode_of(at.out, "tmp") == (S_IFDIR | 0700));
		assert_row(i, mode_of(at.out, "x") == 0);
		assert_row(i, mode_of(at.out, "tmp/x") == 0);
		if (i == 1)
			put(at.out, "x");
		if (i == 2)
			put(at.out, "tmp/x");
		if (i == 3)
			assert_int_equal(chmod(at.out, 0500), 0);
		if (i == 4)
			assert_int_equal(chmod(tmp, 0), 0);
		if (i == 5 || i == 6)
			assert_int_equal(rmdir(tmp), 0);
		if (i == 6)
			assert_int_equal(symlink(at.dir, tmp), 0);
		leave(&bed, &at, NULL);
	}
}

static void test_checkout__what_failed_is_kept_until_forgotten(void **state)
{
	auto_bed struct bed bed;

	UNUSED_STATE(state);
	bed_open(&bed);
	auto_free char *root = mem_printf("%s/checkout", bed.top);
	for (size_t i = 0; i < 3; i++) {
		struct workplace at = enter(&bed, "**", 0);
		put(at.out, "x");
		leave(&bed, &at, "failed");
		/* And another engine comes. */
		if (i == 1) {
			checkouts_close(bed.checkouts);
			bed.checkouts = checkouts_open(bed.top, &secret);
			at = enter(&bed, "a.txt", 0);
			leave(&bed, &at, NULL);
		}
		assert_row(i, mode_of(root, "failed/a.txt") != 0);
		assert_row(i, mode_of(root, "failed.out/x") != 0);
	}
	assert_int_equal(checkouts_forget(bed.checkouts, "failed", &bed.err),
	                 0);
	assert_int_equal(mode_of(root, "failed"), 0);
	assert_int_equal(mode_of(root, "failed.out"), 0);
	assert_int_equal(checkouts_forget(bed.checkouts, "failed", &bed.err),
	                 0);
}

/* As after a kill -9: nothing of it is used, and all of it goes. */
static void test_checkout__what_a_crash_left_is_removed(void **state)
{
	auto_bed struct bed bed;

	UNUSED_STATE(state);
	bed_open(&bed);
	auto_free char *root = mem_printf("%s/checkout", bed.top);
	struct workplace at = enter(&bed, "**", 0);
	auto_free char *file = mem_printf("%s/a.txt", at.dir);
	auto_free char *dir = mem_strdup(at.dir);
	put(at.out, "x");
	assert_int_equal(unlink(file), 0); /* it was not whole */
	struct checkouts *crashed = bed.checkouts;
	bed.checkouts = checkouts_open(bed.top, &secret);
	struct workplace now = enter(&bed, "**", 0);
	assert_string_equal(now.dir, dir);
	assert_int_equal(mode_of(now.dir, "a.txt"), S_IFREG | 0444);
	assert_int_equal(mode_of(now.out, "x"), 0);
	leave(&bed, &now, NULL);
	checkouts_close(crashed);
	checkouts_close(bed.checkouts);
	bed.checkouts = NULL;
	assert_int_equal(rmdir(root), 0); /* nothing is in it */
}

/* Not more of them than a few, unless they are in use. */
static void test_checkout__old_ones_make_room(void **state)
{
	enum {
		MANY = 100
	};
	auto_bed struct bed bed;
	char names[MANY][8];
	struct file_row many[MANY];
	struct stat root;

	UNUSED_STATE(state);
	bed_open(&bed);
	files_free(bed.files);
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "f%03zu", i);
		many[i] = (struct file_row){ .path = names[i],
			                     .bytes = rows[0].bytes,
			                     .len = rows[0].len };
	}
	bed.files = files_from_table(many, MANY);
	struct workplace held = enter(&bed, "f000", 1);
	for (size_t i = 1; i < MANY; i++) {
		struct workplace at = enter(&bed, names[i], 0);
		assert_row(i, mode_of(at.dir, names[i]) != 0);
		leave(&bed, &at, NULL);
	}
	auto_free char *path = mem_printf("%s/checkout", bed.top);
	assert_int_equal(stat(path, &root), 0);
	assert_true(root.st_nlink < MANY);
	assert_int_equal(mode_of(held.dir, "f000"), S_IFREG | 0444);
	leave(&bed, &held, NULL);
}
