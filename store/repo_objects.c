/*
 * Objects: written, read back, and read.
 *
 * libgit2 (as git) takes an object whose file exists for written, whatever the
 * file holds, and touches its times only. So a write here is:
 *
 *	make the fan-out directory durable   (libgit2 fsyncs what it makes
 *	                                      in it, not the directory's name)
 *	git_odb_write
 *	read it back, compare the hash       (wrong: move the loose file aside
 *	                                      and write once more)
 *	fsync a file that was there before   (whoever wrote it may not have)
 *
 * A commit is put together here and not by git_commit_create(), which reports
 * success for a commit that did not fit on the disk.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/pack.h"
#include "store/repo.h"
#include "store/repo_private.h"

int repo_move_aside(struct repo *repo, const char *path, struct error *err)
{
	auto_free char *dir = mem_printf("%s/reeve/stale", repo->at.common_dir);
	const char *slash = strrchr(path, '/');
	auto_free char *to = mem_printf("%s/%s.%" PRId64 ".%d", dir,
	                                slash ? slash + 1 : path,
	                                (int64_t)time(NULL), (int)getpid());

	if (dir_make(dir, err) < 0)
		return -1;
	if (rename(path, to) < 0)
		return error_errno(err, errno,
		                   "could not move \"%s\" to \"%s\"", path, to);
	return 0;
}

int repo_sync_path(const char *path, struct error *err)
{
	auto_error struct error local = { 0 };
	auto_fd int fd = fd_open(path, O_RDONLY, 0, &local);

	if (fd < 0 && local.code == ERR_MISSING)
		return 0;
	if (fd < 0) {
		error_move(err, &local);
		return -1;
	}
	if (fsync(fd) < 0)
		return error_errno(err, errno, "could not make \"%s\" durable",
		                   path);
	return 1;
}

/* The directory that holds `path`, on the heap. */
static char *parent_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	assert(slash);
	return mem_strndup(path, (size_t)(slash - path));
}

static char *loose_path(const struct repo *repo, const struct oid *oid)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(oid, text);
	return mem_printf("%s/%.2s/%s", repo->objects_dir, text, text + 2);
}

void object_clear(struct object *object)
{
	free(object->own);
	git_odb_object_free(object->git);
	*object = (struct object){ 0 };
}

/* The object by libgit2, which finds what we do not, and says what is wrong
 * with what nobody can read. */
static int read_by_git(struct repo *repo, const struct oid *oid,
                       enum object_type type, struct object *ret,
                       struct error *err)
{
	git_oid git = oid_to_git(oid);
	char text[OID_TEXT_BYTES];
	auto_git(git_odb_object) object = NULL;

	if (repo_start(repo, err) < 0)
		return -1;
	oid_to_text(oid, text);
	int rc = git_odb_read(&object, repo->odb, &git);
	if (rc < 0 && rc != GIT_ENOTFOUND) {
		/* A repack may have moved it while we looked. */
		(void)git_odb_refresh(repo->odb);
		rc = git_odb_read(&object, repo->odb, &git);
	}
	if (rc < 0)
		return repo_fail(err, rc, "could not read the %s %s",
		                 object_type_name(type), text);
	ret->bytes = git_odb_object_data(object);
	ret->len = git_odb_object_size(object);
	int found = git_odb_object_type(object);
	ret->git = steal(&object);
	return found;
}

/* The type of the object, which is in `ret`; -1. */
static int read_any(struct repo *repo, const struct oid *oid,
                    enum object_type type, struct object *ret,
                    struct error *err)
{
	const struct pack_item *item = repo_batch_find(repo, oid);

	if (item) {
		ret->own = mem_strndup(item->bytes, item->len);
		ret->bytes = ret->own;
		ret->len = item->len;
		return (int)item->type;
	}
	enum object_type found = odb_read(repo->objects, oid, SIZE_MAX / 2,
	                                  &ret->own, &ret->len);
	if (found == OBJECT_NONE)
		return read_by_git(repo, oid, type, ret, err);
	ret->bytes = ret->own;
	return (int)found;
}

static int not_a(const struct oid *oid, enum object_type type,
                 struct error *err)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(oid, text);
	return error_set(err, ERR_MISSING, "%s is not a %s", text,
	                 object_type_name(type));
}

int repo_object_read(struct repo *repo, const struct oid *oid,
                     enum object_type type, struct object *ret,
                     struct error *err)
{
	auto_object struct object object = { 0 };
	int found = read_any(repo, oid, type, &object, err);

