/*
 * The keys that every step may have, whatever its kind. Each is checked by its
 * row before, so here a value of a wrong type is only passed over. Where a key
 * does not go with a kind is a table, too.
 *
 * In a step with `for_each` but without `steps` all its keys stand where its
 * item is known, but for `for_each` itself; in one with `steps` only `key`
 * does, since the rest is about the block as a whole.
 */
#include <string.h>

#include "engine/job/duration.h"
#include "engine/job/job_private.h"
#include "store/base/limits.h"
#include "store/base/text.h"

static const char *const publish_words[] = { "review", "merge", NULL };
static const char *const failure_words[] = { "go_on", "stop", NULL };

static const struct field retry_fields[] = {
	{
	        .name = "max",
	        .type = FIELD_INT,
	        .required = true,
	        .min = 1,
	        .max = 100,
	        .help = "tries after the first",
	        .example = "3",
	},
	{
	        .name = "delay",
	        .type = FIELD_DURATION,
	        .otherwise = "10s",
	        .help = "before the second try; then doubled each time",
	        .example = "30s",
	},
	{
	        .name = "max_delay",
	        .type = FIELD_DURATION,
	        .otherwise = "10m",
	        .help = "no pause is longer",
	        .example = "1h",
	},
	{ 0 },
};

static const struct field undo_fields[] = {
	{
	        .name = "call",
	        .type = FIELD_TEXT,
	        .required = true,
	        .help = "the effect that takes it back",
	        .example = "email.send",
	},
	{
	        .name = "with",
	        .type = FIELD_MAP,
	        .help = "its values; may name the step's own output",
	        .example = "{ to: \"{{client.email}}\" }",
	},
	{ 0 },
};

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
	        .help = "the values of agent, call, emit, job and render",
	        .example = "{ brief: \"{{brief}}\" }",
	},
	{
	        .name = "env",
	        .type = FIELD_MAP,
	        .help = "variables of a program (run)",
	        .example = "{ RATE: \"{{brief.day_rate}}\" }",
	},
	{
	        .name = "for_each",
	        .type = FIELD_MAP,
	        .help = "a name and a list: the step, or its block, once for "
	                "each item",
	        .example = "{ client: \"{{clients}}\" }",
	},
	{
	        .name = "key",
	        .type = FIELD_TEMPLATE,
	        .help = "what identifies an item; none: its content",
	        .example = "\"{{client.slug}}\"",
	},
	{
	        .name = "max_parallel",
	        .type = FIELD_INT,
	        .min = 1,
	        .max = LIMIT_ITEMS,
	        .help = "items at a time; none: as many as there is room for",
	        .example = "4",
	},
	{
	        .name = "limit",
	        .type = FIELD_INT,
	        .min = 1,
	        .max = LIMIT_ITEMS,
	        .help = "items that one run carries out, reused ones not "
	                "counted",
	        .example = "100",
	},
	{
	        .name = "prune",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "delete the files of items that are gone",
	        .example = "true",
	},
	{
	        .name = "on_item_failure",
	        .type = FIELD_WORD,
	        .words = failure_words,
	        .otherwise = "go_on",
	        .help = "what an item that fails means for the others",
	        .example = "stop",
	},
	{
	        .name = "artifact",
	        .type = FIELD_TEMPLATE,
	        .help = "the file that its output is written to, in a draft",
	        .example = "\"projects/{{brief.client}}/proposal.md\"",
	},
	{
	        .name = "artifacts",
	        .type = FIELD_MAP,
	        .help = "several files: a field of its output, and the file it "
	                "is written to",
	        .example =
	                "{ letter: \"out/letter.md\", sums: \"out/sums.csv\" "
	                "}",
	},
	{
	        .name = "checks",
	        .type = FIELD_MAP,
	        .help = "message: condition; each must hold of the output",
	        .example = "{ \"has a title\": has(proposal.title) }",
	},
	{
	        .name = "retry",
	        .type = FIELD_RETRY,
	        .min = 1,
	        .max = 100,
	        .fields = retry_fields,
	        .help = "how often it is tried again, or a map of max, delay "
	                "(10s) and max_delay (10m)",
	        .example = "3",
	},
	{
	        .name = "timeout",
	        .type = FIELD_DURATION,
	        .help = "how long one try may take; none: as the kind has it",
	        .example = "5m",
	},
	{
	        .name = "undo",
	        .type = FIELD_MAP,
	        .fields = undo_fields,
	        .help = "what takes the effect back, in place of its "
	                "connector's own way",
	        .example =
	                "{ call: email.send, with: { to: \"{{brief.email}}\" "
	                "} }",
	},
	{
	        .name = "once",
	        .type = FIELD_TEMPLATE,
	        .help = "the occasion of an effect: done once for all runs",
	        .example = "\"report {{client.slug}} {{run.month}}\"",
	},
	{
	        .name = "cache",
	        .type = FIELD_CACHE,
	        .otherwise = "true",
	        .help = "whether its result is reused, or how long",
	        .example = "12h",
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
	{
	        .name = "continue_on_error",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "its failure does not fail the run",
	        .example = "true",
	},
	{ 0 },
};

