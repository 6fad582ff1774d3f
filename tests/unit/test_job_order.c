#include "tests/unit/unit.h"

#include "engine/job/job.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "tests/unit/toy.h"

static struct job *parse(struct arena *arena, const char *name,
                         const char *rest)
{
	auto_errors struct errors errors = { 0 };
	const char *path = arena_printf(arena, "jobs/%s.yaml", name);
	const char *text = arena_printf(
	        arena, "version: 1\nname: %s\non: { manual: true }\n%s", name,
	        rest);
	struct job *job = job_parse(arena, path, text, strlen(text),
	                            &toy_language, &errors);

	if (job == NULL)
		fail_msg("%s", errors.items[0].message);
	assert_int_equal(errors.count, 0);
	return job;
}

/* "hours report", or "-". */
static const char *list(struct arena *arena, const struct job *job,
                        const size_t *indexes, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = arena_printf(arena, "%s%s%s", text, i > 0 ? " " : "",
		                    job->steps[indexes[i]].id);
	return count > 0 ? text : "-";
}

static const char *id_of(const struct job *job, size_t index)
{
	return index == STEP_NONE ? "-" : job->steps[index].id;
}

struct expected {
	const char *id;
	const char *parent;
	const char *waits_for;
	const char *depends_on;
	const char *wall;
	const char *gate;
};

static void assert_order(struct arena *arena, const struct job *job,
                         const struct expected *rows, size_t count)
{
	assert_int_equal(job->step_count, count);
	for (size_t i = 0; i < count; i++) {
		const struct step *step = &job->steps[i];

		assert_row(i, step->index == i);
		assert_row_text(i, step->id, rows[i].id);
		assert_row_text(i, id_of(job, step->parent), rows[i].parent);
		assert_row_text(
		        i, list(arena, job, step->waits_for, step->wait_count),
		        rows[i].waits_for);
		assert_row_text(
		        i,
		        list(arena, job, step->depends_on, step->depend_count),
		        rows[i].depends_on);
		assert_row_text(i, id_of(job, step->wall), rows[i].wall);
		assert_row_text(i, id_of(job, step->gate), rows[i].gate);
		assert_row(i, job_step(job, rows[i].id) == step);
	}
}

static const char reports[] =
        "steps:\n"
        "  - { id: clients, read: { path: c.yaml } }\n"
        "  - { id: period, let: { last: run.date } }\n"
        "  - id: reports\n"
        "    for_each: { client: \"{{clients}}\" }\n"
        "    key: \"{{client.slug}}\"\n"
        "    if: steps.clients.state = 'done'\n"
        "    steps:\n"
        "      - id: report\n"
        "        agent: writer\n"
        "        with: { c: \"{{client}}\", p: \"{{period.last}}\" }\n"
        "      - id: seen\n"
        "        gate: { title: \"{{client.name}}\" }\n"
        "      - id: told\n"
        "        emit: report.made\n"
        "        with: { text: \"{{report.text}}\" }\n"
        "  - { id: count, emit: reports.made, with: { n: 1 } }\n"
        "  - { id: review, gate: { title: x, items: reports } }\n"
        "  - id: send\n"
        "    for_each: { r: \"{{reports}}\" }\n"
        "    emit: sent\n"
        "    with: { to: \"{{r.client.email}}\" }\n"
        "  - id: pause\n"
        "    wait: { for: 5 workdays, answers: send }\n"
        "  - { id: later, emit: later }\n"
        "on_failure:\n"
        "  - id: failed\n"
        "    render: footer.md\n"
        "    with: { why: \"{{steps.reports.error}}\" }\n"
        "  - { id: asked, gate: { title: \"{{failed}}\" } }\n"
        "  - { id: mend, emit: mended, with: { p: \"{{period.last}}\" } }\n"
        "finally:\n"
        "  - { id: closed, emit: ended, with: { p: \"{{failed}}\" } }\n";

