/*
 * One small table of functions for each kind of set. What every kind must do
 * alike is done above them: which paths there can be at all, what fits a
 * pattern, and the order. A path that is no workspace path (path_check()), or
 * that lies in `.git` or `.reeve`, is not there, whoever holds it.
 *
 * In a directory, a path is opened one segment after the other without
 * following symbolic links, so that a link in its middle hides what is behind
 * it as it does in a tree.
 */
#include "store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"

/* A list that grows in an arena. */
struct listing {
	struct arena *arena;
	const char *pattern;
	bool names; /* the ids are not wanted */
	struct file_entry *items;
	size_t count;
};

/* All MUST. `read` is files_read() for a path that is a workspace path, `find`
 * is files_find() for one; `list` adds what fits, in any order, each path
 * once. */
struct files_kind {
	int (*read)(struct files *files, const char *path, struct buf *ret,
	            struct oid *ret_oid, struct error *err);
	int (*find)(struct files *files, const char *path, size_t max,
	            struct oid *ret, struct error *err);
	int (*list)(struct files *files, struct listing *listing,
	            struct error *err);
};

struct files {
	const struct files_kind *kind;
	struct repo *repo; /* a tree */
	struct oid tree;
	char *root;                  /* a directory */
	const struct file_row *rows; /* a table */
	size_t row_count;
	struct files *over; /* an overlay */
	struct files *under;
};

static bool is_left_out(const char *path)
{
	const char *at = path;

	if (text_equal(path, ".reeve") || text_starts(path, ".reeve/"))
		return true;
	while (at) {
		at += *at == '/';
		if (text_equal(at, ".git") || text_starts(at, ".git/"))
			return true;
		at = strchr(at, '/');
	}
	return false;
}

static bool can_be_there(const char *path)
{
	auto_error struct error err = { 0 };

	return !is_left_out(path) && path_check(path, &err) == 0;
}

static bool is_wanted(const struct listing *listing, const char *path)
{
	return path_matches(listing->pattern, path) && can_be_there(path);
}

static void add_entry(struct listing *listing, const char *path,
                      const struct oid *oid)
{
	listing->items = arena_grow(listing->arena, listing->items,
	                            listing->count, sizeof(*listing->items));
	listing->items[listing->count].path = path;
	listing->items[listing->count++].oid = *oid;
}

/* The directory that everything that fits the pattern lies below, without a
 * slash at its end. */
static char *base_dir(const struct listing *listing)
{
	char *base = path_pattern_base(listing->arena, listing->pattern);
	size_t len = strlen(base);

	if (len > 0 && base[len - 1] == '/')
		base[len - 1] = '\0';
	return base;
}

/* A git tree. */

static int tree_find(struct files *files, const char *path, size_t max,
                     struct oid *ret, struct error *err)
{
	struct tree_entry entry;

	(void)max; /* the tree has the id */
	int found =
	        repo_tree_find(files->repo, &files->tree, path, &entry, err);
	if (found <= 0 || !S_ISREG(entry.mode))
		return found < 0 ? -1 : 0;
	*ret = entry.oid;
	return 1;
}

static int tree_read(struct files *files, const char *path, struct buf *ret,
                     struct oid *ret_oid, struct error *err)
{
	int found = tree_find(files, path, ret->max, ret_oid, err);

	if (found <= 0)
		return found;
	return repo_blob_read(files->repo, ret_oid, ret, err) < 0 ? -1 : 1;
}

static int tree_list(struct files *files, struct listing *listing,
                     struct error *err)
{
	struct tree_entry *entries;
	size_t count;

	if (repo_tree_list(files->repo, listing->arena, &files->tree,
	                   base_dir(listing), &entries, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (S_ISREG(entries[i].mode) &&
		    is_wanted(listing, entries[i].path))
			add_entry(listing, entries[i].path, &entries[i].oid);
	}
	return 0;
}

static const struct files_kind tree_kind = {
	.read = tree_read,
	.find = tree_find,
	.list = tree_list,
};

struct files *files_from_tree(struct repo *repo, const struct oid *tree)
{
	struct files *files = mem_zalloc(1, sizeof(*files));

	files->kind = &tree_kind;
	files->repo = repo;
	files->tree = *tree;
	return files;
}

/* A directory. */

/* Whether errno says that there is no such plain file or directory. */
static bool is_absent(void)
{
	return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
	       errno == ENXIO;
}

/* Open `path` below `root` ("": itself) without following links: 1 and the
 * descriptor, 0 when it is not there, -1. */
static int open_below(const char *root, const char *path, int *ret_fd,
                      struct error *err)
{
	auto_free char *names = mem_strdup(path);
	char *rest = *names ? names : NULL;
	auto_fd int at = fd_open(root, O_RDONLY | O_DIRECTORY, 0, err);
	const char *name;

