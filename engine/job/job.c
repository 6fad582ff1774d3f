/*
 * Reading goes on after an error, so that one look shows all of them: a part
 * that is wrong is left out, and what refers to it is not an error again.
 */
#include "engine/job/job.h"

#include <stdarg.h>
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/alloc.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

static const char *const publish_words[] = { "review", "merge", NULL };
static const char *const overlap_words[] = { "skip", "queue", "replace", NULL };

const struct field job_fields[] = {
	{
	        .name = "version",
	        .type = FIELD_INT,
	        .required = true,
	        .min = 1,
	        .max = 1,
	        .help = "of this format",
	        .example = "1",
	},
	{
	        .name = "name",
	        .type = FIELD_TEXT,
	        .required = true,
	        .help = "the file's name without .yaml",
	        .example = "proposal",
	},
	{
	        .name = "title",
	        .type = FIELD_TEMPLATE,
	        .help = "what a run is called where people see it",
	        .example = "\"Proposal for {{brief.name}}\"",
	},
	{
	        .name = "description",
	        .type = FIELD_TEXT,
	        .help = "what the job is for, in one sentence",
	        .example = "Draft a proposal when a brief arrives.",
	},
	{
	        .name = "on",
	        .type = FIELD_MAP,
	        .required = true,
	        .fields = on_fields,
	        .help = "what starts a run",
	        .example = "{ manual: true }",
	},
	{
	        .name = "inputs",
	        .type = FIELD_MAP,
	        .help = "what a run is given, by name",
	        .example = "{ brief: { type: path, required: true } }",
	},
	{
	        .name = "may",
	        .type = FIELD_ANY,
	        .help = "the effects it may have, with how many a run; a list "
	                "allows one a step",
	        .example = "{ email.send: 2 }",
	},
	{
	        .name = "publish",
	        .type = FIELD_WORD,
	        .words = publish_words,
	        .otherwise = "review",
	        .help = "what becomes of files that no gate waits for",
	        .example = "merge",
	},
	{
	        .name = "concurrency",
	        .type = FIELD_TEMPLATE,
	        .help = "runs with the same text are worked on one at a time; "
	                "may name inputs, run and company",
	        .example = "\"ledger {{inputs.month}}\"",
	},
	{
	        .name = "overlap",
	        .type = FIELD_WORD,
	        .words = overlap_words,
	        .help = "what a trigger does while a run of the job is open: "
	                "nothing, wait, or end that run; none: runs side by "
	                "side",
	        .example = "skip",
	},
	{
	        .name = "budget",
	        .type = FIELD_MONEY,
	        .help = "what the models of one run may cost",
	        .example = "0.50",
	},
	{
	        .name = "outputs",
	        .type = FIELD_MAP,
	        .help = "what a step of kind job gets that names this job",
	        .example = "{ number: \"{{number.text}}\" }",
	},
	{
	        .name = "steps",
	        .type = FIELD_STEPS,
	        .required = true,
	        .help = "a list of steps",
	        .example = "[{ id: note, render: note.md }]",
	},
	{
	        .name = "on_failure",
	        .type = FIELD_STEPS,
	        .help = "steps that follow when one of the others has failed",
	        .example = "[{ id: told, emit: proposal.failed }]",
	},
	{
	        .name = "finally",
	        .type = FIELD_STEPS,
	        .help = "steps at the end, however it ended",
	        .example = "[{ id: ended, emit: proposal.ended }]",
	},
	{
	        .name = "end_on",
	        .type = FIELD_MAPS,
	        .fields = end_on_fields,
	        .help = "events that end the run",
	        .example = "{ event: deal.lost }",
	},
	{ 0 },
};

const struct input *job_input(const struct job *job, const char *name)
{
	for (size_t i = 0; i < job->input_count; i++)
		if (strcmp(job->inputs[i].name, name) == 0)
			return &job->inputs[i];
	return NULL;
}

const char *name_head(struct arena *arena, const char *dotted)
{
	size_t len = strcspn(dotted, ".");

	return len > 0 ? arena_strndup(arena, dotted, len) : ".";
}

struct error *job_error(struct job_parser *parser, struct pos pos,
                        const char *format, ...)
{
	auto_free char *message = NULL;
	va_list values;

	va_start(values, format);
	message = mem_vprintf(format, values);
	va_end(values);
	return errors_add(parser->errors, ERR_CONFIG, parser->path, pos, "%s",
	                  message);
}

