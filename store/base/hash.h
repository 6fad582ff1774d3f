/*
 * XXH3-128 over length-prefixed fields, seeded with the journal's secret.
 *
 *	struct hasher *hasher = hasher_new(&secret, "run");
 *	hasher_text(hasher, job);
 *	hasher_text(hasher, trigger);
 *	struct hash id = hasher_finish(hasher);   (frees it)
 *
 * The record name and every field go in as an 8-byte little-endian length and
 * the bytes, so that no two lists of fields are the same bytes. XXH3 is fast,
 * not secret-proof: the 192-byte secret keeps outside text from being crafted
 * to collide (DESIGN.md, Keys).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/compiler.h"

#define HASH_SECRET_BYTES 192
#define HASH_TEXT_BYTES   27 /* 26 characters and a NUL */

struct hash_secret {
	unsigned char bytes[HASH_SECRET_BYTES];
};

struct hash {
	uint64_t high;
	uint64_t low;
};

struct hasher;

struct hasher *hasher_new(const struct hash_secret *secret,
                          const char *record) MUST_CHECK;
void hasher_bytes(struct hasher *hasher, const void *bytes, size_t len);
void hasher_text(struct hasher *hasher, const char *text);
void hasher_int(struct hasher *hasher, int64_t number);
struct hash hasher_finish(struct hasher *hasher);

/* A sum of `len` bytes against damage, not against people. */
uint64_t hash_page(const void *bytes, size_t len, uint64_t seed);

/* 26 characters of Crockford's base32 in lower case, most significant first:
 * digits and letters without i, l, o, u. */
void hash_to_text(struct hash hash, char ret_text[HASH_TEXT_BYTES]);
bool hash_from_text(const char *text, struct hash *ret);

/* RFC 4648 base64 with padding; the result is on the heap, for free(). */
char *base64_encode(const void *bytes, size_t len) MUST_CHECK;
/* Exactly `len` bytes; false if `text` is not that. */
bool base64_decode(const char *text, void *ret_bytes, size_t len);

#endif
