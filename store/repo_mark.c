/*
 * A reference is a file of its own or a line of packed-refs, which repo_peek.c
 * knows. Here the bytes of these files are hashed, with packed-refs as a
 * whole: what moves another branch in it looks like news, and only costs a
 * closer look. Of a file that only names another reference it is not known
 * when that one moves.
 *
 * Hashes of files are summed up, so that the order in which a folder lists
 * them means nothing. The names are walked as a list that grows: branches may
 * be as deep as a path is long.
 */
#include "store/repo_mark.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/repo_private.h"

#define PACKED_BYTES (64u << 20)

struct marking {
	const char *dir; /* the common one */
	struct arena arena;
	const char **names; /* still to be looked at, below `dir` */
	size_t count;
	struct hash sum;
};

static void add_name(struct marking *marking, const char *name)
{
	marking->names = arena_grow(&marking->arena, marking->names,
	                            marking->count, sizeof(*marking->names));
	marking->names[marking->count++] = name;
}

static void add_hash(struct marking *marking, const char *name,
                     const struct buf *bytes)
{
	static const struct hash_secret none = { { 0 } };
	struct hasher *hasher = hasher_new(&none, "ref");

	hasher_text(hasher, name);
	hasher_bytes(hasher, bytes->at, bytes->len);
	struct hash hash = hasher_finish(hasher);
	marking->sum.high += hash.high;
	marking->sum.low += hash.low;
}

static bool mark_file(struct marking *marking, const char *name,
                      const char *path, size_t limit)
{
	auto_buf struct buf bytes = buf_make(limit);
	auto_error struct error err = { 0 };

	if (file_read(path, &bytes, &err) < 0)
		return err.code == ERR_MISSING;
	if (text_starts(bytes.at, "ref:"))
		return false;
	add_hash(marking, name, &bytes);
	return true;
}

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* was only read */
}

static bool mark_folder(struct marking *marking, const char *name,
                        const char *path)
{
	CLEANUP(close_dir) DIR *dir = opendir(path);
	const struct dirent *entry;

	if (!dir)
		return errno == ENOENT;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			add_name(marking, arena_printf(&marking->arena, "%s/%s",
			                               name, entry->d_name));
	return true;
}

static bool mark_name(struct marking *marking, const char *name)
{
	const char *path =
	        arena_printf(&marking->arena, "%s/%s", marking->dir, name);
	struct stat file;

	if (lstat(path, &file) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	if (S_ISDIR(file.st_mode))
		return mark_folder(marking, name, path);
	return S_ISREG(file.st_mode) &&
	       mark_file(marking, name, path, LIMIT_PATH);
}

bool repo_mark(struct repo *repo, const char *const *names, struct hash *ret)
{
	auto_free char *packed = NULL;
	struct marking marking = { 0 };
	bool known = repo->is_plain;

	if (!known)
		return false;
	marking.dir = repo->at.common_dir;
	packed = mem_printf("%s/packed-refs", marking.dir);
	known = mark_file(&marking, "", packed, PACKED_BYTES);
	for (size_t i = 0; names[i]; i++)
		add_name(&marking, names[i]);
	for (size_t i = 0; i < marking.count && known; i++)
		known = mark_name(&marking, marking.names[i]);
	arena_clear(&marking.arena);
	*ret = marking.sum;
	return known;
}
