#include "tests/unit/unit.h"

#include <sys/stat.h>

#include "engine/job/check.h"
#include "store/files.h"
#include "tests/unit/toy.h"

static void put(const char *path, const char *text)
{
	FILE *stream = fopen(path, "we");

	assert_non_null(stream);
	assert_true(fputs(text, stream) >= 0);
	assert_int_equal(fclose(stream), 0);
}

static const char job_text[] =
        "version: 1\n"
        "name: mail\n"
        "on: { manual: true }\n"
        "may: { email.send: 3, sequence.next: 1 }\n"
        "steps:\n"
        "  - id: review\n"
        "    gate: { title: Fine? }\n"
        "  - id: own\n"
        "    call: email.send\n"
        "    with: { to: ada@example.com, subject: a, text: b }\n"
        "  - id: other\n"
        "    call: email.send\n"
        "    with: { to: ann@example.com, subject: a, text: b }\n"
        "  - id: unknown\n"
        "    call: email.send\n"
        "    with: { to: \"{{run.title}}\", subject: a, text: b }\n"
        "  - id: number\n"
        "    call: sequence.next\n"
        "    with: { name: a }\n";

static const char config_text[] =
        "version: 1\n"
        "policy: [{ effect: email.send, to: ada@example.com, then: auto }]\n";

/* A workspace in the folder `name`, with the two files above. */
struct fixture {
	struct files *files;
	struct workspace *workspace;
};

static struct fixture open_fixture(const char *name)
{
	struct fixture fixture;

	fixture.files = files_from_dir(name);
	fixture.workspace = workspace_new(fixture.files, &toy_language);
	return fixture;
}

static void close_fixture(struct fixture *fixture)
{
	workspace_free(fixture->workspace);
	files_free(fixture->files);
}

static void test_check__a_literal_target_may_need_no_gate(void **state)
{
	static const struct {
		const char *step;
		bool needs_gate;
	} cases[] = {
		{ "own", false },
		{ "other", true },
		{ "unknown", true },
		{ "number", false },
	};
	auto_errors struct errors errors = { 0 };
	auto_errors struct errors warnings = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(mkdir("a", 0777), 0);
	assert_int_equal(mkdir("a/jobs", 0777), 0);
	put("a/reeve.yaml", config_text);
	put("a/jobs/mail.yaml", job_text);

	struct fixture fixture = open_fixture("a");
	const struct config *config =
	        workspace_config(fixture.workspace, &errors);
	const struct job *job =
	        workspace_job(fixture.workspace, "mail", &errors);

	assert_non_null(config);
	assert_non_null(job);
	assert_ptr_equal(workspace_job(fixture.workspace, "mail", &errors),
	                 job);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct step *step = job_step(job, cases[i].step);
		const struct effect *effect =
		        language_effect(&toy_language, step->name);

		assert_row(i, check_needs_gate(config, job, step, effect) ==
		                      cases[i].needs_gate);
	}
	check_job(fixture.workspace, job, &errors, &warnings);
	assert_int_equal(errors.count, 0);
	assert_int_equal(warnings.count, 0);
	close_fixture(&fixture);
}

static void test_check__files_that_are_not_there_are_errors(void **state)
{
	static const struct {
		const char *message;
		const char *hint;
	} cases[] = {
		{ "there is no reeve.yaml",
		  "Make a workspace with \"reeve init\"." },
		{ "there is no job \"mial\"", "Did you mean \"mail\"?" },
		{ "there is no job \"../mail\"", NULL },
		{ "there is no agent \"writer\"", NULL },
		{ "there is no template \"templates/a.md\"", NULL },
		{ "there is no template \"../a.md\"", NULL },
	};
	auto_errors struct errors errors = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(mkdir("b", 0777), 0);
	assert_int_equal(mkdir("b/jobs", 0777), 0);
	put("b/jobs/mail.yaml", job_text);

	struct fixture fixture = open_fixture("b");
	struct workspace *workspace = fixture.workspace;

	assert_null(workspace_config(workspace, &errors));
	assert_null(workspace_job(workspace, "mial", &errors));
	assert_null(workspace_job(workspace, "../mail", &errors));
	assert_null(workspace_agent(workspace, "writer", &errors));
	assert_null(workspace_template(workspace, "templates/a.md", &errors));
	assert_null(workspace_template(workspace, "../a.md", &errors));
	assert_int_equal(errors.count, ARRAY_LEN(cases));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_row(i, errors.items[i].code == ERR_MISSING);
		assert_row_text(i, errors.items[i].message, cases[i].message);
		assert_row_text(i, errors.items[i].hint, cases[i].hint);
	}
	close_fixture(&fixture);
}

static void test_check__a_missing_reeve_yaml_is_one_error(void **state)
{
	auto_errors struct errors errors = { 0 };
	auto_errors struct errors warnings = { 0 };
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(mkdir("c", 0777), 0);

	struct fixture fixture = open_fixture("c");

	assert_int_equal(
	        check_workspace(fixture.workspace, &errors, &warnings, &err),
	        0);
	assert_int_equal(errors.count, 1);
	assert_int_equal(warnings.count, 0);
	close_fixture(&fixture);
}

static void test_check__the_library_lends_its_agents(void **state)
{
	auto_errors struct errors errors = { 0 };
	auto_error struct error err = { 0 };
	const char *const *names;
	size_t count;

	UNUSED_STATE(state);
	assert_int_equal(mkdir("d", 0777), 0);
	assert_int_equal(mkdir("d/agents", 0777), 0);
	assert_int_equal(mkdir("d/jobs", 0777), 0);
	assert_int_equal(mkdir("d/jobs/agents", 0777), 0);
	put("d/agents/own.yaml", "prompt: templates/own.md\n"
	                         "offline: templates/own.md\n");
	put("d/jobs/agents/own.yaml", "prompt: templates/library.md\n"
	                              "offline: templates/library.md\n");
	put("d/jobs/agents/more.yaml", "prompt: templates/library.md\n"
	                               "offline: templates/library.md\n");

	struct fixture fixture = open_fixture("d");
	struct workspace *workspace = fixture.workspace;

	assert_int_equal(workspace_agents(workspace, &names, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "more");
	assert_string_equal(names[1], "own");
	assert_string_equal(workspace_agent(workspace, "own", &errors)->prompt,
	                    "templates/own.md");
	assert_string_equal(workspace_agent(workspace, "more", &errors)->path,
	                    "jobs/agents/more.yaml");
	assert_int_equal(workspace_jobs(workspace, &names, &count, &err), 0);
	assert_int_equal(count, 0);
	close_fixture(&fixture);
}
