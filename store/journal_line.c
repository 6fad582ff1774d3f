/*
 * Whether the line of commits is one that this machine may follow, and
 * catching up with it.
 *
 * The witness ($GIT_COMMON_DIR/reeve/witness) is the last tip this machine
 * acknowledged. A journal whose tip does not descend from it was rewritten or
 * restored from an old copy: it is refused, untouched.
 */
#include "store/journal_private.h"

#include "store/tail.h"
#include "store/witness.h"

#define MANY_COMMITS 1000
#define HEAL_TRIES   8

int journal_rescue(struct journal *journal, const struct oid *had,
                   struct error *err)
{
	static const struct oid none;
	auto_arena struct arena arena = { 0 };
	const char *name = arena_printf(&arena, JOURNAL_RESCUE "%s",
	                                oid_text(&arena, had));
	struct oid kept;

	if (!repo_object_exists(journal->repo, had))
		return 0;
	int found = repo_ref_read(journal->repo, name, &kept, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	return repo_ref_swap(journal->repo, name, had, &none,
	                     "the journal was rewritten", err);
}

static int rewritten(const struct oid *had, const struct oid *now,
                     struct error *err)
{
	char had_text[OID_TEXT_BYTES];
	char now_text[OID_TEXT_BYTES];

	oid_to_text(had, had_text);
	oid_to_text(now, now_text);
	error_set(err, ERR_STATE,
	          "the journal was rewritten: it had %s, now it ends at %s "
	          "without it",
	          had_text, now_text);
	return error_hint(err,
	                  "Nothing was changed. If that was a mistake: git "
	                  "update-ref " JOURNAL_REF " %s. If it is right "
	                  "so: reeve adopt",
	                  had_text);
}

struct line {
	struct oid *commits;
	size_t count;
};

/* The commits behind `from` (zero: all of them) up to `tip`, oldest first: 1; 0
 * when the line of first parents does not lead there; -1. */
static int line_since(struct journal *journal, struct arena *arena,
                      const struct oid *from, const struct oid *tip,
                      struct line *ret, struct error *err)
{
	const struct oid *until = oid_is_zero(from) ? NULL : from;
	struct commit first;

	if (repo_line(journal->repo, arena, tip, until, &ret->commits,
	              &ret->count, err) < 0)
		return error_wrap(err, "could not read the journal");
	if (!until || !ret->count)
		return 1;
	if (repo_commit_read(journal->repo, arena, ret->commits, &first, err) <
	    0)
		return -1;
	return first.parent_count && oid_equal(&first.parents[0], until);
}

int journal_follows(struct journal *journal, const struct oid *from,
                    const struct oid *tip, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct line line;

	return oid_equal(from, tip) ||
	       line_since(journal, &arena, from, tip, &line, err);
}

/* What the sink has is of another line: it may begin anew. */
static int begin_anew(struct journal *journal, struct arena *arena,
                      const struct oid *tip, struct line *ret,
                      struct error *err)
{
	const struct journal_sink *sink = journal->sink;

	if (!sink->anew)
		return rewritten(&journal->cursor, tip, err);
	if (sink->anew(sink->state, err) < 0)
		return -1;
	journal->cursor = (struct oid){ 0 };
	return line_since(journal, arena, &journal->cursor, tip, ret, err);
}

static int count_given(void *state, const struct event *event,
                       const struct journal_place *place, struct error *err)
{
	struct journal *journal = state;

	journal->given++;
	return journal->sink->event(journal->sink->state, event, place, err);
}

/* Give the sink, which stands at the cursor, what is behind it up to `tip`. */
static int give(struct journal *journal, const struct oid *tip,
                struct error *err)
{
	const struct journal_sink *sink = journal->sink;
	auto_arena struct arena arena = { 0 };
	struct line line;

	int leads =
	        line_since(journal, &arena, &journal->cursor, tip, &line, err);
	if (leads == 0)
		leads = begin_anew(journal, &arena, tip, &line, err);
	if (leads < 0)
		return -1;
	if (line.count >= MANY_COMMITS && sink->many &&
	    sink->many(sink->state, err) < 0)
		return -1;
	if (journal_read_line(journal->repo, line.commits, line.count,
	                      &journal->cursor, count_given, journal, err) != 0)
		return -1;
	return sink->end(sink->state, tip, err);
}

/* Whether another process has moved the sink on from `before`, to `tip` or
 * behind it: 1, 0, -1. */
static int is_given(struct journal *journal, const struct oid *before,
                    const struct oid *tip, struct error *err)
{
	const struct oid *now = &journal->cursor;

	if (oid_equal(before, now) || oid_is_zero(now))
		return 0;
	return repo_is_ancestor(journal->repo, tip, now, err);
}

int journal_catch_up_to(struct journal *journal, const struct oid *tip,
                        struct error *err)
{
	const struct journal_sink *sink = journal->sink;
	struct oid before = journal->cursor;

