/*
 * Parsed jobs in a folder, so that a job is parsed once and not once a command.
 *
 *	struct job_cache *cache = job_cache_open(".reeve/jobs");
 *	const struct job *job = job_cache_find(cache, name, &blob, &language);
 *	if (!job)
 *		job_cache_keep(cache, name, &blob, job = parse it);
 *	else
 *		job_cache_release(cache, job);
 *	job_cache_close(cache);
 *
 * A file there is the image of one job, found by the job's name, the id of the
 * blob that it was parsed from and the program that parsed it. All of it can be
 * made anew: what is damaged or missing is parsed, what cannot be written is
 * not kept, and nobody is told.
 *
 * Who asks for a job that somebody has already gets the same one.
 */
#ifndef JOB_JOB_CACHE_H
#define JOB_JOB_CACHE_H

#include "engine/job/job.h"
#include "engine/job/language.h"
#include "store/base/compiler.h"
#include "store/repo.h"

struct job_cache;

/* Every job must have been released. */
void job_cache_close(struct job_cache *cache);
void job_cache_close_auto(struct job_cache **cache);
#define auto_job_cache CLEANUP(job_cache_close_auto)

/* The folder `dir` is made when there is something to put into it. */
struct job_cache *job_cache_open(const char *dir) MUST_CHECK
        FREED_BY(job_cache_close);

/* The job `name`, parsed from `blob`; NULL: parse it. Each one found is to be
 * released. `language` must outlive it. */
const struct job *job_cache_find(struct job_cache *cache, const char *name,
                                 const struct oid *blob,
                                 const struct language *language) MUST_CHECK;
void job_cache_release(struct job_cache *cache, const struct job *job);

/* Keep it, and of its other versions the last few. */
void job_cache_keep(struct job_cache *cache, const char *name,
                    const struct oid *blob, const struct job *job);

#endif
