/*
 * The schemas that editors check a workspace's files by.
 */
#ifndef REPORT_SCHEMAS_H
#define REPORT_SCHEMAS_H

#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct schema_row {
	const char *name;  /* "job" */
	const char *files; /* "jobs/NAME.yaml" */
	const char *copy;  /* in the source tree: "docs/schema/job.json" */
	struct value *(*make)(struct arena *arena);
};

extern const struct schema_row schema_rows[];
extern const size_t schema_count;

/* The whole schema of a row. */
struct value *schema_make(struct arena *arena, const struct schema_row *row);

/* The comment by which editors find the schema of the workspace's file `path`,
 * a whole line, or "" when there is no schema for it. What it names is below
 * .reeve/, so it needs no network and is as new as the program. */
const char *schema_line(struct arena *arena, const char *path);

/* Write the schemas to .reeve/schema/ in the workspace `dir`. */
int schemas_put(const char *dir, struct error *err) MUST_CHECK;

#endif
