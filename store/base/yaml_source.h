/*
 * The text of a YAML file: what may stand in it, and where its lines are.
 *
 * Private to the YAML reader. libyaml counts lines and columns from 0 and in
 * characters; positions are from 1 and in bytes. This is the one place where
 * the one becomes the other.
 */
#ifndef BASE_YAML_SOURCE_H
#define BASE_YAML_SOURCE_H

#include <stddef.h>

#include "store/base/compiler.h"
#include "store/base/error.h"

struct yaml_source {
	const char *file;
	const char *bytes; /* without a byte order mark */
	size_t len;
	unsigned first_line;
	/* The place that was asked for last, where the next search begins. */
	size_t line;
	size_t start; /* of the line */
	size_t column;
	size_t offset; /* of the column */
};

/* Borrows `file` and `bytes`. Refused, with the place: a text longer than
 * LIMIT_YAML_FILE, invalid UTF-8, and characters that YAML 1.2 does not print
 * or that only YAML 1.1 takes for the end of a line. */
int yaml_source_open(struct yaml_source *source, const char *file,
                     const char *bytes, size_t len, unsigned first_line,
                     struct error *err) MUST_CHECK;

/* The byte at a mark of libyaml's, or the end of its line. */
size_t yaml_source_seek(struct yaml_source *source, size_t line, size_t column);
struct pos yaml_source_pos(struct yaml_source *source, size_t line,
                           size_t column);
/* A line by its number from 0, without its end; empty behind the last one. */
const char *yaml_source_line(struct yaml_source *source, size_t line,
                             size_t *ret_len);

#endif
