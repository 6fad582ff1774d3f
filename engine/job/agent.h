/*
 * An agent's declaration: agents/NAME.yaml, parsed. What it says is data; it
 * holds no credential and performs no effect.
 */
#ifndef JOB_AGENT_H
#define JOB_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/job/language.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

extern const struct field agent_fields[];

struct agent {
	const char *name;
	const char *path; /* agents/NAME.yaml */
	const char *description;
	const char *prompt;  /* template file, templates/… */
	const char *system;  /* template file, or NULL */
	const char *offline; /* template file */
	struct pos prompt_pos, system_pos, offline_pos; /* of the paths */
	const char *tier; /* "draft", "judge", or NULL */
	/* `output`: text: the answer is text. `output` with a schema: Markdown
	 * with front matter, or data, whose fields the schema describes. */
	bool structured;
	const struct value *schema; /* JSON Schema, NULL for text */
};

/* NULL when `errors` got some. */
struct agent *agent_parse(struct arena *arena, const char *name,
                          const char *path, const char *bytes, size_t len,
                          struct errors *errors) MUST_CHECK;

/* What its output holds. */
const struct shape *agent_shape(const struct agent *agent, struct arena *arena);

/* Whether `schema` is one that schema_check() can check by; agent_parse() has
 * asked this of every agent's. */
bool schema_accept(const struct value *schema, const char *file,
                   struct errors *errors);

/* Check `value` against a JSON Schema (the subset that schema_accept() takes:
 * type, properties, required, items, enum, additionalProperties, minLength,
 * maxLength, minimum, maximum, description). Errors name the field:
 * "items[2].days is missing". True when there were none. */
bool schema_check(const struct value *schema, const struct value *value,
                  const char *file, struct errors *errors);

#endif
