/*
 * The schemas that editors check a workspace's files by.
 */
#ifndef REPORT_SCHEMAS_H
#define REPORT_SCHEMAS_H

#include <stddef.h>

#include "store/base/arena.h"
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

#endif
