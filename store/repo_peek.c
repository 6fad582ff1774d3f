/*
 * A repository as git makes it: in the first folder upwards that has it, .git
 * is either the repository's folder, or a file "gitdir: PATH" that names one
 * (of a linked worktree, whose file `commondir` names the shared folder). Its
 * `config` says nothing of a bare repository, of another working tree, of
 * extensions or of files to include. All four belong to us.
 *
 * A reference is the file of its name, which holds 40 hex digits or
 * "ref: NAME"; when there is no such file, its line in packed-refs,
 *
 *	<40 hex digits> <name>
 *	^<40 hex digits>            what a tag stands for: not looked at
 *
 * In this order: git writes packed-refs before it removes the file.
 */
#include "store/repo_peek.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define CONFIG_BYTES (1u << 20)
#define LINE_BYTES   LIMIT_TREE_PATH /* of a file that holds one line */
#define PACKED_BYTES (64u << 20)
#define SYMBOLIC_MAX 5 /* references that name references */

void peek_clear(struct peek *peek)
{
	free(peek->git_dir);
	free(peek->common_dir);
	free(peek->work_dir);
	*peek = (struct peek){ 0 };
}

/* ---- What the configuration says ----------------------------------------- */

enum section {
	SECTION_NONE,
	SECTION_CORE,
	SECTION_OTHER,
	SECTION_UNUSUAL,
};

/* `line` begins with '['. A key behind the name is not looked for. */
static enum section section_of(char *line)
{
	char *name = line + 1;
	char *end = strchr(name, ']');

	if (!end || end[1 + strspn(end + 1, " \t")])
		return SECTION_UNUSUAL;
	*end = '\0';
	if (strncasecmp(name, "include", strlen("include")) == 0 ||
	    strncasecmp(name, "extensions", strlen("extensions")) == 0 ||
	    *name == ' ' || *name == '\t')
		return SECTION_UNUSUAL;
	return strcasecmp(name, "core") == 0 ? SECTION_CORE : SECTION_OTHER;
}

/* A key of [core] that decides how a repository is to be read has the value
 * that git gives it. */
static bool is_usual_core(char *line)
{
	static const struct {
		const char *name;
		const char *values[2];
	} rows[] = {
		{ "bare", { "false", "false" } },
		{ "repositoryformatversion", { "0", "1" } },
		{ "worktree", { NULL, NULL } },
	};

	size_t len = strcspn(line, " \t=");
	char *value = line + len + strspn(line + len, " \t=");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strlen(rows[i].name) != len ||
		    strncasecmp(line, rows[i].name, len) != 0)
			continue;
		if (!text_equal(value, rows[i].values[0]) &&
		    !text_equal(value, rows[i].values[1]))
			return false;
	}
	return true;
}

/* The line without the white space around it. */
static char *stripped(char *line)
{
	line += strspn(line, " \t\r");
	size_t len = strlen(line);
	while (len > 0 && strchr(" \t\r", line[len - 1]))
		line[--len] = '\0';
	return line;
}

static bool is_usual_config(const char *common_dir)
{
	auto_free char *path = mem_printf("%s/config", common_dir);
	auto_buf struct buf text = buf_make(CONFIG_BYTES);
	auto_error struct error ignored = { 0 };
	enum section section = SECTION_NONE;

	if (file_read(path, &text, &ignored) < 0 || text.len == 0 ||
	    strlen(text.at) != text.len)
		return false;
	char *rest = text.at;
	char *raw;
	while ((raw = strsep(&rest, "\n"))) {
		char *line = stripped(raw);

		if (text_ends(line, "\\")) /* goes on in the next line */
			return false;
		if (!*line || *line == '#' || *line == ';')
			continue;
		if (*line == '[')
			section = section_of(line);
		else if (section == SECTION_NONE ||
		         (section == SECTION_CORE && !is_usual_core(line)))
			return false;
		if (section == SECTION_UNUSUAL)
			return false;
	}
	return true;
}

/* ---- Where it is --------------------------------------------------------- */

static bool is_ours(const char *path)
{
	struct stat file;

	return lstat(path, &file) == 0 && file.st_uid == geteuid();
}

static bool has(const char *dir, const char *name, mode_t type)
{
	auto_free char *path = mem_printf("%s/%s", dir, name);
	struct stat file;

	return lstat(path, &file) == 0 && (file.st_mode & S_IFMT) == type;
}

