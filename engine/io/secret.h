/*
 * Secrets: what {{secret.NAME}} in reeve.yaml stands for.
 *
 * The value comes from the environment variable NAME, or from the program that
 * `secrets: { NAME: { command: […] } }` says. Everywhere else the placeholder
 * stays: in keys, intents, slips, logs. It is filled in at the last moment, in
 * the memory of the request alone.
 *
 *	struct secrets *secrets = secrets_open();
 *	secrets_hide(secrets, connectors);     the environment has them no more
 *	…
 *	secrets_fill(secrets, declared, "Bearer {{secret.CRM}}", &line, err);
 *	…                                      use the line
 *	secrets_wipe(&line);
 *	secrets_redact(secrets, &answer);      what came back
 *
 * Values live in memory that no fork has, no core dump and no swap space; while
 * there is one, nobody else may look into this process.
 */
#ifndef IO_SECRET_H
#define IO_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct env;
struct secrets;

/* A shorter one would be found everywhere. */
#define SECRET_LEAST 8
#define SECRET_MOST  4096

void secrets_close(struct secrets *secrets);
/* Takes nothing until it is asked for something. */
struct secrets *secrets_open(void) MUST_CHECK FREED_BY(secrets_close);

/* Take those that `settings` (any value of reeve.yaml) names out of our
 * environment, before anybody inherits it. */
void secrets_hide(struct secrets *secrets, const struct value *settings);

/* Whether `text` names one. */
bool secrets_are_in(const char *text);
/* Append `text` to `ret`, with each placeholder filled in. `declared` is the
 * map `secrets` of reeve.yaml, or NULL. ERR_FAILED when there is none of a
 * name, or it cannot be one. */
int secrets_fill(struct secrets *secrets, const struct env *env,
                 const struct value *declared, const char *text,
                 struct buf *ret, struct error *err) MUST_CHECK;
/* Overwrite the bytes, and clear it. */
void secrets_wipe(struct buf *buf);

/* Replace what is known to be secret by its placeholder, also where it is
 * spelled in base64, hex, for a URL or for JSON. */
void secrets_redact(const struct secrets *secrets, struct buf *text);
/* The same of all strings and names in it: `value` itself when none is there,
 * else a copy in `arena`. */
const struct value *secrets_redact_value(const struct secrets *secrets,
                                         struct arena *arena,
                                         const struct value *value);

#endif
