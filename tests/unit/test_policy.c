#include "tests/unit/unit.h"

#include "engine/job/config.h"
#include "store/base/date.h"
#include "tests/unit/toy.h"

static struct config *parse(struct arena *arena, const char *text)
{
	auto_errors struct errors errors = { 0 };
	struct config *config =
	        config_parse(arena, text, strlen(text), &toy_language, &errors);

	if (config == NULL)
		fail_msg("%s", errors.items[0].message);
	return config;
}

/* ---- while a job is looked at */

static const char policy[] =
        "version: 1\n"
        "policy:\n"
        "  - { effect: email.send, to: ada@example.com, then: auto }\n"
        "  - { effect: email.send, to: \"*@left.example\", then: never }\n"
        "  - { effect: \"email.*\", job: newsletter, then: auto }\n"
        "  - { effect: sequence.next, job: billing, then: gate }\n"
        "  - { to: eve@example.com, then: never }\n";

static void test_policy__the_first_line_that_surely_fits_decides(void **state)
{
	static const struct {
		const struct effect *effect;
		const char *job;
		const char *target;
		unsigned outlook;
	} cases[] = {
		{ &toy_email, "a", "ada@example.com", POLICY_AUTO },
		{ &toy_email, "a", "ADA@Example.com", POLICY_AUTO },
		{ &toy_email, "a", "ann@example.com", POLICY_GATE },
		{ &toy_email, "a", "x@left.example", POLICY_NEVER },
		{ &toy_email, "a", "x@left.example.org", POLICY_GATE },
		{ &toy_email, "newsletter", "ann@example.com", POLICY_AUTO },
		{ &toy_email, "newsletter", "x@left.example", POLICY_NEVER },
		{ &toy_email, "newsletter", "Eve <x@left.example>",
		  POLICY_NEVER },
		{ &toy_email, "a", "Ada <ada@example.com>", POLICY_AUTO },
		{ &toy_email, "a", "ada@example.com <x@y.example>",
		  POLICY_GATE },
		/* Any of the lines with `to` might fit. */
		{ &toy_email, "newsletter", "Eve <x@left.example> <",
		  POLICY_AUTO | POLICY_NEVER },
		{ &toy_email, "a", NULL,
		  POLICY_AUTO | POLICY_NEVER | POLICY_GATE },
		{ &toy_email, "newsletter", NULL, POLICY_AUTO | POLICY_NEVER },
		{ &toy_sequence, "a", "x", POLICY_AUTO },
		{ &toy_sequence, "billing", "x", POLICY_GATE },
		{ &toy_pay, "a", "x", POLICY_GATE },
		{ &toy_pay, "a", "eve@example.com", POLICY_NEVER },
	};
	auto_arena struct arena arena = { 0 };
	const struct config *config = parse(&arena, policy);

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i,
		           policy_outlook(config, cases[i].effect, cases[i].job,
		                          cases[i].target) == cases[i].outlook);
}

static const char lines[] =
        "version: 1\n"
        "policy:\n"
        "  - { to: left.csv, then: never }\n"
        "  - { to: sender, text: owner, max: 20/d, then: auto }\n"
        "  - { to: \"*@globex.example\", then: auto, delay: 10m, "
        "hours: \"fri-mon 08:00-18:30\" }\n";

/* What is known only later may be either way, and hides nothing behind it. */
static void test_policy__looks_at_all_that_may_come(void **state)
{
	static const struct {
		const char *target;
		unsigned outlook;
	} cases[] = {
		{ "tom@globex.example",
		  POLICY_NEVER | POLICY_AUTO | POLICY_AUTO_IF },
		{ "ann@acme.example",
		  POLICY_NEVER | POLICY_AUTO | POLICY_AUTO_IF | POLICY_GATE },
	};
	auto_arena struct arena arena = { 0 };
	const struct config *config = parse(&arena, lines);

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i,
		           policy_outlook(config, &toy_email, "a",
		                          cases[i].target) == cases[i].outlook);
}

