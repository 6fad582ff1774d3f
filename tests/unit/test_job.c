#include "tests/unit/unit.h"

#include "engine/job/job.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "tests/unit/toy.h"

static const char head[] = "version: 1\nname: story\non: { manual: true }\n";

static struct job *parse(struct arena *arena, const char *top, const char *rest)
{
	auto_errors struct errors errors = { 0 };
	const char *text = arena_printf(arena, "%s%s", top, rest);
	struct job *job = job_parse(arena, "jobs/story.yaml", text,
	                            strlen(text), &toy_language, &errors);

	if (job == NULL)
		fail_msg("%s", errors.items[0].message);
	assert_int_equal(errors.count, 0);
	return job;
}

/* "0 2" */
static const char *list(struct arena *arena, const size_t *indexes,
                        size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = arena_printf(arena, "%s%s%zu", text, i > 0 ? " " : "",
		                    indexes[i]);
	return text;
}

static const char steps[] = "may: { sequence.next: 1 }\n"
                            "steps:\n"
                            "  - id: text\n"
                            "    render: footer.md\n"
                            "    with: { about: \"{{brief.about}}\" }\n"
                            "  - id: brief\n"
                            "    read: { path: a.yaml }\n"
                            "  - id: number\n"
                            "    call: sequence.next\n"
                            "    with: { name: x }\n"
                            "    if: steps.brief.state = 'done'\n"
                            "  - id: review\n"
                            "    gate: { title: \"{{brief.about}}\" }\n"
                            "    checks: { \"fine\": brief.about <> '' }\n"
                            "  - id: note\n"
                            "    remember: { project: x, text: \"{{text}}\" }\n"
                            "    needs: [number]\n"
                            "  - id: told\n"
                            "    emit: story.told\n"
                            "  - id: last\n"
                            "    render: footer.md\n"
                            "    with: { day: \"{{steps.note.date}}\" }\n"
                            "    checks: { \"not empty\": last <> '' }\n";

static void test_job__order_comes_from_names_effects_and_gates(void **state)
{
	static const struct {
		const char *waits_for;
		const char *depends_on;
		size_t wall;
	} cases[] = {
		{ "1", "1", STEP_NONE }, /* a name of a step below */
		{ "", "", STEP_NONE },
		{ "1", "", STEP_NONE }, /* asks only its state */
		{ "0 1 2", "1", STEP_NONE },
		{ "0 2", "0 2", 3 },
		{ "4", "", 3 },  /* effects keep their written order */
		{ "4", "4", 3 }, /* and not itself, for its check */
	};
	auto_arena struct arena arena = { 0 };
	const struct job *job = parse(&arena, head, steps);

	UNUSED_STATE(state);
	assert_int_equal(job->step_count, ARRAY_LEN(cases));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct step *step = &job->steps[i];

		assert_row(i, step->index == i);
		assert_row_text(i,
		                list(&arena, step->waits_for, step->wait_count),
		                cases[i].waits_for);
		assert_row_text(
		        i, list(&arena, step->depends_on, step->depend_count),
		        cases[i].depends_on);
		assert_row(i, step->wall == cases[i].wall);
	}
}

