#include "tests/unit/unit.h"

#include "engine/cmd/print.h"
#include "store/base/fd.h"

#define MINUTE ((int64_t)60 * 1000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define NOW    (1000 * DAY)

/* What is printed to `paper.invocation` is the text of `paper`. */
struct paper {
	char *text;
	size_t len;
	struct arena arena;
	struct invocation invocation;
};

static void paper_take(struct paper *paper)
{
	*paper = (struct paper){ 0 };
	paper->invocation = (struct invocation){
		.arena = &paper->arena,
		.out = open_memstream(&paper->text, &paper->len),
	};
	assert_non_null(paper->invocation.out);
}

static const char *paper_text(struct paper *paper)
{
	fflush(paper->invocation.out);
	return paper->text;
}

static void paper_clear(struct paper *paper)
{
	fclose(paper->invocation.out);
	free(paper->text);
	arena_clear(&paper->arena);
}

static void test_print__says_ages(void **state)
{
	static const struct {
		int64_t ms;
		const char *age;
	} rows[] = {
		{ 0, "just now" },
		{ -HOUR, "just now" },
		{ MINUTE - 1, "just now" },
		{ MINUTE, "1 minute" },
		{ 59 * MINUTE, "59 minutes" },
		{ HOUR, "1 hour" },
		{ DAY - 1, "23 hours" },
		{ DAY, "1 day" },
		{ 13 * DAY, "13 days" },
		{ 14 * DAY, "2 weeks" },
	};
	struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(age_text(&arena, NOW, NOW - rows[i].ms),
		                    rows[i].age);
	arena_clear(&arena);
}

static void test_print__says_when_it_is_due(void **state)
{
	static const struct {
		int64_t left_ms;
		const char *due;
	} rows[] = {
		{ 2 * DAY, "due in 2 days" },
		{ 2 * DAY - HOUR, "due in 2 days" },
		{ 30 * HOUR, "due in 1 day" },
		{ 2 * HOUR - MINUTE, "due in 2 hours" },
		{ 5 * MINUTE, "due in 5 minutes" },
		{ 1, "due now" },
		{ -1, "due now" },
		{ -3 * DAY, "3 days overdue" },
	};
	struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(
		        due_text(&arena, NOW, NOW + rows[i].left_ms),
		        rows[i].due);
	assert_string_equal(due_text(&arena, NOW, 0), "");
	arena_clear(&arena);
}

static void test_print__cuts_between_characters(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *cut;
	} rows[] = {
		{ "short", 5, "short" }, { "longer", 5, "long…" },
		{ "ääää", 3, "ää…" },    { "a\nb", 5, "a…" },
		{ "line\n", 5, "line" }, { "", 5, "" },
	};
	struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(
		        cut_text(&arena, rows[i].text, rows[i].columns),
		        rows[i].cut);
	arena_clear(&arena);
}

static void test_print__keeps_a_terminal_safe(void **state)
{
	struct paper paper;

	UNUSED_STATE(state);
	paper_take(&paper);
	say(&paper.invocation, "%s", "a\033[31mb");
	assert_null(strchr(paper_text(&paper), '\033'));
	paper_clear(&paper);
}

static void test_print__aligns_by_width_and_ends_in_no_spaces(void **state)
{
	struct paper paper;

	UNUSED_STATE(state);
	paper_take(&paper);
	struct table table = {
		.arena = &paper.arena,
		.columns = 3,
		.indent = 1,
	};
	table_add(&table, TINT_RED, "ä");
	table_add(&table, TINT_NONE, "one\ntwo");
	table_add(&table, TINT_NONE, "x");
	table_add(&table, TINT_NONE, "long");
	table_add(&table, TINT_NONE, "y");
	table_add(&table, TINT_NONE, "%s", "");
	table_print(&paper.invocation, &table);
	assert_string_equal(paper_text(&paper), " ä     one two  x\n"
	                                        " long  y\n");
	paper_clear(&paper);
}

static void test_print__colours_only_when_asked(void **state)
{
	struct paper paper;

	UNUSED_STATE(state);
	paper_take(&paper);
	say_tinted(&paper.invocation, TINT_RED, "a");
	paper.invocation.colour = true;
	say_tinted(&paper.invocation, TINT_RED, "b");
	assert_string_equal(paper_text(&paper), "a\033[31mb\033[0m");
	paper_clear(&paper);
}

static void test_print__puts_a_fact_below_its_name(void **state)
{
	struct paper paper;

	UNUSED_STATE(state);
	paper_take(&paper);
	say_fact(&paper.invocation, "name", "one\ntwo");
	say_fact(&paper.invocation, "empty", "%s", "");
	assert_string_equal(paper_text(&paper), "name          one\n"
	                                        "              two\n"
	                                        "empty         -\n");
	paper_clear(&paper);
}

static void print_one(struct paper *paper, struct pos pos)
{
	struct error err = { 0 };

	error_at(&err, ERR_CONFIG, "jobs/a.yaml", pos, "what is wrong");
	error_hint(&err, "Do this.");
	print_problem(paper->invocation.out, false, "reeve: ", "error", ".",
	              &err);
	error_clear(&err);
}

static void test_print__shows_the_line_and_a_caret(void **state)
{
	static const char file[] = "a: 1\n\tä: wrong\n";
	struct error err = { 0 };
	struct paper paper;

	UNUSED_STATE(state);
	assert_int_equal(
	        file_replace("jobs/a.yaml", file, sizeof(file) - 1, 0644, &err),
	        0);
	paper_take(&paper);
	/* Columns count bytes: the umlaut is two. */
	print_one(&paper, (struct pos){ 2, 6 });
	assert_string_equal(paper_text(&paper),
	                    "reeve: jobs/a.yaml:2:6: error: what is wrong\n"
	                    "    \tä: wrong\n"
	                    "    \t   ^\n"
	                    "hint: Do this.\n");
	paper_clear(&paper);
}

static void test_print__shows_no_line_that_is_not_there(void **state)
{
	static const struct pos places[] = { { 9, 1 }, { 1, 99 }, { 1, 0 } };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct paper paper;

		paper_take(&paper);
		print_one(&paper, places[i]);
		assert_null(strchr(paper_text(&paper), '^'));
		assert_non_null(strstr(paper.text, "what is wrong\nhint: "));
		paper_clear(&paper);
	}
}
