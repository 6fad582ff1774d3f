/*
 * Ingredients are hashed as canonical JSON: members sorted, no white space,
 * numbers as they were written. That is injective for values, so one field of
 * the hash holds them all.
 */
#include "store/key.h"

#include <assert.h>
#include <stdint.h>

#include "store/base/buf.h"
#include "store/base/json.h"

enum {
	FIRST_ROOM = 480 /* of the ingredients' text */
};

static const char *finish(struct arena *arena, struct hasher *hasher)
{
	char text[HASH_TEXT_BYTES];

	hash_to_text(hasher_finish(hasher), text);
	return arena_strdup(arena, text);
}

const char *key_run(struct arena *arena, const struct hash_secret *secret,
                    const char *job, const char *trigger)
{
	struct hasher *hasher = hasher_new(secret, "reeve.run");

	hasher_text(hasher, job);
	hasher_text(hasher, trigger);
	return finish(arena, hasher);
}

const char *key_content(struct arena *arena, const struct hash_secret *secret,
                        const char *kind, unsigned format,
                        const struct value *ingredients)
{
	/* Not a limit: the text is of the size of what is in memory. */
	auto_buf struct buf json = buf_make(SIZE_MAX / 2);

	(void)buf_reserve(&json, FIRST_ROOM);
	json_write(&json, ingredients, JSON_SORTED);
	assert(!json.over);
	return key_content_bytes(arena, secret, kind, format, json.at,
	                         json.len);
}

const char *key_content_bytes(struct arena *arena,
                              const struct hash_secret *secret,
                              const char *kind, unsigned format,
                              const char *json, size_t len)
{
	struct hasher *hasher = hasher_new(secret, "reeve.content");

	hasher_text(hasher, kind);
	hasher_int(hasher, format);
	hasher_bytes(hasher, json, len);
	return finish(arena, hasher);
}

const char *key_effect(struct arena *arena, const struct hash_secret *secret,
                       const char *run, const char *step, const char *item,
                       int64_t pass)
{
	struct hasher *hasher = hasher_new(secret, "reeve.effect");

	hasher_text(hasher, run);
	hasher_text(hasher, step);
	hasher_text(hasher, item);
	hasher_int(hasher, pass);
	return finish(arena, hasher);
}
