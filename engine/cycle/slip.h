/*
 * The slip: actions/<job>-<run>.<n>.yaml, the last file of every draft. What
 * is merged in it is what is released.
 *
 *	gate: review
 *	run: 7k2fq0ab…
 *	title: Proposal for Acme GmbH
 *	revision: 1
 *	effects:
 *	  - id: send
 *	    effect: email.send
 *	    with:
 *	      to: ann@acme.example
 *	      subject: Your proposal
 *	      text: { artifact: projects/acme/proposal.md }
 *
 * An entry with "already_done: 2026-11-03" is not done again.
 *
 * A field is a value; or { artifact: path }: the text of that file as merged;
 * or { later: "{{send.message_id}}" }: what the job says, once it is known.
 *
 * Many entries of one step are one, with whom each item's reaches:
 *
 *	  - id: send
 *	    effect: email.send
 *	    field: to
 *	    items:
 *	      acme: ann@acme.example
 *	      globex: tom@globex.example
 *	    with:
 *	      subject:
 *	        each: Report for {{r.client.name}}
 *	        first: Report for Acme
 *
 * { each: …, first: … } is what the job says, for each item; `first` is there
 * to be read. slip_parse() gives such an entry as those that it stands for.
 */
#ifndef CYCLE_SLIP_H
#define CYCLE_SLIP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/job/workspace.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct slip_entry {
	const char *step;
	const char *item;   /* of a loop; "" outside of one */
	const char *effect; /* an effect, or the type of an event */
	const char *done;   /* the day on which another run did what `once`
	                       names; NULL: none did */
	const struct value *with;
	struct pos pos;
	/* Of one that stands for many, and is only written: the field that is
	 * different in each, and item: its value. */
	const char *field;
	const struct value *items;
};

struct slip {
	const char *gate; /* NULL: nothing waits for this draft */
	const char *run;
	const char *title;
	int64_t revision;
	const struct value *about; /* more of the head: a map, or NULL */
	struct slip_entry *entries;
	size_t count;
	const struct value *by_place; /* "step item": the entry's number */
};

/* Append the file, with a comment for the owner on top. */
int slip_write(struct buf *buf, const struct slip *slip,
               struct error *err) MUST_CHECK;

/* Read it back, in `arena`. ERR_CONFIG with its position in `path` when it is
 * no slip, or not the one of `run`. */
struct slip *slip_parse(struct arena *arena, const char *path,
                        const char *bytes, size_t len, const char *run,
                        struct error *err) MUST_CHECK;

/* The `with` of an entry, its stand-ins ({artifact: …} and so on) replaced
 * by what `resolve` gives for the field; in `arena`. */
struct slip_resolver {
	int (*resolve)(void *state, const char *field,
	               const struct value *stand_in, struct value **ret,
	               struct error *err);
	void *state;
};

int slip_resolve(struct arena *arena, const struct value *with,
                 const struct slip_resolver *resolver, const struct value **ret,
                 struct error *err) MUST_CHECK;

/* Append the slip `bytes` without the entries, and items of entries, that
 * `keeps` says no to. */
struct slip_filter {
	bool (*keeps)(void *state, const char *step, const char *item);
	void *state;
};

int slip_strike(struct buf *ret, const char *path, const struct buf *bytes,
                const struct slip_filter *filter, struct error *err) MUST_CHECK;

const struct slip_entry *slip_find(const struct slip *slip, const char *step,
                                   const char *item);

#endif