/* The one line of the file `dir`/`name` behind `prefix`, on the heap. */
static char *read_line(const char *dir, const char *name, const char *prefix)
{
	auto_free char *path = mem_printf("%s/%s", dir, name);
	auto_buf struct buf text = buf_make(LINE_BYTES);
	auto_error struct error ignored = { 0 };

	if (file_read(path, &text, &ignored) < 0 || text.len == 0 ||
	    !text_starts(text.at, prefix))
		return NULL;
	while (text.len > 0 && text.at[text.len - 1] == '\n')
		buf_cut(&text, text.len - 1);
	if (strlen(text.at) != text.len || strchr(text.at, '\n'))
		return NULL;
	return mem_strdup(text.at + strlen(prefix));
}

/* `path`, when it is relative as seen from `dir`, as a real path. */
static char *real_path_from(const char *dir, const char *path)
{
	auto_free char *joined = *path == '/' ? mem_strdup(path)
	                                      : mem_printf("%s/%s", dir, path);

	return realpath(joined, NULL);
}

/* Cut `path` to the folder that has a .git, without leaving its file system.
 * A folder that may itself be a repository is for libgit2. */
static bool climb(char *path)
{
	dev_t device = 0;

	for (;;) {
		auto_free char *dot_git = mem_printf("%s/.git", path);
		struct stat here;
		struct stat found;

		if (stat(path, &here) < 0 || (device && here.st_dev != device))
			return false;
		device = here.st_dev;
		if (lstat(dot_git, &found) == 0)
			return found.st_dev == device;
		char *slash = strrchr(path, '/');
		if (errno != ENOENT || slash == path ||
		    has(path, "HEAD", S_IFREG))
			return false;
		*slash = '\0';
	}
}

/* The folder that the file .git names, and, for a linked worktree, the shared
 * one; a worktree that was moved by hand is for libgit2. */
static bool follow_file(struct peek *peek, const char *dot_git)
{
	auto_free char *path = read_line(peek->work_dir, ".git", "gitdir: ");

	if (!path || !(peek->git_dir = real_path_from(peek->work_dir, path)))
		return false;
	if (!has(peek->git_dir, "commondir", S_IFREG)) {
		peek->common_dir = mem_strdup(peek->git_dir);
		return true;
	}
	auto_free char *shared = read_line(peek->git_dir, "commondir", "");
	auto_free char *back = read_line(peek->git_dir, "gitdir", "");
	if (!shared || !back || !text_equal(back, dot_git))
		return false;
	peek->common_dir = real_path_from(peek->git_dir, shared);
	return peek->common_dir;
}

static bool find_dirs(struct peek *peek)
{
	auto_free char *dot_git = mem_printf("%s/.git", peek->work_dir);

	if (!is_ours(peek->work_dir) || !is_ours(dot_git))
		return false;
	if (has(peek->work_dir, ".git", S_IFREG))
		return follow_file(peek, dot_git) && is_ours(peek->git_dir) &&
		       is_ours(peek->common_dir);
	if (!has(peek->work_dir, ".git", S_IFDIR) ||
	    has(dot_git, "commondir", S_IFREG))
		return false;
	peek->common_dir = mem_strdup(dot_git);
	peek->git_dir = steal(&dot_git);
	return true;
}

bool peek_open(const char *dir, struct peek *ret)
{
	CLEANUP(peek_clear) struct peek peek = { 0 };

	/* The variables of git's environment are not looked at, as libgit2,
	 * asked for the repository of a folder, does not look at them. */
	peek.work_dir = realpath(dir, NULL);
	if (!peek.work_dir || !climb(peek.work_dir) || !find_dirs(&peek) ||
	    !has(peek.git_dir, "HEAD", S_IFREG) ||
	    !has(peek.common_dir, "objects", S_IFDIR) ||
	    !has(peek.common_dir, "refs", S_IFDIR) ||
	    !is_usual_config(peek.common_dir))
		return false;
	*ret = peek;
	peek = (struct peek){ 0 };
	return true;
}

/* ---- References ---------------------------------------------------------- */

/* A name that git allows, and a file of that name in the shared folder; of
 * other names libgit2 knows what they are. */
static bool is_plain_name(const char *name)
{
	static const char *const roots[] = { "refs/heads/", "refs/reeve/",
		                             "refs/remotes/", "refs/tags/" };
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(roots); i++)
		known = known || text_starts(name, roots[i]);
	if (!known || strstr(name, "..") || strstr(name, "@{") ||
	    strlen(name) > LIMIT_PATH || strpbrk(name, " ~^:?*[\\\x7f"))
		return false;
	for (const char *at = name; at; at = strchr(at, '/')) {
		at += *at == '/';
		size_t len = strcspn(at, "/");
		if (len == 0 || *at == '.' || at[len - 1] == '.' ||
		    (len >= 5 && memcmp(at + len - 5, ".lock", 5) == 0))
			return false;
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)at[i] < 0x20)
				return false;
	}
	return true;
}

