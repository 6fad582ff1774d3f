/*
 * What a gate releases: an entry of the slip for every effect up to the next
 * gate, one an item, rendered with what the files of the draft say.
 */
#ifndef CYCLE_LISTING_H
#define CYCLE_LISTING_H

#include "engine/cycle/preview.h"
#include "engine/cycle/slip.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* More entries of one step than this are one with a list of whom they reach. */
#define LISTING_ALIKE 20

struct listing {
	struct preview *preview; /* that has begun */
	const struct step
	        *items; /* the loop that is decided by item; or NULL */
	struct slip_entry *entries;
	size_t count;
	struct value *effects; /* list of {step, item, effect, says, of}: each
	                          by itself, `of` the item it is done for */
};

/* Fill in entries and effects; they live in the run's arena. */
int listing_make(struct listing *listing, struct error *err) MUST_CHECK;

#endif
