/*
 * The repository itself: opening, making, and what its configuration says.
 *
 * Opening looks for the repository and no further (repo_peek.c); libgit2 is
 * started by the first function that needs it, with repo_start(), and only
 * then. A repository that is unusual is opened by libgit2 at once.
 *
 * libgit2's options are global to the process and are set before a repository
 * is opened, each time to the same values:
 * - fsync of everything below .git, because an event counts as recorded only
 *   when it survives a power cut;
 * - no object cache, because a read-back has to reach the disk, and because a
 *   cached tip would hide that its object is gone;
 * - objects are checked against their names, and repositories of other users
 *   are refused.
 */
#include "store/repo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/repo_private.h"

#define LOCK_WAIT_MS 5000

bool oid_equal(const struct oid *a, const struct oid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool oid_is_zero(const struct oid *oid)
{
	static const struct oid zero = { { 0 } };

	return oid_equal(oid, &zero);
}

void oid_to_text(const struct oid *oid, char ret_text[OID_TEXT_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < sizeof(oid->bytes); i++) {
		ret_text[at++] = digits[oid->bytes[i] >> 4];
		ret_text[at++] = digits[oid->bytes[i] & 15];
	}
	ret_text[at] = '\0';
}

/* The digit's value, or more than 15. */
static unsigned hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

/* By hand: libgit2 crashes on a text that is no id before it was initialised,
 * and ids are read before any repository is open. */
bool oid_from_text(const char *text, struct oid *ret)
{
	struct oid oid;

	for (size_t i = 0; i < sizeof(oid.bytes); i++) {
		unsigned high = hex_value(text[2 * i]);
		unsigned low = high > 15 ? 16 : hex_value(text[2 * i + 1]);

		if (low > 15)
			return false;
		oid.bytes[i] = (unsigned char)(high << 4 | low);
	}
	if (text[OID_TEXT_BYTES - 1] != '\0')
		return false;
	*ret = oid;
	return true;
}

char *oid_text(struct arena *arena, const struct oid *oid)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(oid, text);
	return arena_strdup(arena, text);
}

/* libgit2's classes whose plain errors mean that stored bytes are wrong. */
static bool is_damage(int class)
{
	switch (class) {
	case GIT_ERROR_OBJECT:
	case GIT_ERROR_ODB:
	case GIT_ERROR_REFERENCE:
	case GIT_ERROR_SHA:
	case GIT_ERROR_TREE:
	case GIT_ERROR_ZLIB:
		return true;
	default:
		return false;
	}
}

static enum error_code code_of(int rc, int class)
{
	switch (rc) {
	case GIT_ENOTFOUND:
		return ERR_MISSING;
	case GIT_ELOCKED:
	case GIT_EMODIFIED:
		return ERR_CONFLICT;
	case GIT_EEXISTS:
	case GIT_EOWNER:
		return ERR_STATE;
	case GIT_EMISMATCH:
		return ERR_CORRUPT;
	default:
		return is_damage(class) ? ERR_CORRUPT : ERR_SYSTEM;
	}
}

int repo_fail(struct error *err, int rc, const char *format, ...)
{
	const git_error *last = git_error_last();
	enum error_code code = code_of(rc, last ? last->klass : GIT_ERROR_NONE);
	auto_buf struct buf message = buf_make(LIMIT_ERROR_TEXT);
	va_list values;

	va_start(values, format);
	buf_vprintf(&message, format, values);
	va_end(values);
	if (!last)
		return error_set(err, code, "%s", message.at);
	return error_set(err, code, "%s: %s", message.at, last->message);
}

/* Make libgit2 ready; each success is undone by one git_libgit2_shutdown(). */
static int start_libgit2(struct error *err)
{
	int rc = git_libgit2_init();

	if (rc < 0)
		return repo_fail(err, rc, "could not start libgit2");
	rc = git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	rc |= git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
	rc |= git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
	rc |= git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 1);
	rc |= git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
	if (rc == 0)
		return 0;
	(void)repo_fail(err, rc, "could not set the options of libgit2");
	(void)git_libgit2_shutdown();
	return -1;
}

void repo_close(struct repo *repo)
{
	if (!repo)
		return;
	if (repo->git) {
		git_odb_free(repo->odb);
		git_repository_free(repo->git);
		/* A count of uses; nothing can be done about it. */
		(void)git_libgit2_shutdown();
	}
	repo_batch_free(repo->batch);
	shelf_free(repo->shelf);
	peek_clear(&repo->at);
	odb_close(repo->objects);
	free(repo->objects_dir);
	free(repo);
}

