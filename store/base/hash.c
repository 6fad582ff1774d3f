/*
 * The hashing is xxHash's; ours is how fields become bytes and how 128 bits
 * and raw bytes become text.
 *
 * A record is mostly short: its bytes are collected, and hashed at once where
 * it ends. Only when they are more does XXH3's own state take them in, which
 * gives the same hash and costs several times as much to set up. XXH3 keeps a
 * pointer to the secret, so that a hasher has a copy of its own and no caller
 * has to keep one alive.
 */
#include "store/base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "store/base/alloc.h"

enum {
	FEW_BYTES = 1024
};

struct hasher {
	XXH3_state_t *state; /* NULL: all is in `few` */
	struct hash_secret secret;
	size_t len;
	unsigned char few[FEW_BYTES];
};

struct hasher *hasher_new(const struct hash_secret *secret, const char *record)
{
	struct hasher *hasher = mem_alloc(sizeof(*hasher));

	hasher->secret = *secret;
	hasher->state = NULL;
	hasher->len = 0;
	hasher_text(hasher, record);
	return hasher;
}

static void update(struct hasher *hasher, const void *bytes, size_t len)
{
	XXH_errorcode code = XXH3_128bits_update(hasher->state, bytes, len);

	assert(code == XXH_OK);
}

/* Go over to XXH3's own state. */
static void start_state(struct hasher *hasher)
{
	XXH_errorcode code;

	/* It wants an alignment that malloc() does not give. */
	hasher->state = mem_check(XXH3_createState());
	code = XXH3_128bits_reset_withSecret(hasher->state,
	                                     hasher->secret.bytes,
	                                     sizeof(hasher->secret.bytes));
	assert(code == XXH_OK);
	update(hasher, hasher->few, hasher->len);
}

static void add_bytes(struct hasher *hasher, const void *bytes, size_t len)
{
	if (hasher->state == NULL && len <= FEW_BYTES - hasher->len) {
		memcpy(hasher->few + hasher->len, bytes, len);
		hasher->len += len;
		return;
	}
	if (hasher->state == NULL)
		start_state(hasher);
	update(hasher, bytes, len);
}

static void add_uint64(struct hasher *hasher, uint64_t number)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	add_bytes(hasher, bytes, sizeof(bytes));
}

void hasher_bytes(struct hasher *hasher, const void *bytes, size_t len)
{
	add_uint64(hasher, len);
	if (len > 0)
		add_bytes(hasher, bytes, len);
}

void hasher_text(struct hasher *hasher, const char *text)
{
	hasher_bytes(hasher, text, strlen(text));
}

void hasher_int(struct hasher *hasher, int64_t number)
{
	add_uint64(hasher, sizeof(number));
	add_uint64(hasher, (uint64_t)number);
}

struct hash hasher_finish(struct hasher *hasher)
{
	XXH128_hash_t digest;

	if (hasher->state != NULL)
		digest = XXH3_128bits_digest(hasher->state);
	else
		digest = XXH3_128bits_withSecret(hasher->few, hasher->len,
		                                 hasher->secret.bytes,
		                                 sizeof(hasher->secret.bytes));
	(void)XXH3_freeState(hasher->state); /* always XXH_OK */
	free(hasher);
	return (struct hash){ .high = digest.high64, .low = digest.low64 };
}

/* 26 digits of five bits are 130: the first digit is below 8. */
static const char base32[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* The last `count` digits of `bits`, at `to`. */
static void write_digits(char *to, size_t count, uint64_t bits)
{
	for (; count > 0; bits >>= 5)
		to[--count] = base32[bits & 31];
}

uint64_t hash_page(const void *bytes, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes, len, seed);
}

void hash_to_text(struct hash hash, char ret_text[HASH_TEXT_BYTES])
{
	write_digits(ret_text + 14, 12, hash.low); /* 60 bits */
	write_digits(ret_text + 2, 12, hash.low >> 60 | hash.high << 4);
	write_digits(ret_text, 2, hash.high >> 56);
	ret_text[HASH_TEXT_BYTES - 1] = '\0';
}

/* The place of `c` in `digits`, or -1. */
static int digit_value(const char *digits, char c)
{
	const char *found = c != '\0' ? strchr(digits, c) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

bool hash_from_text(const char *text, struct hash *ret)
{
	struct hash hash = { 0 };

	if (strlen(text) != HASH_TEXT_BYTES - 1 || text[0] > '7')
		return false;
	for (; *text != '\0'; text++) {
		int value = digit_value(base32, *text);

		if (value < 0)
			return false;
		hash.high = hash.high << 5 | hash.low >> 59;
		hash.low = hash.low << 5 | (uint64_t)value;
	}
	*ret = hash;
	return true;
}

static const char base64[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four characters for each three bytes, the last group padded. */
static size_t base64_len(size_t len)
{
	return size_mul(len / 3 + (len % 3 > 0), 4);
}

char *base64_encode(const void *bytes, size_t len)
{
	const unsigned char *from = bytes;
	char *text = mem_alloc(size_add(base64_len(len), 1));
	char *to = text;

	for (size_t i = 0; i < len; i += 3) {
		unsigned second = i + 1 < len ? from[i + 1] : 0;
		unsigned third = i + 2 < len ? from[i + 2] : 0;
		unsigned group = (unsigned)from[i] << 16 | second << 8 | third;

		*to++ = base64[group >> 18];
		*to++ = base64[group >> 12 & 63];
		*to++ = i + 1 < len ? base64[group >> 6 & 63] : '=';
		*to++ = i + 2 < len ? base64[group & 63] : '=';
	}
	*to = '\0';
	return text;
}

/* Four characters, of which the last `padding` must be '=', as 24 bits. */
static bool decode_group(const char *text, size_t padding, unsigned *ret)
{
	unsigned group = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = digit_value(base64, text[i]);

		if (i >= 4 - padding)
			value = text[i] == '=' ? 0 : -1;
		if (value < 0)
			return false;
		group = group << 6 | (unsigned)value;
	}
	*ret = group;
	/* Bits that no byte takes must be zero: one text for each bytes. */
	return (group & ((1u << 8 * padding) - 1)) == 0;
}

bool base64_decode(const char *text, void *ret_bytes, size_t len)
{
	auto_free unsigned char *bytes = mem_alloc(len);

	if (strlen(text) != base64_len(len))
		return false;
	for (size_t i = 0; i < len; i += 3, text += 4) {
		size_t count = len - i < 3 ? len - i : 3;
		unsigned group;

		if (!decode_group(text, 3 - count, &group))
			return false;
		for (size_t j = 0; j < count; j++)
			bytes[i + j] = (unsigned char)(group >> (16 - 8 * j));
	}
	if (len > 0)
		memcpy(ret_bytes, bytes, len);
	return true;
}
