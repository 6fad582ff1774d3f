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
 *
 * The witness ($GIT_COMMON_DIR/reeve/witness) is the last tip this machine
 * acknowledged. A journal whose tip does not descend from it was rewritten or
 * restored from an old copy: it is refused, untouched.
 */
#include "store/journal.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/fd.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/lock.h"
#include "store/witness.h"

#define APPEND_WAIT_MS 10000
#define APPEND_TRIES   8

/* An event that waits: its line, and what its line refers to. */
struct pending {
	char *line;
	size_t len;
};

struct kept {
	char *name;
	struct oid oid;
	unsigned mode;
	char *bytes; /* of a blob that the flush writes; NULL: it is there */
	size_t len;
};

struct journal {
	struct repo *repo;
	const struct clock *clock;
	char *source;
	char *lock_dir;
	const struct journal_sink *sink;
	struct oid cursor;
	struct journal_root root;
	bool has_root;
	struct arena arena; /* of the root's texts */

	/* The commit that journal_event_at() has read last, and where in it:
	 * most events are asked for in their order. */
	struct arena read_arena;
	struct commit read;
	const char *read_at;
	unsigned read_line;

	struct pending *pending;
	size_t pending_count;
	struct kept *kept;
	size_t kept_count;
	bool too_long; /* an event did not fit: nothing is written any more */
	bool rehearsing;
	char last_id[HASH_TEXT_BYTES];
};

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

