/*
 * Parsed jobs in a folder, so that a job is parsed once and not once a command.
 *
 * A file there is the image of one job, found by the job's name, the id of the
 * blob that it was parsed from and the program that parsed it. All of it can be
 * made anew: what is damaged or missing is parsed, what cannot be written is
 * not kept, and nobody is told.
 */
#ifndef JOB_JOB_CACHE_H
#define JOB_JOB_CACHE_H

#include "engine/job/image.h"
#include "store/repo.h"

/* The job `name`, parsed from `blob`; NULL: parse it. */
struct image *job_cache_find(const char *dir, const char *name,
                             const struct oid *blob,
                             const struct language *language) MUST_CHECK
        FREED_BY(image_close);

/* Keep it, and of its other versions the last few. */
void job_cache_keep(const char *dir, const char *name, const struct oid *blob,
                    const struct job *job);

#endif
