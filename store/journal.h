/*
 * The journal: what was intended, what happened, who agreed. Events, in a
 * straight line of commits on refs/heads/reeve/journal (docs/journal.md).
 *
 *	struct journal *journal = journal_open(repo, &clock, source, &err);
 *	journal_follow(journal, &sink, &cursor);   what the view has folded
 *	journal_catch_up(journal, &err);           sink gets what is new
 *	journal_add(journal, EVENT_STEP_FINISHED, subject, data);
 *	journal_flush(journal, "proposal 7k2fq0ab: drafted", &err);
 *
 * An addition is acknowledged when journal_flush() has returned 0: then its
 * commit and the reference are on disk. Nobody else writes the reference.
 * Events of other processes that came in between reach the sink first, so the
 * sink sees every event once, in the order of the journal.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/clock.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/hash.h"
#include "store/base/value.h"
#include "store/event.h"
#include "store/repo.h"

#define JOURNAL_REF    "refs/heads/reeve/journal"
#define JOURNAL_RESCUE "refs/reeve/rescue/" /* and the id of an end it had */

struct journal;

/* Where an event stands. */
struct journal_place {
	struct oid commit;
	struct oid parent;
	unsigned line; /* of the commit's events, from 0 */
};

struct journal_sink {
	/* MAY. Before the first event: say where the sink stands, when others
	 * may have moved it on. What follows up to `end` happens as one; or not
	 * at all, when `abandon` is called instead of `end`. */
	int (*begin)(void *state, struct oid *ret_cursor, struct error *err);
	void (*abandon)(void *state);
	/* MAY. Behind `begin`: forget all; what was given is of another line,
	 * which the journal has no longer. */
	int (*anew)(void *state, struct error *err);
	/* MAY. Behind `begin`: very many events follow. */
	int (*many)(void *state, struct error *err);
	/* MUST. One event; it lives until the call returns. */
	int (*event)(void *state, const struct event *event,
	             const struct journal_place *place, struct error *err);
	/* MUST. All events up to and including the commit `tip` were given. */
	int (*end)(void *state, const struct oid *tip, struct error *err);
	void *state;
};

void journal_close(struct journal *journal);
void journal_close_auto(struct journal **journal);
#define auto_journal CLEANUP(journal_close_auto)

/* Open the journal of `repo`; `repo` and `clock` must outlive it, `source` is
 * copied. A repository without a journal opens too: see journal_create(). */
struct journal *journal_open(struct repo *repo, const struct clock *clock,
                             const char *source, struct error *err) MUST_CHECK
        FREED_BY(journal_close);

/* `source` (copied) writes the events from here on. */
void journal_sign(struct journal *journal, const char *source);
/* Who writes them; valid until then. */
const char *journal_source(const struct journal *journal);

/* Make the root event with a new secret. `branch` is the owner's branch,
 * `tip` its commit or NULL while it has none. ERR_CONFLICT when there is a
 * journal already, ERR_STATE when there was one. */
int journal_create(struct journal *journal, const char *branch,
                   const struct oid *tip, struct error *err) MUST_CHECK;

/* The root event's facts; valid for the journal's life. ERR_STATE without a
 * journal ("run reeve init"). */
struct journal_root {
	struct oid commit;
	struct hash_secret secret;
	const char *branch; /* short name */
	struct oid tip;     /* of the owner's branch at init; zero: unborn */
};

int journal_root(struct journal *journal, const struct journal_root **ret,
                 struct error *err) MUST_CHECK;
/* 1 and the last commit, 0 without a journal, -1. */
int journal_tip(struct journal *journal, struct oid *ret,
                struct error *err) MUST_CHECK;

/* Give everything after `cursor` (zero: from the root) to `sink` from now on.
 * `sink` must outlive the journal's use. */
void journal_follow(struct journal *journal, const struct journal_sink *sink,
                    const struct oid *cursor);
