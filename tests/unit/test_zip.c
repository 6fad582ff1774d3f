#include "tests/unit/unit.h"

#include "store/base/zip.h"

static void test_zip__gives_back_what_it_was_given(void **state)
{
	static const size_t lens[] = { 0, 1, 31, 1000, 100000, 3000000 };
	auto_zip struct zip *zip = zip_new();

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		auto_free unsigned char *bytes = mem_alloc(lens[i] + 1);
		auto_free unsigned char *back = mem_alloc(lens[i] + 1);
		auto_buf struct buf packed = buf_make(4u << 20);

		for (size_t n = 0; n < lens[i]; n++)
			bytes[n] = (unsigned char)(n % 251 ^ n / 1000);
		zip_add(zip, bytes, lens[i], &packed);
		auto_unzip struct unzip *unzip =
		        unzip_new(packed.at, packed.len);
		size_t head = lens[i] < 32 ? lens[i] : 32;
		assert_row(i, unzip_next(unzip, back, head) == head);
		assert_row(i, unzip_next(unzip, back + head, lens[i] - head) ==
		                      lens[i] - head);
		assert_row(i, unzip_is_done(unzip));
		assert_row(i, memcmp(bytes, back, lens[i]) == 0);
	}
}

static void test_zip__notices_what_is_missing_or_too_much(void **state)
{
	static const char text[] = "a text that is long enough to be cut";
	auto_zip struct zip *zip = zip_new();
	auto_buf struct buf packed = buf_make(1000);
	char back[sizeof(text)];

	UNUSED_STATE(state);
	zip_add(zip, text, sizeof(text), &packed);
	for (size_t len = 0; len < packed.len; len++) {
		auto_unzip struct unzip *unzip = unzip_new(packed.at, len);
		(void)unzip_next(unzip, back, sizeof(back));
		assert_row(len, !unzip_is_done(unzip));
	}
	auto_unzip struct unzip *unzip = unzip_new(packed.at, packed.len);
	assert_int_equal(unzip_next(unzip, back, 5), 5);
	assert_false(unzip_is_done(unzip));
}

static void test_zip__sums_as_the_standard_says(void **state)
{
	UNUSED_STATE(state);
	assert_int_equal(zip_crc(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(zip_crc(zip_crc(0, "1234", 4), "56789", 5),
	                 0xcbf43926);
}
