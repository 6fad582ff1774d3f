/*
 * reeve test: what tests/ says of the jobs, held against a try of each.
 *
 * All files are read before anything is tried, so that a slip in the last one
 * is not found after minutes. Each try begins with an empty journal: a test
 * means the same in every clone and on every day.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/recording.h"
#include "engine/cmd/runs.h"
#include "engine/cmd/testing.h"
#include "engine/cycle/try.h"
#include "store/base/buf.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/yaml.h"

static const struct option_row options[] = {
	{ "from-run", 0, "RUN", "write the test that this run makes" },
	{ 0 },
};

struct suite {
	const struct invocation *invocation;
	struct engine *engine;
	struct test *tests;
	size_t count;
	struct errors errors; /* of the files */
	struct value *results;
	size_t failed;
};

static void suite_clear(struct suite *suite)
{
	errors_clear(&suite->errors);
}

/* ---- Reading ------------------------------------------------------------- */

static void read_bytes(struct suite *suite, const char *name,
                       const struct buf *bytes)
{
	struct test *test = &suite->tests[suite->count];

	if (test_read(suite->invocation->arena, name, bytes->at, bytes->len,
	              test, &suite->errors))
		suite->count++;
}

static int read_named(struct suite *suite, struct error *err)
{
	const struct invocation *invocation = suite->invocation;

	suite->tests = arena_array(invocation->arena, invocation->count,
	                           sizeof(*suite->tests));
	for (size_t i = 0; i < invocation->count; i++) {
		auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
		if (file_read(invocation->args[i], &bytes, err) < 0)
			return -1;
		read_bytes(suite, invocation->args[i], &bytes);
	}
	return 0;
}

static int read_all(struct suite *suite, struct error *err)
{
	struct arena *arena = suite->invocation->arena;
	auto_files struct files *files =
	        files_from_dir(suite->engine->env.work_dir);
	struct file_entry *entries;
	size_t count;

	if (files_names(files, arena, "tests/*.yaml", &entries, &count, err) <
	    0)
		return -1;
	suite->tests = arena_array(arena, count + 1, sizeof(*suite->tests));
	for (size_t i = 0; i < count; i++) {
		auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
		if (files_read(files, entries[i].path, &bytes, NULL, err) < 0)
			return -1;
		read_bytes(suite, entries[i].path, &bytes);
	}
	return 0;
}

/* ---- Trying -------------------------------------------------------------- */

/* What the owner could mend in the files is a test that failed. */
static bool is_of_files(const struct error *err)
{
	return err->code == ERR_CONFIG || err->code == ERR_MISSING ||
	       err->code == ERR_USAGE;
}

static struct value *refusal(struct arena *arena, const struct error *err)
{
	struct value *list = value_list(arena);
	const char *text = err->file && err->pos.line
	                           ? arena_printf(arena, "%s:%u:%u: %s",
	                                          err->file, err->pos.line,
	                                          err->pos.column, err->message)
	                           : err->message;

	value_list_add(arena, list, value_string(arena, text));
	return list;
}

/* What is not as expected, in the invocation's arena; NULL with err. */
static struct value *try_test(struct suite *suite, const struct test *test,
                              struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error reason = { 0 };
	struct arena *kept = suite->invocation->arena;
	struct trial trial = {
		.engine = suite->engine,
		.arena = &arena,
		.job = test->job,
		.inputs = test->inputs,
		.answers = test->answers,
		.at_ms = test->at_ms,
		.anew = true,
	};
	const struct value *outcome = try_job(&trial, &reason);

	if (outcome)
		return test_compare(kept, test, outcome);
	if (is_of_files(&reason))
		return refusal(kept, &reason);
	error_move(err, &reason);
	return NULL;
}

static void tell_test(const struct suite *suite, const char *file,
                      const struct value *differences)
{
	const struct invocation *invocation = suite->invocation;
	bool ok = differences->length == 0;

	if (invocation->json || (ok && invocation->quiet))
		return;
	say_tinted(invocation, ok ? TINT_GREEN : TINT_RED, "%s",
	           ok ? "ok" : "FAILED");
	say(invocation, " %s\n", file);
	for (size_t i = 0; i < differences->length; i++)
		say_indented(invocation, 4, differences->items[i]->text);
}

