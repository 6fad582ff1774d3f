/*
 * Names by hash: runs, content keys, effect keys (DESIGN.md, Keys).
 *
 * Each kind of record has a prefix of its own inside the hash, so that no two
 * kinds can meet. `secret` is the journal's.
 */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/hash.h"
#include "store/base/value.h"

/* The run that trigger `trigger` of job `job` starts: the same trigger never
 * starts two runs, on any machine. All in `arena`, 26 characters. */
const char *key_run(struct arena *arena, const struct hash_secret *secret,
                    const char *job, const char *trigger);

/* The key of a computation: its kind, the number of the kind's result format
 * and its ingredients, a map of everything that the result depends on. */
const char *key_content(struct arena *arena, const struct hash_secret *secret,
                        const char *kind, unsigned format,
                        const struct value *ingredients);

/* The same key from `json`, the ingredients' canonical form (json.h). */
const char *key_content_bytes(struct arena *arena,
                              const struct hash_secret *secret,
                              const char *kind, unsigned format,
                              const char *json, size_t len);

/* The key of an effect: its place in a run. `item` is "" outside a fan-out. */
const char *key_effect(struct arena *arena, const struct hash_secret *secret,
                       const char *run, const char *step, const char *item,
                       int64_t pass);

#endif
