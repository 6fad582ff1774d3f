/*
 * Adopting a journal that was rewritten: the owner says that it is right so.
 *
 *	take the append lock; look that it is not the line that we know
 *	read all of it, so that nothing unknown is adopted
 *	keep the old end under refs/reeve/rescue/
 *	journal.adopted on top of the new end, which the witness then names
 *
 * A crash before the witness is written leaves it refused as before.
 */
#include "store/journal_private.h"

#include "store/base/fault.h"
#include "store/lock.h"
#include "store/witness.h"

static int nothing(void *state, const struct event *event,
                   const struct journal_place *place, struct error *err)
{
	(void)state, (void)event, (void)place, (void)err;
	return 0;
}

/* It begins with a root, goes on in a straight line, and each event is known.
 */
static int prove(struct journal *journal, const struct oid *tip,
                 struct error *err)
{
	journal->has_root = false;
	if (journal_read(journal, tip, journal_read_root, journal, err) < 0)
		return -1;
	if (!journal->has_root)
		return error_set(err, ERR_CORRUPT, "it has no events");
	return journal_read(journal, tip, nothing, NULL, err);
}

static int write_adoption(struct journal *journal, const struct oid *had,
                          const struct oid *now, struct oid *ret,
                          struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct value *data = value_map(&arena);

	value_map_text(&arena, data, "had", oid_text(&arena, had));
	value_map_text(&arena, data, "now", oid_text(&arena, now));
	journal_add(journal, EVENT_JOURNAL_ADOPTED, NULL, data);
	int status = journal_write_commits(journal, "adopted by hand", now, ret,
	                                   err);
	if (status == 0)
		status = repo_ref_swap(journal->repo, JOURNAL_REF, ret, now,
		                       "reeve adopt", err);
	journal_forget_pending(journal);
	return status;
}

int journal_adopt(struct journal *journal, struct oid *ret_had,
                  struct error *err)
{
	struct oid now;
	struct oid tip;

	auto_lock struct lock *lock =
	        lock_take(journal->lock_dir, "append", APPEND_WAIT_MS, err);
	if (!lock)
		return -1;
	int found = journal_tip(journal, &now, err);
	if (found <= 0)
		return found < 0 ? -1 : journal_missing(journal, err);
	int known = witness_read(journal->lock_dir, ret_had, err);
	if (known <= 0)
		return known;
	int follows = journal_follows(journal, ret_had, &now, err);
	if (follows != 0)
		return follows < 0 ? -1 : 0;
	if (prove(journal, &now, err) < 0 ||
	    journal_rescue(journal, ret_had, err) < 0 ||
	    FAULT_FAILS("adopt.rescued", err) ||
	    write_adoption(journal, ret_had, &now, &tip, err) < 0)
		return error_wrap(err, "could not adopt the journal");
	FAULT("adopt.written");
	witness_note_root(journal->lock_dir, NULL);
	return witness_write(journal->lock_dir, &tip, err) < 0 ? -1 : 1;
}
