/*
 * A run in memory: its record, its pinned job, and each step's state, joined
 * from the view (what the journal knows) and this tick's reuse (which the
 * journal learns at the next wall).
 */
#ifndef CYCLE_RUN_H
#define CYCLE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/cycle/engine.h"
#include "engine/cycle/slip.h"
#include "engine/job/job.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/view.h"

struct live_step {
	const struct step *step;
	enum step_state state;
	const char *key;            /* content key, when it is known */
	const char *event;          /* the event that holds the result */
	const struct value *output; /* NULL: none */
	int64_t at;
	const char *reason;
	const char *path; /* of its artifact, or NULL */
	bool unreported;  /* reused, and the journal does not know */
	bool drafted;     /* its artifact is in a draft already */
};

/* A gate that was approved: what it released, and the files below it. */
struct live_gate {
	size_t step;
	const struct draft_record *draft;
	const struct slip *slip;
	struct files *files; /* of the approving commit */
};

struct live_run {
	struct engine *engine;
	struct arena arena;
	struct run_record record;
	const char *name;    /* "proposal 7k2fq0ab" */
	const char *day;     /* the trigger's, in the workspace's zone */
	struct files *pin;   /* the owner's tree alone */
	struct files *files; /* with the library under it */
	struct workspace *workspace;
	const struct config *config;
	const struct job *job;
	struct live_step *steps;
	struct draft_record *drafts;
	size_t draft_count;
	struct live_gate *gates;
	size_t gate_count;
	struct value *scope; /* what names mean now */
};

void run_free(struct live_run *run);
void run_free_auto(struct live_run **run);
#define auto_run CLEANUP(run_free_auto)

/* Load the run `id` as it stands. */
struct live_run *run_load(struct engine *engine, const char *id,
                          struct error *err) MUST_CHECK FREED_BY(run_free);

/* Put what is known of `step` into the scope: its output, its state. Called
 * whenever a step's state has changed. */
void run_describe_step(struct live_run *run, const struct live_step *live);

/* The approved gate at step index `wall`, or NULL. */
const struct live_gate *run_gate(const struct live_run *run, size_t wall);

/* The files that `step` sees: of the nearest approved gate above it, else of
 * the pin. */
struct files *run_step_files(const struct live_run *run,
                             const struct step *step);

/* How strings of this run are rendered. */
struct render run_render(const struct live_run *run, const struct step *step);
/* Render one template value to text, in the run's arena. */
int run_text(struct live_run *run, const struct step *step,
             const struct value *source, const char **ret,
             struct error *err) MUST_CHECK;

/* The run's title, as far as it can be rendered yet; else the job's name. */
const char *run_title(struct live_run *run);

/* The file that the artifact of `live` is. */
int run_artifact(struct live_run *run, const struct live_step *live,
                 struct buf *ret, struct error *err) MUST_CHECK;

/* The effect key of a step of this run. */
const char *run_effect_key(struct live_run *run, const struct step *step);

/* {id, job, time, date, year, month, week} of a run started at `time_ms`. */
struct value *run_names(struct arena *arena, const char *zone, const char *id,
                        const char *job, int64_t time_ms);

#endif
