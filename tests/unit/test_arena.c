#include "tests/unit/unit.h"

#include <stdalign.h>

#include "store/base/arena.h"

static void test_arena__pieces_are_aligned_zeroed_and_apart(void **state)
{
	enum {
		COUNT = 500
	};
	auto_arena struct arena arena = { 0 };
	unsigned char *pieces[COUNT];

	UNUSED_STATE(state);
	for (size_t i = 0; i < COUNT; i++) {
		pieces[i] = arena_alloc(&arena, i);
		assert_row(i, (uintptr_t)pieces[i] % alignof(max_align_t) == 0);
		for (size_t j = 0; j < i; j++)
			assert_row(i, pieces[i][j] == 0);
		memset(pieces[i], (int)(i % 256), i);
	}
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t j = 0; j < i; j++)
			assert_row(i, pieces[i][j] == i % 256);
	}
}

static void test_arena__a_large_piece_fits(void **state)
{
	enum {
		LARGE = 5 << 20
	};
	auto_arena struct arena arena = { 0 };
	char *small = arena_strdup(&arena, "small");
	char *large = arena_alloc(&arena, LARGE);

	UNUSED_STATE(state);
	memset(large, 'x', LARGE);
	assert_string_equal(arena_strdup(&arena, "behind it"), "behind it");
	assert_string_equal(small, "small");
	assert_int_equal(large[LARGE - 1], 'x');
}

static void test_arena__texts_are_copies(void **state)
{
	auto_arena struct arena arena = { 0 };
	char text[] = "hello";
	const char *whole = arena_strdup(&arena, text);
	const char *part = arena_strndup(&arena, text, 2);
	const char *none = arena_strndup(&arena, NULL, 0);
	const char *printed = arena_printf(&arena, "%s/%d.md", text, 7);

	UNUSED_STATE(state);
	text[0] = 'j';
	assert_string_equal(whole, "hello");
	assert_string_equal(part, "he");
	assert_string_equal(none, "");
	assert_string_equal(printed, "hello/7.md");
}

static void test_arena__grow_keeps_what_was_there(void **state)
{
	enum {
		COUNT = 1000
	};
	auto_arena struct arena arena = { 0 };
	size_t *numbers = NULL;

	UNUSED_STATE(state);
	for (size_t i = 0; i < COUNT; i++) {
		numbers = arena_grow(&arena, numbers, i, sizeof(*numbers));
		numbers[i] = i;
	}
	for (size_t i = 0; i < COUNT; i++)
		assert_row(i, numbers[i] == i);
}

static void test_arena__is_usable_after_clear(void **state)
{
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	arena_clear(&arena);
	assert_string_equal(arena_strdup(&arena, "gone"), "gone");
	arena_clear(&arena);
	assert_null(arena.last);
	assert_string_equal(arena_strdup(&arena, "new"), "new");
}

static void test_arena__texts_and_pieces_do_not_meet(void **state)
{
	enum {
		COUNT = 400
	};
	auto_arena struct arena arena = { 0 };
	unsigned char *pieces[COUNT];
	char *texts[COUNT];
	char text[COUNT];

	UNUSED_STATE(state);
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < COUNT; i++) {
		texts[i] = arena_strndup(&arena, text, i);
		pieces[i] = arena_alloc(&arena, i % 50);
		assert_row(i, (uintptr_t)pieces[i] % alignof(max_align_t) == 0);
		for (size_t j = 0; j < i % 50; j++)
			assert_row(i, pieces[i][j] == 0);
		memset(pieces[i], (int)(i % 256), i % 50);
	}
	for (size_t i = 0; i < COUNT; i++) {
		assert_row(i, strlen(texts[i]) == i);
		for (size_t j = 0; j < i % 50; j++)
			assert_row(i, pieces[i][j] == i % 256);
	}
}

static void test_arena__long_texts_are_printed_whole(void **state)
{
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (int len = 190; len < 210; len++) {
		const char *text = arena_printf(&arena, "%*s|", len, "x");

		assert_row(len, strlen(text) == (size_t)len + 1);
		assert_row(len, text[len] == '|' && text[len - 1] == 'x');
	}
}

/* What was there is gone, whichever way it was taken, and as large as it was.
 */
static void test_arena__a_reset_one_gives_zeroed_pieces(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 3000, 100000, 200 };
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		for (int n = 0; n < 50; n++) {
			const size_t size = sizes[i];
			unsigned char *piece = arena_alloc(&arena, size);
			for (size_t k = 0; k < size; k++)
				assert_row(i, piece[k] == 0);
			memset(piece, 0xaa, size);
			assert_string_equal(arena_printf(&arena, "text %d", n) +
			                            5,
			                    arena_printf(&arena, "%d", n));
		}
		arena_reset(&arena);
	}
	arena_clear(&arena);
	arena_reset(&arena);
}