void repo_close_auto(struct repo **repo)
{
	repo_close(*repo);
}

/* libgit2 1.5 looks for safe.directory to tell whether a repository of
 * another user is trusted, and reports that this was not found. */
static bool is_foreign(int rc, const git_error *last)
{
	return rc == GIT_EOWNER ||
	       (rc == GIT_ENOTFOUND && last && last->klass == GIT_ERROR_CONFIG);
}

static int open_fail(int rc, const char *dir, struct error *err)
{
	const git_error *last = git_error_last();
	const char *text = last ? last->message : "";

	if (is_foreign(rc, last)) {
		(void)error_set(err, ERR_STATE,
		                "the git repository of \"%s\" belongs to "
		                "another user",
		                dir);
		return error_hint(err, "If you trust it, run: git config "
		                       "--global --add safe.directory DIR");
	}
	if (rc == GIT_ENOTFOUND) {
		(void)error_set(err, ERR_STATE,
		                "\"%s\" is not in a git repository", dir);
		return error_hint(err, "Change to your workspace, or make "
		                       "one with: reeve init");
	}
	if (strstr(text, "objectformat"))
		return error_set(err, ERR_STATE,
		                 "the git repository of \"%s\" has SHA-256 "
		                 "objects, which reeve cannot read",
		                 dir);
	(void)repo_fail(err, rc, "could not open the git repository of \"%s\"",
	                dir);
	if (strstr(text, "unsupported extension"))
		err->code = ERR_STATE;
	return -1;
}

/* The absolute path without a trailing slash, on the heap; NULL on failure. */
static char *plain_path(const char *path, struct error *err)
{
	char *real = realpath(path, NULL);

	if (!real)
		(void)error_errno(err, errno, "could not find \"%s\"", path);
	return real;
}

static int fill_paths(git_repository *git, struct peek *ret, struct error *err)
{
	const char *work_dir = git_repository_workdir(git);

	ret->git_dir = plain_path(git_repository_path(git), err);
	ret->common_dir = plain_path(git_repository_commondir(git), err);
	if (work_dir)
		ret->work_dir = plain_path(work_dir, err);
	return ret->git_dir && ret->common_dir && (ret->work_dir || !work_dir)
	               ? 0
	               : -1;
}

static void end_libgit2(git_repository **git)
{
	if (!*git)
		return;
	git_repository_free(*git);
	(void)git_libgit2_shutdown(); /* a count of uses */
}

/* libgit2's repository of `dir`, and where it says that it is. */
static git_repository *open_git(const char *dir, struct peek *ret,
                                struct error *err)
{
	CLEANUP(end_libgit2) git_repository *git = NULL;

	if (start_libgit2(err) < 0)
		return NULL;
	int rc = git_repository_open_ext(&git, dir, 0, NULL);
	if (rc < 0) {
		(void)open_fail(rc, dir, err);
		(void)git_libgit2_shutdown(); /* a count of uses */
		return NULL;
	}
	if (fill_paths(git, ret, err) < 0)
		return NULL;
	return steal(&git);
}

static int use_git(struct repo *repo, git_repository *git, struct error *err)
{
	CLEANUP(end_libgit2) git_repository *ours = git;

	int rc = git_repository_odb(&repo->odb, git);
	if (rc < 0)
		return repo_fail(err, rc,
		                 "could not open the objects of \"%s\"",
		                 repo->at.common_dir);
	repo->git = steal(&ours);
	return 0;
}

int repo_start(struct repo *repo, struct error *err)
{
	CLEANUP(peek_clear) struct peek at = { 0 };

	if (repo->git)
		return 0;
	CLEANUP(end_libgit2)
	git_repository *git = open_git(repo->at.work_dir, &at, err);
	if (!git)
		return -1;
	if (!text_equal(at.common_dir, repo->at.common_dir))
		return error_set(err, ERR_STATE,
		                 "the git repository of \"%s\" was replaced",
		                 repo->at.work_dir);
	return use_git(repo, steal(&git), err);
}

int repo_settle(struct repo *repo, struct error *err)
{
	if (repo_start(repo, err) < 0)
		return -1;
	return repo_batch_flush(repo, err);
}

struct repo *repo_open(const char *dir, struct error *err)
{
	auto_repo struct repo *repo = mem_zalloc(1, sizeof(*repo));

