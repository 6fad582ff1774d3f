/*
 * What starts a run, and what a run is given. `trigger.*` and `event.*` are
 * names of this file alone: steps read inputs.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "engine/job/type.h"
#include "store/base/path.h"
#include "store/base/text.h"

static const char *const change_words[] = { "added", "modified", "any", NULL };

static const char *const input_types[] = {
	"string", "integer", "number", "boolean", "date",
	"path",   "slug",    "email",  NULL,
};

const struct field commit_fields[] = {
	{
	        .name = "paths",
	        .type = FIELD_TEXTS,
	        .required = true,
	        .help = "paths or patterns; one run for each file that fits",
	        .example = "[\"inbox/intake/*.yaml\"]",
	},
	{
	        .name = "change",
	        .type = FIELD_WORD,
	        .words = change_words,
	        .otherwise = "any",
	        .help = "what happened to the file",
	        .example = "added",
	},
	{
	        .name = "drafts",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "also files that a merged draft brings",
	        .example = "true",
	},
	{
	        .name = "with",
	        .type = FIELD_MAP,
	        .help = "inputs, filled from trigger.*",
	        .example = "{ brief: \"{{trigger.path}}\" }",
	},
	{ .name = "per", .later = true, .help = "one run a file or a commit" },
	{ 0 },
};

const struct field event_fields[] = {
	{
	        .name = "type",
	        .type = FIELD_TEXT,
	        .required = true,
	        .help = "the type of the event",
	        .example = "proposal.accepted",
	},
	{
	        .name = "where",
	        .type = FIELD_EXPRESSION,
	        .help = "only events for which this is true; names event.*",
	        .example = "event.amount > 0",
	},
	{
	        .name = "with",
	        .type = FIELD_MAP,
	        .help = "inputs, filled from trigger.*",
	        .example = "{ brief: \"{{trigger.event.brief}}\" }",
	},
	{ .name = "batch", .later = true, .help = "events of a time together" },
	{ 0 },
};

const struct field on_fields[] = {
	{
	        .name = "commit",
	        .type = FIELD_MAPS,
	        .fields = commit_fields,
	        .help = "files that reach the owner's branch",
	        .example = "{ paths: [\"inbox/*.yaml\"], change: added }",
	},
	{
	        .name = "event",
	        .type = FIELD_MAPS,
	        .fields = event_fields,
	        .help = "what another job emitted",
	        .example = "{ type: proposal.accepted }",
	},
	{
	        .name = "manual",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "may be started by hand",
	        .example = "true",
	},
	{ .name = "schedule", .later = true, .help = "times" },
	{ 0 },
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

const char *trigger_kind_name(enum trigger_kind kind)
{
	switch (kind) {
	case TRIGGER_COMMIT:
		return "commit";
	case TRIGGER_EVENT:
		return "event";
	case TRIGGER_MANUAL:
		return "manual";
	case TRIGGER_SCHEDULE:
		return "schedule";
	}
	return "unknown";
}

/* ---- inputs */

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

/* ---- names in `with` and `where` */

/* What `with` may name, and for which triggers. */
static const struct trigger_name {
	const char *name;
	unsigned kinds; /* 1 << enum trigger_kind */
	bool open;      /* any name below it */
} trigger_names[] = {
	{ "trigger.path", 1 << TRIGGER_COMMIT, false },
	{ "trigger.commit", 1 << TRIGGER_COMMIT, false },
	{ "trigger.event", 1 << TRIGGER_EVENT, true },
	{ "trigger.time", 1 << TRIGGER_COMMIT | 1 << TRIGGER_EVENT, false },
	{ "trigger.date", 1 << TRIGGER_COMMIT | 1 << TRIGGER_EVENT, false },
};

static bool trigger_name_fits(const struct trigger_name *row,
                              enum trigger_kind kind, const char *name)
{
	size_t len = strlen(row->name);

	if ((row->kinds & 1u << kind) == 0 ||
	    strncmp(row->name, name, len) != 0)
		return false;
	return name[len] == '\0' || (row->open && name[len] == '.');
}

static void check_with_name(struct job_parser *parser, enum trigger_kind kind,
                            const struct name_use *use)
{
	const char *names[ARRAY_LEN(trigger_names)];
	struct error *err;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(trigger_names); i++) {
		if (trigger_name_fits(&trigger_names[i], kind, use->name))
			return;
		if ((trigger_names[i].kinds & 1u << kind) != 0)
			names[count++] = trigger_names[i].name;
	}
	if (use->inside)
		return;
	err = job_error(parser, use->pos, "unknown name \"%s\"", use->name);
	job_hint_nearest(err, use->name, names, count);
	error_hint(err, "Here stand trigger.time, trigger.date%s.",
	           kind == TRIGGER_COMMIT
	                   ? ", trigger.path and trigger.commit"
	                   : " and what the event holds, trigger.event.NAME");
}

static void check_with_input(struct job_parser *parser,
                             const struct member *member)
{
	const struct job *job = parser->job;
	const char **names;
	struct error *err;

	if (job_input(job, member->name) != NULL)
		return;
	names = arena_array(parser->arena, job->input_count, sizeof(*names));
	for (size_t i = 0; i < job->input_count; i++)
		names[i] = job->inputs[i].name;
	err = job_error(parser, member->pos, "unknown input \"%s\"",
	                member->name);
	job_hint_nearest(err, member->name, names, job->input_count);
	error_hint(err, "Declare it below \"inputs\".");
}

