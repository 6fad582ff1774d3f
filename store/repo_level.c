/*
 * One level of a tree: its entries, read one after the other, and found by
 * name.
 *
 * Names are looked up in the same few trees again and again, a thousand files
 * in one folder each by itself. The levels looked into last therefore stay on a
 * shelf, their entries sorted by name; a level is known by its id, which is
 * that of its content, so what is on the shelf is never old.
 */
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/repo_private.h"

#define SHELF_LEVELS 16

struct known_level {
	struct oid oid;
	struct arena arena;
	struct slot *slots;
	size_t count;
	bool wanted; /* again, since it was last passed over */
};

struct shelf {
	struct known_level levels[SHELF_LEVELS];
	size_t next; /* to be given up, unless it is wanted */
};

/* ---- Reading ------------------------------------------------------------- */

void level_close(struct level *level)
{
	object_clear(&level->object);
}

int level_open(struct repo *repo, const struct oid *oid, struct level *ret,
               struct error *err)
{
	if (repo_object_read(repo, oid, OBJECT_TREE, &ret->object, err) < 0)
		return -1;
	ret->oid = oid;
	ret->at = ret->object.bytes;
	return 0;
}

static int fail_level(const struct level *level, struct error *err)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(level->oid, text);
	error_set(err, ERR_CORRUPT, "the tree %s is not well-formed", text);
	return -1;
}

int level_next(struct level *level, struct slot *ret, struct error *err)
{
	const char *end = level->object.bytes + level->object.len;
	unsigned mode = 0;

	if (level->at == end)
		return 0;
	for (; *level->at >= '0' && *level->at <= '7'; level->at++) {
		if (mode > UINT16_MAX)
			return fail_level(level, err);
		mode = mode << 3 | (unsigned)(*level->at - '0');
	}
	if (*level->at != ' ' || mode == 0)
		return fail_level(level, err);
	const char *name = level->at + 1;
	size_t len = strlen(name); /* a NUL follows the object */
	if (len == 0 || (size_t)(end - name) < len + 1 + sizeof(ret->oid))
		return fail_level(level, err);
	*ret = (struct slot){ .name = name, .mode = mode };
	memcpy(ret->oid.bytes, name + len + 1, sizeof(ret->oid.bytes));
	level->at = name + len + 1 + sizeof(ret->oid.bytes);
	return 1;
}

/* ---- Finding ------------------------------------------------------------- */

void shelf_free(struct shelf *shelf)
{
	for (size_t i = 0; shelf && i < SHELF_LEVELS; i++)
		arena_clear(&shelf->levels[i].arena);
	free(shelf);
}

static int compare(const void *left, const void *right)
{
	const struct slot *a = left;
	const struct slot *b = right;

	return strcmp(a->name, b->name);
}

static int fill(struct repo *repo, const struct oid *oid,
                struct known_level *known, struct error *err)
{
	CLEANUP(level_close) struct level level = { 0 };
	struct slot slot;
	int found;

	if (level_open(repo, oid, &level, err) < 0)
		return -1;
	while ((found = level_next(&level, &slot, err)) == 1) {
		known->slots = arena_grow(&known->arena, known->slots,
		                          known->count, sizeof(slot));
		slot.name = arena_strdup(&known->arena, slot.name);
		known->slots[known->count++] = slot;
	}
	if (known->count > 1)
		qsort(known->slots, known->count, sizeof(slot), compare);
	return found;
}

static struct known_level *take_down(struct shelf *shelf, const struct oid *oid)
{
	for (size_t i = 0; i < SHELF_LEVELS; i++)
		if (shelf->levels[i].count > 0 &&
		    oid_equal(&shelf->levels[i].oid, oid))
			return &shelf->levels[i];
	return NULL;
}

static void give_up(struct known_level *known)
{
	arena_clear(&known->arena);
	*known = (struct known_level){ 0 };
}

static const struct known_level *
look_into(struct repo *repo, const struct oid *oid, struct error *err)
{
	if (!repo->shelf)
		repo->shelf = mem_zalloc(1, sizeof(*repo->shelf));
	struct shelf *shelf = repo->shelf;
	struct known_level *known = take_down(shelf, oid);

	if (known) {
		known->wanted = true;
		return known;
	}
	/* The folders above are wanted more often than those in them. */
	for (; shelf->levels[shelf->next].wanted;
	     shelf->next = (shelf->next + 1) % SHELF_LEVELS)
		shelf->levels[shelf->next].wanted = false;
	known = &shelf->levels[shelf->next];
	shelf->next = (shelf->next + 1) % SHELF_LEVELS;
	give_up(known);
	if (fill(repo, oid, known, err) < 0) {
		give_up(known);
		return NULL;
	}
	known->oid = *oid;
	return known;
}

int level_find(struct repo *repo, const struct oid *oid, const char *name,
               struct slot *ret, struct error *err)
{
	const struct slot key = { .name = name };
	const struct known_level *known = look_into(repo, oid, err);

	if (!known)
		return -1;
	const struct slot *found =
	        known->count ? bsearch(&key, known->slots, known->count,
	                               sizeof(key), compare)
	                     : NULL;
	if (!found)
		return 0;
	*ret = *found;
	ret->name = NULL;
	return 1;
}
