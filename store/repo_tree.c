/*
 * Trees: looked into, listed, compared, and written with changes.
 *
 * A new tree is the old one with changes, level by level: the changes are
 * sorted so that all of one name are neighbours, the name's own change and
 * those below it; what is below becomes a tree of its own first. A level is
 * written in git's form,
 *
 *	<mode in octal> <name> NUL <20 bytes of id>     for each entry,
 *
 * sorted by name with a `/` added to the names of directories. Levels without
 * entries are left out, but for the topmost.
 *
 * Trees come from outside too: a few nested ones that name each other can
 * stand for billions of files, so listings have limits.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"
#include "store/repo.h"
#include "store/repo_private.h"

enum {
	MODE_TREE = 0040000,
	MODE_FILE = 0100644,
	MODE_PROGRAM = 0100755,
	MODE_LINK = 0120000,
	MODE_SUBMODULE = 0160000,
};

int repo_tree_open(struct repo *repo, const struct oid *oid, git_tree **ret,
                   struct error *err)
{
	char text[OID_TEXT_BYTES];
	git_tree *tree = NULL;

	if (!oid) {
		*ret = NULL;
		return 0;
	}
	if (repo_settle(repo, err) < 0)
		return -1;
	git_oid git = oid_to_git(oid);
	int rc = git_tree_lookup(&tree, repo->git, &git);
	if (rc < 0 && rc != GIT_ENOTFOUND) {
		/* A repack may have moved it while we looked. */
		(void)git_odb_refresh(repo->odb);
		rc = git_tree_lookup(&tree, repo->git, &git);
	}
	oid_to_text(oid, text);
	if (rc < 0)
		return repo_fail(err, rc, "could not read the tree %s", text);
	*ret = tree;
	return 0;
}

/* Reading. */

/* Modes that old and foreign programs wrote, as one of git's. */
static unsigned plain_mode(unsigned mode)
{
	if (S_ISDIR(mode))
		return MODE_TREE;
	if (mode & S_IXUSR)
		return MODE_PROGRAM;
	if ((mode & S_IFMT) == MODE_SUBMODULE)
		return MODE_SUBMODULE;
	return S_ISLNK(mode) ? MODE_LINK : MODE_FILE;
}

/* Looked up level by level: a directory whose object is gone is an error. */
int repo_tree_find(struct repo *repo, const struct oid *tree, const char *path,
                   struct tree_entry *ret, struct error *err)
{
	struct slot entry = { .oid = *tree, .mode = MODE_TREE };
	auto_free char *names = mem_strdup(path);
	char *rest = names;
	const char *name;

	while ((name = strsep(&rest, "/"))) {
		struct oid level = entry.oid;

		if (!S_ISDIR(entry.mode))
			return 0;
		int found = level_find(repo, &level, name, &entry, err);
		if (found != 1)
			return found;
	}
	ret->oid = entry.oid;
	ret->mode = plain_mode(entry.mode);
	return 1;
}

/* Listing. */

struct listing {
	struct repo *repo;
	struct arena *arena;
	struct tree_entry *items;
	size_t count;
	size_t trees;
};

static int list_level(struct listing *listing, const struct oid *oid,
                      const char *prefix, struct error *err);

static int list_entry(struct listing *listing, const struct slot *entry,
                      const char *prefix, struct error *err)
{
	const char *slash = *prefix ? "/" : "";
	struct tree_entry item = {
		.oid = entry->oid,
		.mode = plain_mode(entry->mode),
	};

	if (item.mode == MODE_SUBMODULE)
		return 0;
	item.path = arena_printf(listing->arena, "%s%s%s", prefix, slash,
	                         entry->name);
	if (strlen(item.path) > LIMIT_TREE_PATH)
		return error_set(err, ERR_LIMIT,
		                 "a path in the tree is longer than %d bytes",
		                 LIMIT_TREE_PATH);
	if (item.mode == MODE_TREE)
		return list_level(listing, &item.oid, item.path, err);
	listing->items = arena_grow(listing->arena, listing->items,
	                            listing->count, sizeof(*listing->items));
	listing->items[listing->count++] = item;
	return 0;
}

static int list_level(struct listing *listing, const struct oid *oid,
                      const char *prefix, struct error *err)
{
	CLEANUP(level_close) struct level level = { 0 };
	struct slot entry;
	int found;

	if (listing->count + listing->trees++ > LIMIT_TREE_FILES)
		return error_set(err, ERR_LIMIT,
		                 "the tree has more than %u files",
		                 LIMIT_TREE_FILES);
	if (level_open(listing->repo, oid, &level, err) < 0)
		return -1;
	while ((found = level_next(&level, &entry, err)) == 1)
		if (list_entry(listing, &entry, prefix, err) < 0)
			return -1;
	return found;
}

/* NOLINTNEXTLINE(readability-function-size): its list is two parameters */
int repo_tree_list(struct repo *repo, struct arena *arena,
                   const struct oid *tree, const char *dir,
                   struct tree_entry **ret, size_t *ret_count,
                   struct error *err)
{
	struct listing listing = { .repo = repo, .arena = arena };
	struct tree_entry top = { .oid = *tree, .mode = MODE_TREE };

