/*
 * What makes one value of others: one table for the functions of expressions
 * and for the formats of tags, so that money(x) and {{x | money}} are the same.
 * What SQLite adds to them is the allow-list in store/db.c.
 *
 * All are pure. Dates go in as 2026-11-22 or RFC 3339 and come out as
 * 2026-11-22. To a function null is an error that says so; a format leaves it
 * as it is, but for json.
 */
#ifndef JOB_FUNCTIONS_H
#define JOB_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/db.h"

/* What is usual in a place, in which values are made. */
struct customs {
	const char *locale; /* "en", "de", "fr"; NULL is "en" */
	/* Days on which nobody works: texts such as 2026-12-25, sorted; NULL
	 * is none. */
	const struct value *holidays;
};

struct function {
	const char *name;
	const char *help;
	const char *example; /* a tag if it is a format, else an expression */
	/* Arguments in an expression; no `most`: it is none of its functions.
	 */
	int least;
	int most;
	struct value *(*call)(const struct customs *customs,
	                      struct arena *arena, struct value **values,
	                      size_t count, struct error *err);
	/* As a format. The value in `arena`, or NULL with `err`: ERR_CONFIG
	 * when it does not fit. `argument` was checked; it is NULL exactly when
	 * the format takes none. NULL: it is no format. Without a `call`, an
	 * expression calls this, its second argument being `argument`. */
	struct value *(*apply)(struct arena *arena, const struct value *value,
	                       const char *argument, const char *locale,
	                       struct error *err);
	const char *argument; /* what a format takes; NULL: nothing */
	bool encoded; /* the result is JSON, so it is not escaped for a file
	               * of JSON or YAML */
	/* Whether the argument is a possible one; NULL: any is. */
	int (*check)(const char *argument, struct error *err);
};

/* Sorted by name. */
extern const struct function functions[];
extern const size_t function_count;

/* Functions for one connection. They must outlive it, and so must `customs`,
 * whose content may change between two statements. */
struct function_set;

struct function_set *functions_add(struct db *db, const struct customs *customs,
                                   struct error *err) MUST_CHECK;
void functions_free(struct function_set *set);

#endif
