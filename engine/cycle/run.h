/*
 * A run in memory: its record, its pinned job, and each step's state, joined
 * from the view (what the journal knows) and this tick's reuse (which the
 * journal learns at the next wall).
 *
 * Steps live in blocks. The run itself is one; each item of a `for_each` is
 * one, over the steps of its block (or over the step alone, once more); the
 * steps of another job are one. A block has names of its own, which its frame
 * lays over those of the block around it; another job's block has no block
 * around it as far as names go.
 *
 *	run ── read
 *	    ── reports ─┬─ [acme]   hours, notes, report
 *	                └─ [globex] hours, notes, report
 *	    ── review
 *
 * So a step's place is (step, item), where the item of a nested loop is its
 * items' ids, outer first, with a slash between them.
 */
#ifndef CYCLE_RUN_H
#define CYCLE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/cycle/engine.h"
#include "engine/cycle/slip.h"
#include "engine/job/job.h"
#include "engine/job/scope.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/view.h"

/* A file that a step's output goes into. */
struct live_file {
	const char *field; /* of the output; NULL: all of it */
	const char *path;
};

struct live_step {
	const struct step *step;
	struct live_block *block; /* that it stands in */
	/* The blocks below it, when it is a loop or a job: one for each item,
	 * or one. */
	struct live_block **parts;
	size_t part_count;
	size_t parts_begun;        /* parts that were activated */
	size_t parts_open;         /* parts that are not settled */
	struct value *by_item;     /* item: its number among the parts */
	const struct value *items; /* of a loop that is settled, as journalled:
	                              list of {key, item} */
	bool unfolded;             /* `parts` are there */
	size_t waiting;            /* how many before it are not settled */
	enum step_state state;
	const char *key;            /* content key, when it is known */
	const char *event;          /* the event that holds the result */
	const struct value *output; /* NULL: none */
	const struct oid *tree;     /* of a wait that is over: what the owner's
	                               branch held then; or NULL */
	int64_t at;
	int64_t wake_at; /* of one that sleeps; 0: only an event wakes it */
	int64_t attempt; /* tries that failed */
	const char *reason;
	struct live_file *files;
	size_t file_count;
	bool unreported; /* reused, and the journal does not know */
	bool drafted;    /* its files are in a draft already */
	bool stale;      /* in a preview: a step of its parts means another */
	size_t executed; /* of a loop: items that did something in this run */
	bool stopped;    /* of a loop: an item failed, and it ends with that */
	struct value *planned; /* what a plan says of it, once it has come to
	                          it; or NULL */
};

/* The sections of a job, in its own steps. */
struct live_sections {
	size_t open[SECTION_COUNT]; /* not settled */
	bool begun[SECTION_COUNT];
};

struct live_block {
	struct live_step *over; /* that it is a part of; NULL: the run itself */
	const char *item;       /* "" outside of loops; "acme", "acme/2" */
	const struct value *value; /* the item; NULL: none */
	/* In a preview: the part of another loop that the item is from. */
	const struct live_block *source;
	size_t number;           /* among its loop's parts */
	size_t first, end;       /* job->steps that it spans; never none */
	struct live_step *steps; /* by index - first; those of inner blocks
	                            are not used */
	size_t open;             /* of its own steps, not yet settled */
	/* Of the run, and of another job; NULL: all its steps may begin. */
	struct live_sections *sections;
	bool active;         /* its steps may begin */
	bool executed;       /* it did something in this run */
	struct value *scope; /* the names that it has itself */
	struct value *about; /* its `steps` */
	struct frame frame;
};

/* A gate that was approved: what it released, and the files below it. */
struct live_gate {
	const struct live_step *step;
	const struct draft_record *draft;
	const struct slip *slip;
	struct oid tree; /* of the approving commit */
};

/* The files of a tree that some step saw. */
struct live_tree {
	const struct oid *oid;
	struct files *files;
};

struct run_rows; /* rows of the view, by place; rows.c */

