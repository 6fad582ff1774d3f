/*
 * References: read, compared and swapped, deleted, listed.
 *
 * A swap is git_reference_create_matching(), which takes `NAME.lock`, compares
 * under it and renames. Three things can come in between:
 *
 * - The lock is held. Whoever holds it (git's own fetch, gc and pack-refs take
 *   it too) is waited for, a few milliseconds at a time. A lock that is still
 *   there at the end was left by a killed process or belongs to a stuck one;
 *   it is moved aside only if it is old and open in no process. On references
 *   that reeve alone changes, one that has not changed while it was waited
 *   for, and is cut short or says what reeve would have written, was left by a
 *   reeve that was killed: it is not old, but moved aside too.
 * - An error is reported after the rename took effect (git's pack-refs may
 *   have removed the directory that was to be fsynced). So an error means "in
 *   doubt": the reference is read again, and if it is what we wanted, its file
 *   or packed-refs and the directories above are fsynced by hand.
 * - The directory of the name is new. libgit2 fsyncs the directory that holds
 *   the file but not those above it; this is done here.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/fault.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/repo.h"
#include "store/repo_private.h"

#define LOCK_STALE_S   60
#define LOCK_PAUSE_MS  2
#define LOCK_JITTER_MS 20

/* One change of one reference. */
struct ref_change {
	const char *name;
	const struct oid *new; /* NULL: delete */
	const struct oid *old;
	const char *reflog;
};

int repo_ref_read(struct repo *repo, const char *name, struct oid *ret,
                  struct error *err)
{
	git_oid git;
	enum peek_answer answer =
	        repo->is_plain ? peek_ref(&repo->at, name, ret) : PEEK_UNSURE;

	if (answer != PEEK_UNSURE)
		return answer == PEEK_FOUND;
	if (repo_start(repo, err) < 0)
		return -1;
	int rc = git_reference_name_to_id(&git, repo->git, name);
	if (rc == GIT_ENOTFOUND)
		return 0;
	if (rc < 0)
		return repo_fail(err, rc, "could not read \"%s\"", name);
	*ret = oid_from_git(&git);
	return 1;
}

/* git's locks that can stand in the way of a change of `name`. */
static char *find_lock(const struct repo *repo, const char *name,
                       struct stat *ret)
{
	auto_free char *loose =
	        mem_printf("%s/%s.lock", repo->at.common_dir, name);
	auto_free char *packed =
	        mem_printf("%s/packed-refs.lock", repo->at.common_dir);

	if (lstat(loose, ret) == 0)
		return steal(&loose);
	if (lstat(packed, ret) == 0)
		return steal(&packed);
	return NULL;
}

static int64_t age_s(const struct stat *file)
{
	return (int64_t)time(NULL) - file->st_mtim.tv_sec;
}

static bool fd_dir_has(DIR *dir, const struct stat *file)
{
	const struct dirent *entry;
	struct stat found;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
	while ((entry = readdir(dir))) {
		if (fstatat(dirfd(dir), entry->d_name, &found, 0) == 0 &&
		    found.st_dev == file->st_dev &&
		    found.st_ino == file->st_ino)
			return true;
	}
	return false;
}

/* Whether the process `pid` runs as `uid`. What cannot be read has ended. */
static bool process_is_of(const char *pid, uid_t uid)
{
	auto_free char *path = mem_printf("/proc/%s/status", pid);
	auto_buf struct buf status = buf_make(LIMIT_STDERR);
	auto_error struct error err = { 0 };

	if (file_read(path, &status, &err) < 0)
		return false;
	const char *line = strstr(status.at, "\nUid:\t");
	if (!line)
		return false;
	line += strlen("\nUid:\t");
	auto_free char *real = mem_strndup(line, strcspn(line, "\t\n"));
	int64_t number;
	return text_to_int(real, 0, UINT32_MAX, &number) && number == uid;
}

static bool process_may_have(const char *pid, const struct stat *file)
{
	auto_free char *path = mem_printf("/proc/%s/fd", pid);
	DIR *dir = opendir(path);

	/* A process that forbids the look may have it if the file is its
	 * user's. */
	if (!dir)
		return process_is_of(pid, file->st_uid);
	bool has = fd_dir_has(dir, file);
	(void)closedir(dir); /* was only read */
	return has;
}

