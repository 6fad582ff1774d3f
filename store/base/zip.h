/*
 * The zlib format, in which git stores its objects. Everything that knows
 * zlib.
 */
#ifndef BASE_ZIP_H
#define BASE_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/buf.h"
#include "store/base/compiler.h"

/* Compresses one text after the other: making one costs more than a text. */
struct zip;

void zip_free(struct zip *zip);
struct zip *zip_new(void) MUST_CHECK FREED_BY(zip_free);
void zip_free_auto(struct zip **zip);
#define auto_zip CLEANUP(zip_free_auto)

/* Append `bytes`, compressed as a whole, to `ret`. Fast rather than small. */
void zip_add(struct zip *zip, const void *bytes, size_t len, struct buf *ret);

/* Expands a text of which the beginning may be asked for first. */
struct unzip;

void unzip_free(struct unzip *unzip);
/* `bytes` must live as long as the result; more may follow the text. */
struct unzip *unzip_new(const void *bytes, size_t len) MUST_CHECK
        FREED_BY(unzip_free);
void unzip_free_auto(struct unzip **unzip);
/* Go on with another text: making one costs more than a short text. */
void unzip_again(struct unzip *unzip, const void *bytes, size_t len);
#define auto_unzip CLEANUP(unzip_free_auto)

/* The next at most `len` bytes: how many were written to `ret`. Fewer than
 * `len` when the text ends or is damaged. */
size_t unzip_next(struct unzip *unzip, void *ret, size_t len);
/* Whether the text is complete, its checksum is right, and all of it was
 * given. */
bool unzip_is_done(struct unzip *unzip);

/* CRC-32 of `bytes`, going on from `crc` (0: the beginning). */
uint32_t zip_crc(uint32_t crc, const void *bytes, size_t len);

#endif
