/*
 * How an append works (RELIABILITY.md, section 3):
 *
 *   take the append lock
 *   read the tip; give the sink what others added since our cursor
 *   write the blobs, the tree, the commit; every object is read back
 *   swap the reference against the tip that was read
 *   write the witness: the tip, outside of git
 *   give our events to the sink; release the lock
 *
 * The message is the record: a subject, an empty line, one event a line. The
 * tree holds what the events name: blobs/<id> for fields that were too long,
 * and what journal_keep() was given. The reference is moved only here.
 */
#include "store/journal_private.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/fault.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/lock.h"
#include "store/tail.h"
#include "store/witness.h"

#define APPEND_TRIES 8

struct journal *journal_open(struct repo *repo, const struct clock *clock,
                             const char *source, struct error *err)
{
	struct journal *journal = mem_zalloc(1, sizeof(*journal));

	(void)err; /* opening reads nothing yet */
	journal->repo = repo;
	journal->clock = clock;
	journal->source = mem_strdup(source);
	journal->lock_dir = mem_printf("%s/reeve", repo_common_dir(repo));
	return journal;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	journal_forget_pending(journal);
	arena_clear(&journal->arena);
	arena_clear(&journal->read_arena);
	free(journal->source);
	free(journal->lock_dir);
	free(journal);
}

void journal_close_auto(struct journal **journal)
{
	journal_close(*journal);
}

void journal_sign(struct journal *journal, const char *source)
{
	free(journal->source);
	journal->source = mem_strdup(source);
}

const char *journal_source(const struct journal *journal)
{
	return journal->source;
}

int journal_tip(struct journal *journal, struct oid *ret, struct error *err)
{
	return repo_ref_read(journal->repo, JOURNAL_REF, ret, err);
}

void journal_follow(struct journal *journal, const struct journal_sink *sink,
                    const struct oid *cursor)
{
	journal->sink = sink;
	journal->given = 0;
	journal->cursor = *cursor;
}

const struct oid *journal_cursor(const struct journal *journal)
{
	return &journal->cursor;
}

size_t journal_given(const struct journal *journal)
{
	return journal->given;
}

size_t journal_pending(const struct journal *journal)
{
	return journal->pending_count;
}

void journal_rehearse(struct journal *journal)
{
	repo_rehearse(journal->repo);
	journal->rehearsing = true;
}

/* ---- Appending ----------------------------------------------------------- */

static int write_tree(struct journal *journal, struct oid *ret,
                      struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct tree_change *changes =
	        arena_array(&arena, journal->kept_count + 1, sizeof(*changes));

	for (size_t i = 0; i < journal->kept_count; i++) {
		const struct kept *kept = &journal->kept[i];
		changes[i] = (struct tree_change){
			.path = kept->name,
			.oid = kept->oid,
			.mode = kept->mode,
		};
		if (kept->bytes &&
		    repo_blob_write(journal->repo, kept->bytes, kept->len,
		                    &changes[i].oid, err) < 0)
			return -1;
	}
	return repo_tree_write(journal->repo, NULL, changes,
	                       journal->kept_count, ret, err);
}

/* Most commits keep nothing, and one of them in the journal holds on to the
 * tree for the others: to flush it again each time is a quarter of a flush. */
static int write_bare_tree(struct journal *journal, struct oid *ret,
                           struct error *err)
{
	if (oid_is_zero(&journal->durable_tree) &&
	    repo_tree_write(journal->repo, NULL, NULL, 0, &journal->bare_tree,
	                    err) < 0)
		return -1;
	*ret = journal->bare_tree;
	return 0;
}

/* The subject is one line that can be seen, or the empty line behind it would
 * not be the first: it may hold words of the owner's or of a client's. */
static void add_subject(struct buf *message, const char *subject)
{
	size_t len = strlen(subject);
	size_t at = 0;

	while (at < len) {
		uint32_t point = 0;
		size_t size = utf8_next(subject + at, len - at, &point);
		bool plain = size > 0 && point != '\n' && point != '\t' &&
		             !utf8_is_hidden(point);
		if (message->len + (plain ? size : 1) > LIMIT_SUBJECT)
			return;
		buf_add(message, plain ? subject + at : " ", plain ? size : 1);
		at += size > 0 ? size : 1;
	}
}

/* One commit with the pending events from `*next` on that fit a message, on
 * top of `*tip` (zero: of nothing), which it becomes. */
