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

static const char policy[] =
        "version: 1\n"
        "policy:\n"
        "  - { effect: email.send, to: ada@example.com, then: auto }\n"
        "  - { effect: email.send, to: \"*@left.example\", then: never }\n"
        "  - { effect: \"email.*\", job: newsletter, then: auto }\n"
        "  - { effect: sequence.next, job: billing, then: gate }\n"
        "  - { to: eve@example.com, then: never }\n";

static void test_config__the_first_line_that_fits_decides(void **state)
{
	static const struct {
		const struct effect *effect;
		const char *job;
		const char *target;
		enum verdict verdict;
	} cases[] = {
		{ &toy_email, "a", "ada@example.com", VERDICT_AUTO },
		{ &toy_email, "a", "ADA@Example.com", VERDICT_AUTO },
		{ &toy_email, "a", "ann@example.com", VERDICT_GATE },
		{ &toy_email, "a", "x@left.example", VERDICT_NEVER },
		{ &toy_email, "a", "x@left.example.org", VERDICT_GATE },
		{ &toy_email, "newsletter", "ann@example.com", VERDICT_AUTO },
		{ &toy_email, "newsletter", "x@left.example", VERDICT_NEVER },
		{ &toy_email, "newsletter", "Eve <x@left.example>",
		  VERDICT_NEVER },
		{ &toy_email, "a", "Ada <ada@example.com>", VERDICT_AUTO },
		{ &toy_email, "a", "ada@example.com <x@y.example>",
		  VERDICT_GATE },
		/* Any of the lines with `to` might fit. */
		{ &toy_email, "newsletter", "Eve <x@left.example> <",
		  VERDICT_NEVER },
		{ &toy_email, "a", NULL, VERDICT_NEVER },
		{ &toy_email, "newsletter", NULL, VERDICT_NEVER },
		{ &toy_sequence, "a", "x", VERDICT_AUTO },
		{ &toy_sequence, "billing", "x", VERDICT_GATE },
		{ &toy_pay, "a", "x", VERDICT_GATE },
		{ &toy_pay, "a", "eve@example.com", VERDICT_NEVER },
	};
	auto_arena struct arena arena = { 0 };
	const struct config *config = parse(&arena, policy);

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i,
		           policy_decide(config, cases[i].effect, cases[i].job,
		                         cases[i].target) == cases[i].verdict);
}

static void
test_config__an_unknown_target_is_never_auto_by_address(void **state)
{
	auto_arena struct arena arena = { 0 };
	const struct config *config =
	        parse(&arena, "version: 1\n"
	                      "policy: [{ to: a@b.example, then: auto }]\n");

	UNUSED_STATE(state);
	assert_int_equal(policy_decide(config, &toy_email, "a", NULL),
	                 VERDICT_GATE);
}

static void test_config__effect_classes_have_names(void **state)
{
	UNUSED_STATE(state);
	assert_string_equal(effect_class_name(EFFECT_INTERNAL), "internal");
	assert_string_equal(effect_class_name(EFFECT_CLIENT), "client");
	assert_string_equal(effect_class_name(EFFECT_FINANCIAL), "financial");
}

/* ---- what is known only when it is done */

static bool is_ann(void *state, const char *path, const char *address)
{
	UNUSED_STATE(state);
	assert_string_equal(path, "left.csv");
	return strcmp(address, "ann@acme.example") == 0;
}

static int64_t had(void *state, const struct policy_line *line)
{
	assert_int_equal(line->max_ms, 24 * 3600 * 1000);
	return *(int64_t *)state;
}

static const char lines[] =
        "version: 1\n"
        "jobs: 4\n"
        "holidays: [2026-12-26, 2026-12-25]\n"
        "policy:\n"
        "  - { to: left.csv, then: never }\n"
        "  - { to: sender, text: owner, max: 20/d, then: auto }\n"
        "  - { to: \"*@globex.example\", then: auto, delay: 10m, "
        "hours: \"fri-mon 08:00-18:30\" }\n";

static void test_config__policy_asks_when_it_is_done(void **state)
{
	static const struct {
		const char *target;
		const char *sender;
		bool owner;
		int64_t had;
		int line; /* of reeve.yaml; 0: none */
	} cases[] = {
		{ "Ann <ann@acme.example>", "ann@acme.example", true, 0, 5 },
		{ "bob@acme.example", "Bob@acme.example", true, 19, 6 },
		{ "bob@acme.example", "bob@acme.example", true, 20, 0 },
		{ "bob@acme.example", "bob@acme.example", false, 0, 0 },
		{ "bob@acme.example", NULL, true, 0, 0 },
		{ "tom@globex.example", NULL, true, 0, 7 },
		{ NULL, "bob@acme.example", true, 0, 0 },
	};
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	const struct config *config = config_parse(&arena, lines, strlen(lines),
	                                           &toy_language, &errors);

	UNUSED_STATE(state);
	assert_non_null(config);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t count = cases[i].had;
		const struct policy_facts facts = {
			.target = cases[i].target,
			.sender = cases[i].sender,
			.owner_text = cases[i].owner,
			.is_listed = is_ann,
			.count = had,
			.state = &count,
		};
		const struct policy_line *line =
		        policy_find(config, &toy_email, "a", &facts);

		assert_row(i, (line != NULL ? (int)line->pos.line : 0) ==
		                      cases[i].line);
	}
	assert_int_equal(config->policy[2].delay_ms, 600000);
	assert_int_equal(config->policy[2].weekdays, 0x71);
	assert_int_equal(config->policy[2].from_minute, 480);
	assert_int_equal(config->policy[2].to_minute, 1110);
	assert_int_equal(config->jobs, 4);
	assert_string_equal(config->holidays->items[0]->text, "2026-12-25");
}

/* What is not known may be the stricter line, but refuses nothing before. */
static void test_config__policy_is_strict_about_what_is_not_known(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	const struct config *config = config_parse(&arena, lines, strlen(lines),
	                                           &toy_language, &errors);

	UNUSED_STATE(state);
	assert_non_null(config);
	assert_int_equal(
	        policy_decide(config, &toy_email, "a", "tom@globex.example"),
	        VERDICT_NEVER);
	assert_false(
	        policy_refuses(config, &toy_email, "a", "tom@globex.example"));
}