/* ---- what goes with what */

static bool has_flag(const struct step *step, unsigned flag)
{
	return (step->kind->flags & flag) != 0;
}

/* The keys that go with some kinds only: with those that have the flag. */
static const struct {
	const char *key;
	unsigned flag;
} needed_flags[] = {
	{ "artifact", KIND_ARTIFACT }, { "artifacts", KIND_ARTIFACT },
	{ "cache", KIND_COMPUTES },    { "once", KIND_ACTS },
	{ "undo", KIND_ACTS },         { "retry", KIND_TRIES },
	{ "timeout", KIND_TRIES },
};

static const char *const fan_keys[] = {
	"key", "limit", "max_parallel", "on_item_failure", "prune", "steps",
};

/* A gate or a wait decides; it takes none of the other common keys. */
static const char *const wall_keys[] = { "id", "needs", "checks" };

static bool is_among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* `with` is the kind's own matter. */
static bool goes_with(const struct step *step, const char *key)
{
	if (strcmp(key, "with") == 0)
		return true;
	if (has_flag(step, KIND_WALL))
		return is_among(key, wall_keys, ARRAY_LEN(wall_keys));
	if (strcmp(key, "env") == 0)
		return step->command ||
		       (step->kind->fields != NULL &&
		        field_find(step->kind->fields, key) != NULL);
	for (size_t i = 0; i < ARRAY_LEN(needed_flags); i++)
		if (strcmp(needed_flags[i].key, key) == 0)
			return has_flag(step, needed_flags[i].flag);
	return true;
}

/* The step's kind as the file has it. */
static const char *kind_text(const struct step *step, const struct value *map)
{
	return value_get(map, step->kind->name) != NULL
	               ? step->kind->name
	               : "a program that is an effect";
}

void job_check_fit(struct job_parser *parser, const struct step *step,
                   const struct value *map)
{
	bool fan = value_get(map, "for_each") != NULL;

	for (size_t i = 0; i < map->length; i++) {
		const struct member *member = &map->members[i];
		const char *key = member->name;

		if (!fan && is_among(key, fan_keys, ARRAY_LEN(fan_keys)))
			error_hint(
			        job_error(parser, member->pos,
			                  "\"%s\" goes only with "
			                  "\"for_each\"",
			                  key),
			        "Say what is gone through, as in for_each: { "
			        "client: \"{{clients}}\" }.");
		else if (step->kind != NULL &&
		         field_find(step_fields, key) != NULL &&
		         !goes_with(step, key))
			(void)job_error(parser, member->pos,
			                "\"%s\" does not go with %s", key,
			                kind_text(step, map));
	}
}

/* ---- values whose types the rows have checked */

static bool is_text(const struct value *value)
{
	return value != NULL && value->kind == VALUE_STRING;
}

