/*
 * Names in tags and expressions, as far as the job's own file knows them: the
 * first segment must mean something where it stands, and below inputs, run and
 * steps so must the next. What is below a step's own name is its shape's matter
 * (check.h).
 *
 * A step is known in its own block and in those within it, an item in its block
 * alone. Sections see those before them.
 *
 * A name inside of a section may be a field of the section's item, so what is
 * not known there is let pass.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/text.h"

/* From so many errors on none is given a hint that takes time. */
#define MANY_ERRORS 50

const char *const job_run_names[] = {
	"id", "job", "title", "time", "date", "year", "month", "week", NULL,
};

const char *const job_step_names[] = {
	"state", "time", "date", "cost", "error", NULL,
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
		check_among(parser, use, name, job_run_names,
		            ARRAY_LEN(job_run_names) - 1);
}

void job_check_input(struct job_parser *parser, const struct name_use *use)
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

/* ---- steps */

/* Where a name stands. */
struct spot {
	struct job_parser *parser;
	size_t step;   /* whose it is; STEP_NONE: the job's own */
	size_t parent; /* its block */
	bool item;     /* the step's own item is known */
	bool self;     /* the step's own output is known */
};

/* The names of all steps and of the heads, for a hint. */
static const char **known_names(struct job_parser *parser, size_t *ret_count);

static void hint_known(struct job_parser *parser, struct error *err,
                       const char *word)
{
	const char **names;
	size_t count;

	if (parser->errors->count > MANY_ERRORS)
		return; /* each looks at all names */
	names = known_names(parser, &count);
	job_hint_nearest(err, word, names, count);
}

static void hint_step(struct job_parser *parser, struct error *err,
                      const char *word)
{
	const struct job *job = parser->job;
	const char **names;
	size_t count = 0;

	if (parser->errors->count > MANY_ERRORS)
		return;
	names = arena_array(parser->arena, job->step_count, sizeof(*names));
	for (size_t i = 0; i < job->step_count; i++)
		if (job->steps[i].id != NULL)
			names[count++] = job->steps[i].id;
	job_hint_nearest(err, word, names, count);
}

/* `target` is in a block that the name does not stand in: name the block. */
static void add_inside(const struct spot *spot, size_t target, struct pos pos)
{
	const struct step *steps = spot->parser->steps;
	const char *local = steps[target].id;
	size_t block = target;

	while (job_step_from(spot->parser->job, spot->parent,
	                     steps[block].id) == NULL) {
		block = steps[block].parent;
		if (steps[block].id == NULL)
			return; /* which is an error of its own */
	}
	error_hint(job_error(spot->parser, pos, "\"%s\" is inside \"%s\"",
	                     local, steps[block].id),
	           "Name \"%s\", a list whose items have .%s.", steps[block].id,
	           local);
}

static const char *const section_keys[] = {
	[SECTION_STEPS] = "steps",
	[SECTION_ON_FAILURE] = "on_failure",
	[SECTION_FINALLY] = "finally",
};

/* Whether the step that was named around `spot` is one that it may name. */
static void check_target(const struct spot *spot, size_t target, struct pos pos)
{
	struct job_parser *parser = spot->parser;
	const struct step *steps = parser->steps;
	size_t beside;

	if (spot->step == STEP_NONE)
		return;
	beside = job_beside(parser->job, spot->step, target);
	if (beside == target && target != spot->step)
		error_hint(job_error(parser, pos, "\"%s\" names its own block",
		                     steps[target].id),
		           "The output of a block is there when all of its "
		           "items are done.");
	else if (beside == target && !spot->self)
		error_hint(job_error(parser, pos,
		                     "the step \"%s\" names itself",
		                     steps[target].id),
		           "Its output is there once it is done, as for its "
		           "\"checks\".");
	else if (steps[target].section > steps[beside].section)
		(void)job_error(parser, pos,
		                "\"%s\" is in \"%s\", which comes after \"%s\"",
		                steps[target].id,
		                section_keys[steps[target].section],
		                section_keys[steps[beside].section]);
}

