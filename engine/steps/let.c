/*
 * let: values by expressions. An entry may use those above it, so they are
 * found from the top; what the result depends on is the expressions and the
 * values of the names that no entry gives.
 */
#include <string.h>

#include "engine/job/expr.h"
#include "engine/steps/kinds.h"
#include "store/base/text.h"

static const struct field let_fields[] = {
	{
	        .name = "*",
	        .type = FIELD_EXPRESSION,
	        .help = "a value, by an expression that may use the entries "
	                "above it",
	        .example = "month_start(inputs.day, -1)",
	},
	{ 0 },
};

static void let_check(const struct value *config, const char *file,
                      struct errors *errors)
{
	if (config->length == 0)
		error_hint(errors_add(errors, ERR_CONFIG, file, config->pos,
		                      "let has no entries"),
		           "Add one, as in \"let: { since: "
		           "month_start(run.date) }\".");
}

static enum name_owner let_owner(const struct value *config, const char *key,
                                 const char *head)
{
	bool below = false;

	for (size_t i = 0; i < config->length; i++) {
		const char *name = config->members[i].name;

		below = below || text_equal(name, key);
		if (text_equal(name, head))
			return below ? NAME_BELOW : NAME_OWN;
	}
	return NAME_OUTER;
}

/* An expression gives a single value, unless it is a name alone, whose value
 * may be anything. */
static bool is_name(const struct value *expression)
{
	static const char *const words[] = { "true", "false", "null" };
	const char *text = expression->text;

	if (expression->kind != VALUE_STRING)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], text) == 0)
			return false;
	return !text_is_digit(*text) &&
	       text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                         "abcdefghijklmnopqrstuvwxyz"
	                         "0123456789_. ")] == '\0';
}

static const struct shape *let_shape(struct workspace *workspace,
                                     const struct step *step,
                                     struct arena *arena)
{
	static const struct shape any = { .kind = SHAPE_ANY };
	static const struct shape single = { .kind = SHAPE_TEXT };
	const struct value *config = step->config;
	struct shape *shape = arena_new(arena, struct shape);
	struct shape_field *fields =
	        arena_array(arena, config->length, sizeof(*fields));

	(void)workspace; /* the entries alone say it */
	for (size_t i = 0; i < config->length; i++) {
		fields[i].name = config->members[i].name;
		fields[i].shape =
		        is_name(config->members[i].value) ? &any : &single;
	}
	shape->kind = SHAPE_MAP;
	shape->fields = fields;
	shape->count = config->length;
	return shape;
}

static int let_prepare(struct step_run *run, struct error *err)
{
	const struct value *config = run->config;
	const struct expr **exprs = arena_array(run->arena, config->length,
	                                        sizeof(const struct expr *));

	for (size_t i = 0; i < config->length; i++) {
		const struct member *member = &config->members[i];

		exprs[i] = expr_parse(run->arena, run->job->path, member->value,
		                      step_customs(run).engine, err);
		if (!exprs[i])
			return -1;
		step_ingredient_names(run, member->name, exprs[i]);
		step_ingredient_customs(run, member->value);
	}
	run->prepared = exprs;
	return 0;
}

static int let_start(struct step_run *run, struct error *err)
{
	const struct expr *const *exprs = run->prepared;
	struct value *entries = value_map(run->arena);
	const struct frame frame = { entries, run->frame };
	struct render render = step_customs(run);

	render.frame = &frame;
	for (size_t i = 0; i < run->config->length; i++) {
		const char *name = run->config->members[i].name;
		struct value *value;

		if (expr_value(exprs[i], &render, run->arena, &value, err) < 0)
			return error_wrap(err, "\"%s\"", name);
		value_map_set(run->arena, entries, name, value);
	}
	run->output = entries;
	return 0;
}

const struct step_kind step_let = {
	.name = "let",
	.help = "values by expressions",
	.flags = KIND_COMPUTES,
	.format = 1,
	.fields = let_fields,
	.check = let_check,
	.owner = let_owner,
	.shape = let_shape,
	.prepare = let_prepare,
	.start = let_start,
};
