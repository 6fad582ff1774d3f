/*
 * What starts a run. `trigger.*` and `event.*` are names of this file alone:
 * steps read inputs.
 */
#include <string.h>

#include "engine/job/cron.h"
#include "engine/job/job_private.h"
#include "store/base/date.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"

static const char *const change_words[] = { "added", "modified", "any", NULL };
static const char *const per_words[] = { "file", "commit", NULL };
static const char *const catch_up_words[] = { "none", "latest", "all", NULL };

const struct field commit_fields[] = {
	{
	        .name = "paths",
	        .type = FIELD_TEXTS,
	        .required = true,
	        .help = "paths or patterns of files",
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
	        .name = "per",
	        .type = FIELD_WORD,
	        .words = per_words,
	        .otherwise = "file",
	        .help = "one run for each file that fits, or one for all of "
	                "a commit",
	        .example = "commit",
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
	{ 0 },
};

const struct field schedule_fields[] = {
	{
	        .name = "cron",
	        .type = FIELD_TEXT,
	        .required = true,
	        .help = "minute, hour, day of the month, month, day of the "
	                "week",
	        .example = "\"0 7 * * mon-fri\"",
	},
	{
	        .name = "timezone",
	        .type = FIELD_TEXT,
	        .help = "the zone of its times; none: that of reeve.yaml",
	        .example = "Europe/Berlin",
	},
	{
	        .name = "catch_up",
	        .type = FIELD_WORD,
	        .words = catch_up_words,
	        .otherwise = "latest",
	        .help = "which of the times that were missed are made up for",
	        .example = "none",
	},
	{
	        .name = "with",
	        .type = FIELD_MAP,
	        .help = "inputs, filled from trigger.*",
	        .example = "{ day: \"{{trigger.date}}\" }",
	},
	{ 0 },
};

const struct field batch_fields[] = {
	{
	        .name = "cron",
	        .type = FIELD_TEXT,
	        .required = true,
	        .help = "when those that came since are one run",
	        .example = "\"0 18 * * mon-fri\"",
	},
	{
	        .name = "max",
	        .type = FIELD_INT,
	        .min = 1,
	        .max = LIMIT_BATCH,
	        .otherwise = "1000",
	        .help = "so many are one run at once",
	        .example = "50",
	},
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
	        .name = "batch",
	        .type = FIELD_MAP,
	        .fields = batch_fields,
	        .help = "one run for the events of a time",
	        .example = "{ cron: \"0 18 * * *\", max: 50 }",
	},
	{
	        .name = "with",
	        .type = FIELD_MAP,
	        .help = "inputs, filled from trigger.*",
	        .example = "{ brief: \"{{trigger.event.brief}}\" }",
	},
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
	        .name = "schedule",
	        .type = FIELD_MAPS,
	        .fields = schedule_fields,
	        .help = "times that come again",
	        .example = "{ cron: \"0 7 1 * *\" }",
	},
	{
	        .name = "event",
	        .type = FIELD_MAPS,
	        .fields = event_fields,
	        .help = "what another job emitted, or somebody by hand",
	        .example = "{ type: proposal.accepted }",
	},
	{
	        .name = "manual",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "may be started by hand",
	        .example = "true",
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

/* ---- names in `with` and `where` */

/* What a trigger tells of, as bits. */
enum telling {
	TELLS_FILE = 1 << 0,
	TELLS_COMMIT = 1 << 1,
	TELLS_SLOT = 1 << 2,
	TELLS_EVENT = 1 << 3,
	TELLS_BATCH = 1 << 4,
	TELLS_ALL = (1 << 5) - 1,
};

/* What `with` may name, and for which triggers. */
static const struct trigger_name {
	const char *name;
	unsigned telling;
	bool open; /* any name below it */
} trigger_names[] = {
	{ "trigger.path", TELLS_FILE, false },
	{ "trigger.blob", TELLS_FILE, false },
	{ "trigger.paths", TELLS_COMMIT, false },
	{ "trigger.commit", TELLS_FILE | TELLS_COMMIT, false },
	{ "trigger.slot", TELLS_SLOT, false },
	{ "trigger.event", TELLS_EVENT, true },
	{ "trigger.events", TELLS_BATCH, false },
	{ "trigger.time", TELLS_ALL, false },
	{ "trigger.date", TELLS_ALL, false },
};

static unsigned telling_of(const struct trigger *trigger)
{
	switch (trigger->kind) {
	case TRIGGER_COMMIT:
		return trigger->per_commit ? TELLS_COMMIT : TELLS_FILE;
	case TRIGGER_SCHEDULE:
		return TELLS_SLOT;
	case TRIGGER_EVENT:
		return trigger->cron != NULL ? TELLS_BATCH : TELLS_EVENT;
	case TRIGGER_MANUAL:
		break;
	}
	return 0;
}

static bool trigger_name_fits(const struct trigger_name *row, const char *name)
{
	size_t len = strlen(row->name);

	if (strncmp(row->name, name, len) != 0)
		return false;
	return name[len] == '\0' || (row->open && name[len] == '.');
}

/* "trigger.path, trigger.commit, trigger.event.NAME" */
static const char *list_names(struct arena *arena, unsigned telling)
{
	const char *list = "";

	for (size_t i = 0; i < ARRAY_LEN(trigger_names); i++)
		if ((trigger_names[i].telling & telling) != 0)
			list = arena_printf(
			        arena, "%s%s%s%s", list, *list ? ", " : "",
			        trigger_names[i].name,
			        trigger_names[i].open ? ".NAME" : "");
	return list;
}

static void check_with_name(struct job_parser *parser, unsigned telling,
                            const struct name_use *use)
{
	const char *names[ARRAY_LEN(trigger_names)];
	struct error *err;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(trigger_names); i++) {
		if ((trigger_names[i].telling & telling) == 0)
			continue;
		if (trigger_name_fits(&trigger_names[i], use->name))
			return;
		names[count++] = trigger_names[i].name;
	}
	if (use->inside)
		return;
	err = job_error(parser, use->pos, "unknown name \"%s\"", use->name);
	job_hint_nearest(err, use->name, names, count);
	error_hint(err, "Here stand %s.", list_names(parser->arena, telling));
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
		check_with_name(parser, telling_of(trigger), &uses[i]);
}

