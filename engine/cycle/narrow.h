/*
 * A draft narrowed to some of the items that its gate decides: what is left of
 * its files and of its slip when the others are left out.
 */
#ifndef CYCLE_NARROW_H
#define CYCLE_NARROW_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/cycle/engine.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/view.h"

struct narrowing {
	const char *names; /* "acme,globex" */
	bool except;       /* all but those; else only those */
	/* Filled in: the items that are left out. */
	const char **left_out;
	size_t count;
};

/* Write a commit on `*tip`, the draft's last one, without what belongs to the
 * items that are left out: the new tip; it stays when there are none. ERR_USAGE
 * for names that are no items, ERR_STATE when the gate does not decide by
 * item. */
int narrow_draft(struct engine *engine, struct arena *arena,
                 const struct draft_record *draft, struct narrowing *narrowing,
                 struct oid *tip, struct error *err) MUST_CHECK;

#endif
