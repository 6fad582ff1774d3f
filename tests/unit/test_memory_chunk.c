#include "tests/unit/unit.h"

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/memory_chunk.h"

/* What is expected of one piece; a NULL text ends the list. */
struct piece {
	unsigned first_line, last_line;
	const char *heading;
	const char *text;
};

static const struct {
	const char *markdown;
	struct piece pieces[5];
} cases[] = {
	{ "", { { 0 } } },
	{ "\n \n\t\n", { { 0 } } },
	{ "one line", { { 1, 1, "", "one line" } } },
	{ "\n\ntwo\nlines\n\n", { { 3, 4, "", "two\nlines" } } },
	{ "before\n# A\na\n",
	  { { 1, 1, "", "before" }, { 2, 3, "", "# A\na" } } },
	/* A heading with only deeper ones below it is no piece. */
	{ "# A\n\n## B\nb\n### C\nc\n## D\nd\n",
	  { { 3, 4, "A", "## B\nb" },
	    { 5, 6, "A > B", "### C\nc" },
	    { 7, 8, "A", "## D\nd" } } },
	/* But a last word is one. */
	{ "# A\n## Closed since May\n",
	  { { 2, 2, "A", "## Closed since May" } } },
	{ "# A\n# B\n", { { 1, 1, "", "# A" }, { 2, 2, "", "# B" } } },
	/* A level may be left out, and what closes a heading is not of it. */
	{ "# A ##\na\n### C# #\nc\n#### D\nd\n",
	  { { 1, 2, "", "# A ##\na" },
	    { 3, 4, "A", "### C# #\nc" },
	    { 5, 6, "A > C#", "#### D\nd" } } },
	/* No headings: no space, too many, too far in, in code. */
	{ "#tag\n####### seven\n    # code\n",
	  { { 1, 3, "", "#tag\n####### seven\n    # code" } } },
	{ "```sh\n# no\n``\n~~~\n# no\n````\n# A\na\n",
	  { { 1, 6, "", "```sh\n# no\n``\n~~~\n# no\n````" },
	    { 7, 8, "", "# A\na" } } },
	{ "#\nempty\n## B\nb\n",
	  { { 1, 2, "", "#\nempty" }, { 3, 4, "", "## B\nb" } } },
	{ "\n    indented\nrest\n", { { 2, 3, "", "    indented\nrest" } } },
	{ "# A\r\n\r\na\r\n## B\r\nb\r\n",
	  { { 1, 3, "", "# A\r\n\r\na" }, { 4, 5, "A", "## B\r\nb" } } },
};

static void test_memory_chunk__follows_the_headings(void **state)
{
	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct chunks chunks = { 0 };
		size_t n = 0;

		chunk_markdown(&arena, cases[i].markdown,
		               strlen(cases[i].markdown), 1, &chunks);
		for (; cases[i].pieces[n].text; n++) {
			const struct piece *want = &cases[i].pieces[n];

			assert_row(i, n < chunks.count);

			const struct chunk *got = &chunks.items[n];

			assert_row_text(i, got->text, want->text);
			assert_row_text(i, got->heading, want->heading);
			assert_row(i, got->first_line == want->first_line);
			assert_row(i, got->last_line == want->last_line);
		}
		assert_row(i, chunks.count == n);
	}
}

static void test_memory_chunk__counts_lines_from_the_first(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct chunks chunks = { 0 };

	UNUSED_STATE(state);
	chunk_markdown(&arena, "\nx\ny", 4, 10, &chunks);
	assert_int_equal(chunks.count, 1);
	assert_int_equal(chunks.items[0].first_line, 11);
	assert_int_equal(chunks.items[0].last_line, 12);
}

/* `count` times `unit` below two headings. */
static char *long_section(const char *unit, size_t count)
{
	struct buf text = buf_make(1u << 20);

	buf_add_text(&text, "# A\n## B\n");
	for (size_t i = 0; i < count; i++)
		buf_add_text(&text, unit);
	return buf_take(&text);
}

static void
test_memory_chunk__cuts_long_sections_and_loses_nothing(void **state)
{
	static const struct {
		const char *unit;
		const char *last; /* how a piece that was cut ends */
	} units[] = {
		{ "A paragraph\nof two lines.\n\n", "of two lines." },
		{ "Only lines. With dots\n", "With dots" },
		{ "One line of sentences. ", "sentences." },
		{ "words ", "words" },
		{ "ä", "ä" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		auto_arena struct arena arena = { 0 };
		auto_free char *text = long_section(units[i].unit, 3000);
		struct chunks chunks = { 0 };
		const char *at = text;
		size_t last_len = strlen(units[i].last);

		chunk_markdown(&arena, text, strlen(text), 1, &chunks);
		assert_row(i, chunks.count > 3);
		for (size_t n = 0; n < chunks.count; n++) {
			const struct chunk *got = &chunks.items[n];
			size_t len = strlen(got->text);

			assert_row(i, len <= CHUNK_BYTES && len > last_len);
			assert_row_text(i, got->text + len - last_len,
			                units[i].last);
			/* A part after the first is under the heading. */
			assert_row_text(i, got->heading, n ? "A > B" : "A");
			/* Only space is between the parts. */
			at = strstr(at, got->text);
			assert_row(i, at != NULL);
			at += len;
		}
		assert_row(i, at[strspn(at, " \n")] == '\0');
	}
}

static void test_memory_chunk__cuts_where_it_hurts_least(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		size_t want;
	} rows[] = {
		{ "one\n\ntwo\nthree", 12, 5 },
		{ "one\ntwo. three", 12, 4 },
		{ "one. two three", 12, 5 },
		{ "one two three", 12, 8 },
		{ "onetwothree", 8, 8 },
		{ "a\n\nbcdefghijklmnopq rs", 20, 20 }, /* too far back */
		{ "aä", 2, 1 },
		{ "ä€", 4, 2 },
		{ "😀😀", 4, 4 },
		{ "😀", 3, 0 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_row(i, chunk_cut(rows[i].text, strlen(rows[i].text),
		                        rows[i].max) == rows[i].want);
}
