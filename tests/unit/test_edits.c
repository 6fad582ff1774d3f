#include "tests/unit/unit.h"

#include "engine/cycle/edits.h"

static void test_edits__counts_lines_that_differ(void **state)
{
	static const struct {
		const char *drafted;
		const char *merged;
		size_t count;
	} cases[] = {
		{ "", "", 0 },
		{ "a\nb\n", "a\nb\n", 0 },
		{ "a\nb\n", "a\nc\n", 1 },
		{ "a\nb\n", "a\n", 1 },
		{ "a\n", "a\nb\nc\n", 2 },
		{ "a\nb\n", "b\na\n", 0 },
		{ "a\na\n", "a\n", 1 },
		{ "a\nb\nc\n", "d\n", 3 },
		{ "a", "a\n", 0 },
		{ "a\n\n", "a\n", 1 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf drafted = buf_make(100);
		auto_buf struct buf merged = buf_make(100);
		buf_add_text(&drafted, cases[i].drafted);
		buf_add_text(&merged, cases[i].merged);
		if (edits_count(&drafted, &merged) != cases[i].count)
			fail_msg("case %zu: %zu", i,
			         edits_count(&drafted, &merged));
	}
}
