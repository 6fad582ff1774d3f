#include "tests/unit/fixture_bus.h"

/* The number as text that `step` of `run` gets of the sequence in `with`. */
static const char *number(struct office *office, const char *run,
                          const char *step, const char *with)
{
	struct books *books = &office->books;
	struct bus_answer answer = { 0 };
	struct bus_request request =
	        office_request(office, step, "sequence.next", with);

	request.run = run;
	if (bus_perform(&request, &answer, &books->git.err) < 0)
		fail_msg("%s", books->git.err.message);
	return value_get_text(answer.result, "text", NULL);
}

static void finish(struct office *office, const char *run, const char *end)
{
	books_add(&office->books, EVENT_RUN_FINISHED,
	          arena_printf(&office->books.git.arena,
	                       "{\"run\":\"%s\",\"state\":\"%s\"}", run, end));
	books_flush(&office->books);
}

static void test_sequence__has_no_gaps(void **state)
{
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	for (int i = 2; i < 8; i++) {
		struct arena *arena = &office.books.git.arena;
		const char *run = arena_printf(arena, "run%d", i);

		office_start(&office, run);
		assert_row_text(i, number(&office, run, "s1", "{ name: a }"),
		                arena_printf(arena, "%d", i - 1));
	}
	assert_string_equal(number(&office, "r1", "s1", "{ name: b }"), "1");
	assert_string_equal(number(&office, "r1", "s2", "{ name: a }"), "7");
	assert_int_equal(view_voided(office.books.view), 0);
}

/* A retry writes nothing, and has the number that it had. */
static void test_sequence__a_step_keeps_its_number(void **state)
{
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	assert_string_equal(number(&office, "r1", "s1", "{ name: a }"), "1");
	assert_string_equal(number(&office, "r1", "s2", "{ name: a }"), "2");
	const char *before = office_journal(&office);
	assert_string_equal(before, "number.taken number.taken");
	assert_string_equal(number(&office, "r1", "s1", "{ name: a }"), "1");
	assert_string_equal(
	        number(&office, "r1", "s1", "{ name: a, format: \"X-%03d\" }"),
	        "X-001");
	assert_string_equal(office_journal(&office), before);
}

static void test_sequence__freed_numbers_go_first(void **state)
{
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	office_start(&office, "r2");
	office_start(&office, "r3");
	office_start(&office, "r4");
	assert_string_equal(number(&office, "r1", "s1", "{ name: a }"), "1");
	assert_string_equal(number(&office, "r2", "s1", "{ name: a }"), "2");
	assert_string_equal(number(&office, "r3", "s1", "{ name: a }"), "3");
	finish(&office, "r2", "rejected");
	finish(&office, "r3", "failed"); /* keeps it */
	assert_string_equal(number(&office, "r4", "s1", "{ name: a }"), "2");
	assert_string_equal(number(&office, "r4", "s2", "{ name: a }"), "4");
}

static void test_sequence__formats(void **state)
{
	static const struct {
		const char *format;
		const char *text; /* NULL: refused */
	} cases[] = {
		{ "%d", "1" },
		{ "%04d", "0001" },
		{ "2026-%03d/a", "2026-001/a" },
		{ "%s-%d-%d", "%s-1-%d" },
		{ "100% %02d", "100% 01" },
		{ "%018d", "000000000000000001" },
		{ "%019d", NULL },
		{ "%4d", NULL },
		{ "%0999999999999d", NULL },
		{ "none", NULL },
		{ "%", NULL },
		{ "%0", NULL },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_office struct office office;
		auto_error struct error err = { 0 };
		struct bus_answer answer = { 0 };

		office_open(&office);
		struct bus_request request =
		        office_request(&office, "s1", "sequence.next",
		                       arena_printf(&office.books.git.arena,
		                                    "{ name: a, format: '%s' }",
		                                    cases[i].format));
		int rc = bus_perform(&request, &answer, &err);
		assert_row(i, (rc == 0) == (cases[i].text != NULL));
		if (rc == 0) {
			assert_row_text(
			        i, value_get_text(answer.result, "text", NULL),
			        cases[i].text);
			assert_row(i, value_get_int(answer.result, "number",
			                            0) == 1);
			continue;
		}
		assert_row(i, err.code == ERR_FAILED);
		assert_row_text(i, office_journal(&office), "");
	}
}

/* ---- Somebody else writes in between ---- */

struct rival {
	struct office *office;
	struct journal *journal;
	int times; /* that are left */
	bool busy;
};

/* An event asks for an id, which is between a number's decision and its
 * writing. */
static void write_in_between(void *state, void *bytes, size_t len)
{
	struct rival *rival = state;
	struct books *books = &rival->office->books;

	if (rival->times > 0 && !rival->busy) {
		rival->times--;
		rival->busy = true;
		(void)journal_add(rival->journal, EVENT_EVENT_EMITTED, NULL,
		                  books_data(books, "{\"type\":\"x.y\"}"));
		fixture_ok(&books->git, journal_flush(rival->journal, "rival",
		                                      &books->git.err));
		rival->busy = false;
	}
	books_random(books, bytes, len);
}

static int64_t rival_wall(void *state)
{
	struct rival *rival = state;

	return books_wall(&rival->office->books);
}

static void test_sequence__a_number_is_decided_anew(void **state)
{
	static const struct {
		int times;
		enum error_code code;
	} cases[] = {
		{ 0, ERR_NONE },
		{ 1, ERR_NONE },
		{ 3, ERR_NONE },
		{ 1000, ERR_CONFLICT },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_office struct office office;
		auto_error struct error err = { 0 };
		struct bus_answer answer = { 0 };

		office_open(&office);
		auto_journal struct journal *journal =
		        books_journal(&office.books);
		struct rival rival = {
			.office = &office,
			.journal = journal,
			.times = cases[i].times,
		};
		office.books.clock = (struct clock){
			.wall_ms = rival_wall,
			.boot_ms = books_boot,
			.random = write_in_between,
			.state = &rival,
		};
		struct bus_request request = office_request(
		        &office, "s1", "sequence.next", "{ name: a }");
		int rc = bus_perform(&request, &answer, &err);
		assert_row(i, rc == (cases[i].code ? -1 : 0));
		assert_row(i, err.code == cases[i].code);
		if (rc < 0) {
			rival.times = 0;
			rc = bus_perform(&request, &answer, &err);
		}
		assert_row(i, rc == 0);
		assert_row_text(i, value_get_text(answer.result, "text", NULL),
		                "1");
		assert_row(i, cases[i].times > 100 ||
		                      view_voided(office.books.view) ==
		                              cases[i].times);
	}
}
