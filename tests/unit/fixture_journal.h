/*
 * A journal on a fresh repository, and a view that follows it. Time is one
 * second later at each look; ids are a function of the process and their
 * order.
 */
#ifndef FIXTURE_JOURNAL_H
#define FIXTURE_JOURNAL_H

#include "tests/unit/fixture_repo.h"

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/journal.h"
#include "store/view.h"

/* 2026-11-22T09:00:00Z */
#define BOOKS_TIME INT64_C(1795338000000)

struct books {
	struct fixture git;
	struct clock clock;
	int64_t looks;
	uint64_t ids;
	struct journal *journal;
	struct view *view;
	char *view_path;
};

static inline int64_t books_wall(void *state)
{
	struct books *books = state;

	return BOOKS_TIME + books->looks++ * 1000;
}

static inline int64_t books_boot(void *state)
{
	(void)state;
	return 0;
}

static inline void books_random(void *state, void *bytes, size_t len)
{
	struct books *books = state;
	unsigned char *at = bytes;
	uint64_t x = (uint64_t)getpid() << 32 | ++books->ids;

	for (size_t i = 0; i < len; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		at[i] = (unsigned char)(x >> 56);
	}
}

/* A second handle on the same repository, as another process has it. */
static inline struct journal *books_journal(struct books *books)
{
	struct journal *journal = journal_open(books->git.repo, &books->clock,
	                                       "reeve/test", &books->git.err);

	assert_non_null(journal);
	return journal;
}

/* A view in the file `name`, without a journal that fills it. */
static inline struct view *books_view(struct books *books, const char *name,
                                      bool *ret_moved)
{
	const char *path =
	        arena_printf(&books->git.arena, "%s/%s", books->git.dir, name);
	struct view *view =
	        view_open(path, books->git.repo, ret_moved, &books->git.err);

	if (!view)
		fail_msg("%s", books->git.err.message);
	return view;
}

/* Without a journal yet. */
static inline void books_prepare(struct books *books)
{
	*books = (struct books){ .looks = 0 };
	fixture_open(&books->git);
	books->clock = (struct clock){
		.wall_ms = books_wall,
		.boot_ms = books_boot,
		.random = books_random,
		.state = books,
	};
	books->journal = books_journal(books);
}

static inline void books_open(struct books *books)
{
	books_prepare(books);
	fixture_ok(&books->git, journal_create(books->journal, "main", NULL,
	                                       &books->git.err));
	books->view = books_view(books, "view.db", NULL);
	journal_follow(books->journal, view_sink(books->view),
	               view_cursor(books->view));
	fixture_ok(&books->git,
	           journal_catch_up(books->journal, &books->git.err));
}

static inline void books_close(struct books *books)
{
	journal_close(books->journal);
	view_close(books->view);
	fixture_close(&books->git);
}

#define auto_books CLEANUP(books_close)

static inline struct value *books_data(struct books *books, const char *json)
{
	struct value *data = json_parse(&books->git.arena, "case", json,
	                                strlen(json), &books->git.err);

	if (!data)
		fail_msg("%s: %s", json, books->git.err.message);
	return data;
}

/* One event, waiting for a flush; `json` is its data. */
static inline void books_add(struct books *books, enum event_type type,
                             const char *json)
{
	(void)journal_add(books->journal, type, "r/s", books_data(books, json));
}

static inline void books_flush(struct books *books)
{
	fixture_ok(&books->git,
	           journal_flush(books->journal, "a flush", &books->git.err));
}

static inline struct oid books_tip(struct books *books)
{
	struct oid tip = fixture_zero;

	assert_int_equal(journal_tip(books->journal, &tip, &books->git.err), 1);
	return tip;
}

#endif
