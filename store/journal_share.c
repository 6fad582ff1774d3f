/*
 * Ours and theirs are two lines that share a beginning:
 *
 *	root ── … ── base ── o ── o          ours: two flushes not yet pushed
 *	                └── t ── t ── t      theirs
 *
 * and become
 *
 *	root ── … ── base ── t ── t ── t ── o' ── o'
 *
 * under the append lock, as any append. A process that dies in between leaves
 * one line or the other, and both are legal: before the reference moves, the
 * file `moving` beside the witness says from where to where it will.
 *
 * Nothing is pushed before the reference has moved, so what the remote has of
 * ours it has from this line. Therefore a push whose answer was lost needs no
 * care: the next fetch finds our own commits there.
 */
#include "store/journal_share.h"

#include <string.h>

#include "store/base/alloc.h"
#include "store/base/fault.h"
#include "store/journal_private.h"
#include "store/lock.h"
#include "store/witness.h"

#define APPEND_WAIT_MS 10000

/* ---- The second witness -------------------------------------------------- */

int share_pushed(const struct share *share, const struct oid *tip,
                 struct error *err)
{
	auto_free char *name = mem_printf("pushed.%s", share->remote);

	return witness_write_named(share->journal->lock_dir, name, tip, err);
}

int share_last(const struct share *share, struct oid *ret, struct error *err)
{
	auto_free char *name = mem_printf("pushed.%s", share->remote);

	return witness_read_named(share->journal->lock_dir, name, ret, err);
}

static int fail_rewritten(const struct share *share, const struct oid *had,
                          const struct oid *now, struct error *err)
{
	char had_text[OID_TEXT_BYTES];
	char now_text[OID_TEXT_BYTES];

	oid_to_text(had, had_text);
	oid_to_text(now, now_text);
	if (oid_is_zero(now))
		(void)error_set(err, ERR_STATE,
		                "the journal is gone from \"%s\", which had %s",
		                share->remote, had_text);
	else
		(void)error_set(err, ERR_STATE,
		                "the journal of \"%s\" was rewritten: it had "
		                "%s, now it ends at %s without it",
		                share->remote, had_text, now_text);
	return error_hint(err,
	                  "Nothing was changed, and this repository still has "
	                  "it. If that was a mistake: git push --force %s "
	                  "%s:" JOURNAL_REF,
	                  share->remote, had_text);
}

int share_missing(const struct share *share, struct error *err)
{
	const struct oid none = { 0 };
	struct oid had;
	int known = share_last(share, &had, err);

	if (known <= 0)
		return known;
	return fail_rewritten(share, &had, &none, err);
}

/* What we agreed on last must be in it. */
static int prove(const struct share *share, const struct oid *theirs,
                 struct error *err)
{
	struct oid had;
	int known = share_last(share, &had, err);

	if (known <= 0 || oid_equal(&had, theirs))
		return known < 0 ? -1 : 0;
	int holds = repo_is_ancestor(share->journal->repo, &had, theirs, err);
	if (holds != 0)
		return holds < 0 ? -1 : 0;
	return fail_rewritten(share, &had, theirs, err);
}

/* ---- What came ----------------------------------------------------------- */

static int hear(void *state, const struct event *event,
                const struct journal_place *place, struct error *err)
{
	const struct share *share = state;

	(void)place;
	(void)err; /* that it could be read is all that is asked */
	if (share->heard)
		share->heard(share->state, event->source);
	return 0;
}

/* Read all that is behind `base` (zero: everything), as the fold will. */
static int read_new(const struct share *share, const struct oid *base,
                    const struct oid *theirs, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct repo *repo = share->journal->repo;
	struct share heard = *share;
	struct oid *commits;
	size_t count;

	if (repo_first_parents(repo, &arena, theirs,
	                       oid_is_zero(base) ? NULL : base, &commits,
	                       &count, err) < 0)
		return -1;
	if (journal_read_line(repo, commits, count, base, hear, &heard, err) <
	    0)
		return error_wrap(err, "the journal of \"%s\"", share->remote);
	return 0;
}