/* Give the sink what it has not seen. ERR_STATE when the journal was rewritten,
 * naming both ends: it does not lead back to what this machine acknowledged,
 * which is then kept as JOURNAL_RESCUE. A sink whose cursor alone is elsewhere
 * begins anew, or, when it cannot, that is an error too. */
int journal_catch_up(struct journal *journal, struct error *err) MUST_CHECK;
/* How many events the sink was given since it follows. */
size_t journal_given(const struct journal *journal);
/* The commit up to which the sink has seen everything. */
const struct oid *journal_cursor(const struct journal *journal);

/* Put an event into the next flush and return its id (valid until then).
 * `data` is a map; it is copied, `v` is added. A member of `data` that is
 * longer than LIMIT_EVENT_FIELD becomes a blob; see journal_member(). */
const char *journal_add(struct journal *journal, enum event_type type,
                        const char *subject, const struct value *data);
/* What every `data` goes through from here on: `clean` gives it back as it is,
 * or without what must be written nowhere, in `arena`. */
void journal_redact(struct journal *journal,
                    const struct value *(*clean)(const void *state,
                                                 struct arena *arena,
                                                 const struct value *data),
                    const void *state);
/* Hold a tree or blob in the next flush's tree under `name` ("pins/<run>"),
 * so that gc keeps it as long as the journal. */
void journal_keep(struct journal *journal, const char *name,
                  const struct oid *oid, unsigned mode);
/* Events that wait for a flush. */
size_t journal_pending(const struct journal *journal);

/* Write what was added, under the append lock, as one commit (more when it is
 * too long for one message), durably, and give it to the sink. `subject` is
 * for people; it is cut to LIMIT_SUBJECT bytes. Nothing added: only catches
 * up. On failure nothing of it is in the journal and what was added stays
 * pending; unless the error comes from the witness or the sink, which are after
 * it: then it is there, and nothing is pending. */
int journal_flush(struct journal *journal, const char *subject,
                  struct error *err) MUST_CHECK;

/* The owner's word that a journal that was rewritten is right as it is now: 1,
 * and the end that it had; 0 when it was not rewritten; -1. */
int journal_adopt(struct journal *journal, struct oid *ret_had,
                  struct error *err) MUST_CHECK;

/* Put back what git has lost of the objects that were written last: how many.
 * Appending and catching up do so by themselves. */
size_t journal_heal(struct journal *journal);

/* Only rehearse from here on: what is flushed is given to the sink as if it had
 * been written, and is forgotten with the journal and its repository. Neither
 * the reference nor the witness is touched, and what others add is not seen.
 * The sink must not keep it either: view_rehearse(). */
void journal_rehearse(struct journal *journal);

/* A member of an event's `data` as a value in `arena`, read from its blob when
 * it was put into one. NULL without error when there is no such member. */
int journal_member(struct repo *repo, struct arena *arena,
                   const struct value *data, const char *name,
                   struct value **ret, struct error *err) MUST_CHECK;
/* Whether `value` stands for a blob. */
bool journal_is_stand_in(const struct value *value);
/* The same for one value: a blob's stand-in is replaced by what it stands
 * for, anything else is returned as it is. */
int journal_resolve(struct repo *repo, struct arena *arena,
                    const struct value *value, struct value **ret,
                    struct error *err) MUST_CHECK;

/* Give every event of the first-parent line up to `tip` to `event`, oldest
 * first, whatever the sink has seen. A result other than 0 stops and is
 * returned. */
int journal_read(struct journal *journal, const struct oid *tip,
                 int (*event)(void *state, const struct event *event,
                              const struct journal_place *place,
                              struct error *err),
                 void *state, struct error *err) MUST_CHECK;
/* The one event at `place`, in `arena`. */
struct event *journal_event_at(struct journal *journal, struct arena *arena,
                               const struct journal_place *place,
                               struct error *err) MUST_CHECK;

#endif
