/*
 * What stands below a gate, looked at before the gate is open: the loops are
 * unfolded, what only computes is computed, and names mean what the files of
 * the draft say. Nothing is journalled, and all is put back.
 *
 *	struct preview preview = { .run = run, .gate = gate };
 *	preview_set(&preview, step, STEP_DONE, what_its_file_says);
 *	preview_begin(&preview, &err);
 *	...
 *	preview_end(&preview);
 */
#ifndef CYCLE_PREVIEW_H
#define CYCLE_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/cycle/run.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct preview {
	struct live_run *run;
	const struct live_step *gate; /* NULL: of a draft without one */
	struct preview_step *before;  /* what was changed, as it was */
	size_t count;
};

/* Until the end the step is in that state and has that output. */
void preview_set(struct preview *preview, struct live_step *live,
                 enum step_state state, const struct value *output);
/* Gather the blocks above anew, and unfold and compute what is below. After an
 * error, too, there is an end to call. */
int preview_begin(struct preview *preview, struct error *err) MUST_CHECK;
void preview_end(struct preview *preview);

/* Whether `gate` releases the step, if it acts. */
bool preview_releases(const struct preview *preview,
                      const struct live_step *live);

/* When the names of a value can be rendered. */
enum moment {
	MOMENT_NOW,
	MOMENT_LATER, /* one is what an effect below the gate gives */
	MOMENT_NEVER, /* one was skipped, or nobody sees it at this gate */
};

enum moment preview_moment(const struct preview *preview,
                           const struct live_step *live,
                           const struct value *source);

/* The path of the file whose text `source` is to `live`, "{{report.text}}" or
 * "{{letter}}": of a step that it names, or of one of its item; else NULL. */
const char *preview_artifact(const struct preview *preview,
                             const struct live_step *live,
                             const struct value *source);
/* The item of the loop `over` above that `live` is done for; or NULL. */
const char *preview_item(const struct live_step *live, const struct step *over);

#endif