/* ---- at the moment of doing */

/* What one row of a table knows. */
struct known {
	const char *listed; /* in left.csv */
	int64_t had;
	bool broken; /* neither file nor count can be had */
	size_t asked;
};

static int is_listed(void *state, const char *path, const char *address,
                     struct error *err)
{
	struct known *known = state;

	assert_string_equal(path, "left.csv");
	known->asked++;
	if (known->broken)
		return error_set(err, ERR_FAILED, "no list");
	return known->listed != NULL &&
	       policy_lists(known->listed, strlen(known->listed), address);
}

static int64_t had(void *state, const struct policy_line *line,
                   struct error *err)
{
	struct known *known = state;

	assert_int_equal(line->max_ms, 24 * 3600 * 1000);
	known->asked++;
	if (known->broken)
		return error_set(err, ERR_FAILED, "no count");
	return known->had;
}

#define ANN "ann@acme.example"

/* The line alone against everything that it may ask: it fits when all that it
 * asks for holds. */
static void test_policy__a_line_fits_when_all_of_it_holds(void **state)
{
	enum {
		IS_TARGET = 1 << 0, /* the address is the one of `to` */
		IS_LISTED = 1 << 1,
		IS_SENDER = 1 << 2,
		IS_OWNERS = 1 << 3,
		IS_FEW = 1 << 4,
		IS_JOB = 1 << 5,
		IS_EFFECT = 1 << 6,
		ALL = 1 << 7,
	};

	static const struct {
		const char *text;
		unsigned fact;
	} whom[] = {
		{ "", 0 },
		{ "to: " ANN ", ", IS_TARGET },
		{ "to: \"*@acme.example\", ", IS_TARGET },
		{ "to: left.csv, ", IS_LISTED },
		{ "to: sender, ", IS_SENDER },
	}, also[] = {
		{ "text: owner, ", IS_OWNERS },
		{ "max: 3/d, ", IS_FEW },
		{ "job: a, ", IS_JOB },
		{ "effect: \"email.*\", ", IS_EFFECT },
	};

	const size_t lines_of_each = 1u << ARRAY_LEN(also);

	UNUSED_STATE(state);
	for (size_t row = 0; row < ARRAY_LEN(whom) * lines_of_each; row++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(4096);
		unsigned asks = whom[row / lines_of_each].fact;

		buf_printf(&text, "version: 1\npolicy:\n  - { %s",
		           whom[row / lines_of_each].text);
		for (size_t i = 0; i < ARRAY_LEN(also); i++) {
			if ((row & (size_t)1 << i) == 0)
				continue;
			buf_add_text(&text, also[i].text);
			asks |= also[i].fact;
		}
		buf_add_text(&text, "then: auto }\n");
		const struct config *config = parse(&arena, text.at);
		for (unsigned facts = 0; facts < ALL; facts++) {
			auto_error struct error err = { 0 };
			struct known known = {
				.listed = facts & IS_LISTED ? "email\n" ANN
				                            : "email\n",
				.had = facts & IS_FEW ? 2 : 3,
			};
			/* The target is the one thing that two of them ask. */
			const char *target = facts & IS_TARGET
			                             ? "Ann <" ANN ">"
			                             : "bob@b.example";
			const struct policy_facts given = {
				.target = target,
				.sender = facts & IS_SENDER ? target
				                            : "eve@e.example",
				.owner_text = facts & IS_OWNERS,
				.is_listed = is_listed,
				.count = had,
				.state = &known,
			};
			const struct policy_line *line = NULL;
			bool fits = (asks & facts) == asks;

			if ((facts & IS_LISTED) && !(facts & IS_TARGET))
				known.listed = "bob@b.example";
			assert_row(row,
			           policy_find(config,
			                       facts & IS_EFFECT ? &toy_email
			                                         : &toy_pay,
			                       facts & IS_JOB ? "a" : "b",
			                       &given, &line, &err) == 0);
			assert_row(row, (line != NULL) == fits);
		}
	}
}