static const struct expr *parse_where(struct job_parser *parser,
                                      const struct value *where)
{
	auto_error struct error err = { 0 };
	const struct name_use *uses;
	size_t count;
	const struct expr *expr = expr_parse(parser->arena, parser->path, where,
	                                     parser->engine, &err);

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

/* The words are in the order of their enum. */
static int word_of(const char *const *words, const char *word)
{
	int i = 0;

	while (!text_equal(words[i], word))
		i++;
	return i;
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
	trigger->change = (enum change)word_of(
	        change_words, value_get_text(map, "change", "any"));
	trigger->per_commit =
	        text_equal(value_get_text(map, "per", "file"), "commit");
	trigger->drafts = value_get_bool(map, "drafts", false);
}

static const struct cron *parse_cron(struct job_parser *parser,
                                     const struct value *map)
{
	auto_error struct error err = { 0 };
	const struct cron *cron = cron_parse(parser->arena, parser->path,
	                                     value_get(map, "cron"), &err);

	if (cron == NULL)
		errors_take(parser->errors, &err);
	return cron;
}

static void parse_schedule(struct job_parser *parser, const struct value *map,
                           struct trigger *trigger)
{
	auto_error struct error err = { 0 };
	const struct value *zone = value_get(map, "timezone");

	trigger->cron = parse_cron(parser, map);
	trigger->catch_up = (enum catch_up)word_of(
	        catch_up_words, value_get_text(map, "catch_up", "latest"));
	if (zone == NULL)
		return;
	trigger->timezone = zone->text;
	if (zone_check(zone->text, &err) < 0)
		error_hint(job_error(parser, zone->pos, "%s", err.message),
		           "%s", err.hint);
}

static void parse_event(struct job_parser *parser, const struct value *map,
                        struct trigger *trigger)
{
	const struct value *where = value_get(map, "where");
	const struct value *batch = value_get(map, "batch");

	trigger->event_type = value_get_text(map, "type", NULL);
	if (where != NULL)
		trigger->where = parse_where(parser, where);
	if (batch == NULL)
		return;
	trigger->cron = parse_cron(parser, batch);
	trigger->batch_max = value_get_int(batch, "max", LIMIT_BATCH);
}

/* The kinds that take a map or a list of maps. */
static const struct {
	enum trigger_kind kind;
	void (*parse)(struct job_parser *parser, const struct value *map,
	              struct trigger *trigger);
} trigger_kinds[] = {
	{ TRIGGER_COMMIT, parse_commit },
	{ TRIGGER_SCHEDULE, parse_schedule },
	{ TRIGGER_EVENT, parse_event },
};

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

static struct trigger *parse_triggers(struct job_parser *parser, size_t row,
                                      const struct value *maps,
                                      struct trigger *list)
{
	for (size_t i = 0; i < count_maps(maps); i++, list++) {
		const struct value *map = map_at(maps, i);

		list->kind = trigger_kinds[row].kind;
		list->pos = map->pos;
		list->with = value_get(map, "with");
		trigger_kinds[row].parse(parser, map, list);
		check_with(parser, list);
	}
	return list;
}

/* What a batch has taken is known by job and type: two would take turns. */
static void check_batches(struct job_parser *parser, const struct trigger *list,
                          const struct trigger *end)
{
	for (const struct trigger *at = list; at < end; at++)
		for (const struct trigger *before = list; before < at; before++)
			if (at->kind == TRIGGER_EVENT && at->cron != NULL &&
			    before->kind == TRIGGER_EVENT &&
			    before->cron != NULL &&
			    text_equal(at->event_type, before->event_type)) {
				(void)job_error(parser, at->pos,
				                "a second batch of \"%s\"",
				                at->event_type);
				break;
			}
}

void job_parse_triggers(struct job_parser *parser, const struct value *on)
{
	const struct value *manual = value_get(on, "manual");
	const struct value *maps[ARRAY_LEN(trigger_kinds)];
	size_t most = 1;
	struct trigger *list;
	struct trigger *next;

	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		maps[i] =
		        value_get(on, trigger_kind_name(trigger_kinds[i].kind));
		most += count_maps(maps[i]);
	}
	list = next = arena_array(parser->arena, most, sizeof(*list));
	for (size_t i = 0; i < ARRAY_LEN(maps); i++)
		next = parse_triggers(parser, i, maps[i], next);
	check_batches(parser, list, next);
	if (manual != NULL && manual->boolean) {
		next->kind = TRIGGER_MANUAL;
		next->pos = manual->pos;
		next++;
	}
	if (next == list)
		error_hint(job_error(parser, on->pos,
		                     "\"on\" names nothing that starts a run"),
		           "For starting it by hand write \"manual: true\".");
	parser->job->triggers = list;
	parser->job->trigger_count = (size_t)(next - list);
}
