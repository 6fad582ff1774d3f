/*
 * A checkout is made under a name that is nobody's and then renamed, so that
 * under its own name it is whole. Nothing is synced: what a crash leaves is
 * never used, only removed, because only names that this process has made are
 * taken for checkouts.
 *
 * What programs leave in their folder decides what leaving costs: one that is
 * still empty is used again as it is.
 */
#include "engine/io/checkout.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/io/loop.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"

#define OUT  ".out"
#define MADE "new" /* no checkout has that name */

/* So many are held at a time, if no more are in use. */
#define MOST_CHECKOUTS 64

struct checkout {
	struct hash key;
	char *dir;
	size_t users;
	bool kept;
};

/* What a place has. */
struct bench {
	char *out;
	bool clean;           /* it is there and empty */
	const char *readable; /* the checkout that `sandbox` is for, or NULL */
	struct sandbox sandbox;
};

struct checkouts {
	char *root;
	const struct hash_secret *secret;
	bool used;
	struct checkout *all;
	size_t count;
	struct bench benches[LOOP_PLACES];
};

struct checkouts *checkouts_open(const char *state_dir,
                                 const struct hash_secret *secret)
{
	struct checkouts *checkouts = mem_zalloc(1, sizeof(*checkouts));

	checkouts->root = mem_printf("%s/checkout", state_dir);
	checkouts->secret = secret;
	for (size_t i = 0; i < LOOP_PLACES; i++)
		checkouts->benches[i].sandbox.rules = -1;
	return checkouts;
}

static int failed(struct error *err, const char *what, const char *path)
{
	return error_errno(err, errno, "could not %s \"%s\"", what, path);
}

void checkouts_close(struct checkouts *checkouts)
{
	auto_error struct error ignored = { 0 }; /* the next one sweeps */

	if (!checkouts)
		return;
	for (size_t i = 0; i < checkouts->count; i++) {
		struct checkout *checkout = &checkouts->all[i];
		if (!checkout->kept && dir_remove(checkout->dir, &ignored) < 0)
			error_clear(&ignored);
		free(checkout->dir);
	}
	for (size_t i = 0; i < LOOP_PLACES; i++) {
		struct bench *bench = &checkouts->benches[i];
		if (bench->out && dir_remove(bench->out, &ignored) < 0)
			error_clear(&ignored);
		sandbox_close(&bench->sandbox);
		free(bench->out);
	}
	free(checkouts->all);
	free(checkouts->root);
	free(checkouts);
}

/* ---- What an earlier engine has left ------------------------------------- */

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* was only read */
}

/* The next name, or NULL. */
static const char *next_name(DIR *stream)
{
	const struct dirent *entry;

	do {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
		entry = readdir(stream);
	} while (entry && (text_equal(entry->d_name, ".") ||
	                   text_equal(entry->d_name, "..")));
	return entry ? entry->d_name : NULL;
}

/* What the link of something kept points to, in `arena`; NULL: it is none. */
static const char *link_target(struct arena *arena, const char *path)
{
	char name[HASH_TEXT_BYTES + 1];
	ssize_t len = readlink(path, name, sizeof(name) - 1);

	return len < 0 ? NULL : arena_strndup(arena, name, (size_t)len);
}

static bool is_kept(const struct checkouts *checkouts, struct arena *arena,
                    const char *name, const char *const *kept, size_t count)
{
	size_t len = strlen(name);
	bool is_out = text_ends(name, OUT);

	if (is_out) {
		const char *path =
		        arena_printf(arena, "%s/%.*s", checkouts->root,
		                     (int)(len - strlen(OUT)), name);
		return link_target(arena, path) != NULL;
	}
	for (size_t i = 0; i < count; i++)
		if (text_equal(kept[i], name))
			return true;
	return false;
}

static int sweep(struct checkouts *checkouts, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	CLEANUP(close_dir) DIR *stream = opendir(checkouts->root);
	const char **names = NULL;
	const char **kept = NULL;
	size_t count = 0;
	size_t kept_count = 0;
	const char *name;

	if (!stream)
		return failed(err, "list", checkouts->root);
	while ((name = next_name(stream))) {
		const char *path =
		        arena_printf(&arena, "%s/%s", checkouts->root, name);
		const char *target = link_target(&arena, path);
		if (target) {
			kept = arena_grow(&arena, kept, kept_count,
			                  sizeof(*kept));
			kept[kept_count++] = target;
			continue;
		}
		names = arena_grow(&arena, names, count, sizeof(*names));
		names[count++] = arena_strdup(&arena, name);
	}
	for (size_t i = 0; i < count; i++)
		if (!is_kept(checkouts, &arena, names[i], kept, kept_count) &&
		    dir_remove(arena_printf(&arena, "%s/%s", checkouts->root,
		                            names[i]),
		               err) < 0)
			return -1;
	return 0;
}

