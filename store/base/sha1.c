/*
 * FIPS 180-4: 64-byte blocks, 80 rounds each on five words. The message is
 * followed by a bit 1, zeros, and its length in bits as the last eight bytes.
 * The schedule of 80 words is kept as a ring of 16.
 */
#include "store/base/sha1.h"

#include <string.h>

#include "store/base/compiler.h"

#define BLOCK_BYTES 64

struct sha1 sha1_begin(void)
{
	return (struct sha1){
		.state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
		           0xc3d2e1f0 },
	};
}

static inline uint32_t rotated(uint32_t word, int bits)
{
	return word << bits | word >> (32 - bits);
}

static inline uint32_t word_at(const unsigned char *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return __builtin_bswap32(word);
}

/* Word `i` of the schedule, which takes the place of word `i` - 16. */
static inline uint32_t scheduled(uint32_t ring[16], unsigned i)
{
	uint32_t word = ring[(i + 13) & 15] ^ ring[(i + 8) & 15] ^
	                ring[(i + 2) & 15] ^ ring[i & 15];

	return ring[i & 15] = rotated(word, 1);
}

/* One round: the five words a to e move on by one place. */
static inline void advance(uint32_t s[5], uint32_t mixed, uint32_t word)
{
	uint32_t next = rotated(s[0], 5) + mixed + s[4] + word;

	s[4] = s[3];
	s[3] = s[2];
	s[2] = rotated(s[1], 30);
	s[1] = s[0];
	s[0] = next;
}

static void add_block(uint32_t state[5], const unsigned char *block)
{
	uint32_t ring[16];
	uint32_t s[5];

	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 16; i++) {
		ring[i] = word_at(block + (size_t)4 * i);
		advance(s, ((s[1] & s[2]) | (~s[1] & s[3])) + 0x5a827999,
		        ring[i]);
	}
	for (unsigned i = 16; i < 20; i++)
		advance(s, ((s[1] & s[2]) | (~s[1] & s[3])) + 0x5a827999,
		        scheduled(ring, i));
	for (unsigned i = 20; i < 40; i++)
		advance(s, (s[1] ^ s[2] ^ s[3]) + 0x6ed9eba1,
		        scheduled(ring, i));
	for (unsigned i = 40; i < 60; i++)
		advance(s,
		        ((s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3])) +
		                0x8f1bbcdc,
		        scheduled(ring, i));
	for (unsigned i = 60; i < 80; i++)
		advance(s, (s[1] ^ s[2] ^ s[3]) + 0xca62c1d6,
		        scheduled(ring, i));
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		state[i] += s[i];
}

void sha1_add(struct sha1 *sha1, const void *bytes, size_t len)
{
	const unsigned char *from = bytes;
	size_t held = (size_t)(sha1->len % BLOCK_BYTES);

	sha1->len += len;
	if (held + len < BLOCK_BYTES) {
		if (len > 0)
			memcpy(sha1->block + held, from, len);
		return;
	}
	if (held > 0) {
		size_t fill = BLOCK_BYTES - held;
		memcpy(sha1->block + held, from, fill);
		add_block(sha1->state, sha1->block);
		from += fill;
		len -= fill;
	}
	for (; len >= BLOCK_BYTES; len -= BLOCK_BYTES, from += BLOCK_BYTES)
		add_block(sha1->state, from);
	if (len > 0)
		memcpy(sha1->block, from, len);
}

void sha1_end(struct sha1 *sha1, unsigned char ret[SHA1_BYTES])
{
	static const unsigned char padding[BLOCK_BYTES] = { 0x80 };
	uint64_t bits = __builtin_bswap64(sha1->len * 8);
	size_t held = (size_t)(sha1->len % BLOCK_BYTES);
	size_t pad = (held < 56 ? 56 : 120) - held;

	sha1_add(sha1, padding, pad);
	sha1_add(sha1, &bits, sizeof(bits));
	for (size_t i = 0; i < ARRAY_LEN(sha1->state); i++) {
		uint32_t word = __builtin_bswap32(sha1->state[i]);
		memcpy(ret + 4 * i, &word, sizeof(word));
	}
}
