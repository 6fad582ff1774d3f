/*
 * What people read of a journal commit is its first line. It may hold words
 * of a client's, which must not become part of the record below it.
 */
#include "tests/unit/unit.h"

#include "store/base/limits.h"
#include "store/journal.h"
#include "tests/unit/fixture_repo.h"

#define SEVENTY                                                                \
	"0123456789012345678901234567890123456789012345678901234567890123456789"

static const struct {
	const char *given;
	const char *kept;
} cases[] = {
	{ "proposal 7k2fq0ab: drafted", "proposal 7k2fq0ab: drafted" },
	{ "X\n\nhello", "X  hello" },
	{ "a\tb\rc\x1b[2J", "a b c [2J" },
	{ "a\u2028b\u202ec", "a b c" },
	{ "a\xff"
	  "b",
	  "a b" },
	{ SEVENTY "ab", SEVENTY "ab" },
	{ SEVENTY "abc", SEVENTY "ab" },
	{ SEVENTY "a\u00fc", SEVENTY "a" },
	{ "", "" },
};

static int count_event(void *state, const struct event *event,
                       const struct journal_place *place, struct error *err)
{
	(void)event, (void)place, (void)err;
	++*(size_t *)state;
	return 0;
}

static int do_nothing(void *state, const struct oid *tip, struct error *err)
{
	(void)state, (void)tip, (void)err;
	return 0;
}

static void test_journal_subject__is_one_line_that_can_be_seen(void **state)
{
	struct fixture fixture;
	struct clock clock;
	struct clock_state clock_state;
	size_t count = 0;
	const struct journal_sink sink = {
		.event = count_event,
		.end = do_nothing,
		.state = &count,
	};

	UNUSED_STATE(state);
	fixture_open(&fixture);
	fixture_ok(&fixture, clock_system(&clock, &clock_state, &fixture.err));
	struct journal *journal =
	        journal_open(fixture.repo, &clock, "/test", &fixture.err);
	fixture_ok(&fixture,
	           journal_create(journal, "main", NULL, &fixture.err));
	journal_follow(journal, &sink, &fixture_zero);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct commit commit;
		struct oid tip;

		journal_add(journal, EVENT_RUN_FINISHED, "run",
		            value_map(&fixture.arena));
		fixture_ok(&fixture, journal_flush(journal, cases[i].given,
		                                   &fixture.err));
		assert_row(i, journal_tip(journal, &tip, &fixture.err) == 1);
		fixture_ok(&fixture,
		           repo_commit_read(fixture.repo, &fixture.arena, &tip,
		                            &commit, &fixture.err));
		size_t len = strlen(cases[i].kept);
		assert_row(i, strncmp(commit.message, cases[i].kept, len) == 0);
		assert_row(i, strncmp(commit.message + len, "\n\n{", 3) == 0);
		/* The root's and one event of each flush until here. */
		assert_row(i, count == i + 2);
	}
	journal_close(journal);
	fixture_close(&fixture);
}
