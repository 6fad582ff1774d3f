/*
 * The rows below say what reeve.yaml may hold; what rows cannot say (zones,
 * effects, branches) is looked at once they have passed.
 */
#include "engine/job/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/job/duration.h"
#include "store/base/alloc.h"
#include "store/base/date.h"
#include "store/base/path.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

static const char FILE_NAME[] = "reeve.yaml";

static const char *const locale_words[] = { "en", "de", "fr", NULL };
static const char *const text_words[] = { "owner", NULL };
static const char *const verdict_words[] = { "gate", "auto", "never", NULL };

const struct field policy_fields[] = {
	{
	        .name = "effect",
	        .type = FIELD_TEXT,
	        .help = "an effect, or a family of them as email.*; none: all",
	        .example = "email.send",
	},
	{
	        .name = "job",
	        .type = FIELD_TEXT,
	        .help = "the job that has the effect; none: every job",
	        .example = "billing",
	},
	{
	        .name = "to",
	        .type = FIELD_TEXT,
	        .help = "whom it reaches: an address, a pattern with *, a file "
	                "of addresses, or sender: whom the event is from",
	        .example = "\"*@example.com\"",
	},
	{
	        .name = "then",
	        .type = FIELD_WORD,
	        .required = true,
	        .words = verdict_words,
	        .help = "gate: the owner releases it; auto: done at once; "
	                "never: refused",
	        .example = "auto",
	},
	{
	        .name = "text",
	        .type = FIELD_WORD,
	        .words = text_words,
	        .help = "owner: only words that the owner wrote or merged",
	        .example = "owner",
	},
	{
	        .name = "max",
	        .type = FIELD_TEXT,
	        .help = "how many: N/h, N/d or N/w, an hour, a day or a week",
	        .example = "20/d",
	},
	{
	        .name = "delay",
	        .type = FIELD_DURATION,
	        .help = "how long it is held back before it is done",
	        .example = "10m",
	},
	{
	        .name = "hours",
	        .type = FIELD_TEXT,
	        .help = "when it may be done, in the workspace's time",
	        .example = "\"mon-fri 08:00-18:00\"",
	},
	{ 0 },
};

const struct field config_fields[] = {
	{
	        .name = "version",
	        .type = FIELD_INT,
	        .required = true,
	        .min = 1,
	        .max = 1,
	        .help = "of this format",
	        .example = "1",
	},
	{
	        .name = "company",
	        .type = FIELD_MAP,
	        .help = "free data for templates: {{company.name}}",
	        .example = "{ name: Ada Consulting, currency: EUR }",
	},
	{
	        .name = "timezone",
	        .type = FIELD_TEXT,
	        .otherwise = "UTC",
	        .help = "the zone of days, months and schedules",
	        .example = "Europe/Berlin",
	},
	{
	        .name = "locale",
	        .type = FIELD_WORD,
	        .words = locale_words,
	        .otherwise = "en",
	        .help = "how numbers and dates are written",
	        .example = "de",
	},
	{
	        .name = "connectors",
	        .type = FIELD_MAP,
	        .help = "one map for each connector",
	        .example = "{ email: { transport: file, folder: outbox } }",
	},
	{
	        .name = "policy",
	        .type = FIELD_MAPS,
	        .fields = policy_fields,
	        .help = "what may be done without a gate; the first line that "
	                "fits decides",
	        .example = "[{ effect: calendar.put, then: auto }]",
	},
	{
	        .name = "approvers",
	        .type = FIELD_TEXTS,
	        .help = "addresses whose merges approve; none: anyone's",
	        .example = "[\"ada@example.com\"]",
	},
	{
	        .name = "branch",
	        .type = FIELD_TEXT,
	        .help = "the owner's branch; none: the one that HEAD named at "
	                "init",
	        .example = "main",
	},
	{
	        .name = "holidays",
	        .type = FIELD_TEXTS,
	        .help = "days that are no workdays, besides weekends",
	        .example = "[2026-12-25, 2026-12-26]",
	},
	{
	        .name = "jobs",
	        .type = FIELD_INT,
	        .max = 1024,
	        .otherwise = "0",
	        .help = "steps side by side; 0: as many as there are cores",
	        .example = "4",
	},
	{ .name = "remote", .later = true, .help = "where all is shared" },
	{ .name = "models", .later = true, .help = "model endpoints" },
	{ .name = "tiers", .later = true, .help = "orders of models" },
	{ .name = "budget", .later = true, .help = "ceilings of cost" },
	{ .name = "attention", .later = true, .help = "when to ask" },
	{ 0 },
};

