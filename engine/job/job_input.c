/*
 * What a run is given: the declarations of `inputs`. A default may name run.*
 * and nothing else.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "engine/job/type.h"
#include "store/base/text.h"

static const char *const input_types[] = {
	"string", "integer", "number", "boolean", "date",
	"path",   "slug",    "email",  NULL,
};

const struct field input_fields[] = {
	{
	        .name = "type",
	        .type = FIELD_WORD,
	        .words = input_types,
	        .otherwise = "string",
	        .help = "of the value",
	        .example = "path",
	},
	{
	        .name = "required",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "each trigger must fill it",
	        .example = "true",
	},
	{
	        .name = "default",
	        .type = FIELD_ANY,
	        .help = "its value when nothing fills it; may name run.*",
	        .example = "\"{{run.date}}\"",
	},
	{
	        .name = "enum",
	        .type = FIELD_ANY,
	        .help = "a list of the values that it may have",
	        .example = "[warm, plain]",
	},
	{ 0 },
};

static void check_enum(struct job_parser *parser, const struct value *words)
{
	if (words != NULL && (words->kind != VALUE_LIST || words->length == 0))
		(void)job_error(parser, words->pos,
		                "\"enum\" must be a list of values");
}

/* Whether a default that is no template fits the input's type and words. */
static void check_literal(struct job_parser *parser, const struct input *input)
{
	const struct value *value = input->otherwise;
	const struct value *words = input->words;
	bool optional;
	const struct type *type = type_find(input->type, &optional);

	if (!type->fits(value)) {
		(void)job_error(parser, value->pos,
		                "the default of \"%s\" must be %s", input->name,
		                type->phrase);
		return;
	}
	if (words == NULL || words->kind != VALUE_LIST)
		return;
	for (size_t i = 0; i < words->length; i++)
		if (value_equal(words->items[i], value))
			return;
	(void)job_error(parser, value->pos,
	                "the default of \"%s\" is none of its \"enum\"",
	                input->name);
}

static void check_default(struct job_parser *parser, const struct input *input)
{
	struct name_use *uses = NULL;
	size_t before = parser->errors->count;
	size_t count = 0;

	render_names(parser->arena, parser->path, input->otherwise, &uses,
	             &count, parser->errors);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name_head(parser->arena, uses[i].name), "run") == 0)
			job_check_run(parser, &uses[i]);
		else
			(void)job_error(parser, uses[i].pos,
			                "a default may name only run.*, not "
			                "\"%s\"",
			                uses[i].name);
	}
	if (count == 0 && parser->errors->count == before)
		check_literal(parser, input);
}

static void parse_input(struct job_parser *parser, const struct member *member,
                        struct input *input)
{
	const struct value *map = member->value;

	input->name = member->name;
	input->pos = member->pos;
	input->type = "string";
	if (!text_is_name(member->name))
		(void)job_error(parser, member->pos,
		                "\"%s\" cannot be an input's name",
		                member->name);
	if (map->kind != VALUE_MAP) {
		error_hint(
		        job_error(parser, map->pos,
		                  "input \"%s\" must be a map", member->name),
		        "Write it as \"%s: { type: string }\".", member->name);
		return;
	}
	if (!fields_check(map, input_fields, "an input", parser->path,
	                  parser->errors))
		return;
	input->type = value_get_text(map, "type", "string");
	input->required = value_get_bool(map, "required", false);
	input->otherwise = value_get(map, "default");
	input->words = value_get(map, "enum");
	check_enum(parser, input->words);
	if (input->otherwise != NULL)
		check_default(parser, input);
}

void job_parse_inputs(struct job_parser *parser, const struct value *inputs)
{
	struct input *list =
	        arena_array(parser->arena, inputs->length, sizeof(*list));

	for (size_t i = 0; i < inputs->length; i++)
		parse_input(parser, &inputs->members[i], &list[i]);
	parser->job->inputs = list;
	parser->job->input_count = inputs->length;
}
