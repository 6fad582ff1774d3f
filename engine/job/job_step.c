/*
 * One step: the keys that every step may have, and exactly one key that is a
 * kind. A kind's own map is checked by the rows of its table, and its names
 * are collected by the same rows: a template's from its tags, an expression's
 * from its tokens, a plain text has none.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/text.h"

static const char *const publish_words[] = { "review", "merge", NULL };

const struct field step_fields[] = {
	{
	        .name = "id",
	        .type = FIELD_NAME,
	        .required = true,
	        .help = "its name, by which other steps use its output",
	        .example = "brief",
	},
	{
	        .name = "needs",
	        .type = FIELD_NAMES,
	        .help = "steps that must be done first, though none of their "
	                "output is used",
	        .example = "[send]",
	},
	{
	        .name = "if",
	        .type = FIELD_EXPRESSION,
	        .help = "skipped when this is false",
	        .example = "brief.budget > 1000",
	},
	{
	        .name = "with",
	        .type = FIELD_MAP,
	        .help = "the values of agent, call, emit and render",
	        .example = "{ brief: \"{{brief}}\" }",
	},
	{
	        .name = "artifact",
	        .type = FIELD_TEMPLATE,
	        .help = "the file that its output is written to, in a draft",
	        .example = "\"projects/{{brief.client}}/proposal.md\"",
	},
	{
	        .name = "checks",
	        .type = FIELD_MAP,
	        .help = "message: condition; each must hold of the output",
	        .example = "{ \"has a title\": has(proposal.title) }",
	},
	{
	        .name = "publish",
	        .type = FIELD_WORD,
	        .words = publish_words,
	        .help = "what becomes of its file when no gate waits for it; "
	                "none: as the job says",
	        .example = "merge",
	},
	{
	        .name = "strict",
	        .type = FIELD_BOOL,
	        .otherwise = "true",
	        .help = "a tag that names nothing is an error",
	        .example = "false",
	},
	{ .name = "for_each", .later = true, .help = "one pass for each item" },
	{ .name = "key", .later = true, .help = "what identifies an item" },
	{ .name = "steps", .later = true, .help = "a block of steps" },
	{ .name = "max_parallel", .later = true, .help = "items at a time" },
	{ .name = "limit", .later = true, .help = "items in one run" },
	{ .name = "prune", .later = true, .help = "files of items that left" },
	{ .name = "on_item_failure", .later = true, .help = "stop or go on" },
	{ .name = "artifacts", .later = true, .help = "several files" },
	{ .name = "env", .later = true, .help = "variables of a program" },
	{ .name = "retry", .later = true, .help = "how often to try again" },
	{ .name = "timeout", .later = true, .help = "how long it may take" },
	{ .name = "undo", .later = true, .help = "what takes it back" },
	{ .name = "once", .later = true, .help = "an occasion for all runs" },
	{ .name = "cache", .later = true, .help = "how long it is reused" },
	{ .name = "continue_on_error", .later = true, .help = "go on anyway" },
	{ 0 },
};

static const struct field later_kinds[] = {
	{ .name = "query", .later = true, .help = "one SELECT over lists" },
	{ .name = "wait", .later = true, .help = "for a time or an event" },
	{ .name = "job", .later = true, .help = "the steps of another job" },
	{ .name = "condense", .later = true, .help = "memory, shortened" },
	{ 0 },
};

/* A gate waits and decides; it takes none of the other common keys. */
static const char *const wall_keys[] = { "id", "needs", "checks" };

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
		const struct field kind[] = {
			{ .name = language->kinds[i]->name, .type = FIELD_ANY },
			{ 0 },
		};

		append_rows(arena, &rows, &count, kind);
	}
	rows = arena_grow(arena, rows, count, sizeof(*rows));
	rows[count] = end;
	return rows;
}

/* ---- names */

struct collector {
	struct job_parser *parser;
	const struct step *step; /* whose names they are */
	struct name_use *uses;
	size_t count;
};

static void collect_template(struct collector *collector,
                             const struct value *value)
{
	struct job_parser *parser = collector->parser;

	render_names(parser->arena, parser->path, value, &collector->uses,
	             &collector->count, parser->errors);
}

static void add_use(struct collector *collector, const struct name_use *use,
                    bool inside)
{
	collector->uses = arena_grow(collector->parser->arena, collector->uses,
	                             collector->count, sizeof(*use));
	collector->uses[collector->count] = *use;
	collector->uses[collector->count++].inside |= inside;
}

/* A name in the expression at `key` of the kind's map; NULL: at another key of
 * the step. */
