/*
 * How much the owner changed of what was drafted.
 */
#ifndef CYCLE_EDITS_H
#define CYCLE_EDITS_H

#include <stddef.h>

#include "store/base/buf.h"

/* The lines that one has and the other has not, of the one that has more of
 * them: a line that was changed counts once. Lines that only moved count
 * nothing. */
size_t edits_count(const struct buf *drafted, const struct buf *merged);

#endif
