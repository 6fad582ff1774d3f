#include "tests/unit/unit.h"

#include <xxhash.h>

#include "store/base/alloc.h"
#include "store/base/hash.h"

static struct hash_secret make_secret(unsigned char step)
{
	struct hash_secret secret;

	for (size_t i = 0; i < sizeof(secret.bytes); i++)
		secret.bytes[i] = (unsigned char)(i * step + 11);
	return secret;
}

static bool same(struct hash a, struct hash b)
{
	return a.high == b.high && a.low == b.low;
}

static void test_hash__is_xxh3_of_prefixed_fields(void **state)
{
	static const char bytes[] = "\3\0\0\0\0\0\0\0run"
	                            "\0\0\0\0\0\0\0\0"
	                            "\5\0\0\0\0\0\0\0hello"
	                            "\10\0\0\0\0\0\0\0"
	                            "\376\377\377\377\377\377\377\377";
	struct hash_secret secret = make_secret(7);
	struct hasher *hasher = hasher_new(&secret, "run");
	XXH128_hash_t wanted = XXH3_128bits_withSecret(
	        bytes, sizeof(bytes) - 1, secret.bytes, sizeof(secret.bytes));
	struct hash hash;

	UNUSED_STATE(state);
	/* The hasher has a secret of its own. */
	secret = make_secret(9);
	hasher_text(hasher, "");
	hasher_bytes(hasher, "hello", 5);
	hasher_int(hasher, -2);
	hash = hasher_finish(hasher);
	assert_true(hash.high == wanted.high64);
	assert_true(hash.low == wanted.low64);
}

static void test_hash__of_long_records_is_the_same_function(void **state)
{
	static const size_t sizes[] = { 0,    239,  240,  241,  997,
		                        1005, 1006, 1007, 1008, 1024,
		                        1025, 5000, 65536 };
	struct hash_secret secret = make_secret(7);

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		size_t len = sizes[i];
		struct hasher *hasher = hasher_new(&secret, "r");
		auto_free unsigned char *bytes = mem_zalloc(1, len + 17);
		XXH128_hash_t wanted;
		struct hash hash;

		bytes[0] = 1;
		bytes[8] = 'r';
		for (size_t j = 0; j < 8; j++)
			bytes[9 + j] = (unsigned char)(len >> (8 * j));
		for (size_t j = 0; j < len; j++)
			bytes[17 + j] = (unsigned char)(j * 31 + j / 256);
		wanted = XXH3_128bits_withSecret(bytes, len + 17, secret.bytes,
		                                 sizeof(secret.bytes));
		hasher_bytes(hasher, bytes + 17, len);
		hash = hasher_finish(hasher);
		assert_row(i, hash.high == wanted.high64);
		assert_row(i, hash.low == wanted.low64);
	}
}

static struct hash hash_of(const struct hash_secret *secret, const char *record,
                           const char *first, const char *second)
{
	struct hasher *hasher = hasher_new(secret, record);

	hasher_text(hasher, first);
	hasher_text(hasher, second);
	return hasher_finish(hasher);
}

static void test_hash__fields_do_not_run_together(void **state)
{
	struct hash_secret secret = make_secret(7);
	struct hash_secret other = make_secret(9);
	struct hash hash = hash_of(&secret, "run", "ab", "c");

	UNUSED_STATE(state);
	assert_true(same(hash, hash_of(&secret, "run", "ab", "c")));
	assert_false(same(hash, hash_of(&secret, "run", "a", "bc")));
	assert_false(same(hash, hash_of(&secret, "runa", "b", "c")));
	assert_false(same(hash, hash_of(&other, "run", "ab", "c")));
}

static void test_hash__long_fields_stream(void **state)
{
	enum {
		SIZE = 100000
	};
	struct hash_secret secret = make_secret(3);
	auto_free char *long_text = mem_zalloc(SIZE + 1, 1);
	struct hash hash;

	UNUSED_STATE(state);
	memset(long_text, 'x', SIZE);
	hash = hash_of(&secret, "a", long_text, "");
	assert_true(same(hash, hash_of(&secret, "a", long_text, "")));
	long_text[SIZE - 1] = 'y';
	assert_false(same(hash, hash_of(&secret, "a", long_text, "")));
}

static void test_hash__text_both_ways(void **state)
{
	static const struct {
		struct hash hash;
		const char *text;
	} cases[] = {
		{ { 0, 0 }, "00000000000000000000000000" },
		{ { 0, 31 }, "0000000000000000000000000z" },
		{ { 0, 32 }, "00000000000000000000000010" },
		{ { UINT64_MAX, UINT64_MAX }, "7zzzzzzzzzzzzzzzzzzzzzzzzz" },
		{ { 1, 0 }, "0000000000000g000000000000" },
		{ { UINT64_C(1) << 63, 1 }, "40000000000000000000000001" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[HASH_TEXT_BYTES];
		struct hash hash = { 9, 9 };

		hash_to_text(cases[i].hash, text);
		assert_row_text(i, text, cases[i].text);
		assert_row(i, hash_from_text(text, &hash));
		assert_row(i, same(hash, cases[i].hash));
	}
}

static void test_hash__text_is_strict(void **state)
{
	static const char *const cases[] = {
		"",
		"0000000000000000000000000",
		"000000000000000000000000000",
		"80000000000000000000000000",
		"0000000000000000000000000Z",
		"0000000000000000000000000i",
		"0000000000000000000000000l",
		"0000000000000000000000000o",
		"0000000000000000000000000u",
		"0000000000000000000000000-",
		"z0000000000000000000000000",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct hash hash = { 9, 9 };

		assert_row(i, !hash_from_text(cases[i], &hash));
		assert_row(i, hash.high == 9 && hash.low == 9);
	}
}

static void test_hash__base64_both_ways(void **state)
{
	/* RFC 4648, 10, and the two characters that are no letters. */
	static const struct {
		const char *bytes;
		const char *text;
	} cases[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].bytes);
		auto_free char *text = base64_encode(cases[i].bytes, len);
		char bytes[10] = { 0 };

		assert_row_text(i, text, cases[i].text);
		assert_row(i, base64_decode(text, bytes, len));
		assert_row_text(i, bytes, cases[i].bytes);
		assert_row(i, !base64_decode(text, bytes, len + 1));
	}
}

static void test_hash__base64_has_one_text_for_bytes(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} cases[] = {
		{ "Zh==", 1 },     { "Zm9=", 2 }, { "Zg=", 1 },  { "Zg", 1 },
		{ "Zg=a", 1 },     { "=g==", 1 }, { "Zm9v", 2 }, { "Zm8=", 3 },
		{ "Zm9v\n", 3 },   { "Zm 9", 3 }, { "Zm-_", 3 }, { "", 1 },
		{ "Zg==Zg==", 4 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char bytes[10] = { 'k' };

		assert_row(i,
		           !base64_decode(cases[i].text, bytes, cases[i].len));
		assert_row(i, bytes[0] == 'k');
	}
}
