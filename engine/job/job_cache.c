/*
 * A file is called NAME.HASH, with the hash of blob and program. Runs that are
 * under way read their job as it was when they began, so a few versions of one
 * job are kept: the newest by their time. What was read is lent, and counted:
 * the run that is under way and the job of today are mostly the same.
 */
#include "engine/job/job_cache.h"

#include <assert.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/job/image.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/program.h"
#include "store/base/text.h"

#define VERSIONS_KEPT 4

/* A job that somebody has. */
struct lent {
	struct hash stamp;
	struct image *image;
	size_t users;
};

struct job_cache {
	char *dir;
	struct lent *lent;
	size_t count;
};

void job_cache_close(struct job_cache *cache)
{
	if (!cache)
		return;
	assert(cache->count == 0);
	free(cache->lent);
	free(cache->dir);
	free(cache);
}

void job_cache_close_auto(struct job_cache **cache)
{
	job_cache_close(*cache);
}

struct job_cache *job_cache_open(const char *dir)
{
	struct job_cache *cache = mem_zalloc(1, sizeof(*cache));

	cache->dir = mem_strdup(dir);
	return cache;
}

static bool stamp_of(const struct oid *blob, struct hash *ret)
{
	static const struct hash_secret none = { { 0 } };
	struct hash program;

	if (!program_hash(&program))
		return false;
	struct hasher *hasher = hasher_new(&none, "parsed job");
	hasher_bytes(hasher, &program, sizeof(program));
	hasher_bytes(hasher, blob->bytes, sizeof(blob->bytes));
	*ret = hasher_finish(hasher);
	return true;
}

static char *path_of(const char *dir, const char *name,
                     const struct hash *stamp)
{
	char text[HASH_TEXT_BYTES];

	hash_to_text(*stamp, text);
	return mem_printf("%s/%s.%s", dir, name, text);
}

/* ---- Finding ------------------------------------------------------------- */

static struct image *read_image(const char *dir, const char *name,
                                const struct hash *stamp,
                                const struct language *language)
{
	auto_error struct error ignored = { 0 }; /* then it is parsed */
	auto_buf struct buf bytes = buf_make(LIMIT_JOB_IMAGE);
	auto_free char *path = path_of(dir, name, stamp);
	struct stat file;

	if (stat(path, &file) < 0 ||
	    !buf_reserve(&bytes, (size_t)file.st_size + 1))
		return NULL;
	mem_expect_use(bytes.at, bytes.cap);
	if (file_read(path, &bytes, &ignored) < 0)
		return NULL;
	return image_open(&bytes, stamp, language);
}

const struct job *job_cache_find(struct job_cache *cache, const char *name,
                                 const struct oid *blob,
                                 const struct language *language)
{
	struct image *image;
	struct hash stamp;

	if (!stamp_of(blob, &stamp))
		return NULL;
	for (size_t i = 0; i < cache->count; i++) {
		struct lent *lent = &cache->lent[i];
		const struct job *job = image_job(lent->image);
		if (memcmp(&lent->stamp, &stamp, sizeof(stamp)) != 0 ||
		    !text_equal(job->name, name))
			continue;
		lent->users++;
		return job;
	}
	image = read_image(cache->dir, name, &stamp, language);
	if (!image)
		return NULL;
	cache->lent = mem_grow(cache->lent, cache->count, sizeof(*cache->lent));
	cache->lent[cache->count++] = (struct lent){ stamp, image, 1 };
	return image_job(image);
}

void job_cache_release(struct job_cache *cache, const struct job *job)
{
	for (size_t i = 0; i < cache->count; i++) {
		struct lent *lent = &cache->lent[i];
		if (image_job(lent->image) != job)
			continue;
		if (--lent->users == 0) {
			image_close(lent->image);
			*lent = cache->lent[--cache->count];
		}
		return;
	}
}

/* ---- Keeping ------------------------------------------------------------- */

struct version {
	char *path;
	struct timespec time;
};

struct versions {
	struct version *list;
	size_t count;
};

static void versions_clear(struct versions *versions)
{
	for (size_t i = 0; i < versions->count; i++)
		free(versions->list[i].path);
	free(versions->list);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* was only read */
}

static void add_version(struct versions *versions, char *path)
{
	struct stat file;

	if (stat(path, &file) < 0) {
		free(path);
		return;
	}
	versions->list = mem_grow(versions->list, versions->count,
	                          sizeof(*versions->list));
	versions->list[versions->count++] =
	        (struct version){ path, file.st_mtim };
}

/* The files of the job: a name has no dot. */
static void find_versions(struct versions *versions, const char *dir,
                          const char *name)
{
	auto_free char *beginning = mem_printf("%s.", name);
	CLEANUP(close_dir) DIR *listing = opendir(dir);
	const struct dirent *entry;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
	while (listing && (entry = readdir(listing)))
		if (text_starts(entry->d_name, beginning))
			add_version(versions,
			            mem_printf("%s/%s", dir, entry->d_name));
}

static int newest_first(const void *a, const void *b)
{
	const struct timespec *left = &((const struct version *)a)->time;
	const struct timespec *right = &((const struct version *)b)->time;

	if (left->tv_sec != right->tv_sec)
		return left->tv_sec > right->tv_sec ? -1 : 1;
	if (left->tv_nsec != right->tv_nsec)
		return left->tv_nsec > right->tv_nsec ? -1 : 1;
	return 0;
}

static void forget_old(const char *dir, const char *name)
{
	CLEANUP(versions_clear) struct versions versions = { 0 };

	find_versions(&versions, dir, name);
	if (versions.count <= VERSIONS_KEPT)
		return;
	qsort(versions.list, versions.count, sizeof(*versions.list),
	      newest_first);
	for (size_t i = VERSIONS_KEPT; i < versions.count; i++)
		(void)unlink(versions.list[i].path); /* or it stays */
}

void job_cache_keep(struct job_cache *cache, const char *name,
                    const struct oid *blob, const struct job *job)
{
	auto_error struct error ignored = { 0 }; /* then it is parsed again */
	auto_buf struct buf bytes = buf_make(LIMIT_JOB_IMAGE);
	auto_free char *path = NULL;
	struct hash stamp;

	if (!stamp_of(blob, &stamp))
		return;
	image_write(job, &stamp, &bytes);
	path = path_of(cache->dir, name, &stamp);
	if (bytes.over ||
	    file_put(path, bytes.at, bytes.len, 0600, &ignored) < 0)
		return;
	forget_old(cache->dir, name);
}
