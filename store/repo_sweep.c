/*
 * Locks of references that a killed process left. One that stands in the way
 * of a change is dealt with there (repo_refs.c); these stand in nobody's way
 * but the owner's, who may want to change a draft with git. A lock counts as
 * left when it is old and no process has it open.
 */
#include <dirent.h>
#include <sys/stat.h>
#include <time.h>

#include "store/base/alloc.h"
#include "store/base/text.h"
#include "store/repo.h"
#include "store/repo_private.h"

#define LEFT_S 60
#define LEVELS 5 /* refs/remotes/origin/reeve/draft/NAME */

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* was only read */
}

static int sweep_file(struct repo *repo, const char *path,
                      const struct stat *file, struct error *err)
{
	if (!text_ends(path, ".lock") ||
	    time(NULL) - file->st_mtim.tv_sec <= LEFT_S)
		return 0;
	return repo_drop_lock(repo, path, err) < 0 ? -1 : 0;
}

static int sweep(struct repo *repo, const char *path, unsigned levels,
                 struct error *err)
{
	CLEANUP(close_dir) DIR *dir = opendir(path);
	const struct dirent *entry;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
	while (dir && (entry = readdir(dir))) {
		struct stat file;
		auto_free char *child =
		        mem_printf("%s/%s", path, entry->d_name);
		int status = 0;

		if (entry->d_name[0] == '.' || lstat(child, &file) < 0)
			continue; /* it has gone */
		if (S_ISREG(file.st_mode))
			status = sweep_file(repo, child, &file, err);
		else if (S_ISDIR(file.st_mode) && levels > 1)
			status = sweep(repo, child, levels - 1, err);
		if (status < 0)
			return -1;
	}
	return 0;
}

int repo_sweep_locks(struct repo *repo, struct error *err)
{
	/* What a push of ours writes of the remote is git's to lock. */
	static const char *const ours[] = { "refs/heads/reeve", "refs/reeve",
		                            "refs/remotes" };

	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		auto_free char *path =
		        mem_printf("%s/%s", repo->at.common_dir, ours[i]);
		if (sweep(repo, path, LEVELS, err) < 0)
			return -1;
	}
	return 0;
}
