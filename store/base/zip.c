/*
 * zlib's streams are reset and used again where there are many small texts.
 * Its counters of bytes have 32 bits, so what is longer is given in pieces.
 */
#include "store/base/zip.h"

#include <assert.h>
#include <stdlib.h>

#define ZLIB_CONST /* its inputs are const then */
#include <zlib.h>

#include "store/base/alloc.h"

#define PIECE_BYTES (1u << 30)

struct zip {
	z_stream stream;
};

struct unzip {
	z_stream stream;
	size_t left; /* of the input, behind what the stream was given */
	bool is_done;
};

struct zip *zip_new(void)
{
	struct zip *zip = mem_zalloc(1, sizeof(*zip));

	/* Nothing but a lack of memory can fail here. */
	int rc = deflateInit(&zip->stream, Z_BEST_SPEED);
	return mem_check(rc == Z_OK ? zip : NULL);
}

void zip_free(struct zip *zip)
{
	if (!zip)
		return;
	(void)deflateEnd(&zip->stream); /* only tells what was not read */
	free(zip);
}

void zip_free_auto(struct zip **zip)
{
	zip_free(*zip);
}

void zip_add(struct zip *zip, const void *bytes, size_t len, struct buf *ret)
{
	z_stream *stream = &zip->stream;
	int rc;

	assert(len < PIECE_BYTES);
	rc = deflateReset(stream);
	assert(rc == Z_OK);
	uLong bound = deflateBound(stream, len);
	char *to = buf_reserve(ret, bound);
	if (!to)
		return;
	stream->next_in = bytes;
	stream->avail_in = (uInt)len;
	stream->next_out = (Bytef *)to;
	stream->avail_out = (uInt)bound;
	rc = deflate(stream, Z_FINISH);
	assert(rc == Z_STREAM_END);
	buf_filled(ret, bound - stream->avail_out);
}

struct unzip *unzip_new(const void *bytes, size_t len)
{
	struct unzip *unzip = mem_zalloc(1, sizeof(*unzip));

	int rc = inflateInit(&unzip->stream);
	unzip = mem_check(rc == Z_OK ? unzip : NULL);
	unzip->stream.next_in = bytes;
	unzip->left = len;
	return unzip;
}

void unzip_again(struct unzip *unzip, const void *bytes, size_t len)
{
	int rc = inflateReset(&unzip->stream);

	assert(rc == Z_OK);
	(void)rc;
	unzip->stream.next_in = bytes;
	unzip->stream.avail_in = 0;
	unzip->left = len;
	unzip->is_done = false;
}

void unzip_free(struct unzip *unzip)
{
	if (!unzip)
		return;
	(void)inflateEnd(&unzip->stream); /* cannot fail */
	free(unzip);
}

void unzip_free_auto(struct unzip **unzip)
{
	unzip_free(*unzip);
}

static void feed(struct unzip *unzip)
{
	size_t piece = unzip->left < PIECE_BYTES ? unzip->left : PIECE_BYTES;

	if (unzip->stream.avail_in > 0)
		return;
	unzip->stream.avail_in = (uInt)piece;
	unzip->left -= piece;
}

size_t unzip_next(struct unzip *unzip, void *ret, size_t len)
{
	z_stream *stream = &unzip->stream;
	size_t done = 0;

	while (done < len && !unzip->is_done) {
		size_t want =
		        len - done < PIECE_BYTES ? len - done : PIECE_BYTES;

		feed(unzip);
		stream->next_out = (Bytef *)ret + done;
		stream->avail_out = (uInt)want;
		int rc = inflate(stream, Z_NO_FLUSH);
		/* It gets its window when it begins. */
		unzip = mem_check(rc == Z_MEM_ERROR ? NULL : unzip);
		done += want - stream->avail_out;
		unzip->is_done = rc == Z_STREAM_END;
		if (rc != Z_OK)
			break;
	}
	return done;
}

bool unzip_is_done(struct unzip *unzip)
{
	char beyond;

	return (unzip->is_done || unzip_next(unzip, &beyond, 1) == 0) &&
	       unzip->is_done;
}

uint32_t zip_crc(uint32_t crc, const void *bytes, size_t len)
{
	return (uint32_t)crc32_z(crc, bytes, len);
}
