/*
 * What the files of the journal share: journal.c (open, append, the root),
 * journal_add.c (events that wait for a flush), journal_line.c (whether the
 * line of commits may be as it is, and catching up with it) and journal_read.c
 * (commits as events), journal_adopt.c (another line, by the owner's word) and
 * journal_share.c (one journal on several machines). Nobody else includes it.
 */
#ifndef STORE_JOURNAL_PRIVATE_H
#define STORE_JOURNAL_PRIVATE_H

#include "store/journal.h"

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
	const struct value *(*clean)(const void *state, struct arena *arena,
	                             const struct value *data); /* or NULL */
	const void *clean_state;
	char *lock_dir;
	const struct journal_sink *sink;
	struct oid cursor;
	size_t given; /* events, to the sink */
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
	/* The tree of a commit that keeps nothing: as it was written last, and
	 * once a flush has made it durable. Zero: not yet. */
	struct oid bare_tree;
	struct oid durable_tree;
	bool too_long; /* an event did not fit: nothing is written any more */
	bool rehearsing;
	char last_id[HASH_TEXT_BYTES];
};

/* How long the append lock is waited for. */
#define APPEND_WAIT_MS 10000

/* ---- journal.c ---- */

/* What was added, as commits on top of `parent` (zero: of nothing), on disk
 * when it returns 0; the last of them in `ret`. */
int journal_write_commits(struct journal *journal, const char *subject,
                          const struct oid *parent, struct oid *ret,
                          struct error *err) MUST_CHECK;
/* Take the root's facts from the first event; `state` is the journal. */
int journal_read_root(void *state, const struct event *event,
                      const struct journal_place *place, struct error *err);

/* ---- journal_add.c ---- */

/* What was added is written, or never will be. */
void journal_forget_pending(struct journal *journal);

/* ---- journal_read.c ---- */

typedef int (*journal_event_sink)(void *state, const struct event *event,
                                  const struct journal_place *place,
                                  struct error *err);

/* Give the events of the commit `place`, whose `line` is not looked at; what is
 * not 0 stops and is returned. ERR_CORRUPT when its parent is another. */
int journal_read_commit(struct repo *repo, const struct journal_place *place,
                        journal_event_sink each, void *state,
                        struct error *err) MUST_CHECK;
/* The same of all that `line` holds, the first of which follows `parent`. */
int journal_read_line(struct repo *repo, const struct oid *line, size_t count,
                      const struct oid *parent, journal_event_sink each,
                      void *state, struct error *err) MUST_CHECK;

/* ---- journal_line.c ---- */

/* Whether the line of first parents leads from `tip` back to `from`: 1, 0, -1.
 */
int journal_follows(struct journal *journal, const struct oid *from,
                    const struct oid *tip, struct error *err) MUST_CHECK;
/* Keep the end that the journal had, if it is still there. */
int journal_rescue(struct journal *journal, const struct oid *had,
                   struct error *err) MUST_CHECK;
/* Read the tip and prove it legal. ERR_STATE without a journal. */
int journal_legal_tip(struct journal *journal, struct oid *ret,
                      struct error *err) MUST_CHECK;
/* Give the sink what it has not seen, up to `tip`. */
int journal_catch_up_to(struct journal *journal, const struct oid *tip,
                        struct error *err) MUST_CHECK;
/* Whether something that was missing, for which `reason` may be the error, was
 * put back, so that trying again has a point. */
bool journal_heals(struct journal *journal, const struct error *reason);
/* The error that there is no journal. When there was one, a new one must not
 * hide that. */
int journal_missing(struct journal *journal, struct error *err);

#endif