/* Whether `text` fits `pattern`, in which each `*` is any text; letters of
 * ASCII are equal in either case, as in a mail address. Only the last `*` is
 * ever tried again, so the work is at most the product of the lengths. */
static bool pattern_fits(const char *pattern, const char *text)
{
	const char *star = NULL;
	const char *resume = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (tolower((unsigned char)*pattern) ==
		           tolower((unsigned char)*text)) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

/* ---- what rows cannot say */

struct reader {
	struct arena *arena;
	const struct language *language;
	struct errors *errors;
};

static void check_zone(const struct reader *reader, const struct value *zone)
{
	auto_error struct error err = { 0 };
	struct error *added;

	if (zone == NULL || zone_check(zone->text, &err) == 0)
		return;
	added = errors_add(reader->errors, ERR_CONFIG, FILE_NAME, zone->pos,
	                   "unknown timezone \"%s\"", zone->text);
	error_hint(added, "Name a zone of the IANA data base, such as "
	                  "Europe/Berlin or UTC.");
}

static void check_connectors(const struct reader *reader,
                             const struct value *connectors)
{
	for (size_t i = 0; connectors != NULL && i < connectors->length; i++) {
		const struct member *member = &connectors->members[i];

		if (member->value->kind != VALUE_MAP)
			errors_add(reader->errors, ERR_CONFIG, FILE_NAME,
			           member->value->pos,
			           "connector \"%s\" must be a map",
			           member->name);
	}
}

static void check_branch(const struct reader *reader,
                         const struct value *branch)
{
	if (branch == NULL)
		return;
	if (branch->length == 0 || branch->text[0] == '-' ||
	    strpbrk(branch->text, " \t~^:?*[\\") != NULL)
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, branch->pos,
		           "\"%s\" is no name of a branch", branch->text);
	else if (text_starts(branch->text, "reeve/"))
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, branch->pos,
		           "\"%s\" is a branch of reeve's own", branch->text);
}

static void check_approver(const struct reader *reader,
                           const struct value *approver)
{
	if (!text_is_email(approver->text))
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, approver->pos,
		           "approver \"%s\" is no mail address",
		           approver->text);
}

static void check_policy_effect(const struct reader *reader,
                                const struct value *effect)
{
	const struct effect *const *effects = reader->language->effects;
	const char **names = NULL;
	const char *nearest;
	struct error *added;
	size_t count = 0;

	for (; effects[count] != NULL; count++) {
		if (pattern_fits(effect->text, effects[count]->name))
			return;
		names = arena_grow(reader->arena, names, count, sizeof(*names));
		names[count] = effects[count]->name;
	}
	added = errors_add(reader->errors, ERR_CONFIG, FILE_NAME, effect->pos,
	                   "unknown effect \"%s\"", effect->text);
	nearest = text_nearest(effect->text, names, count);
	if (nearest != NULL)
		error_hint(added, "Did you mean \"%s\"?", nearest);
}

/* `to`: the word sender, an address or pattern, or a path. */
static void read_target(const struct reader *reader, const struct value *target,
                        struct policy_line *line)
{
	auto_error struct error err = { 0 };
	const char *text = target->text;

	if (strcmp(text, "sender") == 0)
		line->to_sender = true;
	else if (text_is_email(text) || strchr(text, '*') != NULL)
		line->to = text;
	else if (*path_ending(text) != '\0' && path_check(text, &err) == 0)
		line->to_file = text;
	else
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, target->pos,
		           "\"to\" must be an address, a pattern such as "
		           "*@example.com, a file or sender, not \"%s\"",
		           text);
}

/* "20/d" */
static void read_max(const struct reader *reader, const struct value *max,
                     struct policy_line *line)
{
	static const struct {
		const char *text;
		int64_t hours;
	} units[] = { { "/h", 1 }, { "/d", 24 }, { "/w", 168 } };

