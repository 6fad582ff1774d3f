/*
 * Columns of a CSV file: what a job declares of them, and cells as values.
 *
 *	columns: { client: slug, date: date, minutes: integer,
 *	           note: optional string }
 *
 * The types are those of type.h, but list and map. A cell without text is
 * null where the type is optional, the empty text where it is string or any,
 * and else an error. Blanks around a cell count only in a string or any.
 */
#ifndef JOB_COLUMNS_H
#define JOB_COLUMNS_H

#include <stdbool.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* Whether a cell can be of each declared type; what it cannot be goes to
 * `errors`. `declared` has passed types_check(). */
bool columns_check(const struct value *declared, const char *file,
                   struct errors *errors);

/* Give the cells of the declared columns their types, in `rows` of
 * csv_parse(); other columns stay strings. `decimal` is '.', for numbers such
 * as 1234.56, or ',', for 1234,56 and 1.234,56. ERR_CONFIG at the first cell
 * of `file` that is not of its type. */
int columns_apply(struct arena *arena, const struct value *declared,
                  char decimal, struct value *rows, const char *file,
                  struct error *err) MUST_CHECK;

#endif