void job_hint_nearest(struct error *err, const char *word,
                      const char *const *names, size_t count)
{
	const char *nearest = text_nearest(word, names, count);

	if (nearest != NULL)
		error_hint(err, "Did you mean \"%s\"?", nearest);
}

/* ---- the top of the file */

/* "proposal" of "jobs/proposal.yaml". */
static const char *stem(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;

	return arena_strndup(arena, base,
	                     strlen(base) - strlen(path_ending(path)));
}

static void parse_name(struct job_parser *parser, const struct value *name)
{
	const char *expected = stem(parser->arena, parser->path);
	struct error *err;

	parser->job->name = name->text;
	if (!text_is_name(name->text) && !text_is_slug(name->text)) {
		err = errors_add(parser->errors, ERR_CONFIG, parser->path,
		                 name->pos, "\"%s\" cannot be a job's name",
		                 name->text);
		error_hint(err, "Use lower-case letters, digits and hyphens.");
	} else if (strcmp(name->text, expected) != 0) {
		err = errors_add(
		        parser->errors, ERR_CONFIG, parser->path, name->pos,
		        "the job is named \"%s\", but its file %s.yaml",
		        name->text, expected);
		error_hint(err, "Name both the same.");
	}
}

/* Append to `list`, which has room. */
static void add_allowance(struct job_parser *parser, struct allowance *list,
                          struct allowance item)
{
	struct job *job = parser->job;

	for (size_t i = 0; i < job->may_count; i++)
		if (strcmp(list[i].effect, item.effect) == 0) {
			errors_add(parser->errors, ERR_CONFIG, parser->path,
			           item.pos, "\"%s\" stands twice in \"may\"",
			           item.effect);
			return;
		}
	list[job->may_count++] = item;
}

/* `email.send: 2` */
static void parse_counted(struct job_parser *parser, struct allowance *list,
                          const struct member *member)
{
	struct allowance item = { member->name, member->pos, 0 };

	if (value_to_int(member->value, &item.count) && item.count > 0)
		add_allowance(parser, list, item);
	else
		errors_add(parser->errors, ERR_CONFIG, parser->path,
		           member->value->pos,
		           "\"%s\" must be a number of times, at least 1",
		           member->name);
}

/* An item of `[email.send]`. */
static void parse_listed(struct job_parser *parser, struct allowance *list,
                         const struct value *effect)
{
	struct allowance item = { effect->text, effect->pos, 0 };

	if (effect->kind == VALUE_STRING)
		add_allowance(parser, list, item);
	else
		errors_add(parser->errors, ERR_CONFIG, parser->path,
		           effect->pos, "an effect must be named by a string");
}

static void parse_may(struct job_parser *parser, const struct value *may)
{
	struct allowance *list;

	if (may->kind != VALUE_LIST && may->kind != VALUE_MAP) {
		errors_add(parser->errors, ERR_CONFIG, parser->path, may->pos,
		           "\"may\" must be a map or a list of effects");
		return;
	}
	list = arena_array(parser->arena, may->length, sizeof(*list));
	parser->job->may = list;
	for (size_t i = 0; i < may->length; i++) {
		if (may->kind == VALUE_MAP)
			parse_counted(parser, list, &may->members[i]);
		else
			parse_listed(parser, list, may->items[i]);
	}
}

/* The ids come first, since a name may mean a step below. */
static void prepare_steps(struct job_parser *parser)
{
	struct job *job = parser->job;

	parser->steps = arena_array(parser->arena, job->step_count,
	                            sizeof(*parser->steps));
	job->steps = parser->steps;
	job_index_make(parser->arena, job, job->step_count);
	for (size_t i = 0; i < job->step_count; i++) {
		const struct step_draft *draft = &parser->drafts[i];
		struct step *step = &parser->steps[i];

		step->index = i;
		step->path = job->path;
		step->pos = draft->map->pos;
		step->parent = draft->parent;
		step->end = draft->end;
		step->section = draft->section;
		step->wall = STEP_NONE;
		step->gate = STEP_NONE;
		job_parse_id(parser, step, value_get(draft->map, "id"));
	}
}

/* All sections; the others have no steps when `steps` has none. */
static void parse_steps(struct job_parser *parser, const struct value *steps)
{
	struct job *job = parser->job;

	(void)steps;
	if (!job_flatten(parser, parser->root)) {
		job->step_count = 0;
		return;
	}
	parser->step_rows = job_step_rows(parser->arena, parser->language);
	prepare_steps(parser);
	for (size_t i = 0; i < job->step_count; i++) {
		if (errors_full(parser->errors))
			return;
		job_parse_step(parser, i);
	}
	job_check_names(parser);
	job_order_steps(parser->arena, job, parser->steps, parser->errors);
}