	const int64_t most = 1000000;
	size_t len = strcspn(max->text, "/");
	auto_free char *number = mem_strndup(max->text, len);

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strcmp(max->text + len, units[i].text) == 0)
			line->max_ms = units[i].hours * 3600 * 1000;
	if (line->max_ms == 0 || !text_to_int(number, 1, most, &line->max))
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, max->pos,
		           "\"max\" must be a number an hour, day or week such "
		           "as 20/d, not \"%s\"",
		           max->text);
}

/* The number of "mon", or -1. */
static int weekday_of(const char *text)
{
	static const char *const days[] = { "mon", "tue", "wed", "thu",
		                            "fri", "sat", "sun" };

	for (size_t i = 0; i < ARRAY_LEN(days); i++)
		if (text_starts(text, days[i]))
			return (int)i;
	return -1;
}

/* Minutes of "08:30", or -1. */
static int minute_of(const char *text)
{
	int64_t hour;
	int64_t minute;
	auto_free char *first = mem_strndup(text, strnlen(text, 2));
	auto_free char *second =
	        strlen(text) >= 5 ? mem_strndup(text + 3, 2) : mem_strdup("");

	if (strlen(text) < 5 || text[2] != ':' ||
	    !text_to_int(first, 0, 24, &hour) ||
	    !text_to_int(second, 0, 59, &minute) || hour * 60 + minute > 1440)
		return -1;
	return (int)(hour * 60 + minute);
}

/* "mon-fri 08:00-18:00" */
static bool parse_hours(const char *text, struct policy_line *line)
{
	int first = weekday_of(text);
	int last = first;

	if (first < 0)
		return false;
	text += 3;
	if (*text == '-') {
		last = weekday_of(text + 1);
		text += 4;
	}
	if (last < 0 || *text++ != ' ' || strlen(text) != 11 || text[5] != '-')
		return false;
	for (int day = first;; day = (day + 1) % 7) {
		line->weekdays |= 1u << day;
		if (day == last)
			break;
	}
	line->from_minute = minute_of(text);
	line->to_minute = minute_of(text + 6);
	return line->from_minute >= 0 && line->to_minute > line->from_minute;
}

static void read_hours(const struct reader *reader, const struct value *hours,
                       struct policy_line *line)
{
	if (!parse_hours(hours->text, line))
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, hours->pos,
		           "\"hours\" must be days and times such as "
		           "mon-fri 08:00-18:00, not \"%s\"",
		           hours->text);
}

/* ---- reading what has passed */

/* A value that may be one item or a list of them, as a list. */
static const struct value *as_list(const struct reader *reader,
                                   struct value *value)
{
	struct value *list = value_list(reader->arena);

	if (value == NULL)
		return list;
	if (value->kind == VALUE_LIST)
		return value;
	value_list_add(reader->arena, list, value);
	return list;
}

/* The words are in the order of the enum. */
static enum verdict verdict_of(const char *word)
{
	enum verdict verdict = VERDICT_GATE;

	while (!text_equal(verdict_words[verdict], word))
		verdict++;
	return verdict;
}

static void read_line(const struct reader *reader, const struct value *map,
                      struct policy_line *line)
{
	const struct value *effect = value_get(map, "effect");
	const struct value *target = value_get(map, "to");
	const struct value *max = value_get(map, "max");
	const struct value *hours = value_get(map, "hours");

	*line = (struct policy_line){
		.pos = map->pos,
		.effect = value_get_text(map, "effect", NULL),
		.job = value_get_text(map, "job", NULL),
		.owner_text = value_get(map, "text") != NULL,
		.delay_ms = duration_ms(value_get_text(map, "delay", "0s")),
		.then = verdict_of(value_get_text(map, "then", NULL)),
	};
	if (effect != NULL)
		check_policy_effect(reader, effect);
	if (target != NULL)
		read_target(reader, target, line);
	if (max != NULL)
		read_max(reader, max, line);
	if (hours != NULL)
		read_hours(reader, hours, line);
}