static bool is_map(const struct value *value)
{
	return value != NULL && value->kind == VALUE_MAP;
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

static const struct value *template_at(struct uses *uses,
                                       const struct value *map, const char *key)
{
	const struct value *value = value_get(map, key);

	if (!is_text(value))
		return NULL;
	uses_of_templates(uses, value);
	return value;
}

/* ---- for_each */

/* A list as it stands, or one tag that must give one. */
static bool is_list(struct job_parser *parser, const struct value *list)
{
	auto_error struct error err = { 0 };
	const struct template *template;
	struct error *added;

	if (list->kind == VALUE_LIST)
		return true;
	template = list->kind == VALUE_STRING
	                   ? template_parse(parser->arena, parser->path, list,
	                                    &err)
	                   : NULL;
	if (template != NULL && template_single(template) != NULL)
		return true;
	if (list->kind == VALUE_STRING && template == NULL) {
		errors_take(parser->errors, &err);
		return false;
	}
	added = job_error(parser, list->pos,
	                  "\"for_each\" needs a list, not a %s",
	                  value_kind_name(list->kind));
	if (list->kind == VALUE_STRING && text_is_name(list->text))
		error_hint(added, "Did you mean \"{{%s}}\"?", list->text);
	error_hint(added, "Name one by a tag that stands alone, as in "
	                  "\"{{clients}}\".");
	return false;
}

static const struct fan *parse_fan(struct uses *uses, const struct value *map)
{
	struct job_parser *parser = uses->parser;
	const struct value *each = value_get(map, "for_each");
	struct fan *fan;

	if (!is_map(each))
		return NULL;
	if (each->length != 1 || !text_is_name(each->members[0].name)) {
		error_hint(job_error(parser, each->pos,
		                     "\"for_each\" must be one name and its "
		                     "list"),
		           "Write it as for_each: { client: "
		           "\"{{clients}}\" }.");
		return NULL;
	}
	fan = arena_new(parser->arena, struct fan);
	fan->name = each->members[0].name;
	fan->pos = each->members[0].pos;
	fan->list = each->members[0].value;
	if (is_list(parser, fan->list))
		uses_of_templates(uses, fan->list);
	fan->max_parallel = value_get_int(map, "max_parallel", 0);
	fan->limit = value_get_int(map, "limit", 0);
	fan->prune = value_get_bool(map, "prune", false);
	fan->stop =
	        strcmp(value_get_text(map, "on_item_failure", ""), "stop") == 0;
	fan->key = value_get(map, "key");
	return fan;
}

/* ---- the rest */

static enum publish publish_of(const struct value *map)
{
	const char *word = value_get_text(map, "publish", "");

	if (strcmp(word, "merge") == 0)
		return PUBLISH_MERGE;
	return strcmp(word, "review") == 0 ? PUBLISH_REVIEW : PUBLISH_UNSET;
}

static void parse_checks(struct uses *uses, struct step *step,
                         const struct value *checks)
{
	struct job_parser *parser = uses->parser;
	struct condition *list =
	        arena_array(parser->arena, checks->length, sizeof(*list));

	for (size_t i = 0; i < checks->length; i++) {
		const struct member *member = &checks->members[i];

		list[i].message = member->name;
		list[i].pos = member->pos;
		list[i].expr = uses_of_expression(uses, member->value, NULL);
	}
	step->checks = list;
	step->check_count = checks->length;
}

static void parse_artifacts(struct uses *uses, struct step *step,
                            const struct value *artifacts)
{
	for (size_t i = 0; i < artifacts->length; i++) {
		const struct member *member = &artifacts->members[i];

		if (member->value->kind == VALUE_STRING)
			continue;
		(void)job_error(uses->parser, member->value->pos,
		                "the file of \"%s\" must be a string, not a %s",
		                member->name,
		                value_kind_name(member->value->kind));
		return;
	}
	uses_of_templates(uses, artifacts);
	step->artifacts = artifacts;
}

static void parse_retry(struct step *step, const struct value *retry)
{
	if (retry == NULL)
		return;
	if (!value_to_int(retry, &step->retry.max))
		step->retry.max = value_get_int(retry, "max", 0);
	step->retry.delay_ms =
	        duration_ms(value_get_text(retry, "delay", "10s"));
	step->retry.max_delay_ms =
	        duration_ms(value_get_text(retry, "max_delay", "10m"));
}

static void parse_cache(struct step *step, const struct value *cache)
{
	if (cache == NULL)
		return;
	if (cache->kind == VALUE_BOOL && !cache->boolean)
		step->caching = CACHE_NEVER;
	if (cache->kind != VALUE_STRING)
		return;
	step->caching = CACHE_WHILE;
	step->cache_ms = duration_ms(cache->text);
}

/* Keys without names. */
static void parse_plain(struct step *step, const struct value *map)
{
	const char *timeout = value_get_text(map, "timeout", NULL);
	const struct value *needs = value_get(map, "needs");

	if (is_list_of_texts(needs))
		step->needs = needs;
	if (timeout != NULL)
		step->timeout_ms = duration_ms(timeout);
	parse_retry(step, value_get(map, "retry"));
	parse_cache(step, value_get(map, "cache"));
	step->continue_on_error =
	        value_get_bool(map, "continue_on_error", false);
	step->publish = publish_of(map);
	step->strict = value_get_bool(map, "strict", true);
}

/* What is looked at once the output is there. */
static void parse_later(struct uses *uses, struct step *step,
                        const struct value *map)
{
	const struct value *checks = value_get(map, "checks");
	const struct value *undo = value_get(map, "undo");

	if (is_map(checks))
		parse_checks(uses, step, checks);
	if (!is_map(undo))
		return;
	step->undo = undo;
	if (is_map(value_get(undo, "with")))
		uses_of_templates(uses, value_get(undo, "with"));
}

void job_parse_keys(struct uses *uses, struct step *step,
                    struct step_draft *draft, const struct member *kind)
{
	const struct value *map = draft->map;
	const struct value *condition = value_get(map, "if");
	const struct value *artifacts = value_get(map, "artifacts");

	step->fan = parse_fan(uses, map);
	draft->item_from = uses->count;
	(void)template_at(uses, map, "key");
	draft->item_to = uses->count;
	if (kind != NULL)
		job_parse_kind(uses, step, map, kind);
	step->artifact = template_at(uses, map, "artifact");
	if (is_map(artifacts))
		parse_artifacts(uses, step, artifacts);
	step->once = template_at(uses, map, "once");
	if (is_scalar(condition))
		step->condition = uses_of_expression(uses, condition, NULL);
	draft->check_uses = uses->count;
	parse_later(uses, step, map);
	if (draft->end == step->index + 1)
		draft->item_to = uses->count;
	parse_plain(step, map);
}