	int found = *dir ? repo_tree_find(repo, tree, dir, &top, err) : 1;
	if (found < 0)
		return -1;
	if (found == 1 && top.mode == MODE_TREE &&
	    list_level(&listing, &top.oid, dir, err) < 0)
		return -1;
	*ret = listing.items;
	*ret_count = listing.count;
	return 0;
}

/* Writing. */

/* Neighbouring changes, the first `skip` bytes of whose paths are the same. */
struct span {
	const struct tree_change *at;
	size_t count;
	size_t skip;
};

struct slots {
	struct slot *items;
	size_t count;
};

/* What a level needs besides its changes. */
struct writer {
	struct repo *repo;
	struct arena arena;
};

static int write_level(struct writer *writer, const struct oid *base,
                       struct span span, struct slot *ret, struct error *err);

static enum object_type type_of(unsigned mode)
{
	return mode == MODE_TREE ? OBJECT_TREE : OBJECT_BLOB;
}

static bool has_git_segment(const char *path)
{
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		size_t len = strcspn(at, "/");
		if (len == 4 && strncasecmp(at, ".git", len) == 0)
			return true;
	}
	return false;
}

static int check_change(struct repo *repo, const struct tree_change *change,
                        struct error *err)
{
	static const unsigned modes[] = { 0,         MODE_TREE,
		                          MODE_FILE, MODE_PROGRAM,
		                          MODE_LINK, MODE_SUBMODULE };
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		known = known || change->mode == modes[i];
	assert(known);
	if (path_check(change->path, err) < 0)
		return -1;
	if (has_git_segment(change->path))
		return error_set(err, ERR_CONFIG,
		                 "\"%s\" cannot be in a git tree",
		                 change->path);
	if (change->mode == 0 || change->mode == MODE_SUBMODULE)
		return 0;
	if (repo_object_expect(repo, &change->oid, type_of(change->mode), err) <
	    0)
		return error_wrap(err, "cannot write \"%s\"", change->path);
	return 0;
}

/* `/` before every other byte, so that what is below a name follows it. */
static int path_byte(char c)
{
	return c == '/' ? 1 : c == '\0' ? 0 : 1 + (unsigned char)c;
}

static int by_path(const void *a, const void *b)
{
	const struct tree_change *left = a;
	const struct tree_change *right = b;
	const char *x = left->path;
	const char *y = right->path;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	return path_byte(*x) - path_byte(*y);
}

/* The changes at the front of `span` whose next name is the same; how many of
 * them are of the name itself in `*ret_exact`. */
static size_t group_len(struct span span, size_t name_len, size_t *ret_exact)
{
	const char *first = span.at[0].path + span.skip;
	size_t count = 0;
	size_t exact = 0;

	for (; count < span.count; count++) {
		const char *path = span.at[count].path + span.skip;

		if (strcspn(path, "/") != name_len ||
		    memcmp(path, first, name_len) != 0)
			break;
		exact += path[name_len] == '\0';
	}
	*ret_exact = exact;
	return count;
}

static int apply_below(struct writer *writer, struct span below,
                       struct slot *slot, struct error *err)
{
	if (slot->mode != 0 && slot->mode != MODE_TREE)
		return error_set(err, ERR_CONFLICT,
		                 "cannot write \"%s\": \"%.*s\" is a file",
		                 below.at[0].path, (int)below.skip - 1,
		                 below.at[0].path);
	return write_level(writer, slot->mode ? &slot->oid : NULL, below, slot,
	                   err);
}

/* Apply to `slot` the changes of one name: first a removal or a whole tree,
 * then what is below, then a file, which must not hide anything. */
static int apply_group(struct writer *writer, struct span group, size_t exact,
                       struct slot *slot, struct error *err)
{
	const struct tree_change *own = exact ? &group.at[exact - 1] : NULL;
	bool is_file = own && own->mode != 0 && own->mode != MODE_TREE;
	struct span below = {
		.at = group.at + exact,
		.count = group.count - exact,
		.skip = group.skip + strlen(slot->name) + 1,
	};

	if (exact > 1)
		return error_set(err, ERR_CONFLICT,
		                 "\"%s\" would be written twice",
		                 group.at[0].path);
	if (own && !is_file) {
		slot->mode = own->mode;
		slot->oid = own->oid;
	}
	if (below.count > 0 && apply_below(writer, below, slot, err) < 0)
		return -1;
	if (!is_file)
		return 0;
	if (slot->mode == MODE_TREE)
		return error_set(err, ERR_CONFLICT,
		                 "cannot write \"%s\": it is a directory",
		                 own->path);
	slot->mode = own->mode;
	slot->oid = own->oid;
	return 0;
}

static int by_slot_name(const void *a, const void *b)
{
	const struct slot *left = a;
	const struct slot *right = b;

	return strcmp(left->name, right->name);
}

static const struct slot *find_slot(const struct slots *slots,
                                    const struct slot *like)
{
	if (slots->count == 0)
		return NULL;
	return bsearch(like, slots->items, slots->count, sizeof(*like),
	               by_slot_name);
}