static void read_policy(const struct reader *reader, struct value *policy,
                        struct config *config)
{
	const struct value *list = as_list(reader, policy);
	struct policy_line *lines =
	        arena_array(reader->arena, list->length, sizeof(*lines));

	for (size_t i = 0; i < list->length; i++)
		read_line(reader, list->items[i], &lines[i]);
	config->policy = lines;
	config->policy_count = list->length;
}

static int compare_texts(const void *a, const void *b)
{
	const struct value *const *left = a;
	const struct value *const *right = b;

	return strcmp((*left)->text, (*right)->text);
}

static void read_holidays(const struct reader *reader, struct value *holidays,
                          struct config *config)
{
	const struct value *given = as_list(reader, holidays);
	struct value *list = value_list(reader->arena);

	for (size_t i = 0; i < given->length; i++) {
		struct value *day = given->items[i];
		struct date date;

		if (date_parse(day->text, &date))
			value_list_add(reader->arena, list, day);
		else
			errors_add(reader->errors, ERR_CONFIG, FILE_NAME,
			           day->pos,
			           "\"%s\" is no date such as 2026-12-25",
			           day->text);
	}
	if (list->length > 0)
		qsort(list->items, list->length, sizeof(struct value *),
		      compare_texts);
	config->holidays = list;
}

static void read_approvers(const struct reader *reader, struct value *approvers,
                           struct config *config)
{
	const struct value *list = as_list(reader, approvers);
	const char **texts =
	        arena_array(reader->arena, list->length, sizeof(*texts));

	for (size_t i = 0; i < list->length; i++) {
		check_approver(reader, list->items[i]);
		texts[i] = list->items[i]->text;
	}
	config->approvers = texts;
	config->approver_count = list->length;
}

static const struct value *map_or_empty(const struct reader *reader,
                                        const struct value *map)
{
	return map != NULL ? map : value_map(reader->arena);
}

static struct config *read_config(const struct reader *reader,
                                  const struct value *root)
{
	struct config *config = arena_new(reader->arena, struct config);

	check_zone(reader, value_get(root, "timezone"));
	check_connectors(reader, value_get(root, "connectors"));
	check_branch(reader, value_get(root, "branch"));
	config->company = map_or_empty(reader, value_get(root, "company"));
	config->timezone = value_get_text(root, "timezone", "UTC");
	config->locale = value_get_text(root, "locale", "en");
	config->connectors =
	        map_or_empty(reader, value_get(root, "connectors"));
	read_policy(reader, value_get(root, "policy"), config);
	read_approvers(reader, value_get(root, "approvers"), config);
	config->branch = value_get_text(root, "branch", NULL);
	config->jobs = value_get_int(root, "jobs", 0);
	read_holidays(reader, value_get(root, "holidays"), config);
	return config;
}

struct config *config_parse(struct arena *arena, const char *bytes, size_t len,
                            const struct language *language,
                            struct errors *errors)
{
	const struct reader reader = { arena, language, errors };
	const struct pos start = { 1, 1 };
	auto_error struct error err = { 0 };
	size_t before = errors->count;
	struct config *config;
	struct value *root = yaml_parse(arena, FILE_NAME, bytes, len, 1, &err);

	if (root == NULL) {
		errors_take(errors, &err);
		return NULL;
	}
	if (root->kind == VALUE_NULL) {
		error_hint(errors_add(errors, ERR_CONFIG, FILE_NAME, start,
		                      "reeve.yaml is empty"),
		           "The smallest valid one is \"version: 1\".");
		return NULL;
	}
	if (root->kind != VALUE_MAP) {
		errors_add(errors, ERR_CONFIG, FILE_NAME, root->pos,
		           "reeve.yaml must be a map, not a %s",
		           value_kind_name(root->kind));
		return NULL;
	}
	if (!fields_check(root, config_fields, FILE_NAME, FILE_NAME, errors))
		return NULL;
	config = read_config(&reader, root);
	return errors->count == before ? config : NULL;
}

/* ---- policy */

static bool line_fits(const struct policy_line *line,
                      const struct effect *effect, const char *job)
{
	return (line->effect == NULL ||
	        pattern_fits(line->effect, effect->name)) &&
	       (line->job == NULL || text_equal(line->job, job));
}