	repo->lock_wait_ms = LOCK_WAIT_MS;
	repo->is_plain = peek_open(dir, &repo->at);
	if (!repo->is_plain) {
		git_repository *git = open_git(dir, &repo->at, err);
		if (!git || use_git(repo, git, err) < 0)
			return NULL;
	}
	repo->objects_dir = mem_printf("%s/objects", repo->at.common_dir);
	repo->objects = odb_open(repo->objects_dir);
	return steal(&repo);
}

static int create(const char *dir, const char *branch, struct error *err)
{
	git_repository *git = NULL;
	git_repository_init_options options = {
		.version = GIT_REPOSITORY_INIT_OPTIONS_VERSION,
		.flags = GIT_REPOSITORY_INIT_MKDIR |
		         GIT_REPOSITORY_INIT_MKPATH |
		         GIT_REPOSITORY_INIT_NO_REINIT,
		.initial_head = branch,
	};

	int rc = git_repository_init_ext(&git, dir, &options);
	git_repository_free(git);
	if (rc < 0)
		return repo_fail(err, rc,
		                 "could not make a git repository in \"%s\"",
		                 dir);
	return 0;
}

struct repo *repo_create(const char *dir, const char *branch, struct error *err)
{
	if (start_libgit2(err) < 0)
		return NULL;
	int rc = create(dir, branch, err);
	struct repo *repo = rc < 0 ? NULL : repo_open(dir, err);
	(void)git_libgit2_shutdown(); /* repo_open() counts for itself */
	return repo;
}

bool repo_is_bare(const struct repo *repo)
{
	return !repo->at.work_dir;
}

const char *repo_work_dir(const struct repo *repo)
{
	return repo->at.work_dir;
}

const char *repo_common_dir(const struct repo *repo)
{
	return repo->at.common_dir;
}

int repo_head_branch(struct repo *repo, struct arena *arena,
                     const char **ret_name, struct error *err)
{
	static const char branches[] = "refs/heads/";
	auto_git(git_reference) head = NULL;
	auto_buf struct buf name = buf_make(LIMIT_TREE_PATH);
	const char *target = NULL;

	if (!repo->is_plain || peek_head(&repo->at, &name) == PEEK_UNSURE) {
		if (repo_start(repo, err) < 0)
			return -1;
		int rc = git_reference_lookup(&head, repo->git, "HEAD");
		if (rc < 0)
			return repo_fail(err, rc, "could not read HEAD");
		target = git_reference_symbolic_target(head);
	} else if (name.len > 0) {
		target = name.at;
	}
	*ret_name = NULL;
	if (target && text_starts(target, branches))
		*ret_name = arena_strdup(arena, target + strlen(branches));
	return 0;
}

/* Where git looks for one half of an identity, first to last. */
struct identity_source {
	const char *variable;
	const char *keys[2];
	const char *example;
};

static int identity_part(struct arena *arena, git_config *config,
                         const struct identity_source *source, const char **ret,
                         struct error *err)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	const char *value = getenv(source->variable);

	for (size_t i = 0; i < ARRAY_LEN(source->keys); i++) {
		if (value && *value)
			break;
		int rc = git_config_get_string(&value, config, source->keys[i]);
		if (rc == GIT_ENOTFOUND)
			value = NULL;
		else if (rc < 0)
			return repo_fail(err, rc, "could not read \"%s\"",
			                 source->keys[i]);
	}
	if (!value || !*value) {
		(void)error_set(err, ERR_STATE, "git does not know your %s",
		                source->keys[1]);
		return error_hint(err, "Run: git config %s \"%s\"",
		                  source->keys[1], source->example);
	}
	*ret = arena_strdup(arena, value);
	return 0;
}

int repo_identity(struct repo *repo, struct arena *arena, const char **ret_name,
                  const char **ret_email, struct error *err)
{
	static const struct identity_source sources[] = {
		{
		        .variable = "GIT_AUTHOR_NAME",
		        .keys = { "author.name", "user.name" },
		        .example = "Your Name",
		},
		{
		        .variable = "GIT_AUTHOR_EMAIL",
		        .keys = { "author.email", "user.email" },
		        .example = "you@example.com",
		},
	};
	auto_git(git_config) config = NULL;
	const char *name = NULL;
	const char *email = NULL;

	if (repo_start(repo, err) < 0)
		return -1;
	int rc = git_repository_config_snapshot(&config, repo->git);
	if (rc < 0)
		return repo_fail(err, rc, "could not read git's configuration");
	if (identity_part(arena, config, &sources[0], &name, err) < 0 ||
	    identity_part(arena, config, &sources[1], &email, err) < 0)
		return -1;
	*ret_name = name;
	*ret_email = email;
	return 0;
}