static void test_job_order__blocks_stand_as_one(void **state)
{
	static const struct expected rows[] = {
		{ "clients", "-", "-", "-", "-", "-" },
		{ "period", "-", "-", "-", "-", "-" },
		{ "reports", "-", "clients period", "clients period", "-",
		  "-" },
		{ "report", "reports", "-", "-", "-", "-" },
		{ "seen", "reports", "report", "-", "-", "-" },
		{ "told", "reports", "report", "report", "seen", "seen" },
		{ "count", "-", "reports", "-", "-", "-" },
		{ "review", "-", "clients period reports count", "-", "-",
		  "-" },
		{ "send", "-", "reports count", "reports", "review", "review" },
		{ "pause", "-", "review send", "-", "review", "review" },
		{ "later", "-", "send", "-", "pause", "review" },
		{ "failed", "-", "reports", "-", "-", "-" },
		{ "asked", "-", "failed", "failed", "-", "-" },
		{ "mend", "-", "period", "period", "asked", "asked" },
		{ "closed", "-", "failed", "failed", "-", "-" },
	};
	auto_arena struct arena arena = { 0 };
	const struct job *job = parse(&arena, "story", reports);

	UNUSED_STATE(state);
	assert_true(job->linked);
	assert_order(&arena, job, rows, ARRAY_LEN(rows));
	assert_int_equal(job->steps[2].end, 6);
	assert_int_equal(job->steps[3].end, 4);
	assert_string_equal(job->steps[2].fan->name, "client");
	assert_int_equal(job->steps[13].section, SECTION_ON_FAILURE);
	assert_int_equal(job->steps[14].section, SECTION_FINALLY);
}

static void test_job_order__names_mean_steps_from_where_they_stand(void **state)
{
	auto_arena struct arena arena = { 0 };
	const struct job *job = parse(&arena, "story", reports);

	UNUSED_STATE(state);
	assert_null(job_step_from(job, STEP_NONE, "report"));
	assert_int_equal(job_step_from(job, 2, "report")->index, 3);
	assert_int_equal(job_step_from(job, 2, "clients")->index, 0);
	assert_null(job_step_from(job, 2, "nobody"));
}

/* ---- jobs in jobs */

struct shelf {
	struct arena *arena;

	const struct {
		const char *name;
		const char *text;
	} * jobs;
};

static const struct {
	const char *name;
	const char *text;
} others[] = {
	{ "bill", "outputs: { n: \"{{draft}}\" }\n"
	          "steps:\n"
	          "  - { id: draft, render: footer.md }\n"
	          "  - { id: seen, gate: { title: \"{{draft}}\" } }\n"
	          "  - { id: sent, emit: bill.sent }\n"
	          "finally:\n"
	          "  - { id: done, emit: bill.done }\n" },
	{ "deep", "steps: [{ id: bill, job: bill }]\n" },
	{ "mirror", "steps: [{ id: again, job: glass }]\n" },
	{ "glass", "steps: [{ id: again, job: mirror }]\n" },
};

static const struct job *find(void *state, const char *name,
                              struct errors *errors)
{
	const struct pos nowhere = { 0, 0 };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (strcmp(others[i].name, name) == 0)
			return parse(state, name, others[i].text);
	errors_add(errors, ERR_MISSING, NULL, nowhere, "there is no job \"%s\"",
	           name);
	return NULL;
}

