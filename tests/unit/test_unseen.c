#include "tests/unit/unit.h"

#include "engine/job/unseen.h"
#include "tests/unit/toy.h"

static const char text[] =
        "version: 1\n"
        "name: story\n"
        "on: { manual: true }\n"
        "may: { sequence.next: 1 }\n"
        "steps:\n"
        "  - id: early\n"
        "    agent: writer\n"
        "  - id: above\n"
        "    remember: { project: x, text: \"{{early.text}}\" }\n"
        "  - id: review\n"
        "    gate: { title: Fine? }\n"
        "  - id: shown\n"
        "    remember: { project: x, text: \"{{early.text}}\" }\n"
        "  - id: late\n"
        "    agent: writer\n"
        "  - id: footer\n"
        "    render: footer.md\n"
        "    with: { about: \"{{late.text}}\" }\n"
        "  - id: sums\n"
        "    run: { script: wc, stdin: \"{{footer}}\", pure: true }\n"
        "  - id: through\n"
        "    remember: { project: x, text: \"{{sums}}\" }\n"
        "  - id: clock\n"
        "    run: { script: date }\n"
        "  - id: outside\n"
        "    remember: { project: x, text: \"{{clock}}\" }\n"
        "  - id: number\n"
        "    call: sequence.next\n"
        "    with: { name: \"{{clock}}\" }\n"
        "  - id: told\n"
        "    remember: { project: x, text: \"{{number.text}}\" }\n";

static void test_unseen__follows_values_up_to_the_gate(void **state)
{
	static const struct {
		const char *step;
		bool unseen;
	} cases[] = {
		{ "above", true },   { "shown", false }, { "through", true },
		{ "outside", true }, { "footer", true }, { "told", false },
		{ "late", false },
	};
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	const struct job *job = job_parse(&arena, "jobs/story.yaml", text,
	                                  strlen(text), &toy_language, &errors);

	UNUSED_STATE(state);
	if (job == NULL)
		fail_msg("%s", errors.items[0].message);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i, unseen_goes_into(job,
		                               job_step(job, cases[i].step)) ==
		                      cases[i].unseen);
}

static void test_unseen__a_pure_program_only_computes(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	const struct job *job = job_parse(&arena, "jobs/story.yaml", text,
	                                  strlen(text), &toy_language, &errors);

	UNUSED_STATE(state);
	assert_non_null(job);
	assert_true(unseen_is_made_by(job_step(job, "late")));
	assert_true(unseen_is_made_by(job_step(job, "clock")));
	assert_false(unseen_is_made_by(job_step(job, "sums")));
	assert_false(unseen_is_made_by(job_step(job, "footer")));
}
