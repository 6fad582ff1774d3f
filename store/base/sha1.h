/*
 * SHA-1, as git names its objects and closes its packs with.
 *
 *	struct sha1 sha1 = sha1_begin();
 *	sha1_add(&sha1, bytes, len);
 *	sha1_end(&sha1, digest);
 *
 * It keeps nobody from making two texts of one name. Where a name given by
 * outsiders is written to the repository, libgit2 computes it, which notices
 * the known ways of doing so.
 */
#ifndef BASE_SHA1_H
#define BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define SHA1_BYTES 20

struct sha1 {
	uint32_t state[5];
	uint64_t len;            /* of all that was added */
	unsigned char block[64]; /* what does not fill a block yet */
};

struct sha1 sha1_begin(void);
void sha1_add(struct sha1 *sha1, const void *bytes, size_t len);
void sha1_end(struct sha1 *sha1, unsigned char ret[SHA1_BYTES]);

#endif
