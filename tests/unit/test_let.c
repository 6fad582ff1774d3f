#include "tests/unit/fixture_step.h"

static const char scope[] = "a: { n: 2, list: [1, 2], nil: null }\n"
                            "b: { day: 2026-11-22 }\n";

static void test_let__entries_use_those_above_them(void **state)
{
	static const struct {
		const char *text;
		const char *wanted;
	} cases[] = {
		{ "    let: { x: a.n + 1 }\n", "{\"x\":3}" },
		{ "    let:\n"
		  "      since: month_start(b.day, -1)\n"
		  "      last: month_end(since)\n"
		  "      label: format_date(since, 'MMMM yyyy') || ' to ' || "
		  "last\n",
		  "{\"label\":\"October 2026 to 2026-10-31\","
		  "\"last\":\"2026-10-31\",\"since\":\"2026-10-01\"}" },
		{ "    let: { list: a.list, n: 1.50, yes: true, text: \"'x'\","
		  " more: a.n > 1, none: \"null\" }\n",
		  "{\"list\":[1,2],\"more\":true,\"n\":1.5,\"none\":null,"
		  "\"text\":\"x\",\"yes\":true}" },
		{ "    let: { x: \"has(a.m)\", y: \"coalesce(a.m, a.n)\" }\n",
		  "{\"x\":false,\"y\":2}" },
		{ "    let: { x: a.m + 1 }\n",
		  "10:15: \"x\": \"a.m\" is not there" },
		{ "    let: { x: a.list, y: x + 1 }\n",
		  "10:26: \"y\": \"x\" is a list" },
	};
	auto_stage struct stage stage;

	UNUSED_STATE(state);
	stage_open(&stage, NULL, 0, scope);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row_text(i, stage_run(&stage, cases[i].text),
		                cases[i].wanted);
}

/* Of names, their values; an entry's is made of others. */
static void test_let__the_key_has_the_values_of_names(void **state)
{
	static const struct {
		const char *text;
		const char *names;
	} cases[] = {
		{ "    let: { x: 1 }\n", "{\"names\":{}}" },
		{ "    let: { x: a.n + a.n, y: x || b.day }\n",
		  "{\"names\":{\"a.n\":2,\"b.day\":\"2026-11-22\"}}" },
		{ "    let: { x: \"coalesce(a.m, a.nil, a.list)\" }\n",
		  "{\"names\":{\"a.list\":[1,2],\"a.nil\":null}}" },
	};
	auto_stage struct stage stage;

	UNUSED_STATE(state);
	stage_open(&stage, NULL, 0, scope);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		(void)stage_run(&stage, cases[i].text);
		assert_row_text(i, stage.key, cases[i].names);
	}
}

/* Each step that an entry names is waited for; entries are no steps. */
static void test_let__waits_for_what_it_names(void **state)
{
	auto_stage struct stage stage;

	UNUSED_STATE(state);
	stage_open(&stage, NULL, 0, scope);
	const struct step *step = job_step(
	        stage_job(&stage, "    let: { x: b.day, y: x }\n"), "s");
	assert_int_equal(step->wait_count, 1);
	assert_int_equal(step->depends_on[0], 1);
	assert_int_equal(step->use_count, 1);
}