	if (found < 0)
		return -1;
	if (found != (int)type)
		return not_a(oid, type, err);
	*ret = object;
	object = (struct object){ 0 };
	return 0;
}

/* The type and length of an object, of which no more is read; -1. */
static int look(struct repo *repo, const struct oid *oid, enum object_type type,
                size_t *ret_len, struct error *err)
{
	git_oid git = oid_to_git(oid);
	char text[OID_TEXT_BYTES];
	git_object_t found;
	const struct pack_item *item = repo_batch_find(repo, oid);

	if (item) {
		*ret_len = item->len;
		return (int)item->type;
	}
	enum object_type known = odb_look(repo->objects, oid, ret_len);
	if (known != OBJECT_NONE)
		return (int)known;
	oid_to_text(oid, text);
	if (repo_start(repo, err) < 0)
		return -1;
	int rc = git_odb_read_header(ret_len, &found, repo->odb, &git);
	if (rc < 0)
		return repo_fail(err, rc, "could not read the %s %s",
		                 object_type_name(type), text);
	return found;
}

int repo_object_expect(struct repo *repo, const struct oid *oid,
                       enum object_type type, struct error *err)
{
	size_t size;
	int found = look(repo, oid, type, &size, err);

	if (found < 0)
		return -1;
	return found == (int)type ? 0 : not_a(oid, type, err);
}

int repo_object_verify(struct repo *repo, const struct oid *oid,
                       enum object_type type, struct error *err)
{
	auto_object struct object object = { 0 };

	if (repo_object_read(repo, oid, type, &object, err) == 0)
		return 0;
	auto_free char *path = loose_path(repo, oid);
	auto_error struct error aside = { 0 };
	if (file_exists(path) && repo_move_aside(repo, path, &aside) < 0)
		return error_wrap(err, "%s", aside.message);
	return -1;
}

static int write_unverified(struct repo *repo, enum object_type type,
                            const void *bytes, size_t len, struct error *err)
{
	git_oid git;

	int rc = git_odb_write(&git, repo->odb, bytes, len, (git_object_t)type);
	if (rc < 0)
		return repo_fail(err, rc, "could not write a %s",
		                 object_type_name(type));
	return 0;
}

int repo_loose_write(struct repo *repo, enum object_type type,
                     const struct oid *oid, const void *bytes, size_t len,
                     struct error *err)
{
	auto_free char *path = loose_path(repo, oid);
	auto_free char *dir = parent_dir(path);
	bool was_there = file_exists(path);

	if (!file_exists(dir) && dir_make(dir, err) < 0)
		return -1;
	/* A write that failed is not tried again: after a failed fsync the
	 * second would find the file and call it written. */
	auto_error struct error unread = { 0 };
	if (write_unverified(repo, type, bytes, len, err) < 0)
		return -1;
	if (repo_object_verify(repo, oid, type, &unread) < 0 &&
	    (write_unverified(repo, type, bytes, len, err) < 0 ||
	     repo_object_verify(repo, oid, type, err) < 0))
		return -1;
	if (was_there &&
	    (repo_sync_path(path, err) < 0 || repo_sync_path(dir, err) < 0))
		return -1;
	return 0;
}

/* libgit2 also knows bytes that were made to collide. Nothing will refer to
 * what is only rehearsed, so that is no reason to start it. */
static int name_object(struct repo *repo, enum object_type type,
                       const void *bytes, size_t len, struct oid *ret,
                       struct error *err)
{
	git_oid git;

	if (repo->rehearsing && !repo->git) {
		object_hash(type, bytes, len, ret);
		return 0;
	}
	if (repo_start(repo, err) < 0)
		return -1;
	int rc = git_odb_hash(&git, bytes, len, (git_object_t)type);
	if (rc < 0)
		return repo_fail(err, rc, "could not hash a %s",
		                 object_type_name(type));
	*ret = oid_from_git(&git);
	return 0;
}

int repo_object_write(struct repo *repo, enum object_type type,
                      const void *bytes, size_t len, struct oid *ret,
                      struct error *err)
{
	struct oid oid;

	if (name_object(repo, type, bytes, len, &oid, err) < 0)
		return -1;
	int status =
	        repo_batch_is_open(repo)
	                ? repo_batch_add(repo, type, &oid, bytes, len, err)
	                : repo_loose_write(repo, type, &oid, bytes, len, err);
	if (status < 0)
		return -1;
	*ret = oid;
	return 0;
}

