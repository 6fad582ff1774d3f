/*
 * The search itself is two look-ups a frame. Only when it fails is the name
 * taken apart segment by segment, to find the level that did not have it.
 */
#include "engine/job/scope.h"

#include <string.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* A hint lists all names of a level that has at most so many. */
#define LISTED_NAMES 12
/* A message shows so many bytes of a text. */
#define SHOWN_BYTES 60

struct name name_split(struct arena *arena, const char *dotted)
{
	const char *dot = strchr(dotted, '.');

	if (!dot || text_equal(dotted, "."))
		return (struct name){ .dotted = dotted, .first = dotted };

	struct name name = {
		.dotted = dotted,
		.first = arena_strndup(arena, dotted, (size_t)(dot - dotted)),
		.rest = dot + 1,
	};

	if (text_equal(name.first, "steps"))
		name.step = arena_strndup(arena, name.rest,
		                          strcspn(name.rest, "."));
	return name;
}

/* What the frame has under the name's first segment, if it decides. */
static const struct value *decides(const struct frame *frame,
                                   const struct name *name)
{
	const struct value *value = value_get(frame->value, name->first);

	if (name->step && value && !value_get(value, name->step))
		return NULL;
	return value;
}

const struct value *scope_find(const struct frame *frame,
                               const struct name *name)
{
	if (text_equal(name->dotted, "."))
		return frame ? frame->value : NULL;
	for (; frame; frame = frame->up) {
		const struct value *value = decides(frame, name);

		if (value)
			return name->rest ? value_path(value, name->rest)
			                  : value;
	}
	return NULL;
}

/* The names of a level: those of all frames, or those of one map. */
struct level {
	struct arena arena;
	const char **names;
	size_t count;
};

static void level_clear(struct level *level)
{
	arena_clear(&level->arena);
}

static void level_add(struct level *level, const struct value *map)
{
	if (map->kind != VALUE_MAP)
		return;
	for (size_t i = 0; i < map->length; i++) {
		level->names = arena_grow(&level->arena, level->names,
		                          level->count, sizeof(*level->names));
		level->names[level->count++] = map->members[i].name;
	}
}

static int hint_names(const struct level *level, const char *word,
                      struct error *err)
{
	const char *nearest = text_nearest(word, level->names, level->count);
	auto_buf struct buf list = buf_make(LIMIT_ERROR_TEXT);

	if (nearest)
		return error_hint(err, "Did you mean \"%s\"?", nearest);
	if (level->count == 0 || level->count > LISTED_NAMES)
		return -1;
	for (size_t i = 0; i < level->count; i++)
		buf_printf(&list, "%s%s", i > 0 ? ", " : "", level->names[i]);
	return error_hint(err, "There is: %s.", list.at);
}

/* The first segment is known, so one of the others is not. */
static int missing_below(const struct value *value, const struct name *name,
                         struct error *err)
{
	CLEANUP(level_clear) struct level level = { 0 };
	const char *segment = name->rest;

	for (;;) {
		size_t len = strcspn(segment, ".");
		char *word = arena_strndup(&level.arena, segment, len);
		const struct value *next = value_get(value, word);

		if (!next) {
			level_add(&level, value);
			if (value->kind == VALUE_MAP)
				return hint_names(&level, word, err);
			return error_hint(err, "\"%.*s\" is %s.",
			                  (int)(segment - 1 - name->dotted),
			                  name->dotted,
			                  scope_describe(&level.arena, value));
		}
		value = next;
		segment += len + 1;
	}
}

/* Whether no frame knows the step; then `level` gets those that they know. */
static bool add_steps(struct level *level, const struct frame *frame,
                      const struct name *name)
{
	bool any = false;

	for (; frame; frame = frame->up) {
		const struct value *steps =
		        value_get(frame->value, name->first);

		if (decides(frame, name))
			return false;
		any |= steps != NULL;
		if (steps)
			level_add(level, steps);
	}
	return any;
}

int scope_missing(const struct frame *frame, const struct name *name,
                  const char *file, struct pos pos, struct error *err)
{
	CLEANUP(level_clear) struct level level = { 0 };

	error_at(err, ERR_CONFIG, file, pos, "\"%s\" is not there",
	         name->dotted);
	if (name->step && add_steps(&level, frame, name))
		return hint_names(&level, name->step, err);
	for (; frame; frame = frame->up) {
		const struct value *value = decides(frame, name);

		if (value)
			return missing_below(value, name, err);
		level_add(&level, frame->value);
	}
	return hint_names(&level, name->first, err);
}

static char *describe_text(struct arena *arena, const char *text)
{
	size_t len = strcspn(text, "\n");

	bool whole = text[len] == '\0' || text[len + 1] == '\0';

	if (len <= SHOWN_BYTES && whole)
		return arena_printf(arena, "the text \"%.*s\"", (int)len, text);
	len = len < SHOWN_BYTES ? len : SHOWN_BYTES;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return arena_printf(arena, "the text \"%.*s...\"", (int)len, text);
}

char *scope_describe(struct arena *arena, const struct value *value)
{
	switch (value->kind) {
	case VALUE_NUMBER:
		return arena_printf(arena, "the number %s", value->text);
	case VALUE_STRING:
		return describe_text(arena, value->text);
	case VALUE_NULL:
	case VALUE_BOOL:
		return arena_strdup(arena, value->kind == VALUE_NULL ? "null"
		                           : value->boolean          ? "true"
		                                                     : "false");
	case VALUE_LIST:
		return arena_strdup(arena, "a list");
	case VALUE_MAP:
		return arena_strdup(arena, "a map");
	}
	return NULL;
}

const char *scope_text(const struct value *value)
{
	switch (value->kind) {
	case VALUE_NULL:
		return "";
	case VALUE_BOOL:
		return value->boolean ? "true" : "false";
	case VALUE_NUMBER:
	case VALUE_STRING:
		return value->text;
	case VALUE_LIST:
	case VALUE_MAP:
		return NULL;
	}
	return NULL;
}

int scope_place(struct error *err, const char *file, struct pos pos)
{
	if (err->pos.line > 0 || err->file)
		return -1;
	err->pos = pos;
	err->file = file ? mem_strdup(file) : NULL;
	return -1;
}
