#include "tests/unit/unit.h"

#include "store/base/sha1.h"

static void digest_text(const struct sha1 *sha1, char ret[41])
{
	struct sha1 copy = *sha1;
	unsigned char digest[SHA1_BYTES];

	sha1_end(&copy, digest);
	for (size_t i = 0; i < SHA1_BYTES; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

static void test_sha1__knows_the_standards_examples(void **state)
{
	static const struct {
		const char *text;
		size_t times;
		const char *digest;
	} rows[] = {
		{ "", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
		{ "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
		{ "a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f" },
		{ "0123456701234567012345670123456701234567012345670123456701"
		  "234567",
		  10, "dea356a2cddd90c7a7ecedc5ebb563934f460452" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sha1 sha1 = sha1_begin();
		char text[41];

		for (size_t n = 0; n < rows[i].times; n++)
			sha1_add(&sha1, rows[i].text, strlen(rows[i].text));
		digest_text(&sha1, text);
		assert_row_text(i, text, rows[i].digest);
	}
}

static void test_sha1__is_the_same_however_it_is_cut(void **state)
{
	unsigned char bytes[200];

	UNUSED_STATE(state);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		struct sha1 whole = sha1_begin();
		char wanted[41];

		sha1_add(&whole, bytes, len);
		digest_text(&whole, wanted);
		for (size_t cut = 0; cut <= len; cut++) {
			struct sha1 parts = sha1_begin();
			char got[41];

			sha1_add(&parts, bytes, cut);
			sha1_add(&parts, bytes + cut, len - cut);
			digest_text(&parts, got);
			assert_row_text(len, got, wanted);
		}
	}
}