	if (!sink || oid_equal(tip, &before))
		return 0;
	if (sink->begin && sink->begin(sink->state, &journal->cursor, err) < 0)
		return -1;
	int given = is_given(journal, &before, tip, err);
	if (given == 0 && give(journal, tip, err) == 0) {
		journal->cursor = *tip;
		return 0;
	}
	if (sink->abandon)
		sink->abandon(sink->state);
	return given > 0 ? 0 : -1;
}

/* ---- The witness --------------------------------------------------------- */

/* The tip must be the witnessed one or follow it. */
static int witness_check(struct journal *journal, const struct oid *tip,
                         struct error *err)
{
	auto_error struct error ignored = { 0 };
	struct oid seen;
	struct oid moved;
	int known = witness_read(journal->lock_dir, &seen, err);

	if (known == 0)
		witness_note_root(journal->lock_dir, NULL);
	if (known <= 0 || oid_equal(&seen, tip))
		return known < 0 ? -1 : 0;
	int follows = journal_follows(journal, &seen, tip, err);
	if (follows != 0)
		return follows < 0 ? -1 : 0;
	/* Ours may have been put on top of others'. */
	if (witness_moved(journal->lock_dir, &seen, &moved) &&
	    (follows = journal_follows(journal, &moved, tip, err)) != 0)
		return follows < 0 ? -1 : 0;
	/* So that gc does not take it before the owner has decided. */
	if (journal_rescue(journal, &seen, &ignored) < 0)
		error_clear(&ignored);
	return rewritten(&seen, tip, err);
}

/* There is no journal. When there was one, a new one must not hide that. */
int journal_missing(struct journal *journal, struct error *err)
{
	char text[OID_TEXT_BYTES];
	struct oid seen;
	int known = witness_read(journal->lock_dir, &seen, err);

	if (known < 0)
		return -1;
	if (!known) {
		error_set(err, ERR_STATE, "this repository has no journal yet");
		return error_hint(err, "Run reeve init.");
	}
	oid_to_text(&seen, text);
	error_set(err, ERR_STATE, "the branch reeve/journal is gone");
	return error_hint(
	        err, "Bring it back: git update-ref " JOURNAL_REF " %s", text);
}

/* Read the tip and prove it legal. ERR_STATE without a journal. */
int journal_legal_tip(struct journal *journal, struct oid *ret,
                      struct error *err)
{
	int found;

	if (journal->rehearsing) {
		*ret = journal->cursor;
		return 0;
	}
	found = journal_tip(journal, ret, err);
	if (found < 0)
		return -1;
	return found ? witness_check(journal, ret, err)
	             : journal_missing(journal, err);
}

/* ---- Healing ------------------------------------------------------------- */

struct healing {
	struct repo *repo;
	size_t count;
};

static int heal(void *state, const struct stored *object)
{
	struct healing *healing = state;
	auto_error struct error ignored = { 0 };

	/* What cannot be written is missed by whoever needs it. */
	healing->count += repo_restore(healing->repo, object, &ignored) > 0;
	return 0;
}

size_t journal_heal(struct journal *journal)
{
	struct healing healing = { .repo = journal->repo };
	auto_tail struct tail *tail = tail_open(journal->lock_dir);

	if (tail)
		(void)tail_each(tail, heal, &healing); /* heal() never stops */
	return healing.count;
}

bool journal_heals(struct journal *journal, const struct error *reason)
{
	switch (reason->code) {
	case ERR_MISSING:
	case ERR_CORRUPT:
	case ERR_SYSTEM:
		return journal_heal(journal) > 0;
	default:
		return false;
	}
}

static int catch_up(struct journal *journal, struct error *err)
{
	struct oid tip;

	if (journal_legal_tip(journal, &tip, err) < 0)
		return -1;
	return journal_catch_up_to(journal, &tip, err);
}

int journal_catch_up(struct journal *journal, struct error *err)
{
	for (int try = 1;; try++) {
		auto_error struct error reason = { 0 };

		if (catch_up(journal, &reason) == 0)
			return 0;
		/* A gc that goes on may take it once more. */
		if (try < HEAL_TRIES && !journal->rehearsing &&
		    journal_heals(journal, &reason))
			continue;
		error_move(err, &reason);
		return -1;
	}
}
