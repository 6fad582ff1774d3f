/*
 * One step that computes, carried out over files in memory: what it gives, and
 * what its key is made of.
 */
#ifndef FIXTURE_STEP_H
#define FIXTURE_STEP_H

#include "tests/unit/unit.h"

#include "engine/job/job.h"
#include "engine/steps/step.h"
#include "store/base/json.h"
#include "store/base/yaml.h"
#include "store/files.h"
#include "tests/unit/toy.h"

struct stage {
	struct arena arena;
	struct files *files;
	struct value *scope;
	struct error err;
	const char *key; /* the ingredients, as JSON */
};

/* `rows` must outlive the stage; `scope` is YAML. */
static inline void stage_open(struct stage *stage, const struct file_row *rows,
                              size_t count, const char *scope)
{
	*stage = (struct stage){ .files = files_from_table(rows, count) };
	stage->scope = yaml_parse(&stage->arena, "scope", scope, strlen(scope),
	                          1, &stage->err);
	if (!stage->scope)
		fail_msg("%s", stage->err.message);
}

static inline void stage_close(struct stage *stage)
{
	files_free(stage->files);
	error_clear(&stage->err);
	arena_clear(&stage->arena);
}

#define auto_stage CLEANUP(stage_close)

/* The step `s` of a job that has the lines `text` for it (its kind and map,
 * indented by four), without tags. The job has the steps a and b above it. */
static inline const struct job *stage_job(struct stage *stage, const char *text)
{
	auto_errors struct errors errors = { 0 };
	const char *job = arena_printf(
	        &stage->arena,
	        "version: 1\nname: j\non: { manual: true }\nsteps:\n"
	        "  - id: a\n    read: { path: a.json }\n"
	        "  - id: b\n    read: { path: b.json }\n"
	        "  - id: s\n%s",
	        text);
	const struct job *parsed =
	        job_parse(&stage->arena, "jobs/j.yaml", job, strlen(job),
	                  &toy_language, &errors);

	if (!parsed)
		fail_msg("%u:%u: %s", errors.items[0].pos.line,
		         errors.items[0].pos.column, errors.items[0].message);
	return parsed;
}

/* The output as JSON, or "line:column: message" (with the file, if it is not
 * the job) and `stage->err`. */
static inline const char *stage_run(struct stage *stage, const char *text)
{
	const struct job *job = stage_job(stage, text);
	const struct step *step = job_step(job, "s");
	const struct frame frame = { stage->scope, NULL };
	struct step_run run = {
		.arena = &stage->arena,
		.job = job,
		.step = step,
		.files = stage->files,
		.frame = &frame,
		.config = step->config,
		.ingredients = value_map(&stage->arena),
	};
	const struct error *err = &stage->err;

	error_clear(&stage->err);
	stage->key = NULL;
	int status = step->kind->prepare(&run, &stage->err);
	if (status == 0) {
		stage->key = json_canonical(&stage->arena, run.ingredients);
		status = step->kind->start(&run, &stage->err);
	}
	if (status == 0)
		return json_canonical(&stage->arena, run.output);
	return arena_printf(&stage->arena, "%s%s%u:%u: %s",
	                    strcmp(err->file, "jobs/j.yaml") ? err->file : "",
	                    strcmp(err->file, "jobs/j.yaml") ? ":" : "",
	                    err->pos.line, err->pos.column, err->message);
}

#endif
