/*
 * docs/schema/: the schemas as the program makes them, for who edits a
 * workspace without having it. UPDATE=1 (make docs) rewrites them.
 */
#include "tests/unit/unit.h"

#include "engine/report/schemas.h"
#include "store/base/error.h"
#include "store/base/fd.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

static void check_copy(struct arena *arena, const struct schema_row *row)
{
	auto_buf struct buf wanted = buf_make(LIMIT_YAML_FILE);
	auto_buf struct buf there = buf_make(LIMIT_YAML_FILE);
	auto_error struct error err = { 0 };
	const char *path =
	        arena_printf(arena, "%s/%s", getenv("REEVE_TOP"), row->copy);

	json_write(&wanted, schema_make(arena, row), JSON_PRETTY);
	buf_add_char(&wanted, '\n');
	if (text_equal(getenv("UPDATE"), "1") &&
	    file_replace(path, wanted.at, wanted.len, 0644, &err) < 0)
		fail_msg("%s", err.message);
	if (file_read(path, &there, &err) < 0)
		fail_msg("%s", err.message);
	if (!text_equal(there.at, wanted.at))
		fail_msg("%s is not as the program is: run make docs",
		         row->copy);
}

static void test_docs_schema__copies_are_those_of_the_program(void **state)
{
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < schema_count; i++)
		check_copy(&arena, &schema_rows[i]);
}
