#include "tests/unit/unit.h"

#include "engine/job/config.h"
#include "tests/unit/toy.h"

static struct config *parse(struct arena *arena, const char *text)
{
	auto_errors struct errors errors = { 0 };
	struct config *config =
	        config_parse(arena, text, strlen(text), &toy_language, &errors);

	assert_true((config == NULL) == (errors.count > 0));
	return config;
}

static void test_config__the_smallest_has_defaults(void **state)
{
	auto_arena struct arena arena = { 0 };
	const struct config *config = parse(&arena, "version: 1\n");

	UNUSED_STATE(state);
	assert_non_null(config);
	assert_string_equal(config->timezone, "UTC");
	assert_string_equal(config->locale, "en");
	assert_int_equal(config->company->kind, VALUE_MAP);
	assert_int_equal(config->connectors->kind, VALUE_MAP);
	assert_int_equal(config->policy_count, 0);
	assert_int_equal(config->approver_count, 0);
	assert_null(config->branch);
}

static void test_config__keeps_what_it_says(void **state)
{
	auto_arena struct arena arena = { 0 };
	const struct config *config =
	        parse(&arena, "version: 1\n"
	                      "company: { name: Ada }\n"
	                      "timezone: Europe/Berlin\n"
	                      "locale: de\n"
	                      "connectors: { email: { folder: outbox } }\n"
	                      "policy: { effect: email.send, then: never }\n"
	                      "approvers: ada@example.com\n"
	                      "branch: trunk\n");

	UNUSED_STATE(state);
	assert_non_null(config);
	assert_string_equal(value_get_text(config->company, "name", ""), "Ada");
	assert_string_equal(config->timezone, "Europe/Berlin");
	assert_string_equal(config->locale, "de");
	assert_non_null(value_path(config->connectors, "email.folder"));
	assert_int_equal(config->policy_count, 1);
	assert_int_equal(config->policy[0].pos.line, 6);
	assert_int_equal(config->policy[0].then, VERDICT_NEVER);
	assert_int_equal(config->approver_count, 1);
	assert_string_equal(config->approvers[0], "ada@example.com");
	assert_string_equal(config->branch, "trunk");
}

static void test_config__effect_classes_have_names(void **state)
{
	UNUSED_STATE(state);
	assert_string_equal(effect_class_name(EFFECT_INTERNAL), "internal");
	assert_string_equal(effect_class_name(EFFECT_CLIENT), "client");
	assert_string_equal(effect_class_name(EFFECT_FINANCIAL), "financial");
}

static void test_config__days_are_sorted(void **state)
{
	auto_arena struct arena arena = { 0 };
	const struct config *config =
	        parse(&arena, "version: 1\n"
	                      "jobs: 4\n"
	                      "holidays: [2026-12-26, 2026-12-25]\n");

	UNUSED_STATE(state);
	assert_non_null(config);
	assert_int_equal(config->jobs, 4);
	assert_string_equal(config->holidays->items[0]->text, "2026-12-25");
}