struct live_run {
	struct engine *engine;
	struct arena arena;
	struct arena scratch; /* empty: of the last step, for the next */
	struct buf json;      /* of the last step's ingredients */
	struct run_record record;
	const char *name;    /* "proposal 7k2fq0ab" */
	const char *day;     /* the trigger's, in the workspace's zone */
	struct files *pin;   /* the owner's tree alone */
	struct files *files; /* with the library under it */
	struct workspace *workspace;
	const struct config *config;
	const struct job *job;
	struct live_block *root;
	const struct value *passes; /* step: how often a rewind named it */
	struct draft_record *drafts;
	size_t draft_count;
	struct live_gate *gates;
	size_t gate_count;
	struct live_tree *trees; /* below walls, as they are asked for */
	size_t tree_count;
	struct value *names; /* run.* */
	struct value *owns;  /* kinds' own names: { out: { out: "{{out}}" } } */
	struct value *paths; /* of files, as members, each the value: */
	struct value *claimed;      /* null */
	struct live_step **writers; /* of each of them */
	struct value *asked; /* names that somebody asks `steps.NAME` about */
	struct run_rows *rows;
	/* Who waits for step i: dependents[starts[i]] to [starts[i + 1]]. */
	size_t *starts;
	size_t *dependents;
	/* Steps to look at: all that they wait for is settled. */
	struct live_step **ready;
	size_t ready_head, ready_count, ready_room;
	size_t restarts;  /* of the view, when it was loaded */
	int64_t heard;    /* of the journal's events, when it was loaded */
	size_t last_wall; /* the last step that is a gate or a wait, or none */
	bool ended;       /* over before its steps were: nothing more begins */
	bool put_off;     /* an effect may not begin in this tick */
	size_t sleeping;  /* steps that do */
	size_t running;   /* children of this run at work */
};

void run_free(struct live_run *run);
void run_free_auto(struct live_run **run);
#define auto_run CLEANUP(run_free_auto)

/* Load the run `id` as it stands. */
struct live_run *run_load(struct engine *engine, const char *id,
                          struct error *err) MUST_CHECK FREED_BY(run_free);

/* ---- Places (place.c) ---- */

/* Whether the step is a loop, seen from outside: its parts are items. */
bool live_is_loop(const struct live_step *live);
/* Whether it stands for other steps: a loop, or the steps of a job. */
bool live_is_block(const struct live_step *live);
/* "reports", "report of acme": the step for people, in the run's arena. */
const char *live_name(struct live_run *run, const struct live_step *live);

/* The step `index` of the job as `block` sees it: in it, in a block around it,
 * or in a job among their steps. NULL when it is in a loop that `block` is not
 * in, or one not unfolded. */
struct live_step *live_find(const struct live_run *run,
                            const struct live_block *block, size_t index);
/* The step at (id, item), or NULL. */
struct live_step *live_at(const struct live_run *run, const char *id,
                          const char *item);

/* The step of the block behind `child` (NULL: the first), or NULL; those of
 * inner blocks are not looked at. */
struct live_step *live_child(const struct live_block *block,
                             const struct live_step *child);
/* Every live step, blocks before their parts, in written order:
 *
 *	for (struct live_step *live = live_first(run); live;
 *	     live = live_next(run, live))
 */
struct live_step *live_first(const struct live_run *run);
struct live_step *live_next(const struct live_run *run,
                            const struct live_step *live);

/* Make the parts of a loop or a job, from what names mean now; they take on
 * what the journal knows of them. ERR_CONFIG when there is no list, or two
 * items have one key. */
int live_unfold(struct live_run *run, struct live_step *live,
                struct error *err) MUST_CHECK;
/* What a block's step gives: of a loop the list of its items with what became
 * of them, without those that failed or were declined; of a job its outputs.
 * NULL with err. */
const struct value *live_gather(struct live_run *run,
                                const struct live_step *live,
                                struct error *err) MUST_CHECK;
/* Whether all of the item came about: it is one of those that the loop gives.
 */
bool live_is_whole(const struct live_block *part);
/* The items of a loop as its end is journalled: list of {key, item}. */
struct value *live_items(struct live_run *run, const struct live_step *live);

/* ---- Order (place.c, block.c) ---- */

/* Make the table of dependents. Before any block is filled. */
void live_order(struct live_run *run);
/* Make the run's own block and, below it, the blocks that have begun. */
int live_open(struct live_run *run, struct value *scope,
              struct error *err) MUST_CHECK;
/* Let the steps of the block begin that wait for nothing. */
void live_activate(struct live_run *run, struct live_block *block);
/* The next parts of a loop, as many as may be at work; all of another job. */
void live_activate_parts(struct live_run *run, struct live_step *live);
/* The first own step of the block that failed and is not allowed to; or NULL.
 */