static void test_policy__the_first_that_fits_is_found(void **state)
{
	static const struct {
		const char *target;
		const char *sender;
		bool owner;
		int64_t had;
		int line; /* of reeve.yaml; 0: none */
	} cases[] = {
		{ "Ann <" ANN ">", ANN, true, 0, 3 },
		{ "bob@acme.example", "Bob@acme.example", true, 19, 4 },
		{ "bob@acme.example", "Bob <bob@acme.example>", true, 0, 4 },
		{ "bob@acme.example", "bob@acme.example", true, 20, 0 },
		{ "bob@acme.example", "bob@acme.example", false, 0, 0 },
		{ "bob@acme.example", NULL, true, 0, 0 },
		{ "tom@globex.example", NULL, true, 0, 5 },
		{ NULL, "bob@acme.example", true, 0, 0 },
	};
	auto_arena struct arena arena = { 0 };
	const struct config *config = parse(&arena, lines);

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error err = { 0 };
		struct known known = { .listed = ANN, .had = cases[i].had };
		const struct policy_facts facts = {
			.target = cases[i].target,
			.sender = cases[i].sender,
			.owner_text = cases[i].owner,
			.is_listed = is_listed,
			.count = had,
			.state = &known,
		};
		const struct policy_line *line;

		assert_row(i, policy_find(config, &toy_email, "a", &facts,
		                          &line, &err) == 0);
		assert_row(i, (line != NULL ? (int)line->pos.line : 0) ==
		                      cases[i].line);
	}
	assert_int_equal(config->policy[2].delay_ms, 600000);
	assert_int_equal(config->policy[2].weekdays, 0x71);
	assert_int_equal(config->policy[2].from_minute, 480);
	assert_int_equal(config->policy[2].to_minute, 1110);
}

/* What cannot be had is no answer; what need not be had is not asked for. */
static void test_policy__asks_no_more_than_it_must(void **state)
{
	static const struct {
		const char *target;
		bool owner;
		int status;
		size_t asked;
	} cases[] = {
		{ ANN, true, -1, 1 },
		{ NULL, true, 0, 0 },
	};
	auto_arena struct arena arena = { 0 };
	const struct config *config = parse(&arena, lines);

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error err = { 0 };
		struct known known = { .broken = true };
		const struct policy_facts facts = {
			.target = cases[i].target,
			.sender = ANN,
			.owner_text = cases[i].owner,
			.is_listed = is_listed,
			.count = had,
			.state = &known,
		};
		const struct policy_line *line = NULL;

		assert_row(i, policy_find(config, &toy_email, "a", &facts,
		                          &line, &err) == cases[i].status);
		assert_row(i, known.asked == cases[i].asked);
		assert_row(i, line == NULL);
	}
}

static void test_policy__finds_an_address_in_any_list(void **state)
{
	static const struct {
		const char *text;
		const char *address;
		bool found;
	} cases[] = {
		{ "", ANN, false },
		{ ANN, ANN, true },
		{ "name,email\r\nAnn,Ann@ACME.example\r\n", ANN, true },
		{ "\"Ann\";\"" ANN "\"\n", ANN, true },
		{ "- Ann <" ANN ">\n", ANN, true },
		{ "[\"x@y.example\",\"" ANN "\"]", ANN, true },
		{ "joann@acme.example\n", ANN, false },
		{ "ann@acme.example.org\n", ANN, false },
		{ ANN, "Ann <" ANN ">", true },
		{ "nobody", "Ann <x> <", false },
		{ "", "", false },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i, policy_lists(cases[i].text, strlen(cases[i].text),
		                           cases[i].address) == cases[i].found);
}

/* ---- when */