static int write_commit(struct journal *journal, const char *subject,
                        const struct oid *tree, size_t *next, struct oid *tip,
                        struct error *err)
{
	struct oid parent = *tip;
	auto_buf struct buf message = buf_make(LIMIT_MESSAGE + LIMIT_SUBJECT);
	struct signature reeve = {
		.name = "reeve",
		.email = "reeve@localhost",
		.time_s = clock_wall_ms(journal->clock) / 1000,
	};

	add_subject(&message, subject);
	buf_add_text(&message, "\n\n");
	for (size_t first = *next; *next < journal->pending_count; ++*next) {
		const struct pending *event = &journal->pending[*next];
		if (*next > first && message.len + event->len >= LIMIT_MESSAGE)
			break;
		buf_add(&message, event->line, event->len);
		buf_add_char(&message, '\n');
	}
	struct commit commit = {
		.tree = *tree,
		.parents = &parent,
		.parent_count = oid_is_zero(&parent) ? 0 : 1,
		.author = reeve,
		.committer = reeve,
		.message = message.at,
		.message_len = message.len,
	};
	return repo_commit_write(journal->repo, &commit, tip, err);
}

/* All pending events on top of `parent`; the last commit in `ret`. */
static int put_commits(struct journal *journal, const char *subject,
                       const struct oid *parent, struct oid *ret,
                       struct error *err)
{
	struct oid tree;
	size_t next = 0;

	*ret = *parent;
	if ((journal->kept_count ? write_tree(journal, &tree, err)
	                         : write_bare_tree(journal, &tree, err)) < 0)
		return -1;
	while (next < journal->pending_count) {
		if (write_commit(journal, subject, &tree, &next, ret, err) < 0)
			return -1;
		/* What is kept is kept by the first commit. */
		if (next < journal->pending_count &&
		    write_bare_tree(journal, &tree, err) < 0)
			return -1;
	}
	return 0;
}

static void put_in_tail(void *state, const struct stored *object)
{
	tail_put(state, object);
}

static void keep_spare(struct journal *journal)
{
	auto_tail struct tail *tail = tail_open(journal->lock_dir);

	if (tail)
		repo_batch_each(journal->repo, put_in_tail, tail);
}

/* The same, on disk when it returns 0. */
int journal_write_commits(struct journal *journal, const char *subject,
                          const struct oid *parent, struct oid *ret,
                          struct error *err)
{
	repo_batch_begin(journal->repo);
	if (put_commits(journal, subject, parent, ret, err) == 0) {
		keep_spare(journal);
		return repo_batch_commit(journal->repo, err);
	}
	repo_batch_abandon(journal->repo);
	return -1;
}

/* Whether a second try may succeed: somebody was first, or gc was. */
static bool may_retry(const struct error *err)
{
	return err->code == ERR_CONFLICT;
}

static int append_once(struct journal *journal, const char *subject,
                       struct oid *ret, struct error *err)
{
	struct oid tip;

	if (journal_legal_tip(journal, &tip, err) < 0 ||
	    journal_catch_up_to(journal, &tip, err) < 0)
		return -1;
	if (journal_write_commits(journal, subject, &tip, ret, err) < 0)
		return -1;
	if (FAULT_FAILS("append.objects", err) ||
	    repo_ref_swap(journal->repo, JOURNAL_REF, ret, &tip, subject, err) <
	            0 ||
	    FAULT_FAILS("append.ref", err))
		return -1;
	return 0;
}

/* What journal_flush() does, and nothing of it stays. */
static int rehearse(struct journal *journal, const char *subject,
                    struct error *err)
{
	struct oid tip;

	if (put_commits(journal, subject, &journal->cursor, &tip, err) < 0)
		return -1;
	journal_forget_pending(journal);
	return journal_catch_up_to(journal, &tip, err);
}

int journal_flush(struct journal *journal, const char *subject,
                  struct error *err)
{
	struct oid tip;

	if (journal->too_long)
		return error_set(err, ERR_LIMIT,
		                 "cannot write to the journal: an event is "
		                 "longer than %u bytes",
		                 LIMIT_EVENT_LINE);
	if (journal->pending_count == 0)
		return journal_catch_up(journal, err);
	if (journal->rehearsing)
		return rehearse(journal, subject, err);
	auto_lock struct lock *lock =
	        lock_take(journal->lock_dir, "append", APPEND_WAIT_MS, err);
	if (!lock)
		return -1;
	for (int try = 1;; try++) {
		auto_error struct error reason = { 0 };
		if (append_once(journal, subject, &tip, &reason) == 0)
			break;
		if (try < APPEND_TRIES &&
		    (may_retry(&reason) || journal_heals(journal, &reason)))
			continue;
		error_move(err, &reason);
		return error_wrap(err, "could not write to the journal");
	}
	journal_forget_pending(journal);
	journal->durable_tree = journal->bare_tree;
	/* It is in the journal whatever becomes of the witness. */
	auto_error struct error unseen = { 0 };
	if (journal_catch_up_to(journal, &tip, &unseen) < 0) {
		error_move(err, &unseen);
		return -1;
	}
	if (FAULT_FAILS("append.folded", err) ||
	    witness_write(journal->lock_dir, &tip, err) < 0)
		return -1;
	FAULT("append.witness");
	return 0;
}

