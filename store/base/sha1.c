/*
 * FIPS 180-4: 64-byte blocks, each of which changes the five words of the state
 * (sha1_block.c). The message is followed by a bit 1, zeros, and its length in
 * bits as the last eight bytes.
 */
#include "store/base/sha1.h"

#include <string.h>

#include "store/base/compiler.h"
#include "store/base/sha1_block.h"

struct sha1 sha1_begin(void)
{
	return (struct sha1){
		.state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
		           0xc3d2e1f0 },
	};
}

void sha1_add(struct sha1 *sha1, const void *bytes, size_t len)
{
	const unsigned char *from = bytes;
	size_t held = (size_t)(sha1->len % SHA1_BLOCK_BYTES);

	sha1->len += len;
	if (held + len < SHA1_BLOCK_BYTES) {
		if (len > 0)
			memcpy(sha1->block + held, from, len);
		return;
	}
	if (held > 0) {
		size_t fill = SHA1_BLOCK_BYTES - held;
		memcpy(sha1->block + held, from, fill);
		sha1_block(sha1->state, sha1->block);
		from += fill;
		len -= fill;
	}
	for (; len >= SHA1_BLOCK_BYTES;
	     len -= SHA1_BLOCK_BYTES, from += SHA1_BLOCK_BYTES)
		sha1_block(sha1->state, from);
	if (len > 0)
		memcpy(sha1->block, from, len);
}

void sha1_end(struct sha1 *sha1, unsigned char ret[SHA1_BYTES])
{
	static const unsigned char padding[SHA1_BLOCK_BYTES] = { 0x80 };
	uint64_t bits = __builtin_bswap64(sha1->len * 8);
	size_t held = (size_t)(sha1->len % SHA1_BLOCK_BYTES);
	size_t pad = (held < 56 ? 56 : 120) - held;

	sha1_add(sha1, padding, pad);
	sha1_add(sha1, &bits, sizeof(bits));
	for (size_t i = 0; i < ARRAY_LEN(sha1->state); i++) {
		uint32_t word = __builtin_bswap32(sha1->state[i]);
		memcpy(ret + 4 * i, &word, sizeof(word));
	}
}
