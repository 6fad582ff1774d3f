/*
 * How it works
 *
 * One pass over the lines finds the headings (CommonMark's ATX form, `## Day
 * rates`), except in fenced code. A heading ends the section before it and
 * begins one of its own; the headings that are open at a line, at most one of
 * each level, are what a piece is known to stand under.
 *
 * A heading with nothing below it but a deeper heading is no piece: it is part
 * of what the deeper ones stand under, and alone it would be a short text that
 * wins searches and says nothing.
 *
 * A section over CHUNK_BYTES is cut, as far back as a quarter of that, where
 * the cut hurts least (`marks`).
 */
#include "store/memory_chunk.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "store/base/compiler.h"

#define LEVELS 6

/* A place to cut is behind one of these, the first kind that there is. */
static const char *const marks[] = { "\n\n", "\n", ". ", " " };

struct line {
	const char *at;
	size_t len; /* without the line's end */
};

struct splitter {
	struct arena *arena;
	struct chunks *chunks;
	/* The open headings by level; NULL: none of this level. */
	const char *open[LEVELS];
	/* The section that is being read. */
	const char *start;
	unsigned start_line;
	int level; /* of its heading, 0 before the first one */
	/* The fence of the code block that is being read; length 0: none. */
	char fence;
	size_t fence_length;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t run_length(const char *at, size_t len, char c)
{
	size_t count = 0;

	while (count < len && at[count] == c)
		count++;
	return count;
}

static struct line trimmed(struct line line)
{
	while (line.len > 0 && is_space(line.at[line.len - 1]))
		line.len--;
	while (line.len > 0 && is_space(line.at[0])) {
		line.at++;
		line.len--;
	}
	return line;
}

static unsigned count_lines(const char *from, const char *to)
{
	unsigned count = 0;

	for (; from < to; from++)
		count += *from == '\n';
	return count;
}

/* Where the last `mark` in the bytes ends, or 0. */
static size_t behind_last(const char *text, size_t len, const char *mark)
{
	size_t mark_len = strlen(mark);

	for (size_t end = len; end >= mark_len; end--)
		if (memcmp(text + end - mark_len, mark, mark_len) == 0)
			return end;
	return 0;
}

size_t chunk_cut(const char *text, size_t len, size_t max)
{
	size_t end = max;

	assert(max < len);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		size_t cut = behind_last(text, end, marks[i]);

		if (cut > 0 && cut >= end / 4)
			return cut;
	}
	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	return end;
}

/* The level of the heading that `line` is, and its text; 0: it is none. */
static int heading_of(struct line line, struct line *ret_text)
{
	size_t indent = run_length(line.at, line.len, ' ');
	size_t level = run_length(line.at + indent, line.len - indent, '#');
	size_t begin = indent + level;

	if (indent > 3 || level < 1 || level > LEVELS)
		return 0;
	if (begin < line.len && !is_space(line.at[begin]))
		return 0;

	struct line text =
	        trimmed((struct line){ line.at + begin, line.len - begin });
	size_t end = text.len;

	/* `## Day rates ##` may close with any number of them. */
	while (end > 0 && text.at[end - 1] == '#')
		end--;
	if (end == 0 || is_space(text.at[end - 1]))
		text.len = end;
	*ret_text = trimmed(text);
	return (int)level;
}

/* Whether `line` is in, begins or ends fenced code. */
static bool read_fence(struct splitter *splitter, struct line line)
{
	size_t indent = run_length(line.at, line.len, ' ');
	char c = indent < line.len ? line.at[indent] : '\0';
	size_t length = run_length(line.at + indent, line.len - indent, c);
	bool is_fence = indent <= 3 && length >= 3 && (c == '`' || c == '~');

	if (splitter->fence_length == 0) {
		if (is_fence) {
			splitter->fence = c;
			splitter->fence_length = length;
		}
		return is_fence;
	}
	if (is_fence && c == splitter->fence &&
	    length >= splitter->fence_length && trimmed(line).len == length)
		splitter->fence_length = 0;
	return true;
}

/* The open headings above `level` (exclusive), joined. */
static const char *headings_above(struct splitter *splitter, int level)
{
	const char *joined = "";

	for (int i = 0; i < level - 1; i++) {
		const char *heading = splitter->open[i];

		if (!heading || heading[0] == '\0')
			continue;
		joined = joined[0] == '\0'
		                 ? heading
		                 : arena_printf(splitter->arena, "%s > %s",
		                                joined, heading);
	}
	return joined;
}

/* Add the bytes as a piece, without the blank lines around them. */
static void add_piece(struct splitter *splitter, const char *at, size_t len,
                      unsigned first_line, int level)
{
	struct line text = trimmed((struct line){ at, len });
	struct chunks *chunks = splitter->chunks;

	if (text.len == 0)
		return;

	/* The indentation of the first line means something: it stays. */
	while (text.at > at && text.at[-1] != '\n') {
		text.at--;
		text.len++;
	}
	first_line += count_lines(at, text.at);
	chunks->items = arena_grow(splitter->arena, chunks->items,
	                           chunks->count, sizeof(*chunks->items));
	chunks->items[chunks->count++] = (struct chunk){
		.first_line = first_line,
		.last_line =
		        first_line + count_lines(text.at, text.at + text.len),
		.heading = headings_above(splitter, level),
		.text = arena_strndup(splitter->arena, text.at, text.len),
	};
}

/* End the section at `end`, where a heading of `next_level` begins, or the
 * file ends (0). */
static void end_section(struct splitter *splitter, const char *end,
                        int next_level)
{
	const char *at = splitter->start;
	size_t len = (size_t)(end - at);
	unsigned line = splitter->start_line;
	int level = splitter->level;
	struct line text = trimmed((struct line){ at, len });
	bool only_heading = level > 0 && !memchr(text.at, '\n', text.len);

	if (only_heading && next_level > level)
		return;
	while (len > CHUNK_BYTES) {
		size_t cut = chunk_cut(at, len, CHUNK_BYTES);

		add_piece(splitter, at, cut, line, level);
		/* What follows stands under the section's heading, too. */
		if (splitter->level > 0)
			level = splitter->level + 1;
		line += count_lines(at, at + cut);
		at += cut;
		len -= cut;
	}
	add_piece(splitter, at, len, line, level);
}

static void begin_section(struct splitter *splitter, const char *at,
                          unsigned line, int level, struct line heading)
{
	for (int i = level - 1; i < LEVELS; i++)
		splitter->open[i] = NULL;
	splitter->open[level - 1] =
	        arena_strndup(splitter->arena, heading.at, heading.len);
	splitter->start = at;
	splitter->start_line = line;
	splitter->level = level;
}

void chunk_markdown(struct arena *arena, const char *text, size_t len,
                    unsigned first_line, struct chunks *ret)
{
	struct splitter splitter = {
		.arena = arena,
		.chunks = ret,
		.start = text,
		.start_line = first_line,
	};
	const char *end = text + len;
	unsigned number = first_line;

	for (const char *at = text; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		struct line line = { at, (size_t)(stop - at) };
		struct line heading;
		int level = 0;

		if (!read_fence(&splitter, line))
			level = heading_of(line, &heading);
		if (level > 0) {
			end_section(&splitter, at, level);
			begin_section(&splitter, at, number, level, heading);
		}
		at = newline ? newline + 1 : end;
	}
	end_section(&splitter, end, 0);
}
