/*
 * `end_on`: events that end a run. Its conditions name the event and what the
 * run knows, so they are read behind the steps.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/text.h"

const struct field end_on_fields[] = {
	{
	        .name = "event",
	        .type = FIELD_TEXT,
	        .required = true,
	        .help = "the type of the event",
	        .example = "deal.lost",
	},
	{
	        .name = "where",
	        .type = FIELD_EXPRESSION,
	        .help = "only events for which this is true; names event.* "
	                "and what a step may name",
	        .example = "event.brief = inputs.brief",
	},
	{
	        .name = "answers",
	        .type = FIELD_NAME,
	        .help = "the step whose message the event answers",
	        .example = "send",
	},
	{
	        .name = "undo",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "what the run did is undone",
	        .example = "true",
	},
	{ 0 },
};

static void check_name(struct job_parser *parser, const struct name_use *use)
{
	const char *head = name_head(parser->arena, use->name);
	const char *rest = use->name + strlen(head);

	if (strcmp(head, "run") == 0) {
		job_check_run(parser, use);
		return;
	}
	if (strcmp(head, "steps") == 0 && *rest == '.')
		head = name_head(parser->arena, rest + 1);
	else if (strcmp(head, "inputs") == 0 && *rest == '.' &&
	         job_input(parser->job, name_head(parser->arena, rest + 1)))
		return;
	else if (strcmp(head, "event") == 0 || strcmp(head, "company") == 0)
		return;
	if (job_find(parser, head) != STEP_NONE)
		return;
	error_hint(
	        job_error(parser, use->pos, "unknown name \"%s\"", use->name),
	        "Here stand event.NAME, inputs.NAME, run.NAME, company.NAME "
	        "and the steps of this job.");
}

static const struct expr *parse_where(struct job_parser *parser,
                                      const struct value *where)
{
	auto_error struct error err = { 0 };
	const struct expr *expr =
	        expr_parse(parser->arena, parser->path, where, &err);
	const struct name_use *uses;
	size_t count;

	if (expr == NULL) {
		errors_take(parser->errors, &err);
		return NULL;
	}
	expr_names(expr, &uses, &count);
	for (size_t i = 0; i < count; i++)
		check_name(parser, &uses[i]);
	return expr;
}

static void check_answers(struct job_parser *parser,
                          const struct value *answers)
{
	const struct job *job = parser->job;
	const char **names;
	struct error *err;

	if (job_find(parser, answers->text) != STEP_NONE)
		return;
	names = arena_array(parser->arena, job->step_count, sizeof(*names));
	for (size_t i = 0; i < job->step_count; i++)
		names[i] = job->steps[i].id != NULL ? job->steps[i].id : "";
	err = job_error(parser, answers->pos, "unknown step \"%s\"",
	                answers->text);
	job_hint_nearest(err, answers->text, names, job->step_count);
}

static void parse_ending(struct job_parser *parser, const struct value *map,
                         struct ending *ending)
{
	const struct value *where = value_get(map, "where");
	const struct value *answers = value_get(map, "answers");

	ending->pos = map->pos;
	ending->event_type = value_get_text(map, "event", NULL);
	ending->undo = value_get_bool(map, "undo", false);
	if (where != NULL)
		ending->where = parse_where(parser, where);
	if (answers == NULL)
		return;
	ending->answers = answers->text;
	check_answers(parser, answers);
}

void job_parse_endings(struct job_parser *parser, const struct value *endings)
{
	bool one = endings->kind == VALUE_MAP;
	size_t count = one ? 1 : endings->length;
	struct ending *list = arena_array(parser->arena, count, sizeof(*list));

	for (size_t i = 0; i < count; i++)
		parse_ending(parser, one ? endings : endings->items[i],
		             &list[i]);
	parser->job->endings = list;
	parser->job->ending_count = count;
}
