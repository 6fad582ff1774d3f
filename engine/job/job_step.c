/*
 * One step: the keys that every step may have (job_keys.c), and exactly one key
 * that is a kind, whose own map is checked by the rows of its table.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/limits.h"
#include "store/base/text.h"

static const struct field later_kinds[] = {
	{ .name = "condense", .later = true, .help = "memory, shortened" },
	{ 0 },
};

static void append_rows(struct arena *arena, struct field **rows, size_t *count,
                        const struct field *more)
{
	for (; more->name != NULL; more++) {
		*rows = arena_grow(arena, *rows, *count, sizeof(**rows));
		(*rows)[(*count)++] = *more;
	}
}

const struct field *job_step_rows(struct arena *arena,
                                  const struct language *language)
{
	const struct field end = { 0 };
	struct field *rows = NULL;
	size_t count = 0;

	append_rows(arena, &rows, &count, step_fields);
	append_rows(arena, &rows, &count, later_kinds);
	for (size_t i = 0; language->kinds[i] != NULL; i++) {
		bool block = (language->kinds[i]->flags & KIND_BLOCK) != 0;
		const struct field kind[] = {
			{ .name = language->kinds[i]->name,
			  .type = block ? FIELD_STEPS : FIELD_ANY },
			{ 0 },
		};

		append_rows(arena, &rows, &count, kind);
	}
	rows = arena_grow(arena, rows, count, sizeof(*rows));
	rows[count] = end;
	return rows;
}

/* ---- the kind */

static const char *kind_list(struct job_parser *parser)
{
	const struct step_kind *const *kinds = parser->language->kinds;
	const char *text = "";

	for (size_t i = 0; kinds[i] != NULL; i++)
		text = arena_printf(parser->arena, "%s%s%s", text,
		                    i > 0 ? ", " : "", kinds[i]->name);
	return text;
}

static void unknown_kind(struct job_parser *parser, const struct member *member)
{
	const char **names = NULL;
	size_t count = 0;
	struct error *err;

	for (const struct field *row = parser->step_rows; row->name != NULL;
	     row++) {
		if (row->later)
			continue;
		names = arena_grow(parser->arena, names, count, sizeof(*names));
		names[count++] = row->name;
	}
	err = job_error(parser, member->pos, "unrecognized step kind \"%s\"",
	                member->name);
	job_hint_nearest(err, member->name, names, count);
	error_hint(err, "A step has one of: %s.", kind_list(parser));
}

static bool is_kind(const struct job_parser *parser, const char *name)
{
	return language_kind(parser->language, name) != NULL;
}

static bool has_kind(const struct job_parser *parser, const struct value *map)
{
	for (size_t i = 0; i < map->length; i++)
		if (is_kind(parser, map->members[i].name) ||
		    field_find(later_kinds, map->members[i].name) != NULL)
			return true;
	return false;
}

/* Every key of the step by its row. A step without any kind has most likely
 * misspelled it, so there an unknown key is taken for one. */
static void check_keys(struct job_parser *parser, const struct value *map)
{
	bool kind = has_kind(parser, map);
	size_t before = parser->errors->count;

	for (size_t i = 0; i < map->length; i++) {
		const struct member *member = &map->members[i];
		const struct field *row =
		        field_find(parser->step_rows, member->name);

		if (errors_full(parser->errors))
			return;

		if (row != NULL)
			(void)field_check(row, member, parser->path,
			                  parser->errors);
		else if (kind)
			field_unknown(member, parser->step_rows, "a step",
			              parser->path, parser->errors);
		else
			unknown_kind(parser, member);
	}
	if (!kind && parser->errors->count == before)
		error_hint(job_error(parser, map->pos, "the step has no kind"),
		           "A step has one of: %s.", kind_list(parser));
	(void)fields_required(map, parser->step_rows, "the step", parser->path,
	                      parser->errors);
}

/* The one member that is a kind; NULL if there is none or a second. */
static const struct member *find_kind(struct job_parser *parser,
                                      const struct value *map)
{
	const struct member *found = NULL;

	for (size_t i = 0; i < map->length; i++) {
		const struct member *member = &map->members[i];

		if (!is_kind(parser, member->name))
			continue;
		if (found != NULL) {
			error_hint(job_error(parser, member->pos,
			                     "the step has two kinds, \"%s\" "
			                     "and \"%s\"",
			                     found->name, member->name),
			           "Make two steps of it.");
			return NULL;
		}
		found = member;
	}
	return found;
}

static bool is_command(const struct job_parser *parser, const struct step *step)
{
	const struct effect *effect =
	        text_equal(step->kind->names, "effect")
	                ? language_effect(parser->language, step->name)
	                : NULL;

	return effect != NULL && effect->command;
}

/* A kind that names something: `agent: writer`, its values in `with`. */
static bool parse_named(struct job_parser *parser, struct step *step,
                        const struct value *map, const struct member *member)
{
	struct value *with = value_get(map, "with");

	if (member->value->kind != VALUE_STRING) {
		error_hint(job_error(parser, member->value->pos,
		                     "\"%s\" must name %s %s, not hold a %s",
		                     member->name,
		                     strchr("aeiou", *step->kind->names) != NULL
		                             ? "an"
		                             : "a",
		                     step->kind->names,
		                     value_kind_name(member->value->kind)),
		           "Its values go into \"with\".");
		return false;
	}
	step->name = member->value->text;
	step->name_pos = member->value->pos;
	step->command = is_command(parser, step);
	if (with == NULL) {
		with = value_map(parser->arena);
		with->pos = member->pos;
	}
	if (with->kind != VALUE_MAP)
		return false;
	step->config = with;
	return true;
}

