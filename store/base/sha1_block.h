/*
 * The heart of SHA-1: what one block does to the state. For sha1.c.
 */
#ifndef BASE_SHA1_BLOCK_H
#define BASE_SHA1_BLOCK_H

#include <stdint.h>

#define SHA1_BLOCK_BYTES 64

/* Take in the SHA1_BLOCK_BYTES at `block`. */
void sha1_block(uint32_t state[5], const unsigned char *block);

/* The same on any processor, several times as slowly on most. */
void sha1_block_plain(uint32_t state[5], const unsigned char *block);

#endif
