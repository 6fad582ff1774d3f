/*
 * A parsed job as bytes: an image of its structs, which is read back without
 * parsing.
 *
 *	image_write(job, &stamp, &bytes);          (once)
 *	struct image *image = image_open(&bytes, &stamp, language);
 *	const struct job *job = image_job(image);
 *	image_close(image);
 *
 * An image is good for the program that made it, on the machine that it was
 * made on: `stamp` is the hash of that program and of all that the job was
 * parsed from. One with another stamp, or whose bytes are not those that were
 * written, is none.
 */
#ifndef JOB_IMAGE_H
#define JOB_IMAGE_H

#include "engine/job/job.h"
#include "engine/job/language.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/hash.h"

struct image;

void image_close(struct image *image);
void image_close_auto(struct image **image);
#define auto_image CLEANUP(image_close_auto)

/* Append the image of `job`; what does not fit the buffer is not written
 * (`ret->over`). */
void image_write(const struct job *job, const struct hash *stamp,
                 struct buf *ret);

/* Takes `bytes`, which are empty afterwards. NULL when they are no image of
 * that stamp. `language` must outlive it. */
struct image *image_open(struct buf *bytes, const struct hash *stamp,
                         const struct language *language) MUST_CHECK
        FREED_BY(image_close);

/* Valid as long as the image. */
const struct job *image_job(const struct image *image);

#endif
