/*
 * Data in files: how a file's ending decides what it holds, read and written.
 *
 *	.md            front matter and `text`: a map
 *	.yaml .yml     data
 *	.json          data
 *	.csv           rows: a list of flat maps, each cell a string
 *	anything else  text: a string
 *
 * `read` reads files so, artifacts are written so, and what was merged is read
 * back so: one pair of functions, each the other's inverse.
 */
#ifndef JOB_DOCUMENT_H
#define JOB_DOCUMENT_H

#include <stdbool.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* Whether the ending says that the file holds rows. */
bool document_is_csv(const char *path);

/* The data in `bytes` of the file `path`, in `arena`. ERR_CONFIG with the
 * position when it does not parse. */
struct value *document_parse(struct arena *arena, const char *path,
                             const char *bytes, size_t len,
                             struct error *err) MUST_CHECK;

/* Append the file that holds `value`. A member `file` of a map, or of a row of
 * a CSV file, is reeve's own and is left out. A text for a CSV file is written
 * as it is. A value that the ending cannot hold is ERR_FAILED. */
int document_write(struct buf *buf, const char *path, const struct value *value,
                   struct error *err) MUST_CHECK;

/* Whether document_write() can, into at most `max` bytes; else as it fails. */
int document_check(const char *path, const struct value *value, size_t max,
                   struct error *err) MUST_CHECK;

/* `value` as steps see it: a map gets `file: {path}`, anything else is as it
 * is. In `arena`. */
struct value *document_with_path(struct arena *arena, const struct value *value,
                                 const char *path);

#endif
