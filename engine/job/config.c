/*
 * The rows below say what reeve.yaml may hold; what rows cannot say (zones,
 * effects, branches) is looked at once they have passed.
 */
#include "engine/job/config.h"

#include <stdlib.h>
#include <string.h>

#include "engine/job/duration.h"
#include "store/base/date.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

#define SHORTEST_CLAIM_MS 1000

static const char FILE_NAME[] = "reeve.yaml";

static const char *const locale_words[] = { "en", "de", "fr", NULL };

static const struct field secret_fields[] = {
	{
	        .name = "command",
	        .type = FIELD_TEXTS,
	        .required = true,
	        .help = "a program and its arguments; the first line that it "
	                "prints is the secret",
	        .example = "[pass, show, crm]",
	},
	{ 0 },
};

static const struct field secrets_fields[] = {
	{
	        .name = "*",
	        .type = FIELD_MAP,
	        .fields = secret_fields,
	        .help = "the secret of that name",
	        .example = "{ command: [pass, show, crm] }",
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
	        .name = "secrets",
	        .type = FIELD_MAP,
	        .fields = secrets_fields,
	        .help = "where {{secret.NAME}} of `connectors` comes from; "
	                "none: the environment variable NAME",
	        .example = "{ CRM: { command: [pass, show, crm] } }",
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
	{
	        .name = "remote",
	        .type = FIELD_TEXT,
	        .help = "where journal and drafts are shared; none: this "
	                "machine alone",
	        .example = "origin",
	},
	{
	        .name = "claim",
	        .type = FIELD_DURATION,
	        .otherwise = "2m",
	        .help = "with a remote: how long another machine must have "
	                "been silent before its runs are taken over",
	        .example = "10m",
	},
	{ .name = "models", .later = true, .help = "model endpoints" },
	{ .name = "tiers", .later = true, .help = "orders of models" },
	{ .name = "budget", .later = true, .help = "ceilings of cost" },
	{ .name = "attention", .later = true, .help = "when to ask" },
	{ 0 },
};

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

/* It becomes a word of git's command line, and part of references. */
static void check_remote(const struct reader *reader,
                         const struct value *remote)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	if (remote != NULL && (remote->length == 0 || remote->text[0] == '-' ||
	                       strspn(remote->text, plain) != remote->length))
		error_hint(errors_add(reader->errors, ERR_CONFIG, FILE_NAME,
		                      remote->pos,
		                      "\"%s\" is no name of a remote",
		                      remote->text),
		           "Name one of those that git remote lists, such as "
		           "origin.");
}

/* A shorter one would be over before its push is. */
static void check_claim(const struct reader *reader, const struct value *claim)
{
	if (claim != NULL && duration_ms(claim->text) < SHORTEST_CLAIM_MS)
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, claim->pos,
		           "a claim must last a second at least");
}

static void check_approver(const struct reader *reader,
                           const struct value *approver)
{
	if (!text_is_email(approver->text))
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, approver->pos,
		           "approver \"%s\" is no mail address",
		           approver->text);
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

static void read_policy(const struct reader *reader, struct value *policy,
                        struct config *config)
{
	const struct value *list = as_list(reader, policy);
	struct policy_line *lines =
	        arena_array(reader->arena, list->length, sizeof(*lines));

	for (size_t i = 0; i < list->length; i++)
		policy_read(reader->arena, list->items[i], reader->language,
		            reader->errors, &lines[i]);
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
	check_remote(reader, value_get(root, "remote"));
	check_claim(reader, value_get(root, "claim"));
	config->company = map_or_empty(reader, value_get(root, "company"));
	config->timezone = value_get_text(root, "timezone", "UTC");
	config->locale = value_get_text(root, "locale", "en");
	config->connectors =
	        map_or_empty(reader, value_get(root, "connectors"));
	config->secrets = value_get(root, "secrets");
	read_policy(reader, value_get(root, "policy"), config);
	read_approvers(reader, value_get(root, "approvers"), config);
	config->branch = value_get_text(root, "branch", NULL);
	config->remote = value_get_text(root, "remote", NULL);
	config->claim_ms = duration_ms(value_get_text(root, "claim", "2m"));
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
