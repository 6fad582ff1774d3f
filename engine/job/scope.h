/*
 * What names mean: looking them up, and saying what was there instead.
 *
 * A frame is one context; the frames form a stack, innermost first. They live
 * on the caller's stack and point to values that outlive them.
 *
 *	const struct frame frame = { scope, NULL };
 *	struct name name = name_split(&arena, "brief.client");
 *	const struct value *value = scope_find(&frame, &name);
 *	if (!value)
 *		return scope_missing(&frame, &name, file, pos, err);
 */
#ifndef JOB_SCOPE_H
#define JOB_SCOPE_H

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct frame {
	const struct value *value;
	const struct frame *up; /* NULL: the outermost */
};

struct name {
	const char *dotted; /* "brief.client.city" */
	const char *first;  /* "brief" */
	const char *rest;   /* "client.city", or NULL */
	const char *step;   /* of "steps.send.date": "send"; else NULL */
};

/* `dotted` is kept; the rest is made in `arena`. */
struct name name_split(struct arena *arena, const char *dotted);

/* The value of a name: the innermost frame that is a map with its first
 * segment decides, and the other segments are looked for only there. Each
 * frame may have `steps` of its own, so of steps.ID it is the innermost that
 * knows the step. "." is the innermost frame. NULL when there is none. */
const struct value *scope_find(const struct frame *frame,
                               const struct name *name);

/* ERR_CONFIG at `pos`: "NAME" is not there, with the nearest name, or all
 * names if they are few, of the level at which the search ended. */
int scope_missing(const struct frame *frame, const struct name *name,
                  const char *file, struct pos pos, struct error *err);

/* How a message names a value: `the text "12"`, `the number 12`, `true`,
 * `null`, `a list`, `a map`. Long texts are cut. */
char *scope_describe(struct arena *arena, const struct value *value) MUST_CHECK;

/* What a scalar prints as: null is "". NULL for a list or a map. */
const char *scope_text(const struct value *value);

/* Give an error that has no position yet this one. Returns -1. */
int scope_place(struct error *err, const char *file, struct pos pos);

#endif