	if (at < 0)
		return -1;
	while ((name = strsep(&rest, "/"))) {
		int kind = rest ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK;
		int next = openat(at, name, kind | O_NOFOLLOW | O_CLOEXEC);

		if (next < 0 && is_absent())
			return 0;
		if (next < 0)
			return error_errno(err, errno,
			                   "could not open \"%s\" in \"%s\"",
			                   path, root);
		fd_close(&at);
		at = next;
	}
	*ret_fd = at;
	at = -1;
	return 1;
}

static int dir_read(struct files *files, const char *path, struct buf *ret,
                    struct oid *ret_oid, struct error *err)
{
	auto_fd int fd = -1;
	struct stat file;
	size_t before = ret->len;

	int found = open_below(files->root, path, &fd, err);
	if (found <= 0)
		return found;
	if (fstat(fd, &file) < 0)
		return error_errno(err, errno, "could not look at \"%s\"",
		                   path);
	if (!S_ISREG(file.st_mode))
		return 0;
	/* Too long a file is refused before memory is taken for it. */
	if (file.st_size > (off_t)(ret->max - before))
		return error_at(err, ERR_LIMIT, path, (struct pos){ 1, 1 },
		                "the file is longer than %zu bytes", ret->max);
	if (fd_read_all(fd, path, ret, err) < 0)
		return -1;
	repo_blob_id(ret->at + before, ret->len - before, ret_oid);
	return 1;
}

static int dir_find(struct files *files, const char *path, size_t max,
                    struct oid *ret, struct error *err)
{
	auto_buf struct buf bytes = buf_make(max);