/* ---- The root ------------------------------------------------------------ */

int journal_read_root(void *state, const struct event *event,
                      const struct journal_place *place, struct error *err)
{
	struct journal *journal = state;
	struct journal_root *root = &journal->root;
	const char *secret = value_get_text(event->data, "secret", "");
	const char *tip = value_get_text(event->data, "tip", NULL);

	if (event->type != EVENT_JOURNAL_STARTED ||
	    !oid_is_zero(&place->parent) ||
	    !base64_decode(secret, root->secret.bytes, HASH_SECRET_BYTES) ||
	    (tip && !oid_from_text(tip, &root->tip)))
		return error_set(err, ERR_CORRUPT,
		                 "the journal does not begin with its root");
	root->commit = place->commit;
	root->branch = arena_strdup(
	        &journal->arena, value_get_text(event->data, "branch", "main"));
	journal->has_root = true;
	return 1;
}

/* The root as it was noted: 1, 0 when the line must be walked. */
static int recall_root(struct journal *journal)
{
	auto_error struct error ignored = { 0 };
	struct journal_place place = { 0 };

	return witness_root(journal->lock_dir, &place.commit) &&
	       journal_read_commit(journal->repo, &place, journal_read_root,
	                           journal, &ignored) == 1;
}

static int walk_to_root(struct journal *journal, const struct oid *tip,
                        struct error *err)
{
	auto_error struct error reason = { 0 };

	if (journal_read(journal, tip, journal_read_root, journal, &reason) >=
	    0)
		return 0;
	if (journal_heals(journal, &reason))
		return journal_read(journal, tip, journal_read_root, journal,
		                    err) < 0
		               ? -1
		               : 0;
	error_move(err, &reason);
	return -1;
}

static int find_root(struct journal *journal, struct error *err)
{
	struct oid tip;

	if (journal_legal_tip(journal, &tip, err) < 0)
		return -1;
	if (recall_root(journal))
		return 0;
	if (walk_to_root(journal, &tip, err) < 0)
		return -1;
	witness_note_root(journal->lock_dir, &journal->root.commit);
	return 0;
}

int journal_root(struct journal *journal, const struct journal_root **ret,
                 struct error *err)
{
	if (!journal->has_root && find_root(journal, err) < 0)
		return -1;
	*ret = &journal->root;
	return 0;
}

int journal_create(struct journal *journal, const char *branch,
                   const struct oid *tip, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	unsigned char secret[HASH_SECRET_BYTES];
	struct value *data = value_map(&arena);
	struct oid commit;
	struct oid nothing = { 0 };

	/* Looked at under the lock: who is first has written both when he lets
	 * it go. */
	auto_lock struct lock *lock =
	        lock_take(journal->lock_dir, "append", APPEND_WAIT_MS, err);
	if (!lock)
		return -1;
	int found = journal_tip(journal, &commit, err);
	if (found != 0)
		return found < 0 ? -1
		                 : error_set(err, ERR_CONFLICT,
		                             "there is a journal already");
	int known = witness_read(journal->lock_dir, &commit, err);
	if (known != 0)
		return known < 0 ? -1 : journal_missing(journal, err);
	clock_random(journal->clock, secret, sizeof(secret));
	auto_free char *encoded = base64_encode(secret, sizeof(secret));
	value_map_text(&arena, data, "branch", branch);
	value_map_text(&arena, data, "secret", encoded);
	if (tip)
		value_map_text(&arena, data, "tip", oid_text(&arena, tip));
	journal_add(journal, EVENT_JOURNAL_STARTED, NULL, data);
	int made = journal_write_commits(journal, "the journal begins",
	                                 &nothing, &commit, err);
	if (made == 0)
		made = repo_ref_swap(journal->repo, JOURNAL_REF, &commit,
		                     &nothing, "reeve init", err);
	journal_forget_pending(
	        journal); /* who was second must not begin it again */
	if (made < 0)
		return error_wrap(err, "could not begin the journal");
	FAULT("init.root");
	witness_note_root(journal->lock_dir, &commit);
	return witness_write(journal->lock_dir, &commit, err);
}