static void collect_name(struct collector *collector,
                         const struct name_use *use, const char *key)
{
	struct job_parser *parser = collector->parser;
	const struct step *step = collector->step;
	enum name_owner owner = NAME_OUTER;

	if (key != NULL && step->kind->owner != NULL)
		owner = step->kind->owner(step->config, key,
		                          name_head(parser->arena, use->name));
	switch (owner) {
	case NAME_OUTER:
	case NAME_EITHER:
		add_use(collector, use, owner == NAME_EITHER);
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

static const struct expr *collect_expr(struct collector *collector,
                                       const struct value *value,
                                       const char *key)
{
	auto_error struct error err = { 0 };
	struct job_parser *parser = collector->parser;
	const struct name_use *uses;
	size_t count;
	struct expr *expr =
	        expr_parse(parser->arena, parser->path, value, &err);

	if (expr == NULL) {
		errors_take(parser->errors, &err);
		return NULL;
	}
	expr_names(expr, &uses, &count);
	for (size_t i = 0; i < count; i++)
		collect_name(collector, &uses[i], key);
	return expr;
}

static void refuse_tags(struct collector *collector, const struct value *value,
                        const char *key)
{
	if (value->kind == VALUE_STRING && strstr(value->text, "{{") != NULL)
		error_hint(job_error(collector->parser, value->pos,
		                     "\"%s\" takes no tags", key),
		           "It is taken as it stands; pass values another "
		           "way.");
}

static void collect_map(struct collector *collector, const struct value *map,
                        const struct field *fields);

static void collect_maps(struct collector *collector, const struct value *value,
                         const struct field *fields)
{
	if (fields == NULL)
		collect_template(collector, value);
	else if (value->kind == VALUE_MAP)
		collect_map(collector, value, fields);
	else
		for (size_t i = 0; i < value->length; i++)
			collect_map(collector, value->items[i], fields);
}

static void collect_field(struct collector *collector, const char *key,
                          const struct value *value, const struct field *row)
{
	switch (row->type) {
	case FIELD_TEMPLATE:
	case FIELD_TEMPLATES:
	case FIELD_ANY:
		collect_template(collector, value);
		break;
	case FIELD_MAP:
	case FIELD_MAPS:
		collect_maps(collector, value, row->fields);
		break;
	case FIELD_EXPRESSION:
		(void)collect_expr(collector, value, key);
		break;
	case FIELD_TEXT:
		refuse_tags(collector, value, key);
		break;
	case FIELD_NAME:
	case FIELD_BOOL:
	case FIELD_INT:
	case FIELD_MONEY:
	case FIELD_DURATION:
	case FIELD_WORD:
	case FIELD_EMAIL:
	case FIELD_PATH:
	case FIELD_TEXTS:
	case FIELD_NAMES:
	case FIELD_TYPES:
		break;
	}
}

/* The map has passed its rows. */
static void collect_map(struct collector *collector, const struct value *map,
                        const struct field *fields)
{
	for (size_t i = 0; i < map->length; i++) {
		const struct member *member = &map->members[i];

		collect_field(collector, member->name, member->value,
		              field_find(fields, member->name));
	}
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
	if (with == NULL) {
		with = value_map(parser->arena);
		with->pos = member->pos;
	}
	if (with->kind != VALUE_MAP)
		return false;
	step->config = with;
	return true;
}

/* `run: [ls, -l]` is short for `run: { argv: [ls, -l] }`. */
static const struct value *spell_out(struct job_parser *parser,
                                     const struct step_kind *kind,
                                     struct value *value)
{
	struct value *map;

	if (value->kind != VALUE_LIST ||
	    field_find(kind->fields, "argv") == NULL)
		return value;
	map = value_map(parser->arena);
	map->pos = value->pos;
	value_map_set(parser->arena, map, "argv", value);
	return map;
}

static bool parse_mapped(struct job_parser *parser, struct step *step,
                         const struct value *map, const struct member *member)
{
	const struct member *with = value_member(map, "with");

	const struct value *config =
	        spell_out(parser, step->kind, member->value);

	step->name_pos = member->pos;
	if (with != NULL)
		error_hint(job_error(parser, with->pos,
		                     "\"with\" does not go with %s",
		                     member->name),
		           "What %s takes stands below it.", member->name);
	if (config->kind == VALUE_MAP) {
		step->config = config;
		return true;
	}
	(void)job_error(parser, config->pos, "\"%s\" must hold a map, not a %s",
	                member->name, value_kind_name(config->kind));
	return false;
}

/* The values of a named kind are checked with what it names (check.h); those
 * of the others are checked by the kind's own rows. */
static void parse_kind(struct collector *collector, struct step *step,
                       const struct value *map, const struct member *member)
{
	struct job_parser *parser = collector->parser;
	const struct step_kind *kind =
	        language_kind(parser->language, member->name);

	step->kind = kind;
	if (kind->names != NULL) {
		if (parse_named(parser, step, map, member))
			collect_template(collector, step->config);
	} else if (parse_mapped(parser, step, map, member) &&
	           fields_check(step->config, kind->fields, kind->name,
	                        parser->path, parser->errors)) {
		if (kind->check != NULL)
			kind->check(step->config, parser->path, parser->errors);
		collect_map(collector, step->config, kind->fields);
	}
}

/* ---- the common keys */

static bool is_wall_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(wall_keys); i++)
		if (strcmp(wall_keys[i], name) == 0)
			return true;
	return false;
}

