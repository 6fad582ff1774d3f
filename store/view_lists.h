/*
 * The view as lists of plain data, for queries: what the journal held when a
 * run started.
 *
 * A run sees the runs that started before it, and what was known of them then:
 * one that has ended since was open. The time of its start decides, which is
 * that of its first event.
 */
#ifndef STORE_VIEW_LISTS_H
#define STORE_VIEW_LISTS_H

#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/view.h"

/* runs, gates, effects, events */
extern const char *const view_list_names[];
extern const size_t view_list_count;

/* The list `name` for the run `run`: maps of texts, numbers and nulls, oldest
 * first. Data of events and effects is JSON text. */
int view_list(struct view *view, struct arena *arena, const char *name,
              const char *run, struct value **ret,
              struct error *err) MUST_CHECK;

#endif