/* What a level has now, sorted by name; nothing without `oid`. */
static int read_slots(struct writer *writer, const struct oid *oid,
                      struct level *level, struct slots *ret, struct error *err)
{
	struct slot slot;
	int found;

	if (!oid)
		return 0;
	if (level_open(writer->repo, oid, level, err) < 0)
		return -1;
	while ((found = level_next(level, &slot, err)) == 1) {
		ret->items = arena_grow(&writer->arena, ret->items, ret->count,
		                        sizeof(slot));
		ret->items[ret->count++] = slot;
	}
	if (ret->count > 0)
		qsort(ret->items, ret->count, sizeof(slot), by_slot_name);
	return found;
}

/* The new state of every name that `span` changes. */
static int apply_changes(struct writer *writer, const struct slots *base,
                         struct span span, struct slots *ret, struct error *err)
{
	ret->items =
	        arena_array(&writer->arena, span.count, sizeof(*ret->items));
	while (span.count > 0) {
		const char *path = span.at[0].path + span.skip;
		size_t exact;
		size_t name_len = strcspn(path, "/");
		struct span group = span;
		struct slot *slot = &ret->items[ret->count++];

		group.count = group_len(span, name_len, &exact);
		slot->name = arena_strndup(&writer->arena, path, name_len);
		const struct slot *old = find_slot(base, slot);
		if (old)
			*slot = *old;
		if (apply_group(writer, group, exact, slot, err) < 0)
			return -1;
		span.at += group.count;
		span.count -= group.count;
	}
	return 0;
}

/* git's order: a directory sorts as if its name ended in `/`. */
static int by_git_order(const void *a, const void *b)
{
	const struct slot *left = a;
	const struct slot *right = b;
	const char *x = left->name;
	const char *y = right->name;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	int c = *x ? (unsigned char)*x : left->mode == MODE_TREE ? '/' : 0;
	int d = *y ? (unsigned char)*y : right->mode == MODE_TREE ? '/' : 0;
	return c - d;
}

/* `changed` (sorted by name) and what `base` has besides, in git's order. */
static void merge_slots(struct writer *writer, const struct slots *base,
                        const struct slots *changed, struct slots *ret)
{
	ret->items = arena_array(&writer->arena, base->count + changed->count,
	                         sizeof(*ret->items));
	for (size_t i = 0; i < changed->count; i++)
		if (changed->items[i].mode != 0)
			ret->items[ret->count++] = changed->items[i];
	for (size_t i = 0; i < base->count; i++)
		if (!find_slot(changed, &base->items[i]))
			ret->items[ret->count++] = base->items[i];
	if (ret->count > 0)
		qsort(ret->items, ret->count, sizeof(*ret->items),
		      by_git_order);
}

static int write_slots(struct repo *repo, const struct slots *slots,
                       struct oid *ret, struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);

	for (size_t i = 0; i < slots->count; i++) {
		const struct slot *slot = &slots->items[i];

		buf_printf(&bytes, "%o %s", slot->mode, slot->name);
		buf_add_char(&bytes, '\0');
		buf_add(&bytes, slot->oid.bytes, sizeof(slot->oid.bytes));
	}
	if (buf_check(&bytes, "the tree", err) < 0)
		return -1;
	return repo_object_write(repo, OBJECT_TREE, bytes.at, bytes.len, ret,
	                         err);
}

/* Fills the mode and the id of `ret`; mode 0 when nothing is left. */
static int write_level(struct writer *writer, const struct oid *base,
                       struct span span, struct slot *ret, struct error *err)
{
	CLEANUP(level_close) struct level level = { 0 };
	struct slots old = { 0 };
	struct slots changed = { 0 };
	struct slots all = { 0 };

	if (read_slots(writer, base, &level, &old, err) < 0 ||
	    apply_changes(writer, &old, span, &changed, err) < 0)
		return -1;
	merge_slots(writer, &old, &changed, &all);
	ret->mode = all.count > 0 || span.skip == 0 ? MODE_TREE : 0;
	if (ret->mode == 0)
		return 0;
	return write_slots(writer->repo, &all, &ret->oid, err);
}

static void clear_writer(struct writer *writer)
{
	arena_clear(&writer->arena);
}

int repo_tree_apply(struct repo *repo, const struct oid *base,
                    const struct tree_change *changes, size_t count,
                    struct oid *ret, struct error *err)
{
	CLEANUP(clear_writer) struct writer writer = { .repo = repo };
	struct slot top = { 0 };

	struct tree_change *sorted =
	        arena_array(&writer.arena, count, sizeof(*sorted));
	if (count > 0) {
		memcpy(sorted, changes, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), by_path);
	}
	struct span span = { .at = sorted, .count = count };
	if (write_level(&writer, base, span, &top, err) < 0)
		return -1;
	*ret = top.oid;
	return 0;
}

int repo_tree_write(struct repo *repo, const struct oid *base,
                    const struct tree_change *changes, size_t count,
                    struct oid *ret, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (check_change(repo, &changes[i], err) < 0)
			return -1;
	}
	return repo_tree_apply(repo, base, changes, count, ret, err);
}