int repo_restore(struct repo *repo, const struct stored *stored,
                 struct error *err)
{
	auto_free char *path = loose_path(repo, &stored->oid);
	auto_free char *bytes = NULL;
	enum object_type type = (enum object_type)stored->type;
	size_t len;

	/* Not by libgit2, which knows the empty tree without a file. */
	odb_refresh(repo->objects);
	if (odb_read(repo->objects, &stored->oid, SIZE_MAX / 2, &bytes, &len) ==
	    type)
		return 0;
	if (repo_start(repo, err) < 0 ||
	    (file_exists(path) && repo_move_aside(repo, path, err) < 0) ||
	    repo_loose_write(repo, type, &stored->oid, stored->bytes,
	                     stored->len, err) < 0)
		return -1;
	return 1;
}

int repo_blob_write(struct repo *repo, const void *bytes, size_t len,
                    struct oid *ret, struct error *err)
{
	return repo_object_write(repo, OBJECT_BLOB, bytes, len, ret, err);
}

/* Not by libgit2, which may not have been started. */
void repo_blob_id(const void *bytes, size_t len, struct oid *ret)
{
	object_hash(OBJECT_BLOB, bytes, len, ret);
}

int repo_blob_read(struct repo *repo, const struct oid *oid, struct buf *ret,
                   struct error *err)
{
	auto_object struct object object = { 0 };
	auto_error struct error unknown = { 0 };
	size_t size;

	/* Too long a blob is refused before memory is taken for it. */
	if (look(repo, oid, OBJECT_BLOB, &size, &unknown) == OBJECT_BLOB &&
	    size > ret->max - ret->len)
		return error_set(err, ERR_LIMIT,
		                 "the file is longer than %zu bytes", ret->max);
	if (repo_object_read(repo, oid, OBJECT_BLOB, &object, err) < 0)
		return -1;
	buf_add(ret, object.bytes, object.len);
	return buf_check(ret, "the file", err);
}

bool repo_object_exists(struct repo *repo, const struct oid *oid)
{
	git_oid git = oid_to_git(oid);
	auto_free char *path = loose_path(repo, oid);
	auto_error struct error ignored = { 0 };
	size_t size;

	/* That there is a file of the name is all that libgit2 asks, too. */
	return repo_batch_find(repo, oid) || file_exists(path) ||
	       odb_look(repo->objects, oid, &size) != OBJECT_NONE ||
	       (repo_start(repo, &ignored) == 0 &&
	        git_odb_exists(repo->odb, &git) == 1);
}

static void add_oid_line(struct buf *buf, const char *name,
                         const struct oid *oid)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(oid, text);
	buf_printf(buf, "%s %s\n", name, text);
}

static int add_signature_line(struct buf *buf, const char *role,
                              const struct signature *signature,
                              struct error *err)
{
	assert(signature->time_s >= 0);
	if (!*signature->name || strpbrk(signature->name, "<>\n") ||
	    !*signature->email || strpbrk(signature->email, "<>\n "))
		return error_set(err, ERR_STATE,
		                 "git cannot record the %s \"%s <%s>\"", role,
		                 signature->name, signature->email);
	buf_printf(buf, "%s %s <%s> %" PRId64 " +0000\n", role, signature->name,
	           signature->email, signature->time_s);
	return 0;
}

int repo_commit_write(struct repo *repo, const struct commit *commit,
                      struct oid *ret, struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_DATA_FILE);

	if (memchr(commit->message, '\0', commit->message_len))
		return error_set(err, ERR_STATE,
		                 "a commit message cannot contain a NUL byte");
	if (repo_object_expect(repo, &commit->tree, OBJECT_TREE, err) < 0)
		return -1;
	add_oid_line(&text, "tree", &commit->tree);
	for (size_t i = 0; i < commit->parent_count; i++) {
		if (repo_object_expect(repo, &commit->parents[i], OBJECT_COMMIT,
		                       err) < 0)
			return -1;
		add_oid_line(&text, "parent", &commit->parents[i]);
	}
	if (add_signature_line(&text, "author", &commit->author, err) < 0 ||
	    add_signature_line(&text, "committer", &commit->committer, err) < 0)
		return -1;
	buf_add_char(&text, '\n');
	buf_add(&text, commit->message, commit->message_len);
	if (buf_check(&text, "the commit", err) < 0)
		return -1;
	return repo_object_write(repo, OBJECT_COMMIT, text.at, text.len, ret,
	                         err);
}