/* A place that names the step `id`; false when there is no such step. */
static bool check_id(const struct spot *spot, const char *id, struct pos pos)
{
	struct job_parser *parser = spot->parser;
	const struct step *target =
	        job_step_from(parser->job, spot->parent, id);
	size_t hidden = job_find(parser->job, id);

	if (target != NULL)
		check_target(spot, target->index, pos);
	else if (hidden != STEP_NONE)
		add_inside(spot, hidden, pos);
	return hidden != STEP_NONE;
}

static void unknown_step(struct job_parser *parser, const char *id,
                         struct pos pos)
{
	hint_step(parser, job_error(parser, pos, "unknown step \"%s\"", id),
	          id);
}

/* steps.ID.FIELD */
static void check_steps(const struct spot *spot, const struct name_use *use)
{
	struct job_parser *parser = spot->parser;
	const char *id = second(parser->arena, use->name);
	const char *field =
	        id != NULL ? second(parser->arena, strchr(use->name, '.') + 1)
	                   : NULL;

	if (field == NULL)
		error_hint(job_error(parser, use->pos,
		                     "\"%s\" is no value by itself", use->name),
		           "Write steps.ID.FIELD; the fields are state, time, "
		           "date, cost and error.");
	else if (!check_id(spot, id, use->pos))
		unknown_step(parser, id, use->pos);
	else
		check_among(parser, use, field, job_step_names,
		            ARRAY_LEN(job_step_names) - 1);
}

/* ---- heads */

static void check_run(const struct spot *spot, const struct name_use *use)
{
	job_check_run(spot->parser, use);
}

static void check_input(const struct spot *spot, const struct name_use *use)
{
	job_check_input(spot->parser, use);
}

static void check_company(const struct spot *spot, const struct name_use *use)
{
	(void)spot, (void)use; /* reeve.yaml says what there is: check.c */
}

static void refuse_secret(const struct spot *spot, const struct name_use *use)
{
	error_hint(job_error(spot->parser, use->pos, "a job knows no secrets"),
	           "They are filled in under \"connectors\" in reeve.yaml, "
	           "where they can go to one host only.");
}

static void refuse_trigger(const struct spot *spot, const struct name_use *use)
{
	error_hint(job_error(spot->parser, use->pos,
	                     "\"%s\" is known only within \"on\"", use->name),
	           "Fill an input from it by the trigger's \"with\" and name "
	           "the input.");
}

static const struct head {
	const char *name;
	bool offered; /* as a hint */
	void (*check)(const struct spot *spot, const struct name_use *use);
} heads[] = {
	{ "inputs", true, check_input },
	{ "run", true, check_run },
	{ "company", true, check_company },
	{ "steps", true, check_steps },
	{ "secret", false, refuse_secret },
	{ "trigger", false, refuse_trigger },
	{ "event", false, refuse_trigger },
};

