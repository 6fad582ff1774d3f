/*
 * The rows below say what reeve.yaml may hold; what rows cannot say (zones,
 * effects, branches) is looked at once they have passed.
 */
#include "engine/job/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/date.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

static const char FILE_NAME[] = "reeve.yaml";

static const char *const locale_words[] = { "en", "de", "fr", NULL };
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
	        .help = "whom it reaches: an address, or a pattern with *",
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
	{ .name = "text", .later = true, .help = "who wrote the text" },
	{ .name = "max", .later = true, .help = "how many in a time" },
	{ .name = "delay", .later = true, .help = "how long it is held back" },
	{ .name = "hours", .later = true, .help = "when it may be done" },
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
	{ .name = "remote", .later = true, .help = "where all is shared" },
	{ .name = "models", .later = true, .help = "model endpoints" },
	{ .name = "tiers", .later = true, .help = "orders of models" },
	{ .name = "budget", .later = true, .help = "ceilings of cost" },
	{ .name = "holidays", .later = true, .help = "days without work" },
	{ .name = "attention", .later = true, .help = "when to ask" },
	{ .name = "jobs", .later = true, .help = "settings of single jobs" },
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

static void check_policy_target(const struct reader *reader,
                                const struct value *target)
{
	if (text_is_email(target->text) || strchr(target->text, '*') != NULL)
		return;
	errors_add(reader->errors, ERR_CONFIG, FILE_NAME, target->pos,
	           "\"to\" must be an address or a pattern such as "
	           "*@example.com, not \"%s\"",
	           target->text);
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

static void read_policy(const struct reader *reader, struct value *policy,
                        struct config *config)
{
	const struct value *list = as_list(reader, policy);
	struct policy_line *lines =
	        arena_array(reader->arena, list->length, sizeof(*lines));

	for (size_t i = 0; i < list->length; i++) {
		const struct value *line = list->items[i];
		const struct value *effect = value_get(line, "effect");
		const struct value *target = value_get(line, "to");

		if (effect != NULL)
			check_policy_effect(reader, effect);
		if (target != NULL)
			check_policy_target(reader, target);
		lines[i] = (struct policy_line){
			.pos = line->pos,
			.effect = value_get_text(line, "effect", NULL),
			.job = value_get_text(line, "job", NULL),
			.to = value_get_text(line, "to", NULL),
			.then = verdict_of(value_get_text(line, "then", NULL)),
		};
	}
	config->policy = lines;
	config->policy_count = list->length;
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

/* Without a target each line with `to` may or may not fit: the verdict is the
 * strictest of theirs and of the first line that surely fits. */
enum verdict policy_decide(const struct config *config,
                           const struct effect *effect, const char *job,
                           const char *target)
{
	auto_free char *address = bare_target(target);
	enum verdict verdict =
	        effect->class == EFFECT_INTERNAL ? VERDICT_AUTO : VERDICT_GATE;
	enum verdict possible = VERDICT_AUTO;

	for (size_t i = 0; i < config->policy_count; i++) {
		const struct policy_line *line = &config->policy[i];

		if (!line_fits(line, effect, job))
			continue;
		if (line->to != NULL && address == NULL) {
			if (strictness(line->then) > strictness(possible))
				possible = line->then;
		} else if (line->to == NULL ||
		           pattern_fits(line->to, address)) {
			verdict = line->then;
			break;
		}
	}
	return strictness(possible) > strictness(verdict) ? possible : verdict;
}
