#include "tests/unit/unit.h"

#include "engine/job/agent.h"
#include "store/base/yaml.h"

static const char head[] = "prompt: templates/a.md\n"
                           "offline: templates/b.md\n";

static const struct agent *parse(struct arena *arena, const char *output)
{
	auto_errors struct errors errors = { 0 };
	const char *text = arena_printf(arena, "%s%s", head, output);
	struct agent *agent = agent_parse(arena, "writer", "agents/writer.yaml",
	                                  text, strlen(text), &errors);

	assert_int_equal(errors.count, 0);
	assert_non_null(agent);
	return agent;
}

static void test_agent__answers_text_unless_it_has_a_schema(void **state)
{
	auto_arena struct arena arena = { 0 };
	const struct agent *agent = parse(&arena, "");

	UNUSED_STATE(state);
	assert_string_equal(agent->name, "writer");
	assert_string_equal(agent->prompt, "templates/a.md");
	assert_string_equal(agent->offline, "templates/b.md");
	assert_null(agent->system);
	assert_false(agent->structured);
	assert_int_equal(agent_shape(agent, &arena)->kind, SHAPE_TEXT);
	assert_false(parse(&arena, "output: text\n")->structured);
}

static void test_agent__its_schema_is_its_shape(void **state)
{
	auto_arena struct arena arena = { 0 };
	const struct agent *agent =
	        parse(&arena, "tier: judge\n"
	                      "system: templates/c.md\n"
	                      "output:\n"
	                      "  type: object\n"
	                      "  properties:\n"
	                      "    title: { type: string, description: it }\n"
	                      "    days: { type: array, items: { type: object, "
	                      "properties: { n: { type: integer } } } }\n"
	                      "    open: { type: object, additionalProperties: "
	                      "true, properties: {} }\n");
	const struct shape *shape = agent_shape(agent, &arena);

	UNUSED_STATE(state);
	assert_true(agent->structured);
	assert_string_equal(agent->tier, "judge");
	assert_int_equal(shape->kind, SHAPE_MAP);
	assert_int_equal(shape->count, 3);
	assert_string_equal(shape->fields[0].help, "it");
	assert_int_equal(shape->fields[0].shape->kind, SHAPE_TEXT);
	assert_int_equal(shape->fields[1].shape->kind, SHAPE_LIST);
	assert_int_equal(shape->fields[1].shape->item->kind, SHAPE_MAP);
	assert_int_equal(shape->fields[2].shape->kind, SHAPE_ANY);
}

static const char schema[] =
        "type: object\n"
        "required: [title, items]\n"
        "additionalProperties: false\n"
        "properties:\n"
        "  title: { type: string, minLength: 2, maxLength: 4 }\n"
        "  kind: { type: string, enum: [a, b] }\n"
        "  rate: { type: number, minimum: 0.5, maximum: 10 }\n"
        "  paid: { type: boolean }\n"
        "  items:\n"
        "    type: array\n"
        "    items:\n"
        "      type: object\n"
        "      required: [days]\n"
        "      properties: { days: { type: integer } }\n";

static void
test_agent__an_answer_fits_its_schema_or_says_where_not(void **state)
{
	static const struct {
		const char *yaml;
		const char *message; /* NULL: it fits */
	} cases[] = {
		{ "{ title: abc, items: [] }", NULL },
		{ "{ title: äöüß, items: [{ days: 3 }], rate: 0.5, kind: a, "
		  "paid: true }",
		  NULL },
		{ "[a]", "the answer must be an object" },
		{ "{ items: [] }", "title is missing" },
		{ "{ title: abc, items: [], more: 1 }",
		  "more is not expected" },
		{ "{ title: 1, items: [] }", "title must be a string" },
		{ "{ title: a, items: [] }",
		  "title is shorter than 2 characters" },
		{ "{ title: abcde, items: [] }",
		  "title is longer than 4 characters" },
		{ "{ title: abc, items: {} }", "items must be a list" },
		{ "{ title: abc, items: [{ days: 1 }, {}] }",
		  "items[1].days is missing" },
		{ "{ title: abc, items: [{ days: 1.5 }] }",
		  "items[0].days must be a whole number" },
		{ "{ title: abc, items: [], kind: c }",
		  "kind is none of the values that are allowed" },
		{ "{ title: abc, items: [], rate: 0.49 }",
		  "rate is less than 0.5" },
		{ "{ title: abc, items: [], rate: 11 }",
		  "rate is more than 10" },
		{ "{ title: abc, items: [], rate: a }",
		  "rate must be a number" },
		{ "{ title: abc, items: [], paid: 1 }",
		  "paid must be true or false" },
	};
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	const struct value *rules =
	        yaml_parse(&arena, "x", schema, strlen(schema), 1, &err);

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_errors struct errors errors = { 0 };
		const char *yaml = cases[i].yaml;
		const struct value *value =
		        yaml_parse(&arena, "x", yaml, strlen(yaml), 1, &err);
		bool good = schema_check(rules, value, "x", &errors);

		assert_row(i, good == (cases[i].message == NULL));
		assert_row_text(i, good ? NULL : errors.items[0].message,
		                cases[i].message);
		assert_row(i, errors.count <= 1);
	}
}
