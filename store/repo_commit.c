/*
 * Reading commits.
 *
 * A commit is header lines, an empty line and the message. libgit2's parser
 * would give the message as a C string without its leading newlines; the
 * journal's messages are the record itself and are wanted byte for byte, and
 * without starting libgit2 for them, so the few header lines are read here:
 *
 *	tree <40 hex digits>
 *	parent <40 hex digits>          none, one or several
 *	author <name> <email> <seconds> <offset>
 *	committer <the same>
 *	...                             encoding, gpgsig and others: skipped
 */
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/text.h"
#include "store/repo.h"
#include "store/repo_private.h"

/* What is left of the header. */
struct lines {
	const char *at;
	const char *end;
};

/* If the next line begins with `key` and a space, pass it and give the rest,
 * in `arena`; else NULL. */
static char *take_line(struct arena *arena, struct lines *lines,
                       const char *key)
{
	size_t left = (size_t)(lines->end - lines->at);
	size_t key_len = strlen(key);

	if (left <= key_len || memcmp(lines->at, key, key_len) != 0 ||
	    lines->at[key_len] != ' ')
		return NULL;
	const char *value = lines->at + key_len + 1;
	const char *newline = memchr(value, '\n', (size_t)(lines->end - value));
	if (!newline)
		return NULL;
	lines->at = newline + 1;
	return arena_strndup(arena, value, (size_t)(newline - value));
}

static bool take_oid(struct arena *arena, struct lines *lines, const char *key,
                     struct oid *ret)
{
	const char *text = take_line(arena, lines, key);

	return text && oid_from_text(text, ret);
}

static bool take_parents(struct arena *arena, struct lines *lines,
                         struct commit *commit)
{
	struct oid *parents = NULL;
	const char *text;

	while ((text = take_line(arena, lines, "parent"))) {
		parents = arena_grow(arena, parents, commit->parent_count,
		                     sizeof(*parents));
		if (!oid_from_text(text, &parents[commit->parent_count++]))
			return false;
	}
	commit->parents = parents;
	return true;
}

/* What git strips from both ends of a name. */
static bool is_crud(char c)
{
	return (unsigned char)c <= ' ' || strchr(".,:;<>\"\\'", c);
}

static char *without_crud(struct arena *arena, const char *from, const char *to)
{
	while (from < to && is_crud(*from))
		from++;
	while (from < to && is_crud(to[-1]))
		to--;
	return arena_strndup(arena, from, (size_t)(to - from));
}

/* "Ann <ann@example.com> 1700000000 +0100"; the time may be left out. */
static bool take_signature(struct arena *arena, struct lines *lines,
                           const char *key, struct signature *ret)
{
	const char *text = take_line(arena, lines, key);
	const char *open = text ? strrchr(text, '<') : NULL;
	const char *close = text ? strrchr(text, '>') : NULL;

	if (!open || !close || close < open)
		return false;
	ret->name = without_crud(arena, text, open);
	ret->email = without_crud(arena, open + 1, close);
	ret->time_s = 0;
	const char *time = close + 1 + strspn(close + 1, " ");
	size_t digits = strspn(time + (*time == '-'), "0123456789");
	const char *seconds =
	        arena_strndup(arena, time, digits + (*time == '-'));
	return !*time ||
	       text_to_int(seconds, INT64_MIN, INT64_MAX, &ret->time_s);
}

static bool parse(struct arena *arena, const char *bytes, size_t len,
                  struct commit *commit)
{
	struct lines lines = { .at = bytes, .end = bytes + len };

	if (!take_oid(arena, &lines, "tree", &commit->tree) ||
	    !take_parents(arena, &lines, commit) ||
	    !take_signature(arena, &lines, "author", &commit->author) ||
	    !take_signature(arena, &lines, "committer", &commit->committer))
		return false;

	/* One byte back: the header may end with the last line taken. */
	const char *from = lines.at - 1;
	const char *blank = memmem(from, (size_t)(lines.end - from), "\n\n", 2);
	const char *message = blank ? blank + 2 : lines.end;
	commit->message_len = (size_t)(lines.end - message);
	commit->message = arena_strndup(arena, message, commit->message_len);
	return true;
}

static int damaged(const struct oid *oid, struct error *err)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(oid, text);
	return error_set(err, ERR_CORRUPT, "the commit %s is not well-formed",
	                 text);
}

int repo_commit_read(struct repo *repo, struct arena *arena,
                     const struct oid *oid, struct commit *ret,
                     struct error *err)
{
	auto_object struct object object = { 0 };
	struct commit commit = { .id = *oid };

	if (repo_object_read(repo, oid, OBJECT_COMMIT, &object, err) < 0)
		return -1;
	if (!parse(arena, object.bytes, object.len, &commit))
		return damaged(oid, err);
	*ret = commit;
	return 0;
}

int repo_commit_links(struct repo *repo, const struct oid *oid,
                      struct oid *ret_tree, struct oid *ret_parent,
                      struct error *err)
{
	auto_object struct object object = { 0 };
	auto_arena struct arena arena = { 0 };
	struct oid tree;
	struct oid parent = { { 0 } };

	if (repo_object_read(repo, oid, OBJECT_COMMIT, &object, err) < 0)
		return -1;
	struct lines lines = { object.bytes, object.bytes + object.len };
	if (!take_oid(&arena, &lines, "tree", &tree))
		return damaged(oid, err);
	const char *text = take_line(&arena, &lines, "parent");
	if (text && !oid_from_text(text, &parent))
		return damaged(oid, err);
	*ret_tree = tree;
	*ret_parent = parent;
	return 0;
}