static void forget_pending(struct journal *journal)
{
	for (size_t i = 0; i < journal->pending_count; i++)
		free(journal->pending[i].line);
	for (size_t i = 0; i < journal->kept_count; i++) {
		free(journal->kept[i].name);
		free(journal->kept[i].bytes);
	}
	free(journal->pending);
	free(journal->kept);
	journal->pending = NULL;
	journal->kept = NULL;
	journal->pending_count = journal->kept_count = 0;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	forget_pending(journal);
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

int journal_tip(struct journal *journal, struct oid *ret, struct error *err)
{
	return repo_ref_read(journal->repo, JOURNAL_REF, ret, err);
}

void journal_follow(struct journal *journal, const struct journal_sink *sink,
                    const struct oid *cursor)
{
	journal->sink = sink;
	journal->cursor = *cursor;
}

const struct oid *journal_cursor(const struct journal *journal)
{
	return &journal->cursor;
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

/* ---- Adding -------------------------------------------------------------- */

/* The entry `name`, made when there is none; NULL when there is one. */
static struct kept *keep(struct journal *journal, const char *name)
{
	for (size_t i = 0; i < journal->kept_count; i++)
		if (strcmp(journal->kept[i].name, name) == 0)
			return NULL;
	journal->kept = mem_grow(journal->kept, journal->kept_count,
	                         sizeof(*journal->kept));
	struct kept *kept = &journal->kept[journal->kept_count++];
	*kept = (struct kept){ .name = mem_strdup(name) };
	return kept;
}

void journal_keep(struct journal *journal, const char *name,
                  const struct oid *oid, unsigned mode)
{
	struct kept *kept = keep(journal, name);

	if (!kept)
		return;
	kept->oid = *oid;
	kept->mode = mode;
}

/* Put `value` into a blob and return its stand-in: {"$blob":id}, with
 * "json":true when the blob is the value's JSON and not the bare text. The
 * flush writes it, so that a full disk or gc meanwhile loses nothing. */
static struct value *spill(struct journal *journal, struct arena *arena,
                           const struct value *value, const char *json)
{
	bool is_text = value->kind == VALUE_STRING;
	const char *bytes = is_text ? value->text : json;
	size_t len = is_text ? value->length : strlen(json);
	struct value *stand_in = value_map(arena);
	struct oid oid;

	repo_blob_id(bytes, len, &oid);
	char *id = oid_text(arena, &oid);
	value_map_text(arena, stand_in, "$blob", id);
	if (!is_text)
		value_map_set(arena, stand_in, "json", value_bool(arena, true));
	struct kept *kept = keep(journal, arena_printf(arena, "blobs/%s", id));
	if (kept) {
		kept->oid = oid;
		kept->mode = 0100644;
		kept->bytes = mem_strndup(bytes, len);
		kept->len = len;
	}
	return stand_in;
}

/* Copy `data`, its long members replaced by stand-ins. */
static struct value *shorten(struct journal *journal, struct arena *arena,
                             const struct value *data, size_t longest)
{
	struct value *result = value_map(arena);

	for (size_t i = 0; i < data->length; i++) {
		const struct member *member = &data->members[i];
		const char *json = json_canonical(arena, member->value);
		/* What looks like a stand-in is written as one, too. */
		bool fits = strlen(json) <= longest &&
		            !value_get(member->value, "$blob");
		value_map_set(
		        arena, result, member->name,
		        fits ? member->value
		             : spill(journal, arena, member->value, json));
	}
	return result;
}

const char *journal_add(struct journal *journal, enum event_type type,
                        const char *subject, const struct value *data)
{
	auto_arena struct arena arena = { 0 };
	unsigned char random[16];
	struct hash id;

	clock_random(journal->clock, random, sizeof(random));
	memcpy(&id, random, sizeof(id));
	hash_to_text(id, journal->last_id);

	/* Members over the limit go to blobs; when the line is still too long,
	 * so do ever shorter ones. A stand-in itself has about 70 bytes. */
	auto_buf struct buf line = buf_make(LIMIT_OUTPUT);
	for (size_t longest = LIMIT_EVENT_FIELD; longest >= 64; longest /= 2) {
		struct value *shown = shorten(journal, &arena, data, longest);
		value_map_int(&arena, shown, "v", event_type_version(type));
		struct event event = {
			.type = type,
			.id = journal->last_id,
			.source = journal->source,
			.time_ms = clock_wall_ms(journal->clock),
			.subject = subject,
			.data = shown,
		};
		buf_cut(&line, 0);
		event_write(&line, &event);
		if (line.len <= LIMIT_EVENT_LINE)
			break;
	}
	if (line.len > LIMIT_EVENT_LINE)
		journal->too_long = true;
	journal->pending = mem_grow(journal->pending, journal->pending_count,
	                            sizeof(*journal->pending));
	size_t len = line.len;
	journal->pending[journal->pending_count++] = (struct pending){
		.line = buf_take(&line),
		.len = len,
	};
	return journal->last_id;
}

int journal_resolve(struct repo *repo, struct arena *arena,
                    const struct value *value, struct value **ret,
                    struct error *err)
{
	const char *id = value_get_text(value, "$blob", NULL);
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	struct oid oid;

	if (!id) {
		*ret = value_copy(arena, value);
		return 0;
	}
	if (!oid_from_text(id, &oid))
		return error_set(err, ERR_CORRUPT,
		                 "an event names the blob \"%s\"", id);
	if (repo_blob_read(repo, &oid, &bytes, err) < 0)
		return error_wrap(err, "the journal's blob %s", id);
	if (!value_get_bool(value, "json", false)) {
		*ret = value_bytes(arena, bytes.at, bytes.len);
		return 0;
	}
	*ret = json_parse(arena, "a blob of the journal", bytes.at, bytes.len,
	                  err);
	return *ret ? 0 : -1;
}

int journal_member(struct repo *repo, struct arena *arena,
                   const struct value *data, const char *name,
                   struct value **ret, struct error *err)
{
	const struct value *value = value_get(data, name);

	if (!value) {
		*ret = NULL;
		return 0;
	}
	return journal_resolve(repo, arena, value, ret, err);
}

/* ---- Reading ------------------------------------------------------------- */

/* The first event line of a message: behind the subject and an empty line. */
static const char *first_line(const struct commit *commit)
{
	const char *blank = strstr(commit->message, "\n\n");

	return blank ? blank + 2 : commit->message + commit->message_len;
}

typedef int (*event_sink)(void *state, const struct event *event,
                          const struct journal_place *place, struct error *err);

static int read_commit(struct repo *repo, const struct oid *id, event_sink each,
                       void *state, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct commit commit;

	if (repo_commit_read(repo, &arena, id, &commit, err) < 0)
		return error_wrap(err, "could not read the journal");
	struct journal_place place = { .commit = *id };
	if (commit.parent_count > 1)
		return error_set(err, ERR_CORRUPT,
		                 "journal commit %s has more than one parent",
		                 oid_text(&arena, id));
	if (commit.parent_count)
		place.parent = commit.parents[0];
	for (const char *line = first_line(&commit); *line; place.line++) {
		auto_arena struct arena scratch = { 0 };
		const char *end = strchr(line, '\n');
		size_t len = end ? (size_t)(end - line) : strlen(line);
		struct event *event = event_parse(&scratch, line, len, err);
		if (!event)
			return error_wrap(err, "journal commit %s, event %u",
			                  oid_text(&arena, id), place.line + 1);
		int status = each(state, event, &place, err);
		if (status != 0)
			return status;
		line += len + (end ? 1 : 0);
	}
	return 0;
}

/* Make `read` the commit `id`, standing at its first event. */
static int go_to_commit(struct journal *journal, const struct oid *id,
                        struct error *err)
{
	arena_clear(&journal->read_arena);
	journal->read_at = NULL;
	if (repo_commit_read(journal->repo, &journal->read_arena, id,
	                     &journal->read, err) < 0)
		return -1;
	journal->read_at = first_line(&journal->read);
	journal->read_line = 0;
	return 0;
}

struct event *journal_event_at(struct journal *journal, struct arena *arena,
                               const struct journal_place *place,
                               struct error *err)
{
	if ((!journal->read_at ||
	     !oid_equal(&journal->read.id, &place->commit)) &&
	    go_to_commit(journal, &place->commit, err) < 0)
		return NULL;
	if (place->line < journal->read_line) {
		journal->read_at = first_line(&journal->read);
		journal->read_line = 0;
	}
	for (; journal->read_line < place->line; journal->read_line++) {
		const char *end = strchrnul(journal->read_at, '\n');
		if (!*end)
			break;
		journal->read_at = end + 1;
	}
	const char *line = journal->read_at;
	if (journal->read_line < place->line || !*line) {
		error_set(err, ERR_CORRUPT, "journal commit %s has no line %u",
		          oid_text(arena, &place->commit), place->line + 1);
		return NULL;
	}
	return event_parse(arena, line, strcspn(line, "\n"), err);
}

int journal_read(struct journal *journal, const struct oid *tip,
                 event_sink each, void *state, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct oid *commits;
	size_t count;

	if (repo_first_parents(journal->repo, &arena, tip, NULL, &commits,
	                       &count, err) < 0)
		return error_wrap(err, "could not read the journal");
	for (size_t i = 0; i < count; i++) {
		int status = read_commit(journal->repo, &commits[i], each,
		                         state, err);
		if (status != 0)
			return status;
	}
	return 0;
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
	                  "update-ref " JOURNAL_REF " %s",
	                  had_text);
}

struct line {
	struct oid *commits;
	size_t count;
};

/* The commits behind `from` (zero: all of them) up to `tip`, oldest first.
 * Refused when the line of first parents does not lead there. */
static int line_since(struct journal *journal, struct arena *arena,
                      const struct oid *from, const struct oid *tip,
                      struct line *ret, struct error *err)
{
	const struct oid *until = oid_is_zero(from) ? NULL : from;
	struct commit first;

	if (repo_first_parents(journal->repo, arena, tip, until, &ret->commits,
	                       &ret->count, err) < 0)
		return error_wrap(err, "could not read the journal");
	if (!until || !ret->count)
		return 0;
	if (repo_commit_read(journal->repo, arena, ret->commits, &first, err) <
	    0)
		return -1;
	if (!first.parent_count || !oid_equal(&first.parents[0], until))
		return rewritten(until, tip, err);
	return 0;
}

/* Give the sink, which stands at the cursor, what is behind it up to `tip`. */
static int give(struct journal *journal, const struct oid *tip,
                struct error *err)
{
	const struct journal_sink *sink = journal->sink;
	auto_arena struct arena arena = { 0 };
	struct line line;

	if (line_since(journal, &arena, &journal->cursor, tip, &line, err) < 0)
		return -1;
	for (size_t i = 0; i < line.count; i++)
		if (read_commit(journal->repo, &line.commits[i], sink->event,
		                sink->state, err) != 0)
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

static int catch_up_to(struct journal *journal, const struct oid *tip,
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
	auto_arena struct arena arena = { 0 };
	struct line line;
	struct oid seen;
	int known = witness_read(journal->lock_dir, &seen, err);

	if (known == 0)
		witness_note_root(journal->lock_dir, NULL);
	if (known <= 0 || oid_equal(&seen, tip))
		return known < 0 ? -1 : 0;
	return line_since(journal, &arena, &seen, tip, &line, err);
}

/* There is no journal. When there was one, a new one must not hide that. */
static int no_journal(struct journal *journal, struct error *err)
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
static int legal_tip(struct journal *journal, struct oid *ret,
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
	             : no_journal(journal, err);
}

int journal_catch_up(struct journal *journal, struct error *err)
{
	struct oid tip;

	if (legal_tip(journal, &tip, err) < 0)
		return -1;
	return catch_up_to(journal, &tip, err);
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
	if (write_tree(journal, &tree, err) < 0)
		return -1;
	while (next < journal->pending_count) {
		if (write_commit(journal, subject, &tree, &next, ret, err) < 0)
			return -1;
		/* What is kept is kept by the first commit. */
		if (next < journal->pending_count &&
		    repo_tree_write(journal->repo, NULL, NULL, 0, &tree, err) <
		            0)
			return -1;
	}
	return 0;
}

/* The same, on disk when it returns 0. */
static int write_commits(struct journal *journal, const char *subject,
                         const struct oid *parent, struct oid *ret,
                         struct error *err)
{
	repo_batch_begin(journal->repo);
	if (put_commits(journal, subject, parent, ret, err) == 0)
		return repo_batch_commit(journal->repo, err);
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

	if (legal_tip(journal, &tip, err) < 0 ||
	    catch_up_to(journal, &tip, err) < 0)
		return -1;
	if (write_commits(journal, subject, &tip, ret, err) < 0)
		return -1;
	return repo_ref_swap(journal->repo, JOURNAL_REF, ret, &tip, subject,
	                     err);
}

/* What journal_flush() does, and nothing of it stays. */
static int rehearse(struct journal *journal, const char *subject,
                    struct error *err)
{
	struct oid tip;

	if (put_commits(journal, subject, &journal->cursor, &tip, err) < 0)
		return -1;
	forget_pending(journal);
	return catch_up_to(journal, &tip, err);
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
		if (try < APPEND_TRIES && may_retry(&reason))
			continue;
		error_move(err, &reason);
		return error_wrap(err, "could not write to the journal");
	}
	forget_pending(journal);
	if (witness_write(journal->lock_dir, &tip, err) < 0)
		return -1;
	return catch_up_to(journal, &tip, err);
}

/* ---- The root ------------------------------------------------------------ */

static int read_root(void *state, const struct event *event,
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
	struct oid root;

	return witness_root(journal->lock_dir, &root) &&
	       read_commit(journal->repo, &root, read_root, journal,
	                   &ignored) == 1;
}

static int find_root(struct journal *journal, struct error *err)
{
	struct oid tip;

	if (legal_tip(journal, &tip, err) < 0)
		return -1;
	if (recall_root(journal))
		return 0;
	if (journal_read(journal, &tip, read_root, journal, err) < 0)
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
		return known < 0 ? -1 : no_journal(journal, err);
	clock_random(journal->clock, secret, sizeof(secret));
	auto_free char *encoded = base64_encode(secret, sizeof(secret));
	value_map_text(&arena, data, "branch", branch);
	value_map_text(&arena, data, "secret", encoded);
	if (tip)
		value_map_text(&arena, data, "tip", oid_text(&arena, tip));
	journal_add(journal, EVENT_JOURNAL_STARTED, NULL, data);
	int made = write_commits(journal, "the journal begins", &nothing,
	                         &commit, err);
	if (made == 0)
		made = repo_ref_swap(journal->repo, JOURNAL_REF, &commit,
		                     &nothing, "reeve init", err);
	forget_pending(journal); /* who was second must not begin it again */
	if (made < 0)
		return error_wrap(err, "could not begin the journal");
	witness_note_root(journal->lock_dir, &commit);
	return witness_write(journal->lock_dir, &commit, err);
}