static int strictness(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_AUTO:
		return 0;
	case VERDICT_GATE:
		return 1;
	case VERDICT_NEVER:
		return 2;
	}
	return 2;
}

/* The address in "Ann <ann@acme.example>", on the heap: a policy speaks of
 * addresses, and a display name must not lead around it. A target that has
 * angle brackets but no address in them is not known: NULL. */
static char *bare_target(const char *target)
{
	const char *open = target == NULL ? NULL : strrchr(target, '<');

	if (open == NULL)
		return target == NULL ? NULL : mem_strdup(target);
	char *bare = mem_strndup(open + 1, strcspn(open + 1, ">"));
	if (text_is_email(bare) && text_equal(open + 1 + strlen(bare), ">"))
		return bare;
	free(bare);
	return NULL;
}

/* Whether the line asks for what is known only when the effect is done. */
static bool asks_more(const struct policy_line *line)
{
	return line->to_file != NULL || line->to_sender || line->owner_text ||
	       line->max > 0;
}

/* Whether the line fits towards `address`, which may not be known. */
enum fit {
	FIT_NO,
	FIT_PERHAPS,
	FIT_YES,
};

static enum fit fit_of(const struct policy_line *line,
                       const struct effect *effect, const char *job,
                       const char *address)
{
	if (!line_fits(line, effect, job))
		return FIT_NO;
	if (line->to != NULL && address != NULL &&
	    !pattern_fits(line->to, address))
		return FIT_NO;
	if (asks_more(line) || (line->to != NULL && address == NULL))
		return FIT_PERHAPS;
	return FIT_YES;
}

static enum verdict verdict_without(const struct effect *effect)
{
	return effect->class == EFFECT_INTERNAL ? VERDICT_AUTO : VERDICT_GATE;
}

/* The verdict is the strictest of the lines that perhaps fit and of the first
 * one that surely does. */
enum verdict policy_decide(const struct config *config,
                           const struct effect *effect, const char *job,
                           const char *target)
{
	auto_free char *address = bare_target(target);
	enum verdict verdict = verdict_without(effect);
	enum verdict possible = VERDICT_AUTO;

	for (size_t i = 0; i < config->policy_count; i++) {
		const struct policy_line *line = &config->policy[i];
		enum fit fit = fit_of(line, effect, job, address);

		if (fit == FIT_YES) {
			verdict = line->then;
			break;
		}
		if (fit == FIT_PERHAPS &&
		    strictness(line->then) > strictness(possible))
			possible = line->then;
	}
	return strictness(possible) > strictness(verdict) ? possible : verdict;
}

bool policy_refuses(const struct config *config, const struct effect *effect,
                    const char *job, const char *target)
{
	auto_free char *address = bare_target(target);

	for (size_t i = 0; i < config->policy_count; i++) {
		const struct policy_line *line = &config->policy[i];
		enum fit fit = fit_of(line, effect, job, address);

		if (fit == FIT_YES)
			return line->then == VERDICT_NEVER;
		if (fit == FIT_PERHAPS && line->then != VERDICT_NEVER)
			return false;
	}
	return false;
}

static bool fits_facts(const struct policy_line *line, const char *address,
                       const struct policy_facts *facts)
{
	if (line->to != NULL &&
	    (address == NULL || !pattern_fits(line->to, address)))
		return false;
	if (line->to_sender && (address == NULL || facts->sender == NULL ||
	                        strcasecmp(address, facts->sender) != 0))
		return false;
	if (line->to_file != NULL &&
	    (address == NULL ||
	     !facts->is_listed(facts->state, line->to_file, address)))
		return false;
	if (line->owner_text && !facts->owner_text)
		return false;
	return line->max == 0 || facts->count(facts->state, line) < line->max;
}

const struct policy_line *policy_find(const struct config *config,
                                      const struct effect *effect,
                                      const char *job,
                                      const struct policy_facts *facts)
{
	auto_free char *address = bare_target(facts->target);

	for (size_t i = 0; i < config->policy_count; i++) {
		const struct policy_line *line = &config->policy[i];

		if (line_fits(line, effect, job) &&
		    fits_facts(line, address, facts))
			return line;
	}
	return NULL;
}