/* Keys that are known but do not go with the step's kind. */
static void check_fit(struct job_parser *parser, const struct step *step,
                      const struct value *map)
{
	const struct step_kind *kind = step->kind;
	const struct member *artifact = value_member(map, "artifact");
	bool wall = (kind->flags & KIND_WALL) != 0;

	if (!wall && artifact != NULL && (kind->flags & KIND_ARTIFACT) == 0)
		(void)job_error(parser, artifact->pos,
		                "\"artifact\" does not go with %s", kind->name);
	for (size_t i = 0; wall && i < map->length; i++) {
		const struct member *member = &map->members[i];

		if (field_find(step_fields, member->name) != NULL &&
		    strcmp(member->name, "with") != 0 &&
		    !is_wall_key(member->name))
			(void)job_error(parser, member->pos,
			                "\"%s\" does not go with %s",
			                member->name, kind->name);
	}
}

static enum publish publish_of(const struct value *map)
{
	const char *word = value_get_text(map, "publish", "");

	if (strcmp(word, "merge") == 0)
		return PUBLISH_MERGE;
	return strcmp(word, "review") == 0 ? PUBLISH_REVIEW : PUBLISH_UNSET;
}

static void parse_checks(struct collector *collector, struct step *step,
                         const struct value *checks)
{
	struct job_parser *parser = collector->parser;
	struct condition *list =
	        arena_array(parser->arena, checks->length, sizeof(*list));

	for (size_t i = 0; i < checks->length; i++) {
		const struct member *member = &checks->members[i];

		list[i].message = member->name;
		list[i].pos = member->pos;
		list[i].expr = collect_expr(collector, member->value, NULL);
	}
	step->checks = list;
	step->check_count = checks->length;
}

static bool is_text(const struct value *value)
{
	return value != NULL && value->kind == VALUE_STRING;
}

static bool is_scalar(const struct value *value)
{
	return value != NULL && value->kind != VALUE_NULL &&
	       value->kind != VALUE_LIST && value->kind != VALUE_MAP;
}

static bool is_list_of_texts(const struct value *value)
{
	if (value == NULL || value->kind != VALUE_LIST)
		return false;
	for (size_t i = 0; i < value->length; i++)
		if (!is_text(value->items[i]))
			return false;
	return true;
}

/* Those that have names in them; a value of a wrong kind was reported. The
 * checks are last, see struct step_draft. */
static void parse_common(struct collector *collector, struct step *step,
                         struct step_draft *draft)
{
	const struct value *map = draft->map;
	const struct value *artifact = value_get(map, "artifact");
	const struct value *condition = value_get(map, "if");
	const struct value *checks = value_get(map, "checks");
	const struct value *needs = value_get(map, "needs");

	if (is_text(artifact)) {
		step->artifact = artifact;
		collect_template(collector, artifact);
	}
	if (is_scalar(condition))
		step->condition = collect_expr(collector, condition, NULL);
	draft->check_uses = collector->count;
	if (checks != NULL && checks->kind == VALUE_MAP)
		parse_checks(collector, step, checks);
	if (is_list_of_texts(needs))
		draft->needs = needs;
	step->publish = publish_of(map);
	step->strict = value_get_bool(map, "strict", true);
}

/* ---- the step */

void job_parse_step(struct job_parser *parser, size_t index)
{
	struct step *step = &parser->steps[index];
	struct step_draft *draft = &parser->drafts[index];
	struct collector collector = { .parser = parser, .step = step };
	const struct member *kind;

	step->index = index;
	step->pos = draft->map->pos;
	step->wall = STEP_NONE;
	step->config = value_map(parser->arena);
	if (draft->map->kind != VALUE_MAP) {
		(void)job_error(parser, step->pos, "a step must be a map");
		return;
	}
	job_parse_id(parser, step, value_get(draft->map, "id"));
	check_keys(parser, draft->map);
	kind = find_kind(parser, draft->map);
	if (kind != NULL) {
		parse_kind(&collector, step, draft->map, kind);
		check_fit(parser, step, draft->map);
	}
	parse_common(&collector, step, draft);
	step->uses = collector.uses;
	step->use_count = collector.count;
}
