/*
 * A program of the owner's: what it is started with, and what it leaves.
 *
 * A step of kind `run` and an effect that is a command are told in the same
 * words, { argv or script, reads, env, stdin, format, files }, which this reads
 * for both of them. Everything that is returned is in `arena`.
 */
#ifndef IO_LAUNCH_H
#define IO_LAUNCH_H

#include "engine/io/checkout.h"
#include "engine/job/language.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/files.h"

/* How long one may take that says nothing of it. */
#define LAUNCH_MS 600000

/* What its output will be, as `config` tells it. */
const struct shape *launch_shape(const struct value *config);

/* The files that fit one of `patterns` (a text or a list; NULL: all of them),
 * each once, in the order of paths. */
int launch_files(struct arena *arena, struct files *files,
                 const struct value *patterns, struct checkout_view *ret,
                 struct error *err) MUST_CHECK;

/* The arguments of a `script`. */
const char **launch_script(struct arena *arena, const char *script);

/* A value as a word: a text or number as it is, true or false, nothing for
 * null, JSON. */
const char *launch_word(struct arena *arena, const struct value *value);

/* Its environment: PATH, LANG, REEVE_OUT, HOME and TMPDIR in the folder `out`,
 * and what the `count` maps at `given` say (each NULL or a map), the later ones
 * over the earlier. */
const char **launch_env(struct arena *arena, const char *out,
                        const struct value *const *given, size_t count);

/* As what its folder is kept when it fails (checkout.h): a single name. */
const char *launch_kept_name(struct arena *arena, const char *run,
                             const char *step, const char *item);

/* What it said, with the `files` of the folder `out` that it was to leave. NULL
 * when that is not what `config` tells. */
struct value *launch_output(struct arena *arena, const struct value *config,
                            const struct buf *said, const char *out,
                            struct error *err) MUST_CHECK;

#endif