static void test_job_order__jobs_in_jobs_are_blocks(void **state)
{
	static const struct expected rows[] = {
		{ "draft", "-", "-", "-", "-", "-" },
		{ "one", "-", "draft", "draft", "-", "-" },
		{ "one/bill", "one", "-", "-", "-", "-" },
		{ "one/bill/draft", "one/bill", "-", "-", "-", "-" },
		{ "one/bill/seen", "one/bill", "one/bill/draft",
		  "one/bill/draft", "-", "-" },
		{ "one/bill/sent", "one/bill", "-", "-", "one/bill/seen",
		  "one/bill/seen" },
		{ "one/bill/done", "one/bill", "-", "-", "-", "-" },
		{ "two", "-", "one", "one", "one", "one/bill/seen" },
		{ "each", "-", "draft one", "draft", "one", "one/bill/seen" },
		{ "each/draft", "each", "-", "-", "-", "-" },
		{ "each/seen", "each", "each/draft", "each/draft", "-", "-" },
		{ "each/sent", "each", "-", "-", "each/seen", "each/seen" },
		{ "each/done", "each", "-", "-", "-", "-" },
		{ "last", "-", "each", "-", "one", "one/bill/seen" },
	};
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	const struct job *job =
	        parse(&arena, "story",
	              "steps:\n"
	              "  - { id: draft, read: { path: a.yaml } }\n"
	              "  - { id: one, job: deep, with: { x: \"{{draft}}\" } }\n"
	              "  - { id: two, render: footer.md, needs: [one] }\n"
	              "  - id: each\n"
	              "    for_each: { item: \"{{draft}}\" }\n"
	              "    job: bill\n"
	              "    with: { of: \"{{item}}\" }\n"
	              "  - { id: last, emit: over }\n");
	const struct job *linked;

	UNUSED_STATE(state);
	assert_false(job->linked);
	linked = job_link(&arena, job, find, &arena, &errors);
	assert_int_equal(errors.count, 0);
	assert_non_null(linked);
	assert_true(linked->linked);
	assert_order(&arena, linked, rows, ARRAY_LEN(rows));
	assert_string_equal(linked->steps[3].local, "draft");
	assert_string_equal(linked->steps[3].path, "jobs/bill.yaml");
	assert_string_equal(linked->steps[2].other->name, "bill");
	assert_int_equal(linked->steps[1].end, 7);
	assert_int_equal(job_step_from(linked, 2, "draft")->index, 3);
	assert_int_equal(job_step_from(linked, STEP_NONE, "draft")->index, 0);
	assert_null(job_step_from(linked, 2, "one"));
	assert_ptr_equal(job_link(&arena, linked, find, &arena, &errors),
	                 linked);
}

static void test_job_order__links_that_lead_nowhere_are_errors(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ "steps: [{ id: a, job: nobody }]\n",
		  "unknown job \"nobody\"" },
		{ "steps: [{ id: a, job: mirror }]\n",
		  "the job \"mirror\" is a part of itself: mirror -> glass -> "
		  "mirror" },
		{ "steps: [{ id: a, job: story }]\n",
		  "the job \"story\" is a part of itself: story -> story" },
		{ "steps:\n"
		  "  - { id: a, render: footer.md, needs: [b] }\n"
		  "  - { id: x, job: bill }\n"
		  "  - { id: b, render: footer.md }\n",
		  "\"b\" is below the job \"x\"" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_errors struct errors errors = { 0 };
		const struct job *job = parse(&arena, "story", cases[i].text);

		assert_row(i, job_link(&arena, job, find, &arena, &errors) ==
		                      NULL);
		assert_row(i, errors.count == 1);
		assert_row_text(i, errors.items[0].message, cases[i].message);
	}
}

/* A chain as long as a job may be, and a gate below as many as wide. */
static void test_job_order__is_linear(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
	const struct job *job;

	UNUSED_STATE(state);
	buf_printf(&text, "version: 1\nname: story\non: { manual: true }\n"
	                  "steps:\n  - { id: s0, render: footer.md }\n");
	for (int i = 1; i < LIMIT_STEPS - 1; i++)
		buf_printf(&text,
		           "  - { id: s%d, render: footer.md, needs: [s%d] }\n",
		           i, i - 1);
	buf_printf(&text, "  - { id: last, gate: { title: x } }\n");
	job = job_parse(&arena, "jobs/story.yaml", text.at, text.len,
	                &toy_language, &errors);
	assert_int_equal(errors.count, 0);
	assert_non_null(job);
	assert_int_equal(job->steps[LIMIT_STEPS - 1].wait_count,
	                 LIMIT_STEPS - 1);
}
