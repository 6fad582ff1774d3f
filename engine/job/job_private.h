/*
 * What the files job*.c share while one job is read; nobody else includes it.
 *
 * job.c reads the top of the file, job_trigger.c `on`, job_input.c `inputs`,
 * job_ending.c `end_on`, job_step.c (with job_id.c) one step after the other,
 * then job_names.c looks at every name and job_order.c settles what waits for
 * what.
 */
#ifndef JOB_JOB_PRIVATE_H
#define JOB_JOB_PRIVATE_H

#include "engine/job/job.h"

/* What only reading needs to know of a step. */
struct step_draft {
	const struct value *map;
	const struct value *needs; /* a list of strings, or NULL */
	size_t check_uses; /* from here on `uses` are those of its checks */
};

struct job_parser {
	struct arena *arena;
	const char *path;
	const struct language *language;
	struct errors *errors;
	const struct field *step_rows; /* the common keys and all kinds */
	struct job *job;
	struct step *steps; /* job->steps, which grow into their final form */
	struct step_draft *drafts; /* one for each step */
};

/* `on`, with what its `with` and `where` may name. Inputs come first. */
void job_parse_triggers(struct job_parser *parser, const struct value *on);
void job_parse_inputs(struct job_parser *parser, const struct value *inputs);
/* `end_on`. The steps come first. */
void job_parse_endings(struct job_parser *parser, const struct value *endings);

/* The rows of parser->step_rows. */
const struct field *job_step_rows(struct arena *arena,
                                  const struct language *language);
/* Read step `index` from parser->drafts[index].map. A step with errors keeps
 * its id as long as that is one, and may have no kind. */
void job_parse_step(struct job_parser *parser, size_t index);
/* Set step->id, unless `id` (which may be NULL) cannot be one. */
void job_parse_id(struct job_parser *parser, struct step *step,
                  const struct value *id);
/* Whether an entry of a map with names of its own may have its name. */
void job_check_entry(struct job_parser *parser, const struct member *entry);

/* errors_add() for this file. */
struct error *job_error(struct job_parser *parser, struct pos pos,
                        const char *format, ...) PRINTF_LIKE(3, 4);

/* Whether "run.X" is one of the names that every run has. */
void job_check_run(struct job_parser *parser, const struct name_use *use);

/* Every name that a step uses: is there something of that name? */
void job_check_names(struct job_parser *parser);
/* Fill in waits_for, depends_on and wall. */
void job_order_steps(struct job_parser *parser);

/* The step of that id, or STEP_NONE. */
size_t job_find(const struct job_parser *parser, const char *id);

/* error_hint() with the nearest of `names`, if one is near. */
void job_hint_nearest(struct error *err, const char *word,
                      const char *const *names, size_t count);

#endif
