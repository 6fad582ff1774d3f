/*
 * Batches: objects that are written together.
 *
 * While a batch is open, what is written is held in memory, where reading
 * finds it by a table of names (open addressing, at most half full). It is put
 * on disk when the batch is committed, when it has grown large, and before
 * libgit2 or a reference needs to see it: a few objects as loose ones, more as
 * a pack, which is read back object by object before anyone relies on it.
 *
 * Batches nest: whoever commits commits for all, which does no harm to who
 * would have abandoned: objects that nothing names are rubbish, as they are
 * after a crash.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/fault.h"
#include "store/pack.h"
#include "store/repo.h"
#include "store/repo_private.h"

#define LOOSE_MOST  3
#define BATCH_BYTES (16u << 20)
#define PACKS_MOST  50
#define FIRST_SLOTS 64

struct batch {
	struct arena arena; /* of the bytes */
	struct pack_item *items;
	size_t count;
	size_t bytes;
	size_t *slots; /* 1 + the item's number; 0: free */
	size_t slot_count;
	unsigned depth;
};

static void forget_items(struct batch *batch)
{
	arena_clear(&batch->arena);
	free(batch->items);
	free(batch->slots);
	*batch = (struct batch){ .depth = batch->depth };
}

void repo_batch_free(struct batch *batch)
{
	if (!batch)
		return;
	forget_items(batch);
	free(batch);
}

bool repo_batch_is_open(const struct repo *repo)
{
	return repo->batch && repo->batch->depth > 0;
}

void repo_batch_begin(struct repo *repo)
{
	if (!repo->batch)
		repo->batch = mem_zalloc(1, sizeof(*repo->batch));
	repo->batch->depth++;
}

void repo_rehearse(struct repo *repo)
{
	if (!repo->rehearsing)
		repo_batch_begin(repo);
	repo->rehearsing = true;
}

/* Where `oid` is in the table, or the free place where it belongs. */
static size_t *slot_of(const struct batch *batch, const struct oid *oid)
{
	size_t hash;

	memcpy(&hash, oid->bytes, sizeof(hash));
	for (size_t at = hash & (batch->slot_count - 1);;
	     at = (at + 1) & (batch->slot_count - 1)) {
		size_t *slot = &batch->slots[at];
		if (!*slot || oid_equal(&batch->items[*slot - 1].oid, oid))
			return slot;
	}
}

const struct pack_item *repo_batch_find(const struct repo *repo,
                                        const struct oid *oid)
{
	const struct batch *batch = repo->batch;

	if (!batch || batch->count == 0)
		return NULL;
	size_t slot = *slot_of(batch, oid);
	return slot ? &batch->items[slot - 1] : NULL;
}

static void grow_slots(struct batch *batch)
{
	free(batch->slots);
	batch->slot_count =
	        batch->slot_count ? 2 * batch->slot_count : FIRST_SLOTS;
	batch->slots = mem_zalloc(batch->slot_count, sizeof(*batch->slots));
	for (size_t i = 0; i < batch->count; i++)
		*slot_of(batch, &batch->items[i].oid) = i + 1;
}

/* What a pack of ours holds and gives back need not be written again; other
 * copies may be on their way out of the repository. */
static bool is_stored(struct repo *repo, const struct oid *oid)
{
	auto_free char *bytes = NULL;
	size_t len;

	return odb_is_kept(repo->objects, oid) &&
	       odb_read(repo->objects, oid, SIZE_MAX / 2, &bytes, &len) !=
	               OBJECT_NONE;
}

int repo_batch_add(struct repo *repo, enum object_type type,
                   const struct oid *oid, const void *bytes, size_t len,
                   struct error *err)
{
	struct batch *batch = repo->batch;

	if (repo_batch_find(repo, oid) || is_stored(repo, oid))
		return 0;
	if (2 * (batch->count + 1) > batch->slot_count)
		grow_slots(batch);
	batch->items =
	        mem_grow(batch->items, batch->count, sizeof(*batch->items));
	batch->items[batch->count] = (struct pack_item){
		.oid = *oid,
		.type = type,
		.bytes = arena_strndup(&batch->arena, bytes, len),
		.len = len,
	};
	*slot_of(batch, oid) = ++batch->count;
	batch->bytes += len;
	return batch->bytes > BATCH_BYTES ? repo_batch_flush(repo, err) : 0;
}

void repo_batch_each(const struct repo *repo,
                     void (*each)(void *state, const struct stored *object),
                     void *state)
{
	const struct batch *batch = repo->batch;

	for (size_t i = 0; batch && i < batch->count; i++) {
		const struct pack_item *item = &batch->items[i];
		struct stored object = { item->oid, (int)item->type,
			                 item->bytes, item->len };
		each(state, &object);
	}
}

static int write_loose(struct repo *repo, const struct batch *batch,
                       struct error *err)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct pack_item *item = &batch->items[i];
		if (repo_loose_write(repo, item->type, &item->oid, item->bytes,
		                     item->len, err) < 0)
			return -1;
	}
	return 0;
}

static int write_packed(struct repo *repo, struct batch *batch,
                        struct error *err)
{
	auto_error struct error ignored = { 0 };
	char name[PACK_NAME_BYTES];

	int rc = pack_write(repo->objects_dir, batch->items, batch->count, name,
	                    err);
	odb_refresh(repo->objects);
	if (rc < 0 || FAULT_FAILS("pack.written", err) ||
	    odb_check(repo->objects, name, err) < 0)
		return -1;
	/* What was not rolled is rolled another time. */
	if (pack_roll(repo->objects_dir, PACKS_MOST, &ignored) != 0)
		odb_refresh(repo->objects);
	if (repo->odb)
		(void)git_odb_refresh(repo->odb); /* it does when it must */
	return 0;
}

int repo_batch_flush(struct repo *repo, struct error *err)
{
	if (!repo->batch || repo->batch->count == 0)
		return 0;
	/* Taken out first: reading back must not find it in memory. */
	CLEANUP(forget_items) struct batch taken = *repo->batch;
	*repo->batch = (struct batch){ .depth = taken.depth };
	return taken.count > LOOSE_MOST ? write_packed(repo, &taken, err)
	                                : write_loose(repo, &taken, err);
}

int repo_batch_commit(struct repo *repo, struct error *err)
{
	assert(repo_batch_is_open(repo));
	repo->batch->depth--;
	return repo_batch_flush(repo, err);
}

void repo_batch_abandon(struct repo *repo)
{
	assert(repo_batch_is_open(repo));
	if (--repo->batch->depth == 0)
		forget_items(repo->batch);
}

int repo_batch_end(struct repo *repo, int status, struct error *err)
{
	if (status >= 0)
		return repo_batch_commit(repo, err) < 0 ? -1 : status;
	repo_batch_abandon(repo);
	return -1;
}