static void check_required(struct job_parser *parser,
                           const struct trigger *trigger)
{
	const struct job *job = parser->job;

	for (size_t i = 0; i < job->input_count; i++) {
		const struct input *input = &job->inputs[i];

		if (!input->required ||
		    value_get(trigger->with, input->name) != NULL)
			continue;
		error_hint(job_error(parser, trigger->pos,
		                     "the %s trigger does not fill the "
		                     "required input \"%s\"",
		                     trigger_kind_name(trigger->kind),
		                     input->name),
		           "Add \"%s\" to its \"with\".", input->name);
	}
}

static void check_with(struct job_parser *parser, const struct trigger *trigger)
{
	struct name_use *uses = NULL;
	size_t count = 0;

	check_required(parser, trigger);
	if (trigger->with == NULL)
		return;
	for (size_t i = 0; i < trigger->with->length; i++)
		check_with_input(parser, &trigger->with->members[i]);
	render_names(parser->arena, parser->path, trigger->with, &uses, &count,
	             parser->errors);
	for (size_t i = 0; i < count; i++)
		check_with_name(parser, trigger->kind, &uses[i]);
}

static const struct expr *parse_where(struct job_parser *parser,
                                      const struct value *where)
{
	auto_error struct error err = { 0 };
	const struct name_use *uses;
	size_t count;
	const struct expr *expr =
	        expr_parse(parser->arena, parser->path, where, &err);

	if (expr == NULL) {
		errors_take(parser->errors, &err);
		return NULL;
	}
	expr_names(expr, &uses, &count);
	for (size_t i = 0; i < count; i++)
		if (!text_starts(uses[i].name, "event."))
			error_hint(job_error(parser, uses[i].pos,
			                     "unknown name \"%s\"",
			                     uses[i].name),
			           "The \"where\" of a trigger names what the "
			           "event holds, event.NAME.");
	return expr;
}

/* ---- triggers */

/* A map or a list of maps: how many, and each. */
static size_t count_maps(const struct value *maps)
{
	if (maps == NULL)
		return 0;
	return maps->kind == VALUE_LIST ? maps->length : 1;
}

static const struct value *map_at(const struct value *maps, size_t index)
{
	return maps->kind == VALUE_LIST ? maps->items[index] : maps;
}

/* The words are in the order of the enum. */
static enum change change_of(const char *word)
{
	enum change change = CHANGE_ADDED;

	while (!text_equal(change_words[change], word))
		change++;
	return change;
}

static void add_pattern(struct job_parser *parser, struct trigger *trigger,
                        const char **list, const struct value *pattern)
{
	auto_error struct error err = { 0 };

	list[trigger->path_count++] = pattern->text;
	if (path_check(pattern->text, &err) < 0)
		(void)job_error(parser, pattern->pos, "\"paths\": %s",
		                err.message);
}

static void parse_commit(struct job_parser *parser, const struct value *map,
                         struct trigger *trigger)
{
	const struct value *paths = value_get(map, "paths");
	bool one = paths->kind == VALUE_STRING;
	const char **list = arena_array(parser->arena, one ? 1 : paths->length,
	                                sizeof(*list));

	if (one)
		add_pattern(parser, trigger, list, paths);
	for (size_t i = 0; !one && i < paths->length; i++)
		add_pattern(parser, trigger, list, paths->items[i]);
	if (trigger->path_count == 0)
		(void)job_error(parser, paths->pos, "\"paths\" names no file");
	trigger->paths = list;
	trigger->change = change_of(value_get_text(map, "change", "any"));
	trigger->drafts = value_get_bool(map, "drafts", false);
}

static void parse_event(struct job_parser *parser, const struct value *map,
                        struct trigger *trigger)
{
	const struct value *where = value_get(map, "where");

	trigger->event_type = value_get_text(map, "type", NULL);
	if (where != NULL)
		trigger->where = parse_where(parser, where);
}

static void parse_trigger(struct job_parser *parser, enum trigger_kind kind,
                          const struct value *map, struct trigger *trigger)
{
	trigger->kind = kind;
	trigger->pos = map->pos;
	trigger->with = value_get(map, "with");
	if (kind == TRIGGER_COMMIT)
		parse_commit(parser, map, trigger);
	else
		parse_event(parser, map, trigger);
	check_with(parser, trigger);
}

void job_parse_triggers(struct job_parser *parser, const struct value *on)
{
	const struct value *commit = value_get(on, "commit");
	const struct value *event = value_get(on, "event");
	const struct value *manual = value_get(on, "manual");
	size_t commits = count_maps(commit);
	size_t events = count_maps(event);
	size_t count = 0;
	struct trigger *list =
	        arena_array(parser->arena, commits + events + 1, sizeof(*list));

	for (size_t i = 0; i < commits; i++)
		parse_trigger(parser, TRIGGER_COMMIT, map_at(commit, i),
		              &list[count++]);
	for (size_t i = 0; i < events; i++)
		parse_trigger(parser, TRIGGER_EVENT, map_at(event, i),
		              &list[count++]);
	if (manual != NULL && manual->boolean) {
		list[count].kind = TRIGGER_MANUAL;
		list[count++].pos = manual->pos;
	}
	if (count == 0)
		error_hint(job_error(parser, on->pos,
		                     "\"on\" names nothing that starts a run"),
		           "For starting it by hand write \"manual: true\".");
	parser->job->triggers = list;
	parser->job->trigger_count = count;
}