static int begin(struct checkouts *checkouts, struct error *err)
{
	if (checkouts->used)
		return 0;
	bool made = mkdir(checkouts->root, 0777) == 0;
	if (!made && errno != EEXIST)
		return failed(err, "make", checkouts->root);
	if (!made && sweep(checkouts, err) < 0)
		return -1;
	checkouts->used = true;
	return 0;
}

/* ---- A checkout ---------------------------------------------------------- */

static struct hash key_of(const struct checkouts *checkouts,
                          const struct checkout_view *view)
{
	struct hasher *hasher = hasher_new(checkouts->secret, "checkout");

	for (size_t i = 0; i < view->count; i++) {
		hasher_text(hasher, view->entries[i].path);
		hasher_bytes(hasher, &view->entries[i].oid,
		             sizeof(view->entries[i].oid));
	}
	return hasher_finish(hasher);
}

/* The folders above the file `path` below `top`, those that `before` is in
 * being there. */
static int make_folders(const char *top, const char *path, const char *before,
                        struct error *err)
{
	auto_free char *full = mem_printf("%s/%s", top, path);
	size_t skip = strlen(top) + 1;
	size_t same = 0;

	for (size_t i = 0; path[i] && before[i] == path[i]; i++)
		if (path[i] == '/')
			same = i + 1;
	for (char *at = full + skip + same; (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(full, 0755) < 0 && errno != EEXIST)
			return failed(err, "make", full);
		*at = '/';
	}
	return 0;
}

static int put_file(const struct checkout_view *view, const char *path,
                    const char *top, struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);
	auto_free char *full = mem_printf("%s/%s", top, path);

	if (path_check(path, err) < 0 ||
	    files_read(view->files, path, &bytes, NULL, err) < 0)
		return -1;
	bool program = text_starts(bytes.at, "#!");
	auto_fd int fd = fd_open(full, O_WRONLY | O_CREAT | O_EXCL,
	                         program ? 0555 : 0444, err);
	return fd < 0 ? -1 : fd_write_all(fd, full, bytes.at, bytes.len, err);
}

/* Against who forgets; the sandbox is against who does not. */
static void protect_folders(const char *top, const struct checkout_view *view)
{
	(void)chmod(top, 0555);
	for (size_t i = 0; i < view->count; i++) {
		auto_free char *full =
		        mem_printf("%s/%s", top, view->entries[i].path);
		char *slash = strrchr(full, '/');
		while (slash && (size_t)(slash - full) > strlen(top)) {
			*slash = '\0';
			(void)chmod(full, 0555);
			slash = strrchr(full, '/');
		}
	}
}

static int make_checkout(struct checkouts *checkouts,
                         const struct checkout_view *view, const char *dir,
                         struct error *err)
{
	auto_free char *made = mem_printf("%s/" MADE, checkouts->root);
	const char *before = "";

	if (dir_remove(made, err) < 0)
		return -1;
	if (mkdir(made, 0755) < 0)
		return failed(err, "make", made);
	for (size_t i = 0; i < view->count; i++) {
		const char *path = view->entries[i].path;
		if (make_folders(made, path, before, err) < 0 ||
		    put_file(view, path, made, err) < 0)
			return -1;
		before = path;
	}
	/* Something kept may have the name. */
	if (dir_remove(dir, err) < 0)
		return -1;
	if (rename(made, dir) < 0)
		return failed(err, "make", dir);
	protect_folders(dir, view);
	return 0;
}

/* The one that nobody has used for longest, as far as their order tells. */
static int make_room(struct checkouts *checkouts, struct error *err)
{
	size_t at = 0;

	while (at < checkouts->count &&
	       (checkouts->all[at].users || checkouts->all[at].kept))
		at++;
	if (checkouts->count < MOST_CHECKOUTS || at == checkouts->count)
		return 0;
	auto_free char *dir = checkouts->all[at].dir;
	for (size_t i = 0; i < LOOP_PLACES; i++)
		if (checkouts->benches[i].readable == dir)
			checkouts->benches[i].readable = NULL;
	checkouts->count--;
	memmove(&checkouts->all[at], &checkouts->all[at + 1],
	        (checkouts->count - at) * sizeof(*checkouts->all));
	return dir_remove(dir, err);
}

static struct checkout *find(struct checkouts *checkouts,
                             const struct checkout_view *view,
                             struct error *err)
{
	struct hash key = key_of(checkouts, view);
	char name[HASH_TEXT_BYTES];