static bool is_open_somewhere(const struct stat *file)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	bool open_somewhere = !proc; /* not known */

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
	while (proc && !open_somewhere && (entry = readdir(proc))) {
		if (text_is_digit(entry->d_name[0]))
			open_somewhere = process_may_have(entry->d_name, file);
	}
	if (proc)
		(void)closedir(proc); /* was only read */
	return open_somewhere;
}

int repo_drop_lock(struct repo *repo, const char *path, struct error *err)
{
	struct stat lock;

	if (lstat(path, &lock) < 0)
		return 1;
	if (is_open_somewhere(&lock))
		return 0;
	return repo_move_aside(repo, path, err) < 0 ? -1 : 1;
}

/* References that nobody but reeve sets. */
static bool is_reeves(const char *name)
{
	return text_starts(name, "refs/heads/reeve/") ||
	       text_starts(name, "refs/reeve/");
}

/* Whether the lock holds the new value of this change, or another commit upon
 * the old one: a change that was begun, and whose process has ended. */
static bool says_ours(struct repo *repo, const struct ref_change *change,
                      const char *path)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf text = buf_make(OID_TEXT_BYTES + 1);
	auto_error struct error ignored = { 0 };
	struct commit commit;
	struct oid oid;

	if (file_read(path, &text, &ignored) < 0 || text.len == 0)
		return false;
	text.at[strcspn(text.at, "\n")] = '\0';
	if (!oid_from_text(text.at, &oid))
		return false;
	if (change->new &&oid_equal(&oid, change->new))
		return true;
	if (repo_commit_read(repo, &arena, &oid, &commit, &ignored) < 0)
		return false;
	if (oid_is_zero(change->old)) /* the first of its line */
		return commit.parent_count == 0;
	return commit.parent_count > 0 &&
	       oid_equal(&commit.parents[0], change->old);
}

/* A lock that stands in the way, and for how long it has been watched. */
struct watch {
	struct stat file;
	int since_ms;
};

/* Whether the lock holds no more than the beginning of an id. */
static bool is_cut_short(const char *path, const struct stat *file)
{
	auto_buf struct buf text = buf_make(OID_TEXT_BYTES + 1);
	auto_error struct error ignored = { 0 };

	if (file->st_size == 0)
		return true;
	return file->st_size < OID_TEXT_BYTES - 1 &&
	       file_read(path, &text, &ignored) == 0 &&
	       strspn(text.at, "0123456789abcdef") == text.len;
}

/* How long it is watched before it counts as left behind; -1: its age says. */
static int patience_ms(struct repo *repo, const struct ref_change *change,
                       const char *path, const struct stat *file)
{
	if (!is_reeves(change->name) || text_ends(path, "/packed-refs.lock"))
		return -1;
	if (is_cut_short(path, file))
		return repo->lock_wait_ms;
	return says_ours(repo, change, path) ? repo->lock_wait_ms / 5 : -1;
}

/* Move the lock aside that stands in the way, if its owner has gone. */
static bool drop_stale_lock(struct repo *repo, const struct ref_change *change,
                            struct watch *watch, int waited_ms)
{
	struct stat now;
	auto_error struct error err = { 0 };
	auto_free char *path = find_lock(repo, change->name, &now);

	if (!path)
		return false;
	if (now.st_ino != watch->file.st_ino ||
	    now.st_mtim.tv_sec != watch->file.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != watch->file.st_mtim.tv_nsec)
		*watch = (struct watch){ now, waited_ms };
	int patience = patience_ms(repo, change, path, &now);
	bool left = patience >= 0 && waited_ms - watch->since_ms >= patience;
	if (!left && age_s(&now) <= LOCK_STALE_S)
		return false;
	if (is_open_somewhere(&now))
		return false;
	struct stat after;
	if (lstat(path, &after) < 0 || after.st_ino != now.st_ino)
		return false;
	return repo_move_aside(repo, path, &err) == 0;
}

