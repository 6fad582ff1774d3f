/*
 * The names in a step's tags and expressions, found by the rows that its maps
 * are checked by: a template's from its tags, an expression's from its tokens,
 * a plain text has none.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "engine/job/query.h"
#include "store/base/text.h"

void uses_of_templates(struct uses *uses, const struct value *value)
{
	struct job_parser *parser = uses->parser;

	render_names(parser->arena, parser->path, value, &uses->list,
	             &uses->count, parser->errors);
}

/* In the kind's own map: less the name that it knows itself. */
static void uses_of_words(struct uses *uses, const struct value *value)
{
	size_t kept = uses->count;

	uses_of_templates(uses, value);
	for (size_t i = kept; i < uses->count; i++)
		if (!text_equal(uses->list[i].name, uses->step->kind->own))
			uses->list[kept++] = uses->list[i];
	uses->count = kept;
}

static void add_use(struct uses *uses, const struct name_use *use, bool inside)
{
	uses->list = arena_grow(uses->parser->arena, uses->list, uses->count,
	                        sizeof(*use));
	uses->list[uses->count] = *use;
	uses->list[uses->count++].inside |= inside;
}

void uses_of_step(struct uses *uses, const struct value *id)
{
	const struct name_use use = {
		.name = arena_printf(uses->parser->arena, "steps.%s.state",
		                     id->text),
		.pos = id->pos,
	};

	add_use(uses, &use, false);
}

static void add_name(struct uses *uses, const struct name_use *use,
                     const char *key)
{
	struct job_parser *parser = uses->parser;
	const struct step *step = uses->step;
	enum name_owner owner = NAME_OUTER;

	if (key != NULL && step->kind->owner != NULL)
		owner = step->kind->owner(step->config, key,
		                          name_head(parser->arena, use->name));
	switch (owner) {
	case NAME_OUTER:
	case NAME_EITHER:
		add_use(uses, use, owner == NAME_EITHER);
		break;
	case NAME_OWN:
		break;
	case NAME_BELOW:
		error_hint(job_error(parser, use->pos,
		                     "\"%s\" does not stand above \"%s\"",
		                     use->name, key),
		           "An entry may use those above it.");
		break;
	}
}

const struct expr *uses_of_expression(struct uses *uses,
                                      const struct value *value,
                                      const char *key)
{
	auto_error struct error err = { 0 };
	struct job_parser *parser = uses->parser;
	const struct name_use *names;
	size_t count;
	struct expr *expr = expr_parse(parser->arena, parser->path, value,
	                               parser->engine, &err);

	if (expr == NULL) {
		errors_take(parser->errors, &err);
		return NULL;
	}
	expr_names(expr, &names, &count);
	for (size_t i = 0; i < count; i++)
		add_name(uses, &names[i], key);
	return expr;
}

/* A bare name that is the step's own can only be a column. */
static void add_query(struct uses *uses, const struct value *value)
{
	auto_error struct error err = { 0 };
	struct job_parser *parser = uses->parser;
	const struct name_use *names;
	size_t count;
	const struct query *query = query_parse(parser->arena, parser->path,
	                                        value, parser->engine, &err);

	if (query == NULL) {
		errors_take(parser->errors, &err);
		return;
	}
	query_names(query, &names, &count);
	for (size_t i = 0; i < count; i++)
		if (!names[i].inside ||
		    !text_equal(names[i].name, uses->step->id))
			add_use(uses, &names[i], names[i].inside);
}

static void refuse_tags(struct uses *uses, const struct value *value,
                        const char *key)
{
	if (value->kind == VALUE_STRING && strstr(value->text, "{{") != NULL)
		error_hint(job_error(uses->parser, value->pos,
		                     "\"%s\" takes no tags", key),
		           "It is taken as it stands; pass values another "
		           "way.");
}

static void add_maps(struct uses *uses, const struct value *value,
                     const struct field *fields)
{
	if (fields == NULL)
		uses_of_templates(uses, value);
	else if (value->kind == VALUE_MAP)
		uses_of_map(uses, value, fields);
	else
		for (size_t i = 0; i < value->length; i++)
			uses_of_map(uses, value->items[i], fields);
}

static void add_field(struct uses *uses, const char *key,
                      const struct value *value, const struct field *row)
{
	switch (row->type) {
	case FIELD_TEMPLATE:
	case FIELD_TEMPLATES:
	case FIELD_ANY:
		uses_of_words(uses, value);
		break;
	case FIELD_MAP:
	case FIELD_MAPS:
		add_maps(uses, value, row->fields);
		break;
	case FIELD_EXPRESSION:
		(void)uses_of_expression(uses, value, key);
		break;
	case FIELD_QUERY:
		add_query(uses, value);
		break;
	case FIELD_STEP:
		uses_of_step(uses, value);
		break;
	case FIELD_TEXT:
		refuse_tags(uses, value, key);
		break;
	case FIELD_NAME:
	case FIELD_BOOL:
	case FIELD_INT:
	case FIELD_MONEY:
	case FIELD_DURATION:
	case FIELD_PERIOD:
	case FIELD_WORD:
	case FIELD_EMAIL:
	case FIELD_PATH:
	case FIELD_TEXTS:
	case FIELD_NAMES:
	case FIELD_TYPES:
	case FIELD_STEPS:
	case FIELD_CACHE:
	case FIELD_RETRY:
		break;
	}
}

void uses_of_map(struct uses *uses, const struct value *map,
                 const struct field *fields)
{
	for (size_t i = 0; i < map->length; i++) {
		const struct member *member = &map->members[i];

		add_field(uses, member->name, member->value,
		          field_find(fields, member->name));
	}
}