	return dir_read(files, path, &bytes, ret, err);
}

static int list_dir(struct files *files, struct listing *listing,
                    const char *dir, struct error *err);

/* Add the file `path` if it fits; look into it if it is a directory. */
static int list_name(struct files *files, struct listing *listing, DIR *dir,
                     const char *name, const char *path, struct error *err)
{
	struct stat found;
	struct oid oid = { 0 };
	int there = 1;

	if (!can_be_there(path) ||
	    fstatat(dirfd(dir), name, &found, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* or gone since */
	if (S_ISDIR(found.st_mode))
		return list_dir(files, listing, path, err);
	if (!S_ISREG(found.st_mode) || !is_wanted(listing, path))
		return 0;
	if (!listing->names)
		there = dir_find(files, path, LIMIT_DATA_FILE, &oid, err);
	if (there == 1)
		add_entry(listing, path, &oid);
	return there < 0 ? -1 : 0;
}

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* was only read */
}

/* The next name, NULL at the end with errno 0 and on failure with errno. */
static const char *next_name(DIR *stream)
{
	const struct dirent *entry;

	do {
		errno = 0;
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
		entry = readdir(stream);
	} while (entry && (text_equal(entry->d_name, ".") ||
	                   text_equal(entry->d_name, "..")));
	return entry ? entry->d_name : NULL;
}

static int list_dir(struct files *files, struct listing *listing,
                    const char *dir, struct error *err)
{
	auto_fd int fd = -1;
	CLEANUP(close_dir) DIR *stream = NULL;
	const char *name;

	int found = open_below(files->root, dir, &fd, err);
	if (found <= 0)
		return found;
	stream = fdopendir(fd);
	if (!stream)
		return errno == ENOTDIR
		               ? 0
		               : error_errno(err, errno,
		                             "could not list \"%s\"", dir);
	fd = -1; /* the stream's now */
	while ((name = next_name(stream))) {
		const char *path = arena_printf(listing->arena, "%s%s%s", dir,
		                                *dir ? "/" : "", name);

		if (list_name(files, listing, stream, name, path, err) < 0)
			return -1;
	}
	if (errno != 0)
		return error_errno(err, errno, "could not list \"%s\"", dir);
	return 0;
}

static int dir_list(struct files *files, struct listing *listing,
                    struct error *err)
{
	return list_dir(files, listing, base_dir(listing), err);
}

static const struct files_kind dir_kind = {
	.read = dir_read,
	.find = dir_find,
	.list = dir_list,
};

struct files *files_from_dir(const char *root)
{
	struct files *files = mem_zalloc(1, sizeof(*files));

	files->kind = &dir_kind;
	files->root = mem_strdup(root);
	return files;
}

/* A table in memory. */

static const struct file_row *find_row(const struct files *files,
                                       const char *path)
{
	for (size_t i = 0; i < files->row_count; i++)
		if (text_equal(files->rows[i].path, path))
			return &files->rows[i];
	return NULL;
}

static int table_find(struct files *files, const char *path, size_t max,
                      struct oid *ret, struct error *err)
{
	const struct file_row *row = find_row(files, path);

	(void)max, (void)err; /* it is in memory, which does not fail */
	if (row)
		repo_blob_id(row->bytes, row->len, ret);
	return row != NULL;
}

static int table_read(struct files *files, const char *path, struct buf *ret,
                      struct oid *ret_oid, struct error *err)
{
	const struct file_row *row = find_row(files, path);

	if (!row)
		return 0;
	repo_blob_id(row->bytes, row->len, ret_oid);
	buf_add(ret, row->bytes, row->len);
	return buf_check(ret, path, err) < 0 ? -1 : 1;
}

static int table_list(struct files *files, struct listing *listing,
                      struct error *err)
{
	(void)err; /* memory does not fail */
	for (size_t i = 0; i < files->row_count; i++) {
		const struct file_row *row = &files->rows[i];
		struct oid oid;

		if (!is_wanted(listing, row->path))
			continue;
		repo_blob_id(row->bytes, row->len, &oid);
		add_entry(listing, row->path, &oid);
	}
	return 0;
}

static const struct files_kind table_kind = {
	.read = table_read,
	.find = table_find,
	.list = table_list,
};

struct files *files_from_table(const struct file_row *rows, size_t count)
{
	struct files *files = mem_zalloc(1, sizeof(*files));

	files->kind = &table_kind;
	files->rows = rows;
	files->row_count = count;
	return files;
}

/* One over another. */

static int overlay_read(struct files *files, const char *path, struct buf *ret,
                        struct oid *ret_oid, struct error *err)
{
	int found =
	        files->over->kind->read(files->over, path, ret, ret_oid, err);

	if (found != 0)
		return found;
	return files->under->kind->read(files->under, path, ret, ret_oid, err);
}

static int overlay_find(struct files *files, const char *path, size_t max,
                        struct oid *ret, struct error *err)
{
	int found = files->over->kind->find(files->over, path, max, ret, err);

	if (found != 0)
		return found;
	return files->under->kind->find(files->under, path, max, ret, err);
}

static int list_sorted(struct files *files, struct listing *listing,
                       struct error *err);

/* Both lists are sorted: pass through them side by side. */
static int overlay_list(struct files *files, struct listing *listing,
                        struct error *err)
{
	struct listing over = *listing;
	struct listing under = *listing;
	size_t i = 0;

	if (list_sorted(files->over, &over, err) < 0 ||
	    list_sorted(files->under, &under, err) < 0)
		return -1;
	for (size_t k = 0; k < under.count; k++) {
		const struct file_entry *entry = &under.items[k];
		while (i < over.count &&
		       strcmp(over.items[i].path, entry->path) < 0)
			i++;
		if (i == over.count ||
		    !text_equal(over.items[i].path, entry->path))
			add_entry(listing, entry->path, &entry->oid);
	}
	for (size_t k = 0; k < over.count; k++)
		add_entry(listing, over.items[k].path, &over.items[k].oid);
	return 0;
}

static const struct files_kind overlay_kind = {
	.read = overlay_read,
	.find = overlay_find,
	.list = overlay_list,
};

struct files *files_overlay(struct files *over, struct files *under)
{
	struct files *files = mem_zalloc(1, sizeof(*files));

	files->kind = &overlay_kind;
	files->over = over;
	files->under = under;
	return files;
}

/* All of them. */

void files_free(struct files *files)
{
	if (!files)
		return;
	files_free(files->over);
	files_free(files->under);
	free(files->root);
	free(files);
}

void files_free_auto(struct files **files)
{
	files_free(*files);
}

int files_read(struct files *files, const char *path, struct buf *ret,
               struct oid *ret_oid, struct error *err)
{
	struct oid oid;

	if (!can_be_there(path))
		return 0;
	int found = files->kind->read(files, path, ret, &oid, err);
	if (found < 0)
		return error_wrap(err, "could not read \"%s\"", path);
	if (found == 1 && ret_oid)
		*ret_oid = oid;
	return found;
}

int files_find(struct files *files, const char *path, size_t max,
               struct oid *ret, struct error *err)
{
	struct oid oid;

	if (!can_be_there(path))
		return 0;
	int found = files->kind->find(files, path, max, &oid, err);
	if (found < 0)
		return error_wrap(err, "could not look for \"%s\"", path);
	if (found == 1)
		*ret = oid;
	return found;
}

static int by_path(const void *a, const void *b)
{
	const struct file_entry *left = a;
	const struct file_entry *right = b;

	return strcmp(left->path, right->path);
}

static int list_sorted(struct files *files, struct listing *listing,
                       struct error *err)
{
	if (files->kind->list(files, listing, err) < 0)
		return -1;
	if (listing->count > 0)
		qsort(listing->items, listing->count, sizeof(*listing->items),
		      by_path);
	return 0;
}

int files_list(struct files *files, struct arena *arena, const char *pattern,
               struct file_entry **ret, size_t *ret_count, struct error *err)
{
	struct listing listing = { .arena = arena, .pattern = pattern };

	if (list_sorted(files, &listing, err) < 0)
		return -1;
	*ret = listing.items;
	*ret_count = listing.count;
	return 0;
}

int files_names(struct files *files, struct arena *arena, const char *pattern,
                struct file_entry **ret, size_t *ret_count, struct error *err)
{
	struct listing listing = {
		.arena = arena,
		.pattern = pattern,
		.names = true,
	};

	if (list_sorted(files, &listing, err) < 0)
		return -1;
	*ret = listing.items;
	*ret_count = listing.count;
	return 0;
}
