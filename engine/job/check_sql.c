/*
 * Warnings about SQL: a query whose rows come in no order, a division that may
 * cut off what is left.
 */
#include "engine/job/check_private.h"
#include "engine/job/expr.h"
#include "engine/job/query.h"

static void check_expression(struct check *check, const struct value *source)
{
	auto_error struct error ignored = { 0 }; /* parsing has reported it */
	const struct expr *expr =
	        source ? expr_parse(check->arena, check->job->path, source,
	                            check->engine, &ignored)
	               : NULL;

	if (expr)
		expr_warnings(expr, check->warnings);
}

static void check_query(struct check *check, const struct step *step,
                        const struct value *source)
{
	auto_error struct error ignored = { 0 };
	const struct query *query =
	        query_read(check->arena, check->job->path, source, &ignored);

	if (!query)
		return;
	query_warnings(query, check->warnings);
	if (query_is_ordered(query) ||
	    value_get_bool(step->config, "one", false))
		return;
	error_hint(errors_add(check->warnings, ERR_CONFIG, check->job->path,
	                      source->pos,
	                      "the rows of the query come in no order"),
	           "Say \"order by\" and by which columns.");
}

void check_sql(struct check *check, const struct step *step)
{
	const struct field *rows = step->kind->fields;

	for (size_t i = 0; rows && i < step->config->length; i++) {
		const struct member *member = &step->config->members[i];
		const struct field *row = field_find(rows, member->name);

		if (row && row->type == FIELD_EXPRESSION)
			check_expression(check, member->value);
		if (row && row->type == FIELD_QUERY)
			check_query(check, step, member->value);
	}
	if (step->condition)
		expr_warnings(step->condition, check->warnings);
	for (size_t i = 0; i < step->check_count; i++)
		if (step->checks[i].expr)
			expr_warnings(step->checks[i].expr, check->warnings);
}
