/*
 * JSON Schema (2020-12) of what field tables allow, for editors.
 *
 * A schema is a value like any other; print it as it is, for its members stand
 * in the order in which a person reads them. What rows cannot say (a name that
 * must exist, a path that must not leave the workspace) it does not say either:
 * what the schema refuses, `reeve check` refuses, but not the reverse.
 */
#ifndef JOB_FIELD_SCHEMA_H
#define JOB_FIELD_SCHEMA_H

#include "engine/job/field.h"
#include "store/base/arena.h"
#include "store/base/value.h"

/* The schema of one value; of a map by its rows, without those that a later
 * release will have. */
struct value *field_schema(struct arena *arena, const struct field *field);
struct value *fields_schema(struct arena *arena, const struct field *fields);

/* A schema that is written down: the JSON must be valid. */
struct value *schema_text(struct arena *arena, const char *json);

#endif