static const char **known_names(struct job_parser *parser, size_t *ret_count)
{
	const struct job *job = parser->job;
	const char **names =
	        arena_array(parser->arena, ARRAY_LEN(heads) + job->step_count,
	                    sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		if (heads[i].offered)
			names[count++] = heads[i].name;
	for (size_t i = 0; i < job->step_count; i++)
		if (job->steps[i].id != NULL)
			names[count++] = job->steps[i].id;
	*ret_count = count;
	return names;
}

/* The fan whose items have the name, or NULL. */
static const struct step *item_elsewhere(const struct job_parser *parser,
                                         const char *word)
{
	const struct job *job = parser->job;

	for (size_t i = 0; i < job->step_count; i++)
		if (job->steps[i].fan != NULL && job->steps[i].id != NULL &&
		    strcmp(job->steps[i].fan->name, word) == 0)
			return &job->steps[i];
	return NULL;
}

static void unknown_name(const struct spot *spot, const struct name_use *use,
                         const char *word)
{
	struct job_parser *parser = spot->parser;
	struct error *err =
	        job_error(parser, use->pos, "unknown name \"%s\"", word);
	const struct step *fan = parser->errors->count > MANY_ERRORS
	                                 ? NULL
	                                 : item_elsewhere(parser, word);

	if (fan != NULL)
		error_hint(err,
		           "\"%s\" is an item of \"%s\" and known only inside "
		           "of it.",
		           word, fan->id);
	hint_known(parser, err, word);
	if (job_input(parser->job, word) != NULL)
		error_hint(err, "An input is named as \"inputs.%s\".", word);
	error_hint(err, "A name is that of a step, or begins with inputs, run, "
	                "company or steps.");
}

/* Whether a block around the spot, or the step itself, has such items. */
static bool is_item(const struct spot *spot, const char *word)
{
	const struct step *steps = spot->parser->steps;
	size_t at = spot->item ? spot->step : spot->parent;

	for (; at != STEP_NONE; at = steps[at].parent)
		if (steps[at].fan != NULL &&
		    strcmp(steps[at].fan->name, word) == 0)
			return true;
	return false;
}

static void check_use(const struct spot *spot, const struct name_use *use)
{
	const char *word = name_head(spot->parser->arena, use->name);

	if (use->inside)
		return;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		if (strcmp(heads[i].name, word) == 0) {
			heads[i].check(spot, use);
			return;
		}
	if (!is_item(spot, word) && !check_id(spot, word, use->pos))
		unknown_name(spot, use, word);
}

void job_check_use(struct job_parser *parser, const struct name_use *use)
{
	const struct spot spot = {
		.parser = parser,
		.step = STEP_NONE,
		.parent = STEP_NONE,
	};

	check_use(&spot, use);
}

void job_check_step(struct job_parser *parser, const struct value *id)
{
	const struct spot spot = {
		.parser = parser,
		.step = STEP_NONE,
		.parent = STEP_NONE,
	};

	if (!check_id(&spot, id->text, id->pos))
		unknown_step(parser, id->text, id->pos);
}

static void check_needs(const struct spot *spot, const struct value *needs)
{
	for (size_t i = 0; needs != NULL && i < needs->length; i++) {
		const struct value *id = needs->items[i];

		if (!check_id(spot, id->text, id->pos))
			unknown_step(spot->parser, id->text, id->pos);
	}
}

/* ---- the job's own keys */

static void check_value(struct job_parser *parser, const struct value *value)
{
	struct name_use *uses = NULL;
	size_t count = 0;

	if (value == NULL)
		return;
	render_names(parser->arena, parser->path, value, &uses, &count,
	             parser->errors);
	for (size_t i = 0; i < count; i++)
		job_check_use(parser, &uses[i]);
}

/* The group is known before any step is done. */
static void check_group(struct job_parser *parser, const struct value *group)
{
	struct name_use *uses = NULL;
	size_t count = 0;

	if (group == NULL)
		return;
	render_names(parser->arena, parser->path, group, &uses, &count,
	             parser->errors);
	for (size_t i = 0; i < count; i++) {
		const char *word = name_head(parser->arena, uses[i].name);

		if (text_equal(word, "inputs"))
			job_check_input(parser, &uses[i]);
		else if (text_equal(word, "run"))
			job_check_run(parser, &uses[i]);
		else if (!text_equal(word, "company"))
			(void)job_error(parser, uses[i].pos,
			                "\"concurrency\" may name only "
			                "inputs.*, run.* and company.*, not "
			                "\"%s\"",
			                uses[i].name);
	}
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

static void check_step(struct job_parser *parser, const struct step *step)
{
	const struct step_draft *draft = &parser->drafts[step->index];
	struct spot spot = {
		.parser = parser,
		.step = step->index,
		.parent = step->parent,
	};

	check_needs(&spot, step->needs);
	for (size_t i = 0; i < step->use_count; i++) {
		spot.item = i >= draft->item_from && i < draft->item_to;
		spot.self = i >= draft->check_uses;
		check_use(&spot, &step->uses[i]);
	}
	check_entries(parser, step);
	if (step->fan != NULL)
		job_check_item(parser, step);
}

void job_check_names(struct job_parser *parser)
{
	check_value(parser, parser->job->title);
	check_value(parser, parser->job->outputs);
	check_group(parser, parser->job->concurrency);
	for (size_t i = 0; i < parser->job->step_count; i++) {
		if (errors_full(parser->errors))
			return;
		check_step(parser, &parser->steps[i]);
	}
}