/* The line of `name` in the `len` bytes of packed-refs. */
static enum peek_answer search_packed(const char *text, size_t len,
                                      const char *name, struct oid *ret)
{
	auto_free char *ending = mem_printf(" %s\n", name);
	size_t id_len = OID_TEXT_BYTES - 1;
	const char *at = text;
	const char *end = text + len;

	if (text[len - 1] != '\n' || memchr(text, '\r', len))
		return PEEK_UNSURE;
	while ((at = memmem(at, (size_t)(end - at), ending, strlen(ending)))) {
		const char *id = at - id_len;

		at++;
		if (id < text || (id > text && id[-1] != '\n'))
			continue; /* the end of a comment, say */
		auto_free char *digits = mem_strndup(id, id_len);
		return oid_from_text(digits, ret) ? PEEK_FOUND : PEEK_UNSURE;
	}
	return PEEK_NONE;
}

static enum peek_answer read_packed(const struct peek *peek, const char *name,
                                    struct oid *ret)
{
	auto_free char *path = mem_printf("%s/packed-refs", peek->common_dir);
	auto_buf struct buf text = buf_make(PACKED_BYTES);
	auto_error struct error err = { 0 };

	if (file_read(path, &text, &err) < 0)
		return err.code == ERR_MISSING ? PEEK_NONE : PEEK_UNSURE;
	return text.len == 0 ? PEEK_NONE
	                     : search_packed(text.at, text.len, name, ret);
}

/* What the file of a reference holds: its text in `ret`. */
static enum peek_answer read_loose(const char *dir, const char *name,
                                   struct buf *ret)
{
	auto_free char *path = mem_printf("%s/%s", dir, name);
	auto_error struct error err = { 0 };
	struct stat file;

	if (lstat(path, &file) < 0)
		return errno == ENOENT || errno == ENOTDIR ? PEEK_NONE
		                                           : PEEK_UNSURE;
	if (S_ISDIR(file.st_mode))
		return PEEK_NONE;
	if (!S_ISREG(file.st_mode))
		return PEEK_UNSURE;
	if (file_read(path, ret, &err) < 0)
		return err.code == ERR_MISSING ? PEEK_NONE : PEEK_UNSURE;
	while (text_ends(ret->at, "\n") || text_ends(ret->at, " "))
		buf_cut(ret, ret->len - 1);
	return ret->len > 0 && strlen(ret->at) == ret->len ? PEEK_FOUND
	                                                   : PEEK_UNSURE;
}

enum peek_answer peek_ref(const struct peek *peek, const char *name,
                          struct oid *ret)
{
	auto_buf struct buf text = buf_make(LINE_BYTES);
	auto_free char *now = mem_strdup(name);

	for (int i = 0; i < SYMBOLIC_MAX; i++) {
		bool is_head = text_equal(now, "HEAD");

		if (!is_head && !is_plain_name(now))
			return PEEK_UNSURE;
		buf_cut(&text, 0);
		enum peek_answer answer = read_loose(
		        is_head ? peek->git_dir : peek->common_dir, now, &text);
		if (answer == PEEK_NONE && !is_head)
			return read_packed(peek, now, ret);
		if (answer != PEEK_FOUND)
			return PEEK_UNSURE;
		if (!text_starts(text.at, "ref: "))
			return oid_from_text(text.at, ret) ? PEEK_FOUND
			                                   : PEEK_UNSURE;
		free(now);
		now = mem_strdup(text.at + strlen("ref: "));
	}
	return PEEK_UNSURE;
}

enum peek_answer peek_head(const struct peek *peek, struct buf *ret)
{
	auto_buf struct buf text = buf_make(LINE_BYTES);
	struct oid oid;

	if (read_loose(peek->git_dir, "HEAD", &text) != PEEK_FOUND)
		return PEEK_UNSURE;
	if (oid_from_text(text.at, &oid))
		return PEEK_NONE;
	const char *name = text.at + strlen("ref: ");
	if (!text_starts(text.at, "ref: ") || !is_plain_name(name))
		return PEEK_UNSURE;
	buf_add_text(ret, name);
	return PEEK_FOUND;
}
