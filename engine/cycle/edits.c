/*
 * Each line of the one text takes an equal one of the other away; what is left
 * over on either side was changed.
 */
#include "engine/cycle/edits.h"

#include <string.h>

#include "store/base/arena.h"
#include "store/base/value.h"

/* The line at `*at`, in `arena`; NULL at the end. */
static const char *next_line(struct arena *arena, const char **at,
                             const char *end)
{
	const char *start = *at;

	if (start == end)
		return NULL;
	const char *stop = memchr(start, '\n', (size_t)(end - start));
	*at = stop ? stop + 1 : end;
	return arena_strndup(arena, start,
	                     (size_t)((stop ? stop : end) - start));
}

size_t edits_count(const struct buf *drafted, const struct buf *merged)
{
	auto_arena struct arena arena = { 0 };
	struct value *counts = value_map(&arena);
	const char *at = drafted->at;
	const char *line;
	size_t gone = 0;
	size_t come = 0;

	while ((line = next_line(&arena, &at, drafted->at + drafted->len)))
		value_map_int(&arena, counts, line,
		              value_get_int(counts, line, 0) + 1);
	for (size_t i = 0; i < counts->length; i++)
		gone += (size_t)value_get_int(counts, counts->members[i].name,
		                              0);
	at = merged->at;
	while ((line = next_line(&arena, &at, merged->at + merged->len))) {
		int64_t left = value_get_int(counts, line, 0);
		if (left == 0) {
			come++;
			continue;
		}
		value_map_int(&arena, counts, line, left - 1);
		gone--;
	}
	return gone > come ? gone : come;
}