static int attempt_delete(struct repo *repo, const struct ref_change *change)
{
	auto_git(git_reference) ref = NULL;

	int rc = git_reference_lookup(&ref, repo->git, change->name);
	if (rc < 0)
		return rc == GIT_ENOTFOUND ? 0 : rc;
	const git_oid *found = git_reference_target(ref);
	git_oid old = oid_to_git(change->old);
	if (!found || !git_oid_equal(found, &old))
		return GIT_EMODIFIED;
	/* Compares once more, under the lock. */
	return git_reference_delete(ref);
}

/* What libgit2 returns. */
static int attempt(struct repo *repo, const struct ref_change *change)
{
	auto_git(git_reference) ref = NULL;

	git_error_clear();
	errno = 0;
	if (!change->new)
		return attempt_delete(repo, change);
	git_oid new = oid_to_git(change->new);
	git_oid old = oid_to_git(change->old);
	return git_reference_create_matching(&ref, repo->git, change->name,
	                                     &new, 1, &old, change->reflog);
}

static int pause_jittered(void)
{
	int pause_ms = LOCK_PAUSE_MS + (int)arc4random_uniform(LOCK_JITTER_MS);
	struct timespec pause = { .tv_nsec = pause_ms * 1000000L };

	/* A signal only makes it shorter. */
	(void)nanosleep(&pause, NULL);
	return pause_ms;
}

static int attempt_patiently(struct repo *repo, const struct ref_change *change)
{
	struct watch watch = { 0 };
	int waited_ms = 0;
	int rc = attempt(repo, change);

	while (rc == GIT_ELOCKED) {
		bool dropped = drop_stale_lock(repo, change, &watch, waited_ms);
		if (!dropped && waited_ms >= repo->lock_wait_ms)
			break;
		waited_ms += dropped ? 0 : pause_jittered();
		rc = attempt(repo, change);
	}
	return rc;
}

/* Whether the reference is now what `change` asked for. */
static bool took_effect(struct repo *repo, const struct ref_change *change)
{
	struct oid now;
	auto_error struct error err = { 0 };

	int found = repo_ref_read(repo, change->name, &now, &err);
	if (!change->new)
		return found == 0;
	return found == 1 && oid_equal(&now, change->new);
}

/* fsync what may hold the reference, and every directory above it. */
static int sync_ref(struct repo *repo, const char *name, struct error *err)
{
	auto_free char *packed =
	        mem_printf("%s/packed-refs", repo->at.common_dir);
	auto_free char *path = mem_printf("%s/%s", repo->at.common_dir, name);
	size_t top_len = strlen(repo->at.common_dir);

	if (repo_sync_path(path, err) < 0 || repo_sync_path(packed, err) < 0)
		return -1;
	for (size_t i = strlen(path); i-- > top_len;) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		if (repo_sync_path(path, err) < 0)
			return -1;
	}
	return 0;
}

static int fail_locked(struct repo *repo, const char *name, struct error *err)
{
	struct stat file;
	auto_free char *path = find_lock(repo, name, &file);

	if (!path)
		return error_set(err, ERR_CONFLICT,
		                 "\"%s\" is being changed by somebody else",
		                 name);
	(void)error_set(err, ERR_CONFLICT,
	                "\"%s\" is locked by \"%s\", %" PRId64 " seconds old",
	                name, path, age_s(&file));
	return error_hint(err, "If no git command is running, remove it: %s",
	                  path);
}

/* The reference whose name is a directory in `name`, or NULL. */
static char *find_ref_above(struct repo *repo, const char *name)
{
	auto_free char *above = mem_strdup(name);
	auto_error struct error err = { 0 };
	struct oid oid;
	char *slash;

	while ((slash = strrchr(above, '/'))) {
		*slash = '\0';
		if (repo_ref_read(repo, above, &oid, &err) == 1)
			return steal(&above);
		error_clear(&err);
	}
	return NULL;
}

static int fail_change(struct repo *repo, const struct ref_change *change,
                       int rc, const char *reason, struct error *err)
{
	const char *verb = change->new ? "set" : "delete";

	if (rc == GIT_ELOCKED)
		return fail_locked(repo, change->name, err);
	if (rc == GIT_EMODIFIED ||
	    (rc == GIT_ENOTFOUND && !oid_is_zero(change->old)))
		return error_set(err, ERR_CONFLICT,
		                 "\"%s\" was changed by somebody else",
		                 change->name);
	auto_free char *above = find_ref_above(repo, change->name);
	if (above)
		return error_set(err, ERR_STATE,
		                 "cannot make \"%s\" while there is \"%s\"",
		                 change->name, above);
	return error_set(err, rc == GIT_EEXISTS ? ERR_STATE : ERR_SYSTEM,
	                 "could not %s \"%s\": %s", verb, change->name, reason);
}

