/*
 * FIPS 180-4: 80 rounds on five words, with a schedule of 80 words that is kept
 * as a ring of 16.
 *
 * Processors of today do four rounds with one instruction. The four words a to
 * d are the lanes of one register, a uppermost; e comes from the a of four
 * rounds before, so that register is kept for four more rounds. The ring is
 * four registers of four words. Which of the two is used is found out once,
 * when the program is loaded: sha1_block() is bound like a library's function.
 */
#include "store/base/sha1_block.h"

#include <string.h>

#include "store/base/compiler.h"

#if defined(__SANITIZE_ADDRESS__)
#define IS_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_WATCHED 1
#endif
#endif

/* A sanitizer is not there yet when functions are bound. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(IS_WATCHED)
#define HAS_FAST 1
#include <cpuid.h>
#include <immintrin.h>
#else
#define HAS_FAST 0
#endif

/* ---- Everywhere ---------------------------------------------------------- */

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

void sha1_block_plain(uint32_t state[5], const unsigned char *block)
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

/* ---- With instructions for it -------------------------------------------- */

#if HAS_FAST

#define FAST FOR_CPU("sha,ssse3,sse4.1")

struct lanes {
	__m128i abcd;
	__m128i before; /* abcd of four rounds ago */
	__m128i ring[4];
};

/* The next four words of the schedule, `quad` * 4 and on, with e added. */
FAST static inline __m128i next_words(struct lanes *lanes, unsigned quad)
{
	__m128i *ring = lanes->ring;
	__m128i *words = &ring[quad & 3];

	if (quad >= 4) {
		*words = _mm_sha1msg1_epu32(*words, ring[(quad + 1) & 3]);
		*words = _mm_xor_si128(*words, ring[(quad + 2) & 3]);
		*words = _mm_sha1msg2_epu32(*words, ring[(quad + 3) & 3]);
	}
	return _mm_sha1nexte_epu32(lanes->before, *words);
}

/* Rounds 20 * `part` to 20 * `part` + 19; the instruction wants to know the
 * part when it is compiled. */
#define TWENTY_ROUNDS(lanes, part)                                             \
	for (unsigned quad = 5 * (part); quad < 5 * (part) + 5; quad++) {      \
		__m128i words = next_words((lanes), quad);                     \
		(lanes)->before = (lanes)->abcd;                               \
		(lanes)->abcd =                                                \
		        _mm_sha1rnds4_epu32((lanes)->abcd, words, (part));     \
	}

FAST static void block_fast(uint32_t state[5], const unsigned char *block)
{
	const __m128i big_endian = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
	                                        10, 11, 12, 13, 14, 15);
	/* What comes from `before` is its a, turned by 30 bits. */
	const __m128i e =
	        _mm_set_epi32((int)(state[4] << 2 | state[4] >> 30), 0, 0, 0);
	struct lanes lanes = { .before = e };
	__m128i abcd;

	memcpy(&abcd, state, sizeof(abcd));
	abcd = _mm_shuffle_epi32(abcd, 0x1b);
	lanes.abcd = abcd;
	for (size_t i = 0; i < 4; i++) {
		memcpy(&lanes.ring[i], block + 16 * i, 16);
		lanes.ring[i] = _mm_shuffle_epi8(lanes.ring[i], big_endian);
	}
	TWENTY_ROUNDS(&lanes, 0)
	TWENTY_ROUNDS(&lanes, 1)
	TWENTY_ROUNDS(&lanes, 2)
	TWENTY_ROUNDS(&lanes, 3)
	abcd = _mm_shuffle_epi32(_mm_add_epi32(abcd, lanes.abcd), 0x1b);
	memcpy(state, &abcd, sizeof(abcd));
	state[4] += (uint32_t)_mm_extract_epi32(
	        _mm_sha1nexte_epu32(lanes.before, _mm_setzero_si128()), 3);
}

/* Nothing of ours or of libc can be called yet when this is. */
typedef void block_function(uint32_t state[5], const unsigned char *block);

UNUSED BEFORE_MAIN static block_function *choose(void)
{
	const unsigned ssse3 = 1u << 9;
	const unsigned sse41 = 1u << 19;
	const unsigned sha = 1u << 29;
	unsigned a;
	unsigned b;
	unsigned c;
	unsigned d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & ssse3) || !(c & sse41) ||
	    !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & sha))
		return sha1_block_plain;
	return block_fast;
}

void sha1_block(uint32_t state[5], const unsigned char *block)
        CHOSEN_BY("choose");

#else

void sha1_block(uint32_t state[5], const unsigned char *block)
{
	sha1_block_plain(state, block);
}

#endif
