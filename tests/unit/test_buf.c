#include "tests/unit/unit.h"

#include "store/base/alloc.h"
#include "store/base/buf.h"

static void test_buf__is_a_string_from_the_start(void **state)
{
	auto_buf struct buf buf = buf_make(10);

	UNUSED_STATE(state);
	assert_string_equal(buf.at, "");
	assert_int_equal(buf.len, 0);
	buf_add(&buf, NULL, 0);
	assert_string_equal(buf.at, "");
	buf_add_text(&buf, "a");
	buf_clear(&buf);
	assert_string_equal(buf.at, "");
	assert_int_equal(buf.max, 10);
}

static void test_buf__additions_follow_each_other(void **state)
{
	auto_buf struct buf buf = buf_make(100);

	UNUSED_STATE(state);
	buf_add_text(&buf, "one");
	buf_add_char(&buf, ' ');
	buf_printf(&buf, "%d-%s", 2, "three");
	buf_pad(&buf, '.', 3);
	buf_add(&buf, "4\0005", 3);
	assert_int_equal(buf.len, 17);
	assert_memory_equal(buf.at, "one 2-three...4\0005", 18);
}

static void test_buf__grows_from_one_byte_to_the_limit(void **state)
{
	enum {
		LIMIT = 3000
	};
	auto_buf struct buf buf = buf_make(LIMIT);
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < LIMIT; i++)
		buf_add_char(&buf, (char)('a' + i % 26));
	assert_int_equal(buf_check(&buf, "the text", &err), 0);
	assert_int_equal(buf.len, LIMIT);
	assert_int_equal(strlen(buf.at), LIMIT);
	for (size_t i = 0; i < LIMIT; i++)
		assert_row(i, buf.at[i] == (char)('a' + i % 26));
}

static void test_buf__what_exceeds_the_limit_is_dropped_and_told(void **state)
{
	auto_buf struct buf buf = buf_make(5);
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	buf_add_text(&buf, "12345");
	assert_false(buf.over);
	buf_add_char(&buf, '6');
	assert_true(buf.over);
	assert_string_equal(buf.at, "12345");
	assert_null(buf_reserve(&buf, SIZE_MAX));
	assert_int_equal(buf_check(&buf, "the subject", &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "the subject is longer than 5 bytes");
}

static void test_buf__every_addition_meets_the_limit(void **state)
{
	auto_buf struct buf buf = buf_make(3);

	UNUSED_STATE(state);
	for (size_t i = 0; i < 4; i++) {
		buf_clear(&buf);
		assert_row(i, !buf.over);
		if (i == 0)
			buf_add(&buf, "1234", 4);
		else if (i == 1)
			buf_add_text(&buf, "1234");
		else if (i == 2)
			buf_printf(&buf, "%04d", 1);
		else
			buf_pad(&buf, ' ', 4);
		assert_row(i, buf.over && buf.len == 0);
	}
}

static void test_buf__reserved_bytes_count_when_filled(void **state)
{
	auto_buf struct buf buf = buf_make(1000);
	char *room;

	UNUSED_STATE(state);
	buf_add_text(&buf, "ab");
	room = buf_reserve(&buf, 500);
	assert_ptr_equal(room, buf.at + 2);
	memset(room, 'x', 500);
	buf_filled(&buf, 3);
	assert_string_equal(buf.at, "abxxx");
}

static void test_buf__cut_forgets_the_end(void **state)
{
	auto_buf struct buf buf = buf_make(10);

	UNUSED_STATE(state);
	buf_cut(&buf, 0);
	buf_add_text(&buf, "hello");
	buf_cut(&buf, 2);
	assert_string_equal(buf.at, "he");
	buf_add_text(&buf, "y");
	assert_string_equal(buf.at, "hey");
	buf_pad(&buf, '.', 8);
	buf_cut(&buf, 0);
	assert_true(buf.over);
}

static void test_buf__take_hands_the_bytes_out(void **state)
{
	auto_buf struct buf buf = buf_make(10);
	auto_free char *nothing = buf_take(&buf);
	auto_free char *text = NULL;

	UNUSED_STATE(state);
	assert_string_equal(nothing, "");
	buf_add_text(&buf, "mine");
	text = buf_take(&buf);
	assert_string_equal(text, "mine");
	assert_int_equal(buf.len, 0);
	buf_add_text(&buf, "yours");
	assert_string_equal(buf.at, "yours");
	assert_string_equal(text, "mine");
}

static void test_buf__all_zero_can_be_cleared(void **state)
{
	struct buf buf = { 0 };

	UNUSED_STATE(state);
	buf_clear(&buf);
	assert_string_equal(buf.at, "");
}