int share_ahead(const struct share *share,
                int (*event)(void *state, const struct event *event,
                             const struct journal_place *place,
                             struct error *err),
                void *state, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct repo *repo = share->journal->repo;
	struct oid had = { 0 };
	struct oid tip;
	struct oid *commits;
	size_t count;
	int known = share_last(share, &had, err);
	int there = known < 0 ? -1 : journal_tip(share->journal, &tip, err);

	if (there <= 0)
		return there;
	if (repo_first_parents(repo, &arena, &tip, known ? &had : NULL,
	                       &commits, &count, err) < 0)
		return -1;
	return journal_read_line(repo, commits, count, &had, event, state, err);
}

/* ---- Moving ours --------------------------------------------------------- */

static int move(const struct share *share, const struct oid *from,
                const struct oid *to, struct error *err)
{
	const char *dir = share->journal->lock_dir;

	if (!oid_is_zero(from) && witness_moving(dir, from, to, err) < 0)
		return -1;
	FAULT("share.moving");
	if (repo_ref_swap(share->journal->repo, JOURNAL_REF, to, from,
	                  "reeve: shared", err) < 0)
		return -1;
	FAULT("share.moved");
	return witness_write(dir, to, err);
}

/* The commits behind `base` up to `*tip` once more on top of `onto`, which is
 * then the last of them. */
static int put_on_top(struct repo *repo, const struct oid *base,
                      const struct oid *tip, struct oid *onto,
                      struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct oid *commits;
	size_t count;

	if (repo_first_parents(repo, &arena, tip, base, &commits, &count, err) <
	    0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		auto_arena struct arena scratch = { 0 };
		const struct oid parent = *onto;
		struct commit commit;
		if (repo_commit_read(repo, &scratch, &commits[i], &commit,
		                     err) < 0)
			return -1;
		commit.parents = &parent;
		commit.parent_count = 1;
		if (repo_commit_write(repo, &commit, onto, err) < 0)
			return -1;
	}
	return 0;
}

static int merge(const struct share *share, const struct oid *ours,
                 const struct oid *theirs, struct error *err)
{
	struct repo *repo = share->journal->repo;
	struct oid tip = *theirs;
	struct oid base;
	int common = repo_merge_base(repo, ours, theirs, &base, err);

	if (common < 0)
		return -1;
	if (!common) {
		(void)error_set(err, ERR_STATE,
		                "the journal of \"%s\" is another one: it "
		                "begins elsewhere",
		                share->remote);
		return error_hint(err, "A workspace has one journal. Use the "
		                       "remote that belongs to this one.");
	}
	if (read_new(share, &base, theirs, err) < 0)
		return -1;
	repo_batch_begin(repo);
	if (repo_batch_end(repo, put_on_top(repo, &base, ours, &tip, err),
	                   err) < 0 ||
	    FAULT_FAILS("share.merged", err))
		return -1;
	return move(share, ours, &tip, err);
}

/* With the append lock held. */
static int take(const struct share *share, const struct oid *theirs,
                enum share_state *ret, struct error *err)
{
	struct repo *repo = share->journal->repo;
	struct oid ours = { 0 };
	int there = journal_tip(share->journal, &ours, err);

	if (there < 0 || prove(share, theirs, err) < 0)
		return -1;
	if (there && journal_legal_tip(share->journal, &ours, err) < 0)
		return -1;
	*ret = SHARE_SAME;
	if (there && oid_equal(&ours, theirs))
		return 0;
	int ahead = there ? repo_is_ancestor(repo, theirs, &ours, err) : 0;
	*ret = SHARE_AHEAD;
	if (ahead != 0)
		return ahead < 0 ? -1 : 0;
	int behind = there ? repo_is_ancestor(repo, &ours, theirs, err) : 1;
	*ret = behind > 0 ? SHARE_TAKEN : SHARE_MERGED;
	if (behind < 0)
		return -1;
	if (!behind)
		return merge(share, &ours, theirs, err);
	if (read_new(share, &ours, theirs, err) < 0)
		return -1;
	return move(share, &ours, theirs, err);
}

int share_take(const struct share *share, const struct oid *theirs,
               enum share_state *ret, struct error *err)
{
	enum share_state state;
	struct oid had;
	auto_lock struct lock *lock = lock_take(share->journal->lock_dir,
	                                        "append", APPEND_WAIT_MS, err);

	if (!lock || take(share, theirs, &state, err) < 0)
		return -1;
	*ret = state;
	int known = share_last(share, &had, err);
	if (known < 0 || (known && oid_equal(&had, theirs)))
		return known < 0 ? -1 : 0;
	return share_pushed(share, theirs, err);
}
