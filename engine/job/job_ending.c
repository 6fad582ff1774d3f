/*
 * `end_on`: events that end a run. Its conditions name the event and what the
 * run knows, so they are read behind the steps.
 */
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

static const struct expr *parse_where(struct job_parser *parser,
                                      const struct value *where)
{
	auto_error struct error err = { 0 };
	const struct expr *expr = expr_parse(parser->arena, parser->path, where,
	                                     parser->engine, &err);
	const struct name_use *uses;
	size_t count;

	if (expr == NULL) {
		errors_take(parser->errors, &err);
		return NULL;
	}
	expr_names(expr, &uses, &count);
	for (size_t i = 0; i < count; i++)
		if (!text_starts(uses[i].name, "event."))
			job_check_use(parser, &uses[i]);
	return expr;
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
	job_check_step(parser, answers);
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
