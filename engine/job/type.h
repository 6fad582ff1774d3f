/*
 * The types of data that a job declares: of its inputs, and of the fields that
 * a `read` expects.
 *
 *	expect: { client: slug, email: email, budget: optional number }
 *
 * A word of this table, after "optional " when the field may be missing.
 */
#ifndef JOB_TYPE_H
#define JOB_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/job/language.h"
#include "store/base/arena.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct type {
	const char *name;
	const char *phrase; /* behind "must be": "a mail address" */
	enum shape_kind shape;
	bool (*fits)(const struct value *value);
};

extern const struct type types[];
extern const size_t type_count;

/* The type that `text` names, or NULL; whether it may be missing. */
const struct type *type_find(const char *text, bool *ret_optional);

/* Whether each member of `declared` names a type; what does not goes to
 * `errors`. */
bool types_check(const struct value *declared, const char *file,
                 struct errors *errors);

/* Whether `data` is a map with the declared fields, each of its type. More
 * fields are allowed; `declared` has passed types_check() (FIELD_TYPES). Errors
 * are at the places of `data`, in `file`. */
bool types_fit(const struct value *declared, const struct value *data,
               const char *file, struct errors *errors);

/* The declared fields as a shape, in `arena`. */
struct shape *types_shape(const struct value *declared, struct arena *arena);

#endif