/* `run: [ls, -l]` is short for `run: { argv: [ls, -l] }`, and `query: select 1`
 * for `query: { sql: select 1 }`. */
static struct value *spell_out(struct job_parser *parser,
                               const struct step_kind *kind,
                               struct value *value)
{
	const char *key = NULL;
	struct value *map;

	if (value->kind == VALUE_LIST &&
	    field_find(kind->fields, "argv") != NULL)
		key = "argv";
	if (value->kind == VALUE_STRING)
		key = kind->scalar;
	if (key == NULL)
		return value;
	map = value_map(parser->arena);
	map->pos = value->pos;
	value_map_set(parser->arena, map, key, value);
	return map;
}

/* `env` beside the kind is the same as `env` in its map. */
static const struct value *add_env(struct job_parser *parser,
                                   const struct step_kind *kind,
                                   const struct value *config,
                                   const struct member *env)
{
	struct value *both;

	if (env == NULL || env->value->kind != VALUE_MAP ||
	    field_find(kind->fields, "env") == NULL)
		return config;
	if (value_get(config, "env") != NULL) {
		(void)job_error(parser, env->pos,
		                "\"env\" stands twice, here and in \"%s\"",
		                kind->name);
		return config;
	}
	both = value_map(parser->arena);
	both->pos = config->pos;
	for (size_t i = 0; i < config->length; i++)
		value_map_set(parser->arena, both, config->members[i].name,
		              config->members[i].value);
	value_map_set(parser->arena, both, "env", env->value);
	return both;
}

static bool parse_mapped(struct job_parser *parser, struct step *step,
                         const struct value *map, const struct member *member)
{
	const struct member *with = value_member(map, "with");
	struct value *config = spell_out(parser, step->kind, member->value);

	step->name_pos = member->pos;
	if (with != NULL)
		error_hint(job_error(parser, with->pos,
		                     "\"with\" does not go with %s",
		                     member->name),
		           "What %s takes stands below it.", member->name);
	if (config->kind == VALUE_MAP) {
		step->config = add_env(parser, step->kind, config,
		                       value_member(map, "env"));
		step->env = value_get(step->config, "env");
		return true;
	}
	(void)job_error(parser, config->pos, "\"%s\" must hold a map, not a %s",
	                member->name, value_kind_name(config->kind));
	return false;
}

static const struct step_kind *kind_of_effects(const struct job_parser *parser)
{
	const struct step_kind *const *kinds = parser->language->kinds;

	while (*kinds != NULL && !text_equal((*kinds)->names, "effect"))
		kinds++;
	return *kinds;
}

static bool is_among_keys(const char *const *keys, const char *key)
{
	while (*keys != NULL && strcmp(*keys, key) != 0)
		keys++;
	return *keys != NULL;
}

/* A program that changes the world is an effect that is called, with what the
 * program is told: `run: { argv: […], effect: true }` is `call: local.run`. Of
 * the keys that say so one stays where the effect has it itself. */
static void become_effect(struct job_parser *parser, struct step *step)
{
	const struct step_kind *kind = step->kind;
	const char *name =
	        kind->effect != NULL ? kind->effect(step->config) : NULL;
	const struct effect *effect =
	        name != NULL ? language_effect(parser->language, name) : NULL;
	struct value *with;

	if (effect == NULL)
		return;
	with = value_map(parser->arena);
	with->pos = step->config->pos;
	for (size_t i = 0; i < step->config->length; i++) {
		const struct member *member = &step->config->members[i];

		if (is_among_keys(kind->effect_keys, member->name) &&
		    field_find(effect->fields, member->name) == NULL)
			continue;
		value_map_set(parser->arena, with, member->name, member->value);
		with->members[with->length - 1].pos = member->pos;
	}
	step->kind = kind_of_effects(parser);
	step->name = name;
	step->config = with;
	step->env = NULL;
	step->command = effect->command;
}

/* The values of a named kind are checked with what it names (check.h); those
 * of the others are checked by the kind's own rows; a block's are steps. */
void job_parse_kind(struct uses *uses, struct step *step,
                    const struct value *map, const struct member *member)
{
	struct job_parser *parser = uses->parser;
	const struct step_kind *kind =
	        language_kind(parser->language, member->name);

	step->kind = kind;
	if ((kind->flags & KIND_BLOCK) != 0) {
		step->name_pos = member->pos;
	} else if (kind->names != NULL) {
		if (parse_named(parser, step, map, member))
			uses_of_templates(uses, step->config);
	} else if (parse_mapped(parser, step, map, member) &&
	           fields_check(step->config, kind->fields, kind->name,
	                        parser->path, parser->errors)) {
		if (kind->check != NULL)
			kind->check(step->config, parser->path, parser->errors);
		become_effect(parser, step);
		uses_of_map(uses, step->config, kind->fields);
	}
}

void job_parse_step(struct job_parser *parser, size_t index)
{
	struct step *step = &parser->steps[index];
	struct step_draft *draft = &parser->drafts[index];
	struct uses uses = { .parser = parser, .step = step };

	step->config = value_map(parser->arena);
	if (draft->map->kind != VALUE_MAP) {
		(void)job_error(parser, step->pos, "a step must be a map");
		return;
	}
	check_keys(parser, draft->map);
	job_parse_keys(&uses, step, draft, find_kind(parser, draft->map));
	job_check_fit(parser, step, draft->map);
	step->uses = uses.list;
	step->use_count = uses.count;
}
