/*
 * Names in tags and expressions, as far as the job's own file knows them: the
 * first segment must mean something, and below inputs, run and steps so must
 * the next. What is below a step's own name is its shape's matter (check.h).
 *
 * A name inside of a section may be a field of the section's item, so what is
 * not known there is let pass.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/text.h"

static const char *const run_names[] = {
	"id", "job", "title", "time", "date", "year", "month", "week",
};

static const char *const step_names[] = {
	"state", "time", "date", "cost", "error",
};

/* The second segment of a dotted name, in `arena`; NULL if it has none. */
static const char *second(struct arena *arena, const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL ? name_head(arena, dot + 1) : NULL;
}

/* A name below `head` that must be one of `names`. */
static void check_among(struct job_parser *parser, const struct name_use *use,
                        const char *name, const char *const *names,
                        size_t count)
{
	const char *list = "";
	struct error *err;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return;
		list = arena_printf(parser->arena, "%s%s%s", list,
		                    i > 0 ? ", " : "", names[i]);
	}
	err = job_error(parser, use->pos, "unknown name \"%s\"", use->name);
	job_hint_nearest(err, name, names, count);
	error_hint(err, "There is: %s.", list);
}

void job_check_run(struct job_parser *parser, const struct name_use *use)
{
	const char *name = second(parser->arena, use->name);

	if (name != NULL)
		check_among(parser, use, name, run_names, ARRAY_LEN(run_names));
}

static void check_input(struct job_parser *parser, const struct name_use *use)
{
	const struct job *job = parser->job;
	const char *name = second(parser->arena, use->name);
	const char **names;
	struct error *err;

	if (name == NULL || job_input(job, name) != NULL)
		return;
	names = arena_array(parser->arena, job->input_count, sizeof(*names));
	for (size_t i = 0; i < job->input_count; i++)
		names[i] = job->inputs[i].name;
	err = job_error(parser, use->pos, "unknown input \"%s\"", name);
	job_hint_nearest(err, name, names, job->input_count);
	error_hint(err, "Declare it below \"inputs\".");
}

static void hint_step(struct job_parser *parser, struct error *err,
                      const char *word)
{
	const struct job *job = parser->job;
	const char **names =
	        arena_array(parser->arena, job->step_count, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < job->step_count; i++)
		if (job->steps[i].id != NULL)
			names[count++] = job->steps[i].id;
	job_hint_nearest(err, word, names, count);
}

/* steps.ID.FIELD */
static void check_steps(struct job_parser *parser, const struct name_use *use)
{
	const char *id = second(parser->arena, use->name);
	const char *field =
	        id != NULL ? second(parser->arena, strchr(use->name, '.') + 1)
	                   : NULL;

	if (field == NULL)
		error_hint(job_error(parser, use->pos,
		                     "\"%s\" is no value by itself", use->name),
		           "Write steps.ID.FIELD; the fields are state, time, "
		           "date, cost and error.");
	else if (job_find(parser, id) == STEP_NONE)
		hint_step(
		        parser,
		        job_error(parser, use->pos, "unknown step \"%s\"", id),
		        id);
	else
		check_among(parser, use, field, step_names,
		            ARRAY_LEN(step_names));
}

static void check_company(struct job_parser *parser, const struct name_use *use)
{
	(void)parser, (void)use; /* reeve.yaml says what there is: check.c */
}

static void refuse_secret(struct job_parser *parser, const struct name_use *use)
{
	error_hint(job_error(parser, use->pos,
	                     "\"secret\" is not yet there in this release"),
	           "It is refused rather than ignored; leave it out.");
}

static void refuse_trigger(struct job_parser *parser,
                           const struct name_use *use)
{
	error_hint(job_error(parser, use->pos,
	                     "\"%s\" is known only within \"on\"", use->name),
	           "Fill an input from it by the trigger's \"with\" and name "
	           "the input.");
}

static const struct head {
	const char *name;
	bool offered; /* as a hint */
	void (*check)(struct job_parser *parser, const struct name_use *use);
} heads[] = {
	{ "inputs", true, check_input },
	{ "run", true, job_check_run },
	{ "company", true, check_company },
	{ "steps", true, check_steps },
	{ "secret", false, refuse_secret },
	{ "trigger", false, refuse_trigger },
	{ "event", false, refuse_trigger },
};

static void unknown_name(struct job_parser *parser, const struct name_use *use,
                         const char *word)
{
	const struct job *job = parser->job;
	const char **names =
	        arena_array(parser->arena, ARRAY_LEN(heads) + job->step_count,
	                    sizeof(*names));
	struct error *err;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		if (heads[i].offered)
			names[count++] = heads[i].name;
	for (size_t i = 0; i < job->step_count; i++)
		if (job->steps[i].id != NULL)
			names[count++] = job->steps[i].id;
	err = job_error(parser, use->pos, "unknown name \"%s\"", word);
	job_hint_nearest(err, word, names, count);
	if (job_input(job, word) != NULL)
		error_hint(err, "An input is named as \"inputs.%s\".", word);
	error_hint(err, "A name is that of a step, or begins with inputs, run, "
	                "company or steps.");
}

static void check_use(struct job_parser *parser, const struct name_use *use)
{
	const char *word = name_head(parser->arena, use->name);

	if (use->inside)
		return;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		if (strcmp(heads[i].name, word) == 0) {
			heads[i].check(parser, use);
			return;
		}
	if (job_find(parser, word) == STEP_NONE)
		unknown_name(parser, use, word);
}

static void check_needs(struct job_parser *parser, const struct value *needs)
{
	for (size_t i = 0; needs != NULL && i < needs->length; i++) {
		const struct value *id = needs->items[i];

		if (job_find(parser, id->text) == STEP_NONE)
			hint_step(parser,
			          job_error(parser, id->pos,
			                    "unknown step \"%s\"", id->text),
			          id->text);
	}
}

static void check_title(struct job_parser *parser)
{
	struct name_use *uses = NULL;
	size_t count = 0;

	if (parser->job->title == NULL)
		return;
	render_names(parser->arena, parser->path, parser->job->title, &uses,
	             &count, parser->errors);
	for (size_t i = 0; i < count; i++)
		check_use(parser, &uses[i]);
}

/* The names that a step's map makes, once all ids are known. */
static void check_entries(struct job_parser *parser, const struct step *step)
{
	const struct field *rows =
	        step->kind != NULL ? step->kind->fields : NULL;

	for (size_t i = 0; rows != NULL && i < step->config->length; i++) {
		const struct member *member = &step->config->members[i];
		const struct field *row = field_find(rows, member->name);

		if (row != NULL && field_is_any(row))
			job_check_entry(parser, member);
	}
}

void job_check_names(struct job_parser *parser)
{
	check_title(parser);
	for (size_t i = 0; i < parser->job->step_count; i++) {
		const struct step *step = &parser->steps[i];

		for (size_t j = 0; j < step->use_count; j++)
			check_use(parser, &step->uses[j]);
		check_entries(parser, step);
		check_needs(parser, parser->drafts[i].needs);
	}
}
