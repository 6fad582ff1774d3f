/*
 * Fields: what a map in a file may hold, as rows of a table.
 *
 * The parser validates by these rows, the manual and `reeve show` print them,
 * and the editor's schema is made from them, so nothing is written twice. A
 * file is validated once, as a whole, with every error at its place; what has
 * passed is then read by name with value_get() and needs no further checks.
 *
 *	static const struct field gate_fields[] = {
 *		{ .name = "title", .type = FIELD_TEMPLATE, .required = true,
 *		  .help = "what the owner is asked", .example = "…" },
 *	};
 *
 * A last row named "*" is that of every other name.
 */
#ifndef JOB_FIELD_H
#define JOB_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

enum field_type {
	FIELD_TEXT,       /* a string as it stands */
	FIELD_NAME,       /* a string that is a name: [a-z][a-z0-9_]* */
	FIELD_TEMPLATE,   /* a string with tags */
	FIELD_EXPRESSION, /* SQL */
	FIELD_QUERY,      /* a SELECT */
	FIELD_BOOL,
	FIELD_INT,      /* within `min` and `max` */
	FIELD_MONEY,    /* a decimal number: 0.50 */
	FIELD_DURATION, /* 90s 10m 36h 2d */
	FIELD_PERIOD,   /* as a duration, or 5 workdays */
	FIELD_WORD,     /* one of `words` */
	FIELD_EMAIL,
	FIELD_PATH,      /* a workspace path or pattern, no tags */
	FIELD_TEXTS,     /* a string or a list of strings */
	FIELD_NAMES,     /* a list of names */
	FIELD_TEMPLATES, /* a string with tags or a list of them */
	FIELD_MAP,   /* a map with `fields`, or any map when they are NULL */
	FIELD_MAPS,  /* a map as above, or a list of such maps */
	FIELD_TYPES, /* a map: field: type, see type.h */
	FIELD_STEP,  /* the id of a step */
	FIELD_STEPS, /* a list of steps */
	FIELD_CACHE, /* true, false or a duration */
	FIELD_RETRY, /* a whole number, or a map with `fields` */
	FIELD_ANY,   /* anything; strings in it may have tags */
};

struct field {
	const char *name;
	enum field_type type;
	bool required;
	bool later;                 /* of a later release: refused by name */
	int64_t min, max;           /* of an int; both 0: any */
	const char *const *words;   /* NULL-terminated */
	const struct field *fields; /* ends with a row without a name */
	const char *otherwise;      /* the default, as text; NULL: none */
	const char *help;           /* one clause, lower case, no period */
	const char *example;        /* a value, as it would be written */
};

const char *field_type_name(enum field_type type); /* "template", … */
/* What a value of the row is, for people: "template", "low, normal or high";
 * in `arena`. */
const char *field_type_text(struct arena *arena, const struct field *field);

/* Check `map` (which must be a map) against `fields`, which end with a row
 * without a name. `what` names the map in messages: "the step", "gate". Every
 * error goes to `errors`: an unknown key with the nearest known one, a missing
 * one, a wrong type, a key of a later release. Returns true when there were
 * none. */
bool fields_check(const struct value *map, const struct field *fields,
                  const char *what, const char *file, struct errors *errors);

/* The parts of it, for a map whose keys come from more than one table: one
 * member by its row; a member that has none; the required ones. */
bool field_check(const struct field *field, const struct member *member,
                 const char *file, struct errors *errors);
void field_unknown(const struct member *member, const struct field *fields,
                   const char *what, const char *file, struct errors *errors);
bool fields_required(const struct value *map, const struct field *fields,
                     const char *what, const char *file, struct errors *errors);

/* The row of that name, or the one for every name, or NULL. */
const struct field *field_find(const struct field *fields, const char *name);

/* Whether it is the row for every name. */
bool field_is_any(const struct field *field);

/* Append the rows as a Markdown table: key, type, default, meaning, example. */
void fields_document(const struct field *fields, struct buf *ret);

#endif