static int run_test(struct suite *suite, const struct test *test,
                    struct error *err)
{
	struct arena *arena = suite->invocation->arena;
	struct value *differences = try_test(suite, test, err);
	struct value *row = value_map(arena);

	if (!differences)
		return -1;
	tell_test(suite, test->file, differences);
	suite->failed += differences->length > 0;
	value_map_text(arena, row, "file", test->file);
	value_map_set(arena, row, "ok",
	              value_bool(arena, differences->length == 0));
	value_map_set(arena, row, "differences", differences);
	value_list_add(arena, suite->results, row);
	return 0;
}

static void report(const struct suite *suite)
{
	const struct invocation *invocation = suite->invocation;
	struct value *map = value_map(invocation->arena);
	size_t passed = suite->count - suite->failed;

	if (!invocation->json) {
		say(invocation, "%zu passed, %zu failed\n", passed,
		    suite->failed);
		return;
	}
	value_map_set(invocation->arena, map, "tests", suite->results);
	value_map_int(invocation->arena, map, "passed", (int64_t)passed);
	value_map_int(invocation->arena, map, "failed", (int64_t)suite->failed);
	print_json(invocation, map);
}

static int run_suite(struct suite *suite, struct error *err)
{
	int status = suite->invocation->count > 0 ? read_named(suite, err)
	                                          : read_all(suite, err);

	if (status < 0)
		return -1;
	if (suite->errors.count > 0) {
		errors_sort(&suite->errors);
		for (size_t i = 0; i < suite->errors.count; i++)
			print_problem(stderr, print_in_colour(stderr), "",
			              "error", suite->engine->env.work_dir,
			              &suite->errors.items[i]);
		return EXIT_STATUS_USAGE;
	}
	for (size_t i = 0; i < suite->count; i++)
		if (run_test(suite, &suite->tests[i], err) < 0)
			return -1;
	report(suite);
	return suite->failed > 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_DONE;
}

/* ---- From history -------------------------------------------------------- */

static int write_test(const struct invocation *invocation,
                      struct engine *engine, struct error *err)
{
	struct arena *arena = invocation->arena;
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
	struct value *map = value_map(arena);
	struct run_record run;

	if (invocation->count > 0)
		return error_set(err, ERR_USAGE,
		                 "--from-run writes a test and takes no file");
	if (view_find_run(engine->view, arena,
	                  option_get(invocation, "from-run"), &run, err) < 0)
		return -1;
	const struct value *test = recording_make(engine, arena, &run, err);
	const char *path = arena_printf(arena, "tests/%s.yaml",
	                                run_label(engine, arena, &run));
	if (!test || yaml_write(&text, test, err) < 0 ||
	    buf_check(&text, path, err) < 0 ||
	    file_create(
	            arena_printf(arena, "%s/%s", engine->env.work_dir, path),
	            text.at, text.len, 0644, err) < 0)
		return -1;
	value_map_text(arena, map, "file", path);
	if (invocation->json)
		print_json(invocation, map);
	else if (!invocation->quiet)
		say(invocation, "Wrote %s.\n", path);
	return EXIT_STATUS_DONE;
}

static int test_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	CLEANUP(suite_clear)
	struct suite suite = {
		.invocation = invocation,
		.engine = engine,
		.results = value_list(invocation->arena),
	};

	if (!engine)
		return -1;
	if (option_given(invocation, "from-run"))
		return write_test(invocation, engine, err);
	return run_suite(&suite, err);
}

const struct command command_test = {
	.name = "test",
	.synopsis = "[FILE]...",
	.help = "try the jobs as tests/*.yaml say, and compare",
	.details =
	        "Each file names a job, its inputs, the time and what steps "
	        "answer, and what is\nexpected: effects, artifacts, the "
	        "state. The job is tried as by \"reeve try\", with\nan empty "
	        "journal. Exit status 1 when a test failed. A run of history "
	        "becomes a\ntest by --from-run.",
	.options = options,
	.most = (size_t)-1,
	.run = test_command,
};