static void test_job__steps_keep_what_they_say(void **state)
{
	auto_arena struct arena arena = { 0 };
	const struct job *job =
	        parse(&arena, head,
	              "publish: merge\n"
	              "title: \"A {{run.date}}\"\n"
	              "description: It is one.\n"
	              "steps:\n"
	              "  - id: a\n"
	              "    agent: writer\n"
	              "    with: { about: \"{{run.date}}\" }\n"
	              "    artifact: \"a/{{run.date}}.md\"\n"
	              "    publish: review\n"
	              "    strict: false\n"
	              "    checks: { \"b\": 1 = 1, \"c\": 2 = 2 }\n"
	              "  - id: b\n"
	              "    run: [ls, -l]\n"
	              "  - id: c\n"
	              "    emit: story.told\n");
	const struct step *a = job_step(job, "a");
	const struct step *b = job_step(job, "b");

	UNUSED_STATE(state);
	assert_string_equal(job->name, "story");
	assert_string_equal(job->path, "jobs/story.yaml");
	assert_int_equal(job->publish, PUBLISH_MERGE);
	assert_string_equal(job->title->text, "A {{run.date}}");
	assert_string_equal(job->description, "It is one.");
	assert_string_equal(a->name, "writer");
	assert_int_equal(a->name_pos.line, 9);
	assert_non_null(value_get(a->config, "about"));
	assert_string_equal(a->artifact->text, "a/{{run.date}}.md");
	assert_int_equal(a->publish, PUBLISH_REVIEW);
	assert_false(a->strict);
	assert_int_equal(a->check_count, 2);
	assert_string_equal(a->checks[1].message, "c");
	assert_int_equal(a->use_count, 2);
	assert_null(b->name);
	assert_int_equal(value_get(b->config, "argv")->length, 2);
	assert_int_equal(b->publish, PUBLISH_UNSET);
	assert_true(b->strict);
	assert_int_equal(job_step(job, "c")->config->length, 0);
	assert_null(job_step(job, "d"));
}

static void test_job__triggers_and_inputs_are_read(void **state)
{
	auto_arena struct arena arena = { 0 };
	const struct job *job = parse(
	        &arena,
	        "version: 1\n"
	        "name: story\n"
	        "on:\n"
	        "  commit:\n"
	        "    - { paths: a/*.yaml, change: added, drafts: true, "
	        "with: { brief: \"{{trigger.path}}\" } }\n"
	        "    - { paths: [b, c], with: { brief: \"{{trigger.commit}}\" "
	        "} }\n"
	        "  event: { type: deal.won, where: event.sum > 3, "
	        "with: { brief: \"{{trigger.event.brief}}\" } }\n"
	        "  manual: true\n"
	        "inputs:\n"
	        "  brief: { type: path, required: true }\n"
	        "  tone: { default: warm, enum: [warm, plain] }\n"
	        "may: [email.send]\n",
	        "steps: [{ id: a, read: { path: x } }]\n");
	const struct trigger *triggers = job->triggers;

	UNUSED_STATE(state);
	assert_int_equal(job->trigger_count, 4);
	assert_string_equal(trigger_kind_name(triggers[0].kind), "commit");
	assert_string_equal(triggers[0].paths[0], "a/*.yaml");
	assert_int_equal(triggers[0].change, CHANGE_ADDED);
	assert_true(triggers[0].drafts);
	assert_int_equal(triggers[1].path_count, 2);
	assert_int_equal(triggers[1].change, CHANGE_ANY);
	assert_false(triggers[1].drafts);
	assert_string_equal(trigger_kind_name(triggers[2].kind), "event");
	assert_string_equal(triggers[2].event_type, "deal.won");
	assert_non_null(triggers[2].where);
	assert_string_equal(trigger_kind_name(triggers[3].kind), "manual");
	assert_true(job_input(job, "brief")->required);
	assert_string_equal(job_input(job, "tone")->type, "string");
	assert_string_equal(job_input(job, "tone")->otherwise->text, "warm");
	assert_int_equal(job_input(job, "tone")->words->length, 2);
	assert_null(job_input(job, "day"));
	assert_int_equal(job->may_count, 1);
	assert_int_equal(job->may[0].count, 0);
}

static void test_job__has_a_limit_of_steps(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);

	UNUSED_STATE(state);
	buf_printf(&text, "%ssteps:\n", head);
	for (int i = 0; i <= LIMIT_STEPS; i++)
		buf_printf(&text, "  - { id: s%d, read: { path: a } }\n", i);
	assert_null(job_parse(&arena, "jobs/story.yaml", text.at, text.len,
	                      &toy_language, &errors));
	assert_int_equal(errors.count, 1);
	assert_int_equal(errors.items[0].code, ERR_LIMIT);
}

static void test_job__heads_of_names_are_their_first_segments(void **state)
{
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	assert_string_equal(name_head(&arena, "brief.client.city"), "brief");
	assert_string_equal(name_head(&arena, "brief"), "brief");
	assert_string_equal(name_head(&arena, "."), ".");
}