static void test_policy__waits_for_its_hours(void **state)
{
	static const struct {
		const char *line;
		const char *zone;
		const char *since; /* NULL: now */
		const char *now;
		const char *at;
	} cases[] = {
		/* 2026-11-22 is a Sunday. */
		{ "delay: 0s", "UTC", NULL, "2026-11-22T10:00:00Z",
		  "2026-11-22T10:00:00Z" },
		{ "delay: 10m", "UTC", NULL, "2026-11-22T10:00:00Z",
		  "2026-11-22T10:10:00Z" },
		{ "delay: 10m", "UTC", "2026-11-22T09:55:00Z",
		  "2026-11-22T10:00:00Z", "2026-11-22T10:05:00Z" },
		{ "delay: 10m", "UTC", "2026-11-22T09:00:00Z",
		  "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z" },
		{ "hours: \"mon-fri 08:00-18:00\"", "UTC", NULL,
		  "2026-11-22T10:00:00Z", "2026-11-23T08:00:00Z" },
		{ "hours: \"mon-fri 08:00-18:00\"", "UTC", NULL,
		  "2026-11-23T07:59:59Z", "2026-11-23T08:00:00Z" },
		{ "hours: \"mon-fri 08:00-18:00\"", "UTC", NULL,
		  "2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z" },
		{ "hours: \"mon-fri 08:00-18:00\"", "UTC", NULL,
		  "2026-11-23T17:59:59Z", "2026-11-23T17:59:59Z" },
		{ "hours: \"mon-fri 08:00-18:00\"", "UTC", NULL,
		  "2026-11-23T18:00:00Z", "2026-11-24T08:00:00Z" },
		{ "hours: \"mon-fri 08:00-18:00\"", "UTC", NULL,
		  "2026-11-27T18:00:00Z", "2026-11-30T08:00:00Z" },
		{ "hours: \"sun 08:00-09:00\"", "UTC", NULL,
		  "2026-11-22T09:00:00Z", "2026-11-29T08:00:00Z" },
		{ "hours: \"sat-mon 00:00-24:00\"", "UTC", NULL,
		  "2026-11-24T00:00:00Z", "2026-11-28T00:00:00Z" },
		{ "hours: \"mon-fri 08:00-18:00\"", "Europe/Berlin", NULL,
		  "2026-11-23T06:30:00Z", "2026-11-23T07:00:00Z" },
		{ "hours: \"mon-fri 08:00-18:00\"", "Europe/Berlin", NULL,
		  "2026-11-22T23:30:00Z", "2026-11-23T07:00:00Z" },
		/* The night of the change: 02:30 is jumped over. */
		{ "hours: \"sun 02:30-05:00\"", "Europe/Berlin", NULL,
		  "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z" },
		/* The pause, and then its end's hours. */
		{ "delay: 1h, hours: \"mon-fri 08:00-18:00\"", "UTC", NULL,
		  "2026-11-23T17:30:00Z", "2026-11-24T08:00:00Z" },
		{ "delay: 1h, hours: \"mon-fri 08:00-18:00\"", "UTC",
		  "2026-11-23T17:30:00Z", "2026-11-24T08:00:00Z",
		  "2026-11-24T08:00:00Z" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf at = buf_make(64);
		const struct config *config =
		        parse(&arena, arena_printf(&arena,
		                                   "version: 1\npolicy: [{ %s, "
		                                   "then: auto }]\n",
		                                   cases[i].line));
		int64_t now;
		int64_t since;

		assert_true(date_parse_rfc3339(cases[i].now, &now));
		assert_true(date_parse_rfc3339(cases[i].since ? cases[i].since
		                                              : cases[i].now,
		                               &since));
		date_add_rfc3339(&at,
		                 policy_earliest(&config->policy[0],
		                                 cases[i].zone, since, now));
		assert_row_text(i, at.at, cases[i].at);
	}
}