const struct live_step *live_failure(const struct live_block *block);
/* Whether something is left to do in the block. */
bool live_is_open(const struct live_block *block);
/* The same of the run or of another job's block; its last sections are begun
 * when it is their turn. */
bool live_goes_on(struct live_run *run, struct live_block *block);
/* `live`, whose state is settled now, keeps nobody waiting any more. */
void live_settled(struct live_run *run, struct live_step *live);
/* The next step to look at, or NULL. */
struct live_step *live_pop(struct live_run *run);
void live_push(struct live_run *run, struct live_step *live);
/* What is likely to come when `live` has begun: the next that is ready, else
 * what is written below it and not settled; or NULL. */
const struct live_step *live_ahead(const struct live_run *run,
                                   const struct live_step *live);

/* ---- Names ---- */

/* Put `value`, which stays as it is, into `map` under `name`, which stays, too;
 * NULL is skipped. */
void run_share(struct arena *arena, struct value *map, const char *name,
               const struct value *value);
/* 26 characters that stand for `text` among the `record`s of this journal. */
const char *run_hash(struct live_run *run, const char *record,
                     const char *text);

/* Read the rows of the run's steps and of their files. (rows.c) */
int run_read_rows(struct live_run *run, struct error *err) MUST_CHECK;
/* Whether the journal knows a part of the loop or job, or its end. */
bool run_knows_parts(const struct live_run *run, const struct live_step *live);
/* Take on what the journal knows of the step at `live`'s place. */
int run_attach(struct live_run *run, struct live_step *live,
               struct error *err) MUST_CHECK;
/* What `live` gives when the file of that field (NULL: of all of it) holds
 * `value`. */
const struct value *run_with_file(struct live_run *run,
                                  const struct live_step *live,
                                  const char *field, struct value *value);
/* Put what is known of `live` into its block's names: its output, its state.
 * Called whenever a step's state has changed. */
void run_describe_step(struct live_run *run, const struct live_step *live);

/* The approved gate that releases `live`, or NULL. */
const struct live_gate *run_gate(const struct live_run *run,
                                 const struct live_step *live);
/* The approved gate that `gate` is, or NULL. */
const struct live_gate *run_gate_of(const struct live_run *run,
                                    const struct live_step *gate);

/* What `live` sees: the tree of the nearest wall above it that was passed,
 * approved or waited for, else the pin's. */
const struct oid *run_step_tree(const struct live_run *run,
                                const struct live_step *live);
/* The files of that. */
struct files *run_step_files(struct live_run *run,
                             const struct live_step *live);

/* How strings of this run are rendered: as seen by `live`; NULL: by the run
 * itself. */
struct render run_render(const struct live_run *run,
                         const struct live_step *live);
/* Render one template value to text, in the run's arena. */
int run_text(struct live_run *run, const struct live_step *live,
             const struct value *source, const char **ret,
             struct error *err) MUST_CHECK;

/* The run's title, as far as it can be rendered yet; else the job's name. */
const char *run_title(struct live_run *run);

/* What goes into `file` of `live`. */
int run_artifact(struct live_run *run, const struct live_step *live,
                 const struct live_file *file, struct buf *ret,
                 struct error *err) MUST_CHECK;
/* Whether that can be written. */
int run_check_artifact(struct live_run *run, const struct live_step *live,
                       const struct live_file *file,
                       struct error *err) MUST_CHECK;
/* Render where the files of `live` go, from its output. (files may be none.) */
int run_place_files(struct live_run *run, struct live_step *live,
                    struct error *err) MUST_CHECK;

/* From here on the files of `live` are its own; who writes the one at `path`,
 * or NULL. */
void run_claim_files(struct live_run *run, struct live_step *live);
struct live_step *run_writer(const struct live_run *run, const char *path);

/* The effect key of a step of this run. */
const char *run_effect_key(struct live_run *run, const struct live_step *live);

/* Set the date, year, month, week and time of `time_ms` in `names`. */
void run_set_date(struct arena *arena, struct value *names, const char *zone,
                  int64_t time_ms);
/* {id, job, time, date, year, month, week} of a run started at `time_ms`. */
struct value *run_names(struct arena *arena, const char *zone, const char *id,
                        const char *job, int64_t time_ms);

#endif
