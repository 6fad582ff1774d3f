/*
 * Data: what YAML, JSON and the engine's own records are once they are read.
 *
 * A value is null, a bool, a number, a string, a list or a map. Numbers keep
 * their source text, so that 1200.50 stays 1200.50. Maps keep the order they
 * were written in. Values that come from a file know where they stood in it.
 *
 * Ownership: values live in an arena and point only into it; they are made by
 * the functions below and are not changed once they were handed out as const.
 */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_MAP,
};

/* How a string stood in its file, which is what a position inside it needs. */
enum value_style {
	STYLE_NONE, /* not from a file */
	STYLE_PLAIN,
	STYLE_QUOTED,  /* single or double: the text begins behind the quote */
	STYLE_LITERAL, /* | */
	STYLE_FOLDED,  /* > */
};

struct value {
	enum value_kind kind : 8;
	enum value_style style : 8;
	bool boolean;
	bool joined; /* lines of a text were folded into one: of a position
	              * inside it only the text's beginning is known */

	union {
		unsigned indent; /* columns before the lines of a | or > text */
		unsigned room;   /* of a list or map; private to value.c */
	};
	struct pos pos;
	size_t length; /* bytes of text, items of a list, members of a map */

	union {
		const char *text; /* string or number, NUL-terminated */
		struct value **items;
		struct member *members;
	};
};

struct member {
	const char *name;
	struct pos pos; /* of the name */
	struct value *value;
};

const char *value_kind_name(enum value_kind kind); /* "string", "list", … */

struct value *value_null(struct arena *arena);
struct value *value_bool(struct arena *arena, bool boolean);
struct value *value_int(struct arena *arena, int64_t number);
/* `text` must be a JSON number; it is kept as it is, but for -0, which is 0. */
struct value *value_number(struct arena *arena, const char *text);
struct value *value_digits(struct arena *arena, const char *bytes, size_t len);
struct value *value_string(struct arena *arena, const char *text);
struct value *value_bytes(struct arena *arena, const char *bytes, size_t len);
struct value *value_printf(struct arena *arena, const char *format, ...)
        PRINTF_LIKE(2, 3);
/* A string of bytes that are in the arena already, with a NUL behind them. */
struct value *value_adopt(struct arena *arena, const char *text, size_t len);
struct value *value_list(struct arena *arena);
struct value *value_map(struct arena *arena);
/* Empty, with room for `count`: less memory when that is known before. */
struct value *value_list_sized(struct arena *arena, size_t count);
struct value *value_map_sized(struct arena *arena, size_t count);

void value_list_add(struct arena *arena, struct value *list,
                    struct value *item);
/* Add or replace. `name` is copied; NULL as value is skipped. */
void value_map_set(struct arena *arena, struct value *map, const char *name,
                   struct value *value);
/* The same without a copy of `name`, which must live as long as the map. */
void value_map_put(struct arena *arena, struct value *map, const char *name,
                   struct value *value);
/* Add, without a copy of `name`, which is in the arena already. False when the
 * map has a member of that name: then nothing is changed. */
bool value_map_add(struct arena *arena, struct value *map, const char *name,
                   struct value *value) MUST_CHECK;
/* Shorthand: value_map_set() of a string; a NULL text is skipped. */
void value_map_text(struct arena *arena, struct value *map, const char *name,
                    const char *text);
void value_map_int(struct arena *arena, struct value *map, const char *name,
                   int64_t number);

/* The member of a map, or NULL; also NULL when `map` is NULL or no map.
 * Large maps have an index, which is as good as O(1). */
struct value *value_get(const struct value *map, const char *name);
const struct member *value_member(const struct value *map, const char *name);
/* Follow "a.b.c" from a map, or NULL. List positions are not followed. */
struct value *value_path(const struct value *map, const char *dotted);
/* The text of a member that is a string, else `otherwise`. */
const char *value_get_text(const struct value *map, const char *name,
                           const char *otherwise);
int64_t value_get_int(const struct value *map, const char *name,
                      int64_t otherwise);
bool value_get_bool(const struct value *map, const char *name, bool otherwise);

bool value_to_int(const struct value *value, int64_t *ret);
/* A deep copy in `arena`, positions included. */
struct value *value_copy(struct arena *arena, const struct value *value);
/* Same kind and content; the order of members does not count, 1.0 is not 1. */
bool value_equal(const struct value *a, const struct value *b);
/* Only false, null and an empty list are not. NULL is not. */
bool value_is_true(const struct value *value);

/* For who copies a map byte by byte (image.h). So many bytes do the members of
 * one take that has room for `count`; and when they have come to lie where they
 * are now, with zeroes behind them, their names are found again. */
size_t value_members_size(size_t count);
void value_members_moved(struct value *map);

/* The position of byte `offset` of a string's text in its file, as exactly as
 * its style allows (escapes before it in a quoted text shift it). */
struct pos value_pos_at(const struct value *value, size_t offset);

#endif