static int change_ref(struct repo *repo, const struct ref_change *change,
                      struct error *err)
{
	auto_free char *path =
	        mem_printf("%s/%s", repo->at.common_dir, change->name);

	assert(text_starts(change->name, "refs/"));
	if (repo->rehearsing)
		return 0;
	if (repo_settle(repo, err) < 0)
		return -1;
	*strrchr(path, '/') = '\0';
	bool dir_was_there = file_exists(path);
	int rc = attempt_patiently(repo, change);
	int number = errno; /* libgit2 does not always say why */
	if (rc == 0 && change->new &&dir_was_there)
		return 0;
	if (rc < 0) {
		const git_error *last = git_error_last();
		auto_error struct error why = { 0 };
		(void)error_errno(&why, number, "no reason given");
		auto_free char *reason =
		        mem_strdup(last ? last->message : why.message);
		if (!took_effect(repo, change))
			return fail_change(repo, change, rc, reason, err);
	}
	if (FAULT_FAILS("ref.unsynced", err))
		return -1;
	return sync_ref(repo, change->name, err);
}

int repo_ref_swap(struct repo *repo, const char *name, const struct oid *new,
                  const struct oid *old, const char *reflog, struct error *err)
{
	struct ref_change change = {
		.name = name,
		.new = new,
		.old = old,
		.reflog = reflog,
	};

	if (!repo_object_exists(repo, new)) {
		char text[OID_TEXT_BYTES];

		oid_to_text(new, text);
		return error_set(err, ERR_MISSING,
		                 "could not set \"%s\": there is no object %s",
		                 name, text);
	}
	return change_ref(repo, &change, err);
}

int repo_ref_delete(struct repo *repo, const char *name, const struct oid *old,
                    struct error *err)
{
	struct ref_change change = { .name = name, .old = old };

	return change_ref(repo, &change, err);
}

struct ref_entry {
	const char *name;
	struct oid oid;
};

struct ref_entries {
	struct ref_entry *items;
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	const struct ref_entry *left = a;
	const struct ref_entry *right = b;

	return strcmp(left->name, right->name);
}

/* Collected before anyone is called, so that `each` may change references. */
static int collect(struct repo *repo, const char *prefix, struct arena *arena,
                   struct ref_entries *ret, struct error *err)
{
	auto_git(git_reference_iterator) walk = NULL;
	const char *name;
	int found;

	if (repo_start(repo, err) < 0)
		return -1;
	int rc = git_reference_iterator_new(&walk, repo->git);
	while (rc == 0 && (rc = git_reference_next_name(&name, walk)) == 0) {
		struct oid oid;

		if (!text_starts(name, prefix))
			continue;
		found = repo_ref_read(repo, name, &oid, err);
		if (found < 0)
			return -1;
		if (found == 0) /* deleted since, or symbolic and dangling */
			continue;
		ret->items = arena_grow(arena, ret->items, ret->count,
		                        sizeof(*ret->items));
		ret->items[ret->count].name = arena_strdup(arena, name);
		ret->items[ret->count++].oid = oid;
	}
	if (rc != GIT_ITEROVER)
		return repo_fail(err, rc, "could not list \"%s\"", prefix);
	return 0;
}

int repo_ref_list(struct repo *repo, const char *prefix,
                  int (*each)(void *state, const char *name,
                              const struct oid *oid),
                  void *state, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct ref_entries entries = { 0 };

	if (collect(repo, prefix, &arena, &entries, err) < 0)
		return -1;
	if (entries.count > 0)
		qsort(entries.items, entries.count, sizeof(*entries.items),
		      by_name);
	for (size_t i = 0; i < entries.count; i++) {
		int rc = each(state, entries.items[i].name,
		              &entries.items[i].oid);
		if (rc != 0)
			return rc;
	}
	return 0;
}
