#include "tests/unit/unit.h"

#include "tests/unit/fixture_journal.h"

#include "store/journal_share.h"

/* An event of its own for each number. */
static void add(struct books *books, int number)
{
	char json[64];

	snprintf(json, sizeof(json), "{\"job\":\"j%d\",\"commit\":\"c%d\"}",
	         number, number);
	books_add(books, EVENT_TRIGGER_RELEASED, json);
	books_flush(books);
}

static struct share share_of(struct books *books)
{
	return (struct share){ .journal = books->journal, .remote = "hub" };
}

/* Put the journal back to `to`, as if what followed had been elsewhere. */
static void go_back(struct books *books, const struct oid *to)
{
	struct oid tip = books_tip(books);
	const char *dir = arena_printf(&books->git.arena, "%s/reeve/witness",
	                               repo_common_dir(books->git.repo));

	fixture_ok(&books->git, repo_ref_swap(books->git.repo, JOURNAL_REF, to,
	                                      &tip, "test", &books->git.err));
	assert_int_equal(unlink(dir), 0);
	fixture_ok(&books->git,
	           journal_catch_up(books->journal, &books->git.err));
}

static int count_one(void *state, const struct event *event,
                     const struct journal_place *place, struct error *err)
{
	char *seen = state;

	(void)place;
	(void)err;
	strcat(seen, value_get_text(event->data, "job", ""));
	return 0;
}

static void test_journal_share__ours_goes_on_top(void **state)
{
	auto_books struct books books;
	enum share_state how;
	char seen[64] = "";

	(void)state;
	books_open(&books);
	struct share share = share_of(&books);
	add(&books, 1);
	struct oid base = books_tip(&books);
	add(&books, 2);
	struct oid theirs = books_tip(&books);
	go_back(&books, &base);
	add(&books, 3);
	fixture_ok(&books.git,
	           share_take(&share, &theirs, &how, &books.git.err));
	assert_int_equal(how, SHARE_MERGED);
	fixture_ok(&books.git, journal_catch_up(books.journal, &books.git.err));
	struct oid tip = books_tip(&books);
	fixture_ok(&books.git, journal_read(books.journal, &tip, count_one,
	                                    seen, &books.git.err));
	assert_string_equal(seen, "j1j2j3");
	assert_true(oid_equal(view_cursor(books.view), &tip));
	/* It is theirs and one more; asking again moves nothing. */
	fixture_ok(&books.git,
	           share_take(&share, &theirs, &how, &books.git.err));
	assert_int_equal(how, SHARE_AHEAD);
	fixture_ok(&books.git, share_take(&share, &tip, &how, &books.git.err));
	assert_int_equal(how, SHARE_SAME);
}

static void test_journal_share__theirs_is_taken(void **state)
{
	auto_books struct books books;
	enum share_state how;

	(void)state;
	books_open(&books);
	struct share share = share_of(&books);
	struct oid base = books_tip(&books);
	add(&books, 1);
	struct oid theirs = books_tip(&books);
	go_back(&books, &base);
	fixture_ok(&books.git,
	           share_take(&share, &theirs, &how, &books.git.err));
	assert_int_equal(how, SHARE_TAKEN);
	struct oid tip = books_tip(&books);
	assert_true(oid_equal(&tip, &theirs));
}

static void test_journal_share__what_was_agreed_must_stay(void **state)
{
	auto_books struct books books;
	enum share_state how = SHARE_SAME;

	(void)state;
	books_open(&books);
	struct share share = share_of(&books);
	struct oid base = books_tip(&books);
	add(&books, 1);
	struct oid tip = books_tip(&books);
	fixture_ok(&books.git, share_pushed(&share, &tip, &books.git.err));
	assert_int_equal(share_take(&share, &base, &how, &books.git.err), -1);
	assert_int_equal(books.git.err.code, ERR_STATE);
	error_clear(&books.git.err);
	assert_int_equal(share_missing(&share, &books.git.err), -1);
	assert_int_equal(books.git.err.code, ERR_STATE);
	struct oid now = books_tip(&books);
	assert_true(oid_equal(&now, &tip));
	error_clear(&books.git.err);
}
