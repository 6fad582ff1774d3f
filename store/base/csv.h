/*
 * CSV (RFC 4180) to values, and values to CSV.
 *
 *	client,minutes,text          [ { client: "acme", minutes: "90",
 *	acme,90,"a call, ""long"""       text: "a call, \"long\"" } ]
 *
 * A file is a list of maps, one a row, by the names of its header line. Every
 * cell is a string: types are the reader's matter (engine/job/columns.h).
 * Empty lines are skipped; lines end as on Unix or Windows, and so do those
 * within a quoted cell, which become plain ones; a byte order mark is skipped.
 * Refused, each with its place: a row with more or fewer cells than the
 * header, a header that names a column twice or not at all, a quote within a
 * plain cell, text behind a closing quote, invalid UTF-8, NUL.
 *
 * Cells are what they are: one that a spreadsheet would take for a formula
 * ("=1+1") is neither changed nor refused, in either direction.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* How a file differs from that; all zero: it does not. */
struct csv_format {
	char delimiter;             /* 0: a comma */
	bool windows;               /* Windows-1252 instead of UTF-8 */
	size_t skip;                /* lines before the header */
	const struct value *header; /* a list of names, when the file has no
	                             * header line; NULL: it has one */
};

/* The rows in `bytes`, in `arena`, with their positions, the list with that of
 * the header; an empty file is an empty list. `format` may be NULL. NULL with
 * ERR_CONFIG and the position in `file`; ERR_LIMIT for more than
 * LIMIT_CSV_CELLS. */
struct value *csv_parse(struct arena *arena, const char *file,
                        const char *bytes, size_t len,
                        const struct csv_format *format,
                        struct error *err) MUST_CHECK;

/* Append a list of flat maps: the header is the names of the first one, in
 * their order, which all rows then have. A later map may lack some (its cells
 * are empty, as null is), but have no others. Without rows nothing is
 * appended. ERR_FAILED for what a CSV file cannot hold. */
int csv_write(struct buf *buf, const struct value *list,
              struct error *err) MUST_CHECK;

#endif
