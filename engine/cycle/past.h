/*
 * The jobs that a tree of the owner's has, for collectors, which ask it of many
 * trees: each file is parsed once in an engine's life, by its blob id, and a
 * tree with the same folder of jobs as another costs nothing.
 */
#ifndef CYCLE_PAST_H
#define CYCLE_PAST_H

#include <stddef.h>

#include "engine/cycle/engine.h"
#include "engine/job/job.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/repo.h"

struct past_job {
	const char *name;
	const char *path; /* jobs/NAME.yaml */
	struct oid blob;
	/* By its file alone, not linked; NULL: it could not be read. */
	const struct job *job;
};

struct past {
	struct oid folder;     /* the tree jobs/; zero: there is none */
	struct past_job *jobs; /* by path */
	size_t count;
};

/* The jobs of `tree`, by path; the engine owns the result. NULL with err. */
const struct past *past_of(struct engine *engine, const struct oid *tree,
                           struct error *err) MUST_CHECK;

#endif
