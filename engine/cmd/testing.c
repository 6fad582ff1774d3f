/*
 * An expected effect fits a real one when each of its fields does: maps member
 * by member, lists item by item, scalars by their text; and one value stands
 * for a list of it alone. Effects are compared in order, one by one, so a mail
 * too many is a difference, too. What a field says is quoted in the difference
 * as JSON, cut where nobody reads on.
 */
#include "engine/cmd/testing.h"

#include <string.h>

#include "engine/cmd/print.h"
#include "engine/cmd/trying.h"
#include "engine/job/field.h"
#include "store/base/buf.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

#define SHOWN_COLUMNS 100 /* of a value in a difference */

static const char *const state_words[] = {
	"done", "failed", "waiting", "rejected", "cancelled", NULL,
};

static const struct field expect_fields[] = {
	{ .name = "effects",
	  .type = FIELD_ANY,
	  .help = "all its effects in order, each with the fields that count",
	  .example = "[{ effect: email.send, to: ann@acme.example }]" },
	{ .name = "artifacts",
	  .type = FIELD_MAP,
	  .help = "by path a text that the file has, { is: all of it }, or null "
	          "for no file",
	  .example = "{ projects/acme/proposal.md: Dear Ann }" },
	{ .name = "state",
	  .type = FIELD_WORD,
	  .words = state_words,
	  .otherwise = "done",
	  .help = "how the run ends" },
	{ 0 },
};

static const struct field test_fields[] = {
	{ .name = "job",
	  .type = FIELD_TEXT,
	  .required = true,
	  .help = "that is tried",
	  .example = "proposal" },
	{ .name = "inputs",
	  .type = FIELD_MAP,
	  .help = "that it is given",
	  .example = "{ brief: inbox/intake/acme.yaml }" },
	{ .name = "at",
	  .type = FIELD_TEXT,
	  .help = "when it is: a day or an instant; none: now",
	  .example = "2026-11-01" },
	{ .name = "answers",
	  .type = FIELD_MAP,
	  .help = "by step, or step/item, what it gives in place of doing it",
	  .example = "{ answer: { text: Yes. } }" },
	{ .name = "expect",
	  .type = FIELD_MAP,
	  .fields = expect_fields,
	  .help = "what comes of it",
	  .example = "{ state: done }" },
	{ 0 },
};

/* ---- Reading ------------------------------------------------------------- */

struct reading {
	struct arena *arena;
	const char *file;
	struct errors *errors;
};

/* A list of maps; a map alone is a list of it. */
static const struct value *read_effects(const struct reading *reading,
                                        struct value *given)
{
	struct value *list = given;

	if (given->kind == VALUE_MAP) {
		list = value_list(reading->arena);
		value_list_add(reading->arena, list, given);
	}
	if (list->kind != VALUE_LIST) {
		errors_add(reading->errors, ERR_CONFIG, reading->file,
		           given->pos, "\"effects\" must be a list of maps");
		return NULL;
	}
	for (size_t i = 0; i < list->length; i++)
		if (list->items[i]->kind != VALUE_MAP)
			errors_add(reading->errors, ERR_CONFIG, reading->file,
			           list->items[i]->pos,
			           "an effect must be a map of its fields");
	return list;
}

static bool is_file_text(const struct value *value)
{
	const struct value *is = value_get(value, "is");

	if (value->kind == VALUE_MAP)
		return value->length == 1 && is && is->kind == VALUE_STRING;
	return value->kind == VALUE_STRING || value->kind == VALUE_NULL;
}

static void check_artifacts(const struct reading *reading,
                            const struct value *artifacts)
{
	for (size_t i = 0; artifacts && i < artifacts->length; i++) {
		const struct member *member = &artifacts->members[i];
		if (is_file_text(member->value))
			continue;
		struct error *one = errors_add(
		        reading->errors, ERR_CONFIG, reading->file,
		        member->value->pos,
		        "what is expected of \"%s\" must be a text, { is: a "
		        "text } or null",
		        member->name);
		(void)error_hint(one,
		                 "A text is looked for in the file, \"is\" "
		                 "is all of it, null means no file.");
	}
}

static int64_t read_time(const struct reading *reading,
                         const struct value *given)
{
	auto_error struct error err = { 0 };
	int64_t at_ms = 0;

	if (given && trying_time(given->text, &at_ms, &err) < 0)
		errors_add(reading->errors, ERR_CONFIG, reading->file,
		           given->pos, "%s", err.message);
	return at_ms;
}

static const struct value *map_or_empty(struct arena *arena,
                                        const struct value *map)
{
	return map ? map : value_map(arena);
}

bool test_read(struct arena *arena, const char *file, const char *bytes,
               size_t len, struct test *ret, struct errors *errors)
{
	struct error err = { 0 };
	struct reading reading = { arena, file, errors };
	size_t before = errors->count;
	struct value *root = yaml_parse(arena, file, bytes, len, 1, &err);

	if (!root)
		return errors_take(errors, &err) == 0;
	if (root->kind != VALUE_MAP) {
		errors_add(errors, ERR_CONFIG, file, root->pos,
		           "a test must be a map");
		return false;
	}
	if (!fields_check(root, test_fields, "the test", file, errors))
		return false;
	const struct value *expect = value_get(root, "expect");
	struct value *effects = value_get(expect, "effects");
	*ret = (struct test){
		.file = file,
		.job = value_get_text(root, "job", ""),
		.inputs = map_or_empty(arena, value_get(root, "inputs")),
		.answers = map_or_empty(arena, value_get(root, "answers")),
		.at_ms = read_time(&reading, value_get(root, "at")),
		.state = value_get_text(expect, "state", "done"),
		.effects = effects ? read_effects(&reading, effects) : NULL,
		.artifacts = value_get(expect, "artifacts"),
	};
	check_artifacts(&reading, ret->artifacts);
	return errors->count == before;
}

