/*
 * What the files job*.c share while one job is read; nobody else includes it.
 *
 * job.c reads the top of the file, job_trigger.c `on`, job_input.c `inputs`,
 * job_ending.c `end_on`. The lists of steps become one (job_block.c), each step
 * gets its id (job_id.c), which job_index.c finds, and is read: job_step.c its
 * keys and its kind, job_keys.c the keys that all kinds have, job_uses.c the
 * names in them. Then job_names.c looks at every name and job_order.c settles
 * what waits for what, with job_cycle.c. job_link.c puts jobs into jobs and has
 * them ordered again.
 */
#ifndef JOB_JOB_PRIVATE_H
#define JOB_JOB_PRIVATE_H

#include "engine/job/job.h"

/* What only reading needs to know of a step. */
struct step_draft {
	const struct value *map;
	size_t parent; /* as in struct step */
	size_t end;
	enum section section;
	/* The uses from `item_from` up to `item_to` stand where its item is
	 * known; those from `check_uses` on may name the step itself. */
	size_t item_from;
	size_t item_to;
	size_t check_uses;
};

struct job_parser {
	struct arena *arena;
	const char *path;
	const struct language *language;
	struct errors *errors;
	struct expr_engine *engine;    /* where expressions are compiled */
	const struct value *root;      /* the whole file */
	const struct field *step_rows; /* the common keys and all kinds */
	struct job *job;
	struct step *steps; /* job->steps, which grow into their final form */
	struct step_draft *drafts; /* one for each step */
};

/* errors_add() for this file. */
struct error *job_error(struct job_parser *parser, struct pos pos,
                        const char *format, ...) PRINTF_LIKE(3, 4);
/* error_hint() with the nearest of `names`, if one is near. */
void job_hint_nearest(struct error *err, const char *word,
                      const char *const *names, size_t count);

/* ---- job_link.c */

/* Whether the step has the steps of another job as its block. */
bool job_names_job(const struct step *step);

/* ---- job_trigger.c, job_input.c, job_ending.c */

/* `on`, with what its `with` and `where` may name. Inputs come first. */
void job_parse_triggers(struct job_parser *parser, const struct value *on);
void job_parse_inputs(struct job_parser *parser, const struct value *inputs);
/* `end_on`. The steps come first. */
void job_parse_endings(struct job_parser *parser, const struct value *endings);

/* ---- job_block.c */

/* All steps of the job's sections, those of blocks behind them, as drafts.
 * False, with an error, if there are too many. */
bool job_flatten(struct job_parser *parser, const struct value *root);

/* ---- job_step.c, job_keys.c, job_uses.c */

/* The rows of parser->step_rows. */
const struct field *job_step_rows(struct arena *arena,
                                  const struct language *language);
/* Read step `index` from parser->drafts[index]. A step with errors may have no
 * kind. */
void job_parse_step(struct job_parser *parser, size_t index);

/* The names of one step, as they are collected. */
struct uses {
	struct job_parser *parser;
	const struct step *step;
	struct name_use *list;
	size_t count;
};

/* Of every string below `value`. */
void uses_of_templates(struct uses *uses, const struct value *value);
/* Of the expression at `key` of the kind's map; NULL: at another key of the
 * step. The parsed expression, or NULL with an error. */
const struct expr *uses_of_expression(struct uses *uses,
                                      const struct value *value,
                                      const char *key);
/* Of a map that has passed `fields`. */
void uses_of_map(struct uses *uses, const struct value *map,
                 const struct field *fields);
/* Of a place where the step of that id is named. */
void uses_of_step(struct uses *uses, const struct value *id);

/* Whether a key goes with the step's kind; an error for each that does not. */
void job_check_fit(struct job_parser *parser, const struct step *step,
                   const struct value *map);
/* The keys that all kinds have, into `step`; `kind` collects the names of the
 * kind's own map when it is their turn. */
void job_parse_keys(struct uses *uses, struct step *step,
                    struct step_draft *draft, const struct member *kind);

/* The step's kind and what it holds; NULL: it has none. */
void job_parse_kind(struct uses *uses, struct step *step,
                    const struct value *map, const struct member *kind);

/* ---- job_id.c, job_index.c */

/* Set step->id and local, unless `id` (which may be NULL) cannot be one. */
void job_parse_id(struct job_parser *parser, struct step *step,
                  const struct value *id);
/* Whether an item of the fan of `step` may have its name. */
void job_check_item(struct job_parser *parser, const struct step *step);
/* Whether an entry of a map with names of its own may have its name. */
void job_check_entry(struct job_parser *parser, const struct member *entry);

/* Make room in job->ids for `count` ids. */
void job_index_make(struct arena *arena, struct job *job, size_t count);
/* The id of the step at `index`, which no other step has. */
void job_index_add(struct job *job, size_t index);
/* The step of that id, or STEP_NONE. */
size_t job_find(const struct job *job, const char *id);

/* ---- job_names.c */

/* Whether "run.X" is one of the names that every run has. */
void job_check_run(struct job_parser *parser, const struct name_use *use);
/* Whether "inputs.X" is one of the job's. */
void job_check_input(struct job_parser *parser, const struct name_use *use);
/* Whether something of that name is there for what stands outside of all
 * blocks. */
void job_check_use(struct job_parser *parser, const struct name_use *use);
/* The same of the id of a step. */
void job_check_step(struct job_parser *parser, const struct value *id);
/* Every name that a step uses, and those of the job's own keys. */
void job_check_names(struct job_parser *parser);

/* ---- job_order.c, job_cycle.c */

/* An edge that somebody wrote at `pos`; without a line nobody wrote it. */
struct edge {
	size_t from; /* waits for */
	size_t to;
	bool depends;
	struct pos pos;
};

/* The edges once they are sorted by `from` and `to`. */
struct order {
	struct arena *arena;
	struct errors *errors;
	const struct job *job;
	const struct edge *edges;
	const size_t *first; /* by step: where its edges begin; one more */
};

/* Fill in waits_for, depends_on, wall and gate of `steps`, which are those of
 * `job`. */
void job_order_steps(struct arena *arena, const struct job *job,
                     struct step *steps, struct errors *errors);
/* Report the steps that wait for each other. */
void job_find_cycles(const struct order *order);

#endif
