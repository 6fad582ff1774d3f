/*
 * The words of a workspace's files, with what each takes and gives: kinds of
 * steps, effects, formats, connectors, and the files themselves. All of it
 * comes from the tables that the parser reads by.
 */
#ifndef CMD_WORDS_H
#define CMD_WORDS_H

#include <stddef.h>

#include "engine/job/field.h"
#include "engine/job/language.h"
#include "store/base/arena.h"

struct word {
	const char *name;  /* "email.send" */
	const char *group; /* "effect" */
	const char *help;
	const struct field *fields; /* NULL: it has none of its own */
	const char *result;         /* in words; NULL: nothing comes out */
	const struct shape_field *results; /* its fields, if they are known */
	size_t result_count;
	const char *example; /* lines of YAML, or a tag */
};

/* All of them, in `arena`: by group, and in a group sorted by name. */
const struct word *words_list(struct arena *arena, size_t *ret_count);

#endif