/* ---- Comparing ----------------------------------------------------------- */

struct comparison {
	struct arena *arena;
	struct value *differences;
};

static void differ(struct comparison *comparison, const char *text)
{
	value_list_add(comparison->arena, comparison->differences,
	               value_string(comparison->arena, text));
}

static const char *shown(struct arena *arena, const struct value *value)
{
	auto_buf struct buf text = buf_make(LIMIT_DATA_FILE);

	if (!value)
		return "nothing";
	json_write(&text, value, 0);
	return cut_text(arena, text.at, SHOWN_COLUMNS);
}

static bool is_scalar(const struct value *value)
{
	return value->kind == VALUE_STRING || value->kind == VALUE_NUMBER;
}

static bool fits(const struct value *expected, const struct value *value);

static bool members_fit(const struct value *expected, const struct value *value)
{
	for (size_t i = 0; i < expected->length; i++)
		if (!fits(expected->members[i].value,
		          value_get(value, expected->members[i].name)))
			return false;
	return true;
}

static bool items_fit(const struct value *expected, const struct value *value)
{
	if (value->length != expected->length)
		return false;
	for (size_t i = 0; i < expected->length; i++)
		if (!fits(expected->items[i], value->items[i]))
			return false;
	return true;
}

/* Values come from files, whose depth has a limit: so has this. */
static bool fits(const struct value *expected, const struct value *value)
{
	if (!value)
		return expected->kind == VALUE_NULL;
	if (expected->kind == VALUE_MAP && value->kind == VALUE_MAP)
		return members_fit(expected, value);
	if (expected->kind == VALUE_LIST && value->kind == VALUE_LIST)
		return items_fit(expected, value);
	if (value->kind == VALUE_LIST)
		return value->length == 1 && fits(expected, value->items[0]);
	if (is_scalar(expected) && is_scalar(value))
		return text_equal(expected->text, value->text);
	return value_equal(expected, value);
}

static void compare_state(struct comparison *comparison,
                          const struct test *test, const struct value *outcome)
{
	const char *state = value_get_text(outcome, "state", "");
	const char *reason = value_get_text(outcome, "reason", NULL);

	if (!text_equal(test->state, state))
		differ(comparison,
		       arena_printf(comparison->arena,
		                    "state: expected %s, was %s%s%s",
		                    test->state, state, reason ? ": " : "",
		                    reason ? reason : ""));
}

static void compare_effect(struct comparison *comparison, size_t number,
                           const struct value *expected,
                           const struct value *effect)
{
	struct arena *arena = comparison->arena;

	for (size_t i = 0; i < expected->length; i++) {
		const struct member *member = &expected->members[i];
		const struct value *value = value_get(effect, member->name);
		if (!fits(member->value, value))
			differ(comparison,
			       arena_printf(
			               arena,
			               "effect %zu, %s: expected %s, was %s",
			               number, member->name,
			               shown(arena, member->value),
			               shown(arena, value)));
	}
}

static void compare_effects(struct comparison *comparison,
                            const struct value *expected,
                            const struct value *effects)
{
	struct arena *arena = comparison->arena;
	size_t most = effects->length > expected->length ? effects->length
	                                                 : expected->length;

	for (size_t i = 0; i < most; i++) {
		if (i >= effects->length)
			differ(comparison,
			       arena_printf(arena,
			                    "effect %zu: expected %s, was none",
			                    i + 1,
			                    shown(arena, expected->items[i])));
		else if (i >= expected->length)
			differ(comparison,
			       arena_printf(
			               arena,
			               "effect %zu: expected none, was %s by "
			               "%s",
			               i + 1,
			               value_get_text(effects->items[i],
			                              "effect", ""),
			               value_get_text(effects->items[i], "step",
			                              "")));
		else
			compare_effect(comparison, i + 1, expected->items[i],
			               effects->items[i]);
	}
}

static void compare_file(struct comparison *comparison,
                         const struct member *expected,
                         const struct value *file)
{
	struct arena *arena = comparison->arena;
	const struct value *is = value_get(expected->value, "is");
	const struct value *text = is ? is : expected->value;

	if (text->kind == VALUE_NULL) {
		if (file)
			differ(comparison, arena_printf(arena,
			                                "%s: expected no file, "
			                                "was there",
			                                expected->name));
		return;
	}
	if (file && (is ? text_equal(file->text, is->text)
	                : strstr(file->text, text->text) != NULL))
		return;
	differ(comparison,
	       arena_printf(arena, "%s: expected %s%s, was %s", expected->name,
	                    is ? "" : "one with ", shown(arena, text),
	                    file ? shown(arena, file) : "not there"));
}

struct value *test_compare(struct arena *arena, const struct test *test,
                           const struct value *outcome)
{
	struct comparison comparison = { arena, value_list(arena) };
	const struct value *files = value_get(outcome, "artifacts");

	compare_state(&comparison, test, outcome);
	if (test->effects)
		compare_effects(&comparison, test->effects,
		                value_get(outcome, "effects"));
	for (size_t i = 0; test->artifacts && i < test->artifacts->length; i++)
		compare_file(
		        &comparison, &test->artifacts->members[i],
		        value_get(files, test->artifacts->members[i].name));
	return comparison.differences;
}