	for (size_t i = checkouts->count; i-- > 0;) {
		struct checkout *checkout = &checkouts->all[i];
		if (checkout->key.high == key.high &&
		    checkout->key.low == key.low)
			return checkout;
	}
	hash_to_text(key, name);
	auto_free char *dir = mem_printf("%s/%s", checkouts->root, name);
	if (make_room(checkouts, err) < 0 ||
	    make_checkout(checkouts, view, dir, err) < 0)
		return NULL;
	checkouts->all = mem_grow(checkouts->all, checkouts->count,
	                          sizeof(*checkouts->all));
	checkouts->all[checkouts->count++] =
	        (struct checkout){ .key = key, .dir = steal(&dir) };
	return &checkouts->all[checkouts->count - 1];
}

/* ---- A place ------------------------------------------------------------- */

static int make_out(struct checkouts *checkouts, struct bench *bench,
                    size_t place, struct error *err)
{
	if (bench->clean)
		return 0;
	if (!bench->out)
		bench->out = mem_printf("%s/%zu" OUT, checkouts->root, place);
	auto_free char *tmp = mem_printf("%s/tmp", bench->out);
	if (dir_remove(bench->out, err) < 0)
		return -1;
	if (mkdir(bench->out, 0700) < 0)
		return failed(err, "make", bench->out);
	if (mkdir(tmp, 0700) < 0)
		return failed(err, "make", tmp);
	bench->clean = true;
	/* Landlock knows folders by more than their names. */
	bench->readable = NULL;
	return 0;
}

int checkouts_enter(struct checkouts *checkouts,
                    const struct checkout_view *view, size_t place,
                    struct workplace *ret, struct error *err)
{
	assert(place < LOOP_PLACES);
	if (begin(checkouts, err) < 0)
		return -1;
	struct checkout *checkout = find(checkouts, view, err);
	struct bench *bench = &checkouts->benches[place];
	if (!checkout || make_out(checkouts, bench, place, err) < 0)
		return -1;
	if (bench->readable != checkout->dir) {
		sandbox_close(&bench->sandbox);
		sandbox_open(&bench->sandbox, checkout->dir, bench->out);
		bench->readable = checkout->dir;
	}
	checkout->users++;
	*ret = (struct workplace){
		.dir = checkout->dir,
		.out = bench->out,
		.sandbox = &bench->sandbox,
		.place = place,
	};
	return 0;
}

/* ---- Afterwards ---------------------------------------------------------- */

/* A folder as it was made, with nothing but `except` (NULL: nothing at all).
 * The program could have put anything in its place. */
static bool is_empty(const char *path, const char *except)
{
	struct stat now;

	if (lstat(path, &now) < 0 || now.st_mode != (S_IFDIR | 0700))
		return false;
	CLEANUP(close_dir) DIR *stream = opendir(path);
	const char *name;
	if (!stream)
		return false;
	while ((name = next_name(stream)))
		if (!text_equal(name, except))
			return false;
	return true;
}

static struct checkout *checkout_at(struct checkouts *checkouts,
                                    const char *dir)
{
	size_t i = 0;

	while (checkouts->all[i].dir != dir)
		i++;
	return &checkouts->all[i];
}

static int keep_as(struct checkouts *checkouts, const struct workplace *at,
                   const char *name, struct error *err)
{
	auto_free char *link = mem_printf("%s/%s", checkouts->root, name);
	auto_free char *out = mem_printf("%s" OUT, link);

	if (checkouts_forget(checkouts, name, err) < 0)
		return -1;
	if (rename(at->out, out) < 0)
		return failed(err, "keep", at->out);
	if (symlink(strrchr(at->dir, '/') + 1, link) < 0)
		return failed(err, "make", link);
	checkout_at(checkouts, at->dir)->kept = true;
	return 0;
}

int checkouts_leave(struct checkouts *checkouts, const struct workplace *at,
                    const char *keep, struct error *err)
{
	struct bench *bench = &checkouts->benches[at->place];
	auto_free char *tmp = mem_printf("%s/tmp", at->out);

	checkout_at(checkouts, at->dir)->users--;
	bench->clean = !keep && is_empty(at->out, "tmp") && is_empty(tmp, NULL);
	if (bench->clean)
		return 0;
	if (keep)
		return keep_as(checkouts, at, keep, err);
	if (dir_remove(at->out, err) == 0)
		return 0;
	err->code = ERR_FAILED;
	return -1;
}

int checkouts_forget(struct checkouts *checkouts, const char *name,
                     struct error *err)
{
	auto_free char *link = mem_printf("%s/%s", checkouts->root, name);
	auto_free char *out = mem_printf("%s" OUT, link);

	if (unlink(link) < 0)
		return errno == ENOENT ? 0 : failed(err, "remove", link);
	return dir_remove(out, err);
}
