#include "tests/unit/unit.h"

#include "store/base/sha1_block.h"

/* Whatever this processor can do, it comes to the same. */
static void test_sha1_block__is_the_same_by_any_instructions(void **state)
{
	unsigned char block[SHA1_BLOCK_BYTES];
	uint32_t plain[5] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff };
	uint32_t bound[5];
	uint32_t seed = 1;

	UNUSED_STATE(state);
	memcpy(bound, plain, sizeof(bound));
	for (size_t i = 0; i < 1000; i++) {
		for (size_t n = 0; n < sizeof(block); n++) {
			seed = seed * 1664525 + 1013904223;
			block[n] = (unsigned char)(seed >> 24);
		}
		sha1_block_plain(plain, block);
		sha1_block(bound, block);
		assert_memory_equal(plain, bound, sizeof(plain));
	}
}