static void parse_concurrency(struct job_parser *parser,
                              const struct value *group)
{
	parser->job->concurrency = group;
}

static void parse_outputs(struct job_parser *parser,
                          const struct value *outputs)
{
	parser->job->outputs = outputs;
}

static void parse_budget(struct job_parser *parser, const struct value *budget)
{
	parser->job->budget = budget;
}

/* The words are in the order of the enum, behind OVERLAP_ANY. */
static void parse_overlap(struct job_parser *parser,
                          const struct value *overlap)
{
	enum overlap way = OVERLAP_SKIP;

	while (!text_equal(overlap_words[way - OVERLAP_SKIP], overlap->text))
		way++;
	parser->job->overlap = way;
}

static void parse_title(struct job_parser *parser, const struct value *title)
{
	parser->job->title = title;
}

static void parse_description(struct job_parser *parser,
                              const struct value *description)
{
	parser->job->description = description->text;
}

static void parse_publish(struct job_parser *parser,
                          const struct value *publish)
{
	if (strcmp(publish->text, "merge") == 0)
		parser->job->publish = PUBLISH_MERGE;
}

/* In this order, since triggers look at inputs and steps at the title. Each is
 * called with what its row of job_fields has let pass. */
static const struct part {
	const char *name;
	void (*parse)(struct job_parser *parser, const struct value *value);
} parts[] = {
	{ "name", parse_name },
	{ "title", parse_title },
	{ "description", parse_description },
	{ "publish", parse_publish },
	{ "inputs", job_parse_inputs },
	{ "on", job_parse_triggers },
	{ "may", parse_may },
	{ "concurrency", parse_concurrency },
	{ "overlap", parse_overlap },
	{ "budget", parse_budget },
	{ "outputs", parse_outputs },
	{ "steps", parse_steps },
	{ "end_on", job_parse_endings },
};

static bool is_part(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strcmp(parts[i].name, name) == 0)
			return true;
	return false;
}

/* The keys that no part reads. */
static void check_others(struct job_parser *parser, const struct value *root)
{
	for (size_t i = 0; i < root->length; i++) {
		const struct member *member = &root->members[i];
		const struct field *row = field_find(job_fields, member->name);

		if (errors_full(parser->errors))
			return;
		if (row == NULL)
			field_unknown(member, job_fields, "a job", parser->path,
			              parser->errors);
		else if (!is_part(member->name))
			(void)field_check(row, member, parser->path,
			                  parser->errors);
	}
}

static void parse_job(struct job_parser *parser, const struct value *root)
{
	parser->job->path = arena_strdup(parser->arena, parser->path);
	parser->job->publish = PUBLISH_REVIEW;
	check_others(parser, root);
	(void)fields_required(root, job_fields, "the job", parser->path,
	                      parser->errors);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const struct member *member = value_member(root, parts[i].name);

		if (member != NULL &&
		    field_check(field_find(job_fields, parts[i].name), member,
		                parser->path, parser->errors))
			parts[i].parse(parser, member->value);
	}
}

/* Whether steps of other jobs belong to it. */
static bool has_jobs(const struct job *job)
{
	for (size_t i = 0; i < job->step_count; i++)
		if (job_names_job(&job->steps[i]))
			return true;
	return false;
}

struct job *job_parse(struct arena *arena, const char *path, const char *bytes,
                      size_t len, const struct language *language,
                      struct errors *errors)
{
	auto_error struct error err = { 0 };
	auto_expr_engine struct expr_engine *engine = expr_engine_new();
	size_t before = errors->count;
	struct job_parser parser = {
		.arena = arena,
		.path = path,
		.language = language,
		.errors = errors,
		.engine = engine,
		.job = arena_new(arena, struct job),
	};
	struct value *root;

	if (errors_full(errors))
		return NULL;
	root = yaml_parse(arena, path, bytes, len, 1, &err);
	if (root == NULL) {
		errors_take(errors, &err);
		return NULL;
	}
	if (root->kind != VALUE_MAP) {
		errors_add(errors, ERR_CONFIG, path, root->pos,
		           "a job must be a map, not %s",
		           root->kind == VALUE_NULL ? "an empty file"
		                                    : "a single value or list");
		return NULL;
	}
	parser.root = root;
	parse_job(&parser, root);
	parser.job->linked = !has_jobs(parser.job);
	return errors->count == before ? parser.job : NULL;
}
