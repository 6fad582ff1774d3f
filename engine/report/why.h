/*
 * From a line of a file to the run that wrote it: blame names the commit that
 * last wrote the line, and of the drafts that had this file, the one whose
 * merge brought that commit is where the line comes from.
 */
#ifndef REPORT_WHY_H
#define REPORT_WHY_H

#include "engine/io/env.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/view.h"

/* What is known of a line, or of a file. The caller sets the first two, and
 * everything else to zero. */
struct why {
	const char *path;
	unsigned line;        /* 0: the whole file */
	struct commit commit; /* that last wrote the line */
	bool drafted;         /* a draft brought it: the rest is filled in */
	bool by_reeve;        /* the line is as reeve drafted it */
	struct run_record run;
	struct step_record step;
	struct draft_record draft;
	struct artifact_record artifact;
	struct value *explanation; /* explain_step() of the step */
};

/* Fill in `why` as of the commit `tip`; what it holds is in `arena`.
 * ERR_MISSING when there is no such file or line. */
int why_line(struct env *env, struct arena *arena, const struct oid *tip,
             struct why *why, struct error *err) MUST_CHECK;

#endif
